/**
 * Random numbers that a seed repeats.  Source: mulberry32, Tommy Ettinger, public domain; good enough to choose commands.
 */

export class Random {
  #state: number;

  /** Streams of one seed differ, one for each client for example. */
  constructor(seed: number, stream: number) {
    this.#state = (seed ^ Math.imul(stream + 1, 0x9e37_79b1)) | 0;
    this.next();
  }

  /** From 0 to just below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Chooses among things by their weights. */
export class WeightedChoice {
  /** Sums of the weights up to each. */
  readonly #sums: readonly number[];
  readonly #total: number;

  constructor(weights: readonly number[]) {
    let sum = 0;
    this.#sums = weights.map((weight) => {
      sum += weight;
      return sum;
    });
    this.#total = sum;
  }

  /** The place of the chosen one, for `fraction` from 0 to just below 1. */
  at(fraction: number): number {
    const wanted = fraction * this.#total;
    let place = 0;
    while (place < this.#sums.length - 1 && wanted >= (this.#sums[place] ?? 0)) place++;
    return place;
  }
}
