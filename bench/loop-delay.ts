/**
 * Preloaded into a server (`node --import`): measures the delay of its event loop from outside the product.
 *
 * On SIGUSR2 it writes what was seen since the last signal to the file that QMPD_LOOP_DELAY_FILE names.
 * Worker threads load it too, and are left alone: only the main thread's loop serves clients.
 */

import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { tellOnSignal } from "./told.ts";

/** What the file holds, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** The timer that is watched fires this often; a loop without delay shows this figure, so it is taken off. */
const RESOLUTION_MS = 1;
const NS_PER_MS = 1e6;

const path = process.env.QMPD_LOOP_DELAY_FILE;
if (isMainThread && path !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  tellOnSignal(path, () => {
    const delayMs = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
    const delay: LoopDelay = {
      p50Ms: delayMs(histogram.percentile(50)),
      p99Ms: delayMs(histogram.percentile(99)),
      maxMs: delayMs(histogram.max),
    };
    histogram.reset();
    return delay;
  });
}
