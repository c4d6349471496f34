/**
 * Preloaded into a server (`node --expose-gc --import`): tells what its main thread holds, when all that is garbage is gone.
 *
 * On SIGUSR2 it collects garbage and writes the figures to the file that QMPD_SELF_REPORT_FILE names.
 */

import { tellOnSignal } from "./told.ts";

/** What the file holds. */
export interface SelfReport {
  readonly heapBytes: number;
  /** Buffers, and what else is kept outside of the heap. */
  readonly externalBytes: number;
  /** Sockets, timers and the like that keep the event loop alive. */
  readonly handles: number;
}

const path = process.env.QMPD_SELF_REPORT_FILE;
if (path !== undefined) {
  tellOnSignal(path, (): SelfReport => {
    // Twice: what a finalizer lets go of is garbage only then.
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return {
      heapBytes: heapUsed,
      externalBytes: external,
      handles: process.getActiveResourcesInfo().length,
    };
  });
}
