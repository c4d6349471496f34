/** Waiting for what a client that cancels, or others, should not have to wait for. */

import { systemClock } from "../util/clock.ts";

/** Settles as `promise` does, or rejects with the reason when `signal` fires first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

/** When `promise` has settled, whichever way, or `ms` have gone by. */
export async function settledWithin(ms: number, promise: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = systemClock.startTimer(ms, resolve);
    void promise
      .catch(() => {})
      .then(() => {
        timer.cancel();
        resolve();
      });
  });
}
