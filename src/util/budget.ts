/**
 * A budget that many spend from: bytes of input or output, of all sessions together.  It never refuses:
 * who spends asks `exhausted` before taking on more, and waits for room when it is.
 *
 * Those who wait are called in a later turn of the event loop, a few a turn: never from inside `spend`, whose
 * caller may be in the middle of what the callback would do again.
 */

import { assert } from "./assert.ts";

/** Callbacks that are called in one turn. */
const CALLBACKS_PER_TURN = 16;

export class Budget {
  readonly #limit: number;
  readonly #nextTurn: (callback: () => void) => void;
  readonly #waiting = new Set<() => void>();
  #isCalling = false;
  #spent = 0;
  #overdrawer: object | undefined;
  /** Of those who wait, how many are still to be called to find one who takes the turn that was given up. */
  #offers = 0;

  constructor(limit: number, nextTurn: (callback: () => void) => void) {
    this.#limit = limit;
    this.#nextTurn = nextTurn;
  }

  get spent(): number {
    return this.#spent;
  }

  get exhausted(): boolean {
    return this.#spent >= this.#limit;
  }

  /** Spends `amount`, or gives back when it is negative. */
  spend(amount: number): void {
    this.#spent += amount;
    assert(this.#spent >= 0, "nobody gives back more than was spent");
    if (!this.exhausted) this.#callWaiting();
  }

  /** Calls `callback` once, when there is room again.  The same callback waits once. */
  whenRoom(callback: () => void): void {
    this.#waiting.add(callback);
    if (!this.exhausted) this.#callWaiting();
  }

  /** Forgets a callback that waits; pairs with `whenRoom`. */
  forget(callback: () => void): void {
    this.#waiting.delete(callback);
  }

  /**
   * Whether `holder` may go on although the budget is exhausted.  One holder at a time may, so that
   * holders that each wait for the others' room do not wait for ever.
   */
  mayOverdraw(holder: object): boolean {
    this.#overdrawer ??= holder;
    return this.#overdrawer === holder;
  }

  /** `holder` holds nothing that it overdrew any more; pairs with `mayOverdraw`. */
  settle(holder: object): void {
    if (this.#overdrawer !== holder) return;
    this.#overdrawer = undefined;
    // Not each of them can go on: some wait for other things besides.
    this.#offers = this.#waiting.size;
    this.#callWaiting();
  }

  #callWaiting(): void {
    if (this.#isCalling || this.#waiting.size === 0) return;
    this.#isCalling = true;
    this.#nextTurn(() => {
      this.#isCalling = false;
      let left = CALLBACKS_PER_TURN;
      for (const callback of [...this.#waiting]) {
        if (left-- === 0) break;
        this.#offers--;
        this.#waiting.delete(callback);
        callback();
      }
      if (!this.exhausted || (this.#overdrawer === undefined && this.#offers > 0)) this.#callWaiting();
    });
  }
}
