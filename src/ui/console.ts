/**
 * A console: one head, and those who wait for it to be brought up to date.
 *
 *     idle ---request---> refreshing ---update done, nobody waits---> idle
 *                           |    ^
 *                           '----' update done, others came meanwhile: the next refresh begins
 *
 * Invariants (rules D1 and D2):
 *  - a request is served by a refresh that began after it, never by one in progress;
 *  - all requests that wait when a refresh begins are served by it;
 *  - they are served in the very turn in which the update is done: nothing draws in between.
 */

import type { DisplayHead } from "../machine/display.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import { copyFrame } from "./surface.ts";

export interface ConsoleFrame {
  readonly frame: SharedSurface;
  readonly frameNumber: number;
}

interface Request {
  readonly reuse: WebAssembly.Memory | undefined;
  readonly resolve: (frame: ConsoleFrame) => void;
  readonly reject: (error: unknown) => void;
}

type ConsoleState = "idle" | "refreshing" | "closed";

export class Console {
  readonly #head: DisplayHead;
  readonly #surfaceId: number;
  #state: ConsoleState = "idle";
  /** They wait for the next refresh. */
  #waiting: Request[] = [];
  /** They wait for the refresh in progress. */
  #serving: Request[] = [];

  /** `surfaceId`: 32 bits that no other console has, one in a thread that has died among them. */
  constructor(head: DisplayHead, surfaceId: number) {
    this.#head = head;
    this.#surfaceId = surfaceId;
  }

  /** A copy of the display as it is after this call.  `reuse` belongs to the console from now on. */
  capture(reuse: WebAssembly.Memory | undefined): Promise<ConsoleFrame> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ reuse, resolve, reject });
      if (this.#state === "idle") this.#refresh();
      else if (this.#state === "closed") this.#rejectAll();
    });
  }

  /** Rejects what waits, and every later request. */
  close(): void {
    this.#state = "closed";
    this.#rejectAll();
  }

  #refresh(): void {
    this.#state = "refreshing";
    this.#serving = this.#waiting;
    this.#waiting = [];
    if (this.#head.refresh(() => this.#updateDone()) === "done") this.#updateDone();
  }

  #updateDone(): void {
    if (this.#state === "closed") return;
    for (const request of this.#serving) this.#serve(request);
    this.#serving = [];
    this.#state = "idle";
    if (this.#waiting.length > 0) this.#refresh();
  }

  #serve({ reuse, resolve, reject }: Request): void {
    try {
      resolve({
        frame: copyFrame(this.#head.surface, this.#surfaceId, reuse),
        frameNumber: this.#head.frameNumber,
      });
    } catch (error) {
      // There is no memory for the copy: that fails this request, and no other.
      reject(error);
    }
  }

  #rejectAll(): void {
    const requests = [...this.#serving, ...this.#waiting];
    this.#serving = [];
    this.#waiting = [];
    for (const { reject } of requests) reject(new Error("the console is closed"));
  }
}
