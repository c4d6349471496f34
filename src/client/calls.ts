/**
 * The commands of one client that the server still owes a reply to.
 *
 *     queued ---written---> sent ---signal, where the server can cancel---> cancelling
 *        |                    |  '---timeout, signal, time to cancel is up---> given-up
 *        '----signal, timeout-'------------------- reply --------------------------> gone
 *
 * A call that was given up has failed for its caller, and stays here until its reply comes: only so is that reply
 * known to be nobody's, and the order of the others known.
 */

import type { JsonValue } from "../qjson/value.ts";
import type { Timer } from "../util/clock.ts";

export type CallState = "queued" | "sent" | "cancelling" | "given-up";

/** One command under way. */
export class PendingCall {
  readonly id: number;
  readonly command: string;
  readonly oob: boolean;
  /** The request; empty once it has been written. */
  text: string;
  state: CallState = "queued";
  /** Of the time limit, and then of the time to cancel. */
  timer: Timer | undefined;
  /** Lets go of the caller's signal. */
  unlisten: () => void = () => {};
  readonly result: Promise<JsonValue>;
  #resolve: (value: JsonValue) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(id: number, command: string, oob: boolean, text: string) {
    this.id = id;
    this.command = command;
    this.oob = oob;
    this.text = text;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(value: JsonValue): void {
    this.#letGo();
    this.#resolve(value);
  }

  reject(error: Error): void {
    this.#letGo();
    this.#reject(error);
  }

  #letGo(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.unlisten();
    this.unlisten = () => {};
  }
}

export class PendingCalls {
  /** In the order of their requests, as replies come when nothing may overtake. */
  readonly #inBand = new Map<number, PendingCall>();
  readonly #outOfBand = new Map<number, PendingCall>();

  get size(): number {
    return this.#inBand.size + this.#outOfBand.size;
  }

  add(call: PendingCall): void {
    (call.oob ? this.#outOfBand : this.#inBand).set(call.id, call);
  }

  delete(call: PendingCall): void {
    (call.oob ? this.#outOfBand : this.#inBand).delete(call.id);
  }

  find(id: number): PendingCall | undefined {
    return this.#inBand.get(id) ?? this.#outOfBand.get(id);
  }

  /** The in-band call that has waited longest. */
  get oldestInBand(): PendingCall | undefined {
    for (const call of this.#inBand.values()) return call;
    return undefined;
  }

  *[Symbol.iterator](): IterableIterator<PendingCall> {
    yield* this.#inBand.values();
    yield* this.#outOfBand.values();
  }

  clear(): void {
    this.#inBand.clear();
    this.#outOfBand.clear();
  }
}
