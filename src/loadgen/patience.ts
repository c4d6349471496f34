/**
 * How long replies are waited for while none comes: twice as long as the slowest has taken, at least 10 s; longer where a
 * command was sent that has had no reply at all, as nobody knows yet how long it takes.  Each reply begins the wait anew.
 */

import { LOAD_REPLY_MS, LOAD_REPLY_UNKNOWN_MS } from "../util/limits.ts";

const TIMES_THE_SLOWEST = 2;
/** So long without a reply is not worth a word. */
const TRIED_MS = 1000;

/** What there is to be seen of replies. */
export interface ReplyTimes {
  /** Of all replies so far; 0 when there was none. */
  readonly slowestUs: number;
  /** A command was sent and has never been answered. */
  readonly isOneUnknown: boolean;
}

export class Patience {
  readonly #times: ReplyTimes;
  #replies = -1;
  #sinceMs = 0;
  /** No reply has come for longer than any has taken. */
  isTried = false;

  constructor(times: ReplyTimes) {
    this.#times = times;
  }

  /** Milliseconds that are left; none when it is not more than 0.  `replies`: those so far. */
  leftMs(nowMs: number, replies: number): number {
    if (replies !== this.#replies) this.#sinceMs = nowMs;
    this.#replies = replies;
    const { slowestUs, isOneUnknown } = this.#times;
    const least = isOneUnknown ? LOAD_REPLY_UNKNOWN_MS : LOAD_REPLY_MS;
    const waitedMs = nowMs - this.#sinceMs;
    this.isTried = waitedMs > Math.max(slowestUs / 1000, TRIED_MS);
    return Math.max(least, (TIMES_THE_SLOWEST * slowestUs) / 1000) - waitedMs;
  }
}
