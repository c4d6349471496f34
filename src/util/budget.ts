/**
 * A budget that many spend from: bytes of input or output, of all sessions together.  It never refuses:
 * who spends asks `exhausted` before taking on more, and waits for room when it is.
 */
export class Budget {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #spent = 0;
  #overdrawer: object | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get spent(): number {
    return this.#spent;
  }

  get exhausted(): boolean {
    return this.#spent >= this.#limit;
  }

  /** Spends `amount`, or gives back when it is negative; giving back may call those who wait. */
  spend(amount: number): void {
    this.#spent += amount;
    if (amount < 0 && !this.exhausted && this.#waiting.size > 0) this.#callWaiting();
  }

  /** Calls `callback` once, when there is room again.  The same callback waits once. */
  whenRoom(callback: () => void): void {
    this.#waiting.add(callback);
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

  /** `holder` has given back what it held; pairs with `mayOverdraw`. */
  settle(holder: object): void {
    if (this.#overdrawer !== holder) return;
    this.#overdrawer = undefined;
    this.#callWaiting();
  }

  #callWaiting(): void {
    const callbacks = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of callbacks) callback();
  }
}
