/**
 * Room for large pieces of memory: who wants one waits, in the order of arrival, until it fits beside those that
 * others hold.  One that is larger than all the room there is gets it when nobody else holds any.
 */

interface Waiting {
  readonly bytes: number;
  readonly grant: () => void;
}

export class ByteRooms {
  readonly #limit: number;
  readonly #waiting = new Set<Waiting>();
  #heldBytes = 0;
  #holders = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Settles with what gives the room back, to be called once.  Rejects with the signal's reason when that fires first. */
  take(bytes: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = (): void => {
        signal.removeEventListener("abort", abort);
        this.#waiting.delete(waiting);
        reject(signal.reason);
        // It may have been the first, too large to fit.
        this.#grant();
      };
      const waiting = {
        bytes,
        grant: () => {
          signal.removeEventListener("abort", abort);
          resolve(() => this.#giveBack(bytes));
        },
      };
      signal.addEventListener("abort", abort);
      this.#waiting.add(waiting);
      this.#grant();
    });
  }

  #giveBack(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#holders--;
    this.#grant();
  }

  #grant(): void {
    for (const waiting of this.#waiting) {
      if (this.#holders > 0 && this.#heldBytes + waiting.bytes > this.#limit) return;
      this.#waiting.delete(waiting);
      this.#heldBytes += waiting.bytes;
      this.#holders++;
      waiting.grant();
    }
  }
}
