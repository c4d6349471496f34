/**
 * Which light commands ran beside a heavy one: a few numbers that all threads share.
 *
 * A command ran beside a heavy one when one was in flight at its start or at its end, or began between.
 */

const IN_FLIGHT = 0;
const STARTED = 1;
/** The mark of a command at whose start a heavy one was in flight. */
const BESIDE = -1;

export function createHeavyCounters(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

export class HeavyWatch {
  readonly #counters: Int32Array;

  constructor(counters: Int32Array) {
    this.#counters = counters;
  }

  get inFlight(): number {
    return Atomics.load(this.#counters, IN_FLIGHT);
  }

  started(): void {
    Atomics.add(this.#counters, STARTED, 1);
    Atomics.add(this.#counters, IN_FLIGHT, 1);
  }

  ended(): void {
    Atomics.sub(this.#counters, IN_FLIGHT, 1);
  }

  /** To be kept while a light command is in flight. */
  mark(): number {
    return this.inFlight > 0 ? BESIDE : Atomics.load(this.#counters, STARTED) & 0x7fff_ffff;
  }

  wasBeside(mark: number): boolean {
    return (
      mark === BESIDE || this.inFlight > 0 || mark !== (Atomics.load(this.#counters, STARTED) & 0x7fff_ffff)
    );
  }
}
