/**
 * Replies: what a session answers, as one stream with the events of its machine (rule L8).
 *
 *     replies, unicast events ───────────────┬─▶ stream ─▶ outbound
 *     broadcast events, once joined ─▶ feed ─┘
 *
 * Invariants:
 *  - no event leaves before `join`, which ends the negotiation;
 *  - events that arose before a reply leave before it;
 *  - after `close` nothing leaves; defects are reported all the same.
 */

import { Subject, type Subscription } from "rxjs";
import type { CommandCall, Outcome } from "../qmp/call.ts";
import type { SessionInfo } from "../qmp/context.ts";
import { isDefect } from "../qmp/errors.ts";
import { encodeError, encodeEvent, encodeReturnChunks } from "../qmp/messages.ts";
import type { JsonObject, JsonValue } from "../qmp/wire.ts";
import type { EventFeed } from "./event-hub.ts";
import type { Outbound, Outgoing } from "./outbound.ts";
import { ReplyRooms } from "./reply-rooms.ts";
import type { SessionServices } from "./session-services.ts";

export class Replies {
  readonly #session: SessionInfo;
  readonly #services: SessionServices;
  readonly #outbound: Outbound;
  /** Merges what it is given and what it has subscribed to. */
  readonly #stream = new Subject<Outgoing>();
  #events: Subscription | undefined;
  #feed: EventFeed | undefined;
  /** Made for the first large reply: most sessions have none, and idle ones should be small. */
  #rooms: ReplyRooms | undefined;
  #closed = false;

  constructor(session: SessionInfo, services: SessionServices, outbound: Outbound) {
    this.#session = session;
    this.#services = services;
    this.#outbound = outbound;
    this.#stream.subscribe(outbound);
  }

  /** From now on, events leave. */
  join(): void {
    this.#feed = this.#services.hub.join();
    this.#events = this.#feed.events.subscribe(this.#stream);
  }

  /** What follows is no reason that an event which arose before is missed. */
  catchUp(): void {
    this.#feed?.catchUp();
  }

  /** The connection is gone. */
  close(): void {
    this.#closed = true;
    this.#events?.unsubscribe();
    this.#feed?.leave();
  }

  /** Every reply passes here: events that arose before it leave before it (rule L8). */
  send(reply: Outgoing): void {
    if (this.#closed) return;
    this.#feed?.catchUp();
    this.#stream.next(reply);
  }

  /** The reply of a call that has completed. */
  answer(call: CommandCall, outcome: Outcome): void {
    if ("error" in outcome) return this.fail(outcome.error, call.id, call.command);
    if (!call.description.successResponse || this.#closed) return;
    try {
      this.send(encodeReturnChunks(outcome.result, call.id));
    } catch (error) {
      this.fail(error, call.id, call.command);
    }
  }

  /** `command` is empty where none was found in the message. */
  fail(error: unknown, id: JsonValue | undefined, command: string): void {
    if (isDefect(error)) this.#services.defect(error, command, this.#session);
    this.send(encodeError(error, id));
  }

  unicast(event: string, data: JsonObject | undefined): void {
    if (this.#closed) return;
    this.#feed?.catchUp();
    this.#stream.next({ text: encodeEvent(event, data, this.#services.clock.wallTimeUs()) });
  }

  // ---- Room for large ones ----

  /** Settles when `call` may make a reply of up to `bytes`, or is cancelled; pairs with `releaseRoom`. */
  room(call: CommandCall, bytes: number): Promise<void> {
    this.#rooms ??= new ReplyRooms(this.#services.outputBudget, () => this.#outbound.hasRoom);
    return this.#rooms.request(call, bytes, call.signal);
  }

  releaseRoom(call: CommandCall): void {
    this.#rooms?.release(call);
  }

  /** Output has left, or its client has. */
  grantRooms(): void {
    this.#rooms?.grant();
  }
}
