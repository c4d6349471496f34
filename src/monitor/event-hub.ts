/**
 * Event hub: from one event of the machine to the streams of all sessions.
 *
 *   emit ─▶ rate limit ─▶ encode once ─▶ shard 0 ─▶ sessions 0..n-1
 *                                    ├─▶ shard 1 ─▶ sessions n..2n-1      one shard a turn of the event loop
 *                                    └─▶ ...
 *
 * A shard is a Subject with a bounded number of subscribers, so that no turn sends to more (rule E1: a
 * broadcast to 10,000 sessions in one go would block everybody for 100 ms).  A shard whose turn has not
 * come keeps its events in order; a session that has a reply to send has its shard brought up to date
 * first, so that an event leaves before the return of the command that caused it (rule L8).
 *
 * Rate limits (rule E2): the first event of a kind at once, then the last one of each period, with the
 * timestamp of its occurrence.
 */

import {
  asyncScheduler,
  debounceTime,
  groupBy,
  mergeMap,
  type Observable,
  type SchedulerLike,
  Subject,
  throttleTime,
} from "rxjs";
import { encodeEvent } from "../qmp/messages.ts";
import type { JsonObject } from "../qmp/wire.ts";
import { assert } from "../util/assert.ts";
import type { Clock } from "../util/clock.ts";
import { BROADCAST_SLICE_SESSIONS, EVENT_THROTTLE_PERIOD_MS } from "../util/limits.ts";

/** An event as it is sent: made once, shared by all sessions. */
export interface EncodedEvent {
  readonly text: string;
}

/** Which events are limited, and by what they count apart (as in QEMU: by device, for some). */
export type ThrottleKeys = Readonly<Record<string, (data: JsonObject) => string>>;

interface Occurrence {
  readonly event: string;
  readonly data: JsonObject | undefined;
  readonly timestampUs: number;
  readonly key: string;
}

export interface EventHubOptions {
  readonly clock: Clock;
  /** Rate limited events by name.  The function tells occurrences apart that are limited separately. */
  readonly throttled: ThrottleKeys;
  /** Runs `callback` in a later turn of the event loop. */
  readonly nextTurn: (callback: () => void) => void;
  /** The time of the rate limits: tests pass a virtual one. */
  readonly scheduler?: SchedulerLike;
}

/** A session's place in the hub. */
export interface EventFeed {
  readonly events: Observable<EncodedEvent>;
  /** Delivers what the session has not got yet, now. */
  catchUp(): void;
  /** Gives the place back, once. */
  leave(): void;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #throttled = new Subject<Occurrence>();
  readonly #shards: Shard[] = [];
  #turnPending = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    const scheduler = options.scheduler ?? asyncScheduler;
    this.#throttled
      .pipe(
        groupBy((occurrence) => occurrence.key, {
          // A group of its own for each device would stay for ever: it ends when it has been quiet.
          duration: (group) => group.pipe(debounceTime(2 * EVENT_THROTTLE_PERIOD_MS, scheduler)),
        }),
        mergeMap((group) =>
          group.pipe(throttleTime(EVENT_THROTTLE_PERIOD_MS, scheduler, { leading: true, trailing: true })),
        ),
      )
      .subscribe((occurrence) => this.#broadcast(occurrence));
  }

  /** An event of the machine, now.  It is in every session's stream before anything that comes later. */
  emit(event: string, data?: JsonObject): void {
    const timestampUs = this.#options.clock.wallTimeUs();
    const throttle = Object.hasOwn(this.#options.throttled, event)
      ? this.#options.throttled[event]
      : undefined;
    const key = throttle === undefined ? "" : `${event} ${throttle(data ?? {})}`;
    const occurrence = { event, data, timestampUs, key };
    if (throttle === undefined) this.#broadcast(occurrence);
    else this.#throttled.next(occurrence);
  }

  /** Takes a session in.  It gets what is emitted from now on. */
  join(): EventFeed {
    let shard = this.#shards.find((candidate) => candidate.members < BROADCAST_SLICE_SESSIONS);
    if (shard === undefined) {
      shard = new Shard();
      this.#shards.push(shard);
    }
    return shard.join();
  }

  get sessionCount(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.members, 0);
  }

  #broadcast({ event, data, timestampUs }: Occurrence): void {
    const encoded = { text: encodeEvent(event, data, timestampUs) };
    for (const shard of this.#shards) shard.put(encoded);
    // The first slice goes at once, unless others wait for their turn.
    if (!this.#turnPending) this.#sendSlice();
  }

  #sendSlice(): void {
    this.#turnPending = false;
    const behind = this.#shards.findIndex((shard) => shard.isBehind);
    if (behind < 0) return;
    this.#shards[behind]?.deliver();
    // Looked for again from the start in the next turn: shards that caught up by themselves are skipped.
    if (this.#shards.some((shard) => shard.isBehind)) {
      this.#turnPending = true;
      this.#options.nextTurn(() => this.#sendSlice());
    }
  }
}

class Shard {
  readonly events = new Subject<EncodedEvent>();
  #waiting: EncodedEvent[] = [];
  members = 0;

  get isBehind(): boolean {
    return this.#waiting.length > 0;
  }

  join(): EventFeed {
    this.deliver(); // What was emitted before is not for the one who joins now.
    this.members++;
    return new ShardFeed(this);
  }

  put(event: EncodedEvent): void {
    if (this.members > 0) this.#waiting.push(event);
  }

  deliver(): void {
    if (this.#waiting.length === 0) return;
    const events = this.#waiting;
    this.#waiting = [];
    for (const event of events) this.events.next(event);
  }
}

/** A class, not closures: there is one for each session. */
class ShardFeed implements EventFeed {
  readonly #shard: Shard;
  #joined = true;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  get events(): Observable<EncodedEvent> {
    return this.#shard.events;
  }

  catchUp(): void {
    this.#shard.deliver();
  }

  leave(): void {
    assert(this.#joined, "a session leaves the hub once");
    this.#joined = false;
    this.#shard.members--;
  }
}
