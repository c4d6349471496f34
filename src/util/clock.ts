/**
 * Time as an argument.  Nothing in the core reads a clock or starts a timer by itself: it is handed a
 * `Clock`, so that tests own time and none of them sleeps.
 */

/** A started timer.  Cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic time in milliseconds, with fractions; its origin has no meaning. */
  nowMs(): number;
  /** Wall clock time in microseconds since 1970-01-01 UTC: the `timestamp` of events. */
  wallTimeUs(): number;
  /** Calls `callback` once, `delayMs` from now.  A pending timer does not keep the process alive. */
  startTimer(delayMs: number, callback: () => void): Timer;
}

/** The process's own clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallTimeUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  startTimer(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A clock that stands still until its owner moves it: the clock of tests. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ dueMs: number; callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallTimeUs(): number {
    return Math.round(this.#nowMs * 1000);
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Number of timers that wait: a test for leaks reads it. */
  get timersPending(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms` and calls the timers that fall due, in order of their time. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: { dueMs: number; callback: () => void } | undefined;
      for (const timer of this.#timers) {
        if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.dueMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }
}
