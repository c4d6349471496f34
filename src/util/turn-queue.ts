/**
 * A queue of which one goes in each turn of the event loop: what takes about as long as a turn may take, when many ask
 * for it at once.
 */

export class TurnQueue {
  readonly #nextTurn: (callback: () => void) => void;
  readonly #waiting: (() => void)[] = [];

  constructor(nextTurn: (callback: () => void) => void) {
    this.#nextTurn = nextTurn;
  }

  /** `callback` is called in a later turn, after those that came before it. */
  add(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.#waiting.length === 1) this.#schedule();
  }

  #schedule(): void {
    this.#nextTurn(() => {
      const callback = this.#waiting.shift();
      if (this.#waiting.length > 0) this.#schedule();
      callback?.();
    });
  }
}
