/**
 * A hash of a member's name, over the UTF-16 code units of the decoded name, however it was written.
 *
 * It tells names apart without keeping them.  Names with equal hashes are looked at once more, so that a clash costs
 * time and never an error; the seed, which clients do not know, keeps them from making clashes.
 */

const ROUND = 0x9e3779b1;
const WORD = 2 ** 32;
const LOW_BITS = 21;

/** Mixes a word so that each of its bits changes about half of the result's. */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

export class NameHash {
  readonly #factor: number;
  readonly #otherFactor: number;
  readonly #start: number;
  #word = 0;
  #otherWord = 0;

  /** `seed`: 32 bits by chance. */
  constructor(seed: number) {
    this.#factor = mix(seed + ROUND) | 1;
    this.#otherFactor = mix(seed + 2 * ROUND) | 1;
    this.#start = mix(seed + 3 * ROUND);
  }

  /** Begins a name. */
  begin(): void {
    this.#word = this.#start;
    this.#otherWord = ~this.#start;
  }

  unit(unit: number): void {
    const word = Math.imul(this.#word ^ unit, this.#factor);
    this.#word = word ^ (word >>> 15);
    const other = Math.imul(this.#otherWord ^ unit, this.#otherFactor);
    this.#otherWord = (other << 13) | (other >>> 19);
  }

  /** Code units that are bytes: plain ASCII. */
  bytes(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) this.unit(bytes[at] as number);
  }

  text(text: string): void {
    for (let at = 0; at < text.length; at++) this.unit(text.charCodeAt(at));
  }

  /** The hash of the name that has been given: an integer from 1 to 2^53 - 1. */
  get value(): number {
    const low = mix(this.#otherWord ^ this.#word) >>> (32 - LOW_BITS);
    return low * WORD + (mix(this.#word) >>> 0) || 1;
  }
}
