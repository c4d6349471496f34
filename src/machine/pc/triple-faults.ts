/** Triple faults of a guest, counted: one that does nothing else is not reset for ever. */

import { TRIPLE_FAULT_PERIOD_MS, TRIPLE_FAULTS_COUNT_MAX } from "../../util/limits.ts";

export class TripleFaults {
  #atMs: number[] = [];

  /** One has happened.  Answers whether it resets the machine. */
  count(nowMs: number): boolean {
    this.#atMs = this.#atMs.filter((at) => at > nowMs - TRIPLE_FAULT_PERIOD_MS);
    this.#atMs.push(nowMs);
    return this.#atMs.length <= TRIPLE_FAULTS_COUNT_MAX;
  }

  /** Somebody else has reset the machine. */
  forget(): void {
    this.#atMs = [];
  }
}
