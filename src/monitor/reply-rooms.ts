/**
 * Room for large replies (rule E3): who makes one asks first, so that no more of them are made than may wait
 * for clients that do not read.
 *
 * A room is granted, in the order of requests, while few bytes of replies wait for the client, the session has
 * not too many rooms, and the budget of all sessions is not used up.  It is held from then until the
 * command has ended: by then the reply itself is counted where it waits.
 */

import type { Budget } from "../util/budget.ts";
import { REPLIES_RESERVED_BYTES_MAX } from "../util/limits.ts";

interface Waiting {
  readonly holder: object;
  readonly bytes: number;
  readonly settle: () => void;
}

export class ReplyRooms {
  readonly #budget: Budget;
  readonly #hasRoom: () => boolean;
  readonly #waiting = new Set<Waiting>();
  readonly #held = new Map<object, number>();
  #heldBytes = 0;

  /** `hasRoom`: whether the client takes its replies. */
  constructor(budget: Budget, hasRoom: () => boolean) {
    this.#budget = budget;
    this.#hasRoom = hasRoom;
  }

  /** Settles when the room is granted, or when `signal` has fired: the caller looks which. */
  request(holder: object, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        signal.removeEventListener("abort", abort);
        this.#waiting.delete(waiting);
        resolve();
      };
      const abort = (): void => {
        settle();
        // It may have been the first, too large to fit.
        this.grant();
      };
      const waiting = { holder, bytes, settle };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", abort);
      if (signal.aborted) settle();
      this.grant();
    });
  }

  /** Grants what may be granted now.  To be called when output has left, or its client has. */
  readonly grant = (): void => {
    for (const { holder, bytes, settle } of this.#waiting) {
      // The first room is always granted: a reply that is larger than all rooms together must leave, too.
      const fits = this.#heldBytes === 0 || this.#heldBytes + bytes <= REPLIES_RESERVED_BYTES_MAX;
      if (!fits || !this.#hasRoom()) return;
      if (this.#budget.exhausted) return this.#budget.whenRoom(this.grant);
      this.#held.set(holder, bytes);
      this.#heldBytes += bytes;
      this.#budget.spend(bytes);
      settle();
    }
  };

  /** Gives back what `holder` has, if it has any. */
  release(holder: object): void {
    const bytes = this.#held.get(holder);
    if (bytes === undefined) return;
    this.#held.delete(holder);
    this.#heldBytes -= bytes;
    this.#budget.spend(-bytes);
    this.grant();
  }
}
