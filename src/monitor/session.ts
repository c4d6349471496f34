/**
 * QMP session: the protocol state of one connected client.
 *
 * A session is an actor.  It owns its state; others reach it only through the listener it gives to its
 * connection and the methods below, and it reaches others only through the port that it was given.  It
 * does no I/O, reads no clock and starts no thread: tests drive it with plain values.  Here are its life, its
 * share of each turn of the event loop, and the way of a request:
 *
 *     inbound ---may it be read?---> receive ---may it start?---> start ---> replies ---> outbound
 *                                       '---> lane, in its place ---'
 *
 *     negotiating ---qmp_capabilities---> command ---stop---> ending ---all answered---> closed
 *          '---------------- the connection closes, or is closed ---------------------------^
 *
 * Invariants (rules N2 to N4, L1 to L8):
 *  - no event leaves before negotiation has succeeded;
 *  - each request is answered exactly once, in the order of requests; only out-of-band replies and,
 *    with the capability, those of async commands overtake;
 *  - in-band commands start in the order of arrival, one that is not async after the one before ended;
 *  - a message is read only when there is a place for it, so the queue stays bounded and nothing is dropped.
 */

import { type CallOwner, CommandCall, type Outcome } from "../qmp/call.ts";
import type { Capability } from "../qmp/capabilities.ts";
import type { MonitorInfo, PlainContext, Progress, SessionInfo, SessionStatus } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import { encodeReturn, isIdLarger, parseRequest, type Request, requestId } from "../qmp/messages.ts";
import type { MonitorCommand } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import type { Connection, ConnectionListener, JsonObject, JsonValue, MessageReader } from "../qmp/wire.ts";
import {
  ID_BYTES_MAX,
  REQUEST_QUEUE_LEN_MAX,
  REQUESTS_PER_TURN_MAX,
  TURN_UNIT_BYTES,
} from "../util/limits.ts";
import { findCommand } from "./dispatch.ts";
import { Inbound } from "./inbound.ts";
import { Lane } from "./lane.ts";
import { Outbound } from "./outbound.ts";
import { Replies } from "./replies.ts";
import type { SessionServices } from "./session-services.ts";

export type { SessionLimits } from "./session-services.ts";

/** What a session asks of its monitor. */
export interface SessionPort extends SessionServices {
  /** The session is over; exactly once.  `reason`: why this side closed it, or the connection's error. */
  closed(session: Session, reason: string | Error | undefined): void;
}

export type SessionState = "negotiating" | "command" | "ending" | "closed";

export class Session implements SessionInfo, ConnectionListener, CallOwner {
  readonly sessionId: number;
  readonly #port: SessionPort;
  readonly #connection: Connection;
  readonly #inbound: Inbound;
  readonly #lane: Lane;
  readonly #outbound: Outbound;
  readonly #replies: Replies;
  readonly #context: PlainContext;
  readonly #enabled: Capability[] = [];
  #async = false;
  #oob = false;
  #state: SessionState = "negotiating";
  #pump: "idle" | "running" | "scheduled" = "idle";
  /** What may still be done in this turn, in requests; filled up in the next one. */
  #allowance = REQUESTS_PER_TURN_MAX;
  #refillPending = false;
  #closeReason: string | undefined;

  constructor(port: SessionPort, connection: Connection, reader: MessageReader, sessionId: number) {
    this.#port = port;
    this.#connection = connection;
    this.sessionId = sessionId;
    this.#context = { session: this, monitor: port };
    const { clock, limits } = port;
    const overrun = (reason: string): void => this.destroy(reason);
    this.#lane = new Lane(port.registry, limits.asyncInFlightMax);
    this.#inbound = new Inbound({
      connection,
      reader,
      requests: this.#lane,
      registry: port.registry,
      clock,
      budget: port.inputBudget,
      stalledPeerMs: limits.stalledPeerMs,
      overrun,
      room: this.#onRoom,
    });
    this.#outbound = new Outbound({
      connection,
      clock,
      budget: port.outputBudget,
      limits,
      overrun,
      room: () => {
        this.#replies.grantRooms();
        this.#run();
      },
    });
    this.#replies = new Replies(this, port, this.#outbound);
    connection.start(this);
  }

  get state(): SessionState {
    return this.#state;
  }

  // ---- What the connection tells ----

  data(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#inbound.push(bytes);
    if (this.#pump === "scheduled") this.#inbound.regulate();
    else this.#run();
  }

  inputEnd(): void {
    if (this.#state === "closed") return;
    this.#inbound.end();
    this.#run();
  }

  drain(): void {
    this.#outbound.drained();
  }

  /** The client is gone: its commands are cancelled, except those that the schema lets finish (rule C4). */
  close(error: Error | undefined): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#outbound.close();
    this.#replies.close();
    this.#inbound.close();
    this.#port.outputBudget.forget(this.#onRoom);
    this.#lane.disconnect();
    // Commands that go on without their client need not wait for it.
    this.#replies.grantRooms();
    this.#port.closed(this, this.#closeReason ?? error);
  }

  // ---- What the monitor asks ----

  /** Reads no further request; those that were read are run.  Closes when all is answered. */
  stop(): void {
    if (this.#state === "closed") return;
    // Its end is the last thing that an event should not miss.
    this.#replies.catchUp();
    this.#state = "ending";
    this.#run();
  }

  /** Cancels everything in flight; each is answered. */
  cancelAll(): void {
    this.#lane.cancelAll();
  }

  /** Answers what was cancelled and whose handler has not let go yet. */
  abandonAll(): void {
    this.#lane.abandonAll();
  }

  /** Closes the connection now. */
  destroy(reason: string): void {
    this.#closeReason ??= reason;
    this.#connection.destroy();
  }

  /** Whether a command with this id was in flight; it is cancelled then (rule C5). */
  cancel(id: JsonValue): boolean {
    return this.#lane.cancel(id);
  }

  status(): SessionStatus {
    return {
      sessionId: this.sessionId,
      peer: this.#connection.peer,
      capabilities: this.#enabled,
      asyncInFlightMax: this.#port.limits.asyncInFlightMax,
      requestQueueLenMax: REQUEST_QUEUE_LEN_MAX,
      commands: this.#lane.status(this.#port.clock.nowMs()),
    };
  }

  // ---- What handlers and calls ask ----

  has(capability: Capability): boolean {
    return this.#enabled.includes(capability);
  }

  negotiate(enable: readonly Capability[]): void {
    if (this.#state !== "negotiating") {
      throw new QmpError("Capabilities negotiation is already complete, command ignored", "CommandNotFound");
    }
    this.#state = "command";
    for (const capability of enable) if (!this.has(capability)) this.#enabled.push(capability);
    this.#async = this.has("async");
    if (this.#async) this.#lane.enableAsync();
    this.#oob = this.has("oob");
    this.#replies.join();
  }

  get session(): SessionInfo {
    return this;
  }

  get monitor(): MonitorInfo {
    return this.#port;
  }

  get resources(): ResourceTable {
    return this.#port.resources;
  }

  completed(call: CommandCall, outcome: Outcome): void {
    this.#lane.remove(call);
    this.#port.reports.end(call);
    this.#replies.answer(call, outcome);
    this.#replies.releaseRoom(call);
    this.#run();
  }

  replyRoom(call: CommandCall, bytes: number): Promise<void> {
    return this.#replies.room(call, bytes);
  }

  progressed(call: CommandCall, progress: Progress): void {
    if (this.#async && this.#state !== "closed") this.#port.reports.report(call, progress, this);
  }

  unicast(event: string, data: JsonObject | undefined): void {
    this.#replies.unicast(event, data);
  }

  // ---- Turns of the event loop ----

  /** Callback of both budgets: one, so that a budget knows it again. */
  readonly #onRoom = (): void => this.#run();

  /**
   * Starts what waits and reads what has come, as far as the lane allows, for one turn of the event
   * loop.  Called whenever something changed: bytes came, a command ended, output drained.
   */
  #run(): void {
    if (this.#pump !== "idle" || this.#state === "closed") return;
    this.#pump = "running";
    const more = this.#runTurn();
    // A handler may have closed the session: whoever asks for the state here sees what it is now.
    if ((this.#state as SessionState) === "closed") return;
    const isLater = more === "later" || more === "slice";
    this.#pump = isLater ? "scheduled" : "idle";
    if (isLater) {
      this.#refill(more, () => {
        this.#pump = "idle";
        this.#run();
      });
    } else if (more === "starved" && !this.#lane.hasCalls && this.#isInputOver()) {
      this.#state = "ending";
      this.#outbound.end();
    }
    // More may come in this very turn: what is left of the allowance is for that, too.
    if (!isLater && this.#allowance < REQUESTS_PER_TURN_MAX / 2 && !this.#refillPending) {
      this.#refillPending = true;
      this.#refill("later", () => {
        this.#refillPending = false;
      });
    }
    this.#inbound.regulate(more === "blocked");
  }

  /** Whether no further request will be read. */
  #isInputOver(): boolean {
    return this.#inbound.ended || this.#state === "ending";
  }

  #refill(when: "later" | "slice", callback: () => void): void {
    const refilled = (): void => {
      this.#allowance = REQUESTS_PER_TURN_MAX;
      callback();
    };
    if (when === "slice") this.#port.slices.add(refilled);
    else this.#port.nextTurn(refilled);
  }

  /** Of this turn, for `bytes` that were read or answered. */
  #spend(bytes: number): void {
    this.#allowance -= Math.floor(bytes / TURN_UNIT_BYTES);
  }

  /**
   * `later`: this turn is used up.  `slice`: by a part of a large message.  `starved`: all that was read is
   * started.  `waiting`: for room for what is read.  `blocked`: by output or commands of its own; somebody will call.
   */
  #runTurn(): "later" | "slice" | "starved" | "waiting" | "blocked" {
    for (; this.#allowance > 0; this.#allowance--) {
      if (!this.#outbound.hasRoom) {
        if (this.#port.outputBudget.exhausted) this.#port.outputBudget.whenRoom(this.#onRoom);
        return "blocked";
      }
      if (this.#startWaiting()) continue;
      if (!this.#mayRead()) return this.#state === "ending" && !this.#lane.hasWaiting ? "starved" : "blocked";
      if (this.#inbound.waitsForRoom()) return "waiting";
      const status = this.#inbound.next();
      if (status === "value" || status === "error") this.#spend(this.#inbound.messageBytes);
      if (status === "value" && !this.#inbound.takesValue(this.#oob)) continue;
      if (status === "starved") return "starved";
      if (status === "slice") return "slice";
      if (status === "error") this.#accept(undefined, undefined, new QmpError(this.#inbound.errorDesc));
      else this.#receive(this.#inbound.value);
    }
    return "later";
  }

  /** Whether there is a place for one more request. */
  #mayRead(): boolean {
    if (this.#state === "ending" || this.#state === "closed") return false;
    return this.#lane.hasPlace(this.#oob);
  }

  // ---- Requests ----

  #receive(value: JsonValue): void {
    let request: Request;
    try {
      request = parseRequest(value, this.#oob);
    } catch (error) {
      const id = requestId(value);
      return this.#accept(undefined, this.#isIdTooLarge(id) ? undefined : id, error);
    }
    if (this.#isIdTooLarge(request.id)) {
      const error = new QmpError(`The 'id' is larger than ${ID_BYTES_MAX} bytes`);
      return this.#accept(undefined, undefined, error);
    }
    if (request.id !== undefined && this.#lane.hasId(request.id)) {
      return this.#accept(undefined, request.id, new QmpError("The 'id' is in use by a command in flight"));
    }
    if (request.oob || this.#lane.mayStart(request)) {
      this.#start(request, undefined, this.#inbound.valueBytes);
    } else {
      this.#accept(request, request.id, undefined);
    }
  }

  /** Puts a request, or the answer to malformed input, at its place in the order (rule N4). */
  #accept(request: Request | undefined, id: JsonValue | undefined, refusal: unknown): void {
    if (request === undefined && this.#lane.isFree) return this.#replies.fail(refusal, id, "");
    const heldBytes = request === undefined ? 0 : this.#inbound.valueBytes;
    this.#lane.enqueue({ request, id, acceptedMs: this.#port.clock.nowMs(), heldBytes, refusal });
  }

  /** Looked at only where the message is large enough. */
  #isIdTooLarge(id: JsonValue | undefined): boolean {
    return this.#inbound.messageBytes > ID_BYTES_MAX && id !== undefined && isIdLarger(id, ID_BYTES_MAX);
  }

  /** Starts the head of the queue, if it may start.  Whether it did. */
  #startWaiting(): boolean {
    const head = this.#lane.next();
    if (head === undefined) return false;
    if (head.refusal !== undefined || head.request === undefined)
      this.#replies.fail(head.refusal, head.id, "");
    else this.#start(head.request, head.acceptedMs, head.heldBytes);
    return true;
  }

  /** `acceptedMs` is undefined for a request that did not wait. */
  #start(request: Request, acceptedMs: number | undefined, heldBytes: number): void {
    const { id } = request;
    let command: MonitorCommand;
    try {
      command = findCommand(request, this.#state === "negotiating", this.#port);
      if (command.kind === "plain") {
        const result = command.call(request.arguments, this.#context);
        if (command.successResponse) {
          const reply = encodeReturn(result, id);
          this.#spend(reply.length);
          this.#replies.send(reply);
        }
        return;
      }
      if (command.kind === "async" && this.#async && id === undefined) {
        throw new QmpError("An async command requires an 'id'");
      }
    } catch (error) {
      return this.#replies.fail(error, id, request.command);
    }
    const startedMs = acceptedMs ?? this.#port.clock.nowMs();
    const call = new CommandCall(this, command, request.arguments, id, startedMs, heldBytes);
    this.#lane.add(call);
    call.run();
  }
}
