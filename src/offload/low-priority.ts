/**
 * The priority of worker threads, so that light commands on the main thread win the core.
 *
 * A thread's nice value only ever rises: an ordinary user may not lower it, and whoever started the service
 * at a lower priority meant all of it.
 */

import { constants, getPriority, setPriority } from "node:os";

/** Called by the thread itself: on Linux, it is this thread's priority alone. */
export function lowerPriority(): void {
  const nice = constants.priority.PRIORITY_BELOW_NORMAL;
  try {
    if (getPriority() < nice) setPriority(nice);
  } catch {
    // Not permitted here: the thread works all the same.
  }
}
