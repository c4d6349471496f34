/**
 * QMP session: the protocol state of one connected client.
 *
 * A session is an actor.  It owns its state; others reach it only through the listener it gives to its
 * connection and the methods below, and it reaches others only through the port that it was given.  It
 * does no I/O, reads no clock and starts no thread: tests drive it with plain values.
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
import { type Capability, NEGOTIATION_COMMAND } from "../qmp/capabilities.ts";
import type { MonitorInfo, PlainContext, Progress, SessionInfo, SessionStatus } from "../qmp/context.ts";
import { COMMAND_CANCELLED, isDefect, QmpError } from "../qmp/errors.ts";
import {
  encodeError,
  encodeEvent,
  encodeReturn,
  encodeReturnChunks,
  idKey,
  isIdLarger,
  parseRequest,
  type Request,
  requestId,
} from "../qmp/messages.ts";
import type { CommandRegistry, MonitorCommand } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import { mustReadWhole } from "../qmp/unread.ts";
import type { Connection, ConnectionListener, JsonObject, JsonValue, MessageReader } from "../qmp/wire.ts";
import type { Budget } from "../util/budget.ts";
import type { Clock, Timer } from "../util/clock.ts";
import {
  ID_BYTES_MAX,
  READ_AHEAD_BYTES_MAX,
  REQUEST_QUEUE_LEN_MAX,
  REQUESTS_PER_TURN_MAX,
  TURN_UNIT_BYTES,
} from "../util/limits.ts";
import type { TurnQueue } from "../util/turn-queue.ts";
import type { EventFeed, EventHub } from "./event-hub.ts";
import { Outbound, type Outgoing, type OutputLimits } from "./outbound.ts";
import type { ProgressReports } from "./progress-reports.ts";
import { ReplyRooms } from "./reply-rooms.ts";
import { merge, Subject, type Subscription } from "./rx.ts";

export type SessionState = "negotiating" | "command" | "ending" | "closed";

export interface SessionLimits extends OutputLimits {
  /** Async commands of one session in flight (rule L6). */
  readonly asyncInFlightMax: number;
}

/** What a session asks of its monitor. */
export interface SessionPort extends MonitorInfo {
  readonly registry: CommandRegistry;
  readonly resources: ResourceTable;
  readonly hub: EventHub;
  readonly reports: ProgressReports;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  /** Bytes that wait in all sessions of the service together. */
  readonly inputBudget: Budget;
  readonly outputBudget: Budget;
  /** Runs `callback` in a later turn of the event loop. */
  nextTurn(callback: () => void): void;
  /** The same for a slice of a large message: of all sessions together, one goes in a turn. */
  readonly slices: TurnQueue;
  /** Whether the machine is not built yet: only commands that the schema allows then may run. */
  isPreconfig(): boolean;
  /** The session is over; exactly once.  `reason`: why this side closed it, or the connection's error. */
  closed(session: Session, reason: string | Error | undefined): void;
  /** A defect of this program came up while `command` was served. */
  defect(error: unknown, command: string, session: Session): void;
}

/** A request that waits its turn in the lane, or the error that answers malformed input in its place. */
interface Waiting {
  readonly request: Request | undefined;
  readonly id: JsonValue | undefined;
  readonly acceptedMs: number;
  /** Of the message that brought it. */
  readonly messageBytes: number;
  /** Answers it instead of a run: what was wrong with it, or that it was cancelled. */
  refusal: unknown;
}

export class Session implements SessionInfo, ConnectionListener, CallOwner {
  readonly sessionId: number;
  readonly #port: SessionPort;
  readonly #connection: Connection;
  readonly #reader: MessageReader;
  readonly #outbound: Outbound;
  readonly #context: PlainContext;
  readonly #enabled: Capability[] = [];
  #async = false;
  #oob = false;
  #state: SessionState = "negotiating";
  #input: "open" | "paused" | "ended" = "open";
  readonly #returns = new Subject<Outgoing>();
  #outgoing: Subscription;
  #feed: EventFeed | undefined;
  /** The lane: what waits, in order, and the in-band command that has to end before the next one starts. */
  readonly #waiting: Waiting[] = [];
  #running: CommandCall | undefined;
  /** All coroutine and async commands in flight, the running one among them. */
  readonly #calls = new Set<CommandCall>();
  #asyncInFlight = 0;
  /** Keys of the ids in flight; kept with `async` alone (rule L5). */
  #idsInFlight: Set<string> | undefined;
  #pump: "idle" | "running" | "scheduled" = "idle";
  /** What may still be done in this turn, in requests; filled up in the next one. */
  #allowance = REQUESTS_PER_TURN_MAX;
  #refillPending = false;
  /** Bytes that came in all, those that were read, and those of the message read last. */
  #arrivedBytes = 0;
  #readBytes = 0;
  #messageBytes = 0;
  /** Bytes of the requests that wait or run. */
  #requestBytes = 0;
  #budgetedBytes = 0;
  /** Runs while an unfinished message holds much: whoever sends nothing more must not keep others waiting. */
  #unfinishedTimer: Timer | undefined;
  /** Made for the first large reply: most sessions have none, and idle ones should be small. */
  #replyRooms: ReplyRooms | undefined;
  #closeReason: string | undefined;

  constructor(port: SessionPort, connection: Connection, reader: MessageReader, sessionId: number) {
    this.#port = port;
    this.#connection = connection;
    this.#reader = reader;
    this.sessionId = sessionId;
    this.#context = { session: this, monitor: port };
    this.#outbound = new Outbound({
      connection,
      clock: port.clock,
      budget: port.outputBudget,
      limits: port.limits,
      overrun: (reason) => this.destroy(reason),
      room: () => {
        this.#replyRooms?.grant();
        this.#run();
      },
    });
    this.#outgoing = this.#returns.subscribe(this.#outbound);
    connection.start(this);
  }

  get state(): SessionState {
    return this.#state;
  }

  // ---- What the connection tells ----

  data(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#reader.push(bytes);
    this.#arrivedBytes += bytes.length;
    if (this.#pump === "scheduled") this.#regulateInput();
    else this.#run();
  }

  inputEnd(): void {
    this.#input = "ended";
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
    this.#outgoing.unsubscribe();
    this.#feed?.leave();
    this.#waiting.length = 0;
    this.#unfinishedTimer?.cancel();
    this.#port.inputBudget.forget(this.#onRoom);
    this.#port.outputBudget.forget(this.#onRoom);
    this.#port.inputBudget.spend(-this.#budgetedBytes);
    this.#port.inputBudget.settle(this);
    for (const call of [...this.#calls]) {
      if (call.description.onDisconnect === "cancel") call.cancel();
    }
    this.#port.closed(this, this.#closeReason ?? error);
  }

  // ---- What the monitor asks ----

  /** Reads no further request; those that were read are run.  Closes when all is answered. */
  stop(): void {
    if (this.#state === "closed") return;
    // Its end is the last thing that an event should not miss.
    this.#feed?.catchUp();
    this.#state = "ending";
    this.#run();
  }

  /** Cancels everything in flight; each is answered. */
  cancelAll(): void {
    for (const waiting of this.#waiting) waiting.refusal ??= COMMAND_CANCELLED;
    for (const call of [...this.#calls]) call.cancel();
  }

  /** Answers what was cancelled and whose handler has not let go yet. */
  abandonAll(): void {
    for (const call of [...this.#calls]) call.abandon();
  }

  /** Closes the connection now. */
  destroy(reason: string): void {
    this.#closeReason ??= reason;
    this.#connection.destroy();
  }

  /** Whether a command with this id was in flight; it is cancelled then (rule C5). */
  cancel(id: JsonValue): boolean {
    const key = idKey(id);
    for (const call of this.#calls) {
      if (call.id === undefined || idKey(call.id) !== key) continue;
      call.cancel();
      return true;
    }
    for (const waiting of this.#waiting) {
      if (waiting.request === undefined || waiting.id === undefined || idKey(waiting.id) !== key) continue;
      waiting.refusal ??= COMMAND_CANCELLED;
      return true;
    }
    return false;
  }

  status(): SessionStatus {
    const nowMs = this.#port.clock.nowMs();
    const commands = [...this.#calls].map((call) => ({
      id: call.id,
      command: call.command,
      ageMs: nowMs - call.acceptedMs,
      state: call.state === "done" ? ("cancelling" as const) : call.state,
      progress: call.lastProgress,
    }));
    const queued = this.#waiting.flatMap(({ request, id, acceptedMs }) =>
      request === undefined
        ? []
        : [
            {
              id,
              command: request.command,
              ageMs: nowMs - acceptedMs,
              state: "queued" as const,
              progress: undefined,
            },
          ],
    );
    return {
      sessionId: this.sessionId,
      peer: this.#connection.peer,
      capabilities: this.#enabled,
      asyncInFlightMax: this.#port.limits.asyncInFlightMax,
      requestQueueLenMax: REQUEST_QUEUE_LEN_MAX,
      commands: [...commands, ...queued],
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
    if (this.#async) this.#idsInFlight = new Set();
    this.#oob = this.has("oob");
    this.#feed = this.#port.hub.join();
    this.#outgoing.unsubscribe();
    this.#outgoing = merge(this.#returns, this.#feed.events).subscribe(this.#outbound);
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
    this.#calls.delete(call);
    this.#port.reports.end(call);
    if (call === this.#running) this.#running = undefined;
    else this.#asyncInFlight--;
    if (call.id !== undefined) this.#idsInFlight?.delete(idKey(call.id));
    this.#requestBytes -= call.messageBytes;
    this.#answer(call, outcome);
    this.#replyRooms?.release(call);
    this.#run();
  }

  replyRoom(call: CommandCall, bytes: number): Promise<void> {
    this.#replyRooms ??= new ReplyRooms(this.#port.outputBudget, () => this.#outbound.hasRoom);
    return this.#replyRooms.request(call, bytes, call.signal);
  }

  #answer(call: CommandCall, outcome: Outcome): void {
    if ("error" in outcome) return this.#fail(outcome.error, call.id, call.command);
    if (!call.description.successResponse || this.#state === "closed") return;
    try {
      this.#reply(encodeReturnChunks(outcome.result, call.id));
    } catch (error) {
      this.#fail(error, call.id, call.command);
    }
  }

  progressed(call: CommandCall, progress: Progress): void {
    if (this.#async && this.#state !== "closed") this.#port.reports.report(call, progress, this);
  }

  unicast(event: string, data: JsonObject | undefined): void {
    if (this.#state === "closed") return;
    this.#feed?.catchUp();
    this.#returns.next({ text: encodeEvent(event, data, this.#port.clock.wallTimeUs()) });
  }

  // ---- The lane ----

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
    } else if (
      more === "starved" &&
      this.#calls.size === 0 &&
      (this.#input === "ended" || this.#state === "ending")
    ) {
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
    this.#regulateInput();
  }

  #refill(when: "later" | "slice", callback: () => void): void {
    const refilled = (): void => {
      this.#allowance = REQUESTS_PER_TURN_MAX;
      callback();
    };
    if (when === "slice") this.#port.slices.add(refilled);
    else this.#port.nextTurn(refilled);
  }

  /** `later`: this turn is used up.  `slice`: by a part of a large message.  `starved`: all that was read is started.  `blocked`: somebody will call. */
  #runTurn(): "later" | "slice" | "starved" | "blocked" {
    for (; this.#allowance > 0; this.#allowance--) {
      if (!this.#outbound.hasRoom) {
        if (this.#port.outputBudget.exhausted) this.#port.outputBudget.whenRoom(this.#onRoom);
        return "blocked";
      }
      if (this.#startWaiting()) continue;
      if (!this.#mayRead())
        return this.#state === "ending" && this.#waiting.length === 0 ? "starved" : "blocked";
      const status = this.#reader.next();
      const readBytes = this.#arrivedBytes - this.#reader.unreadBytes;
      if (status === "value" || status === "error") {
        this.#messageBytes = readBytes - this.#readBytes;
        this.#readBytes = readBytes;
        this.#allowance -= Math.floor(this.#messageBytes / TURN_UNIT_BYTES);
      }
      if (status === "value" && this.#reader.isPartial && !this.#takesPartial()) continue;
      if (status === "starved") return "starved";
      if (status === "slice") return "slice";
      if (status === "error") this.#accept(undefined, undefined, new QmpError(this.#reader.errorDesc));
      else this.#receive(this.#reader.value);
    }
    return "later";
  }

  /** Whether a message with placeholders will do; otherwise it is read once more. */
  #takesPartial(): boolean {
    if (mustReadWhole(this.#reader.value, this.#oob, this.#port.registry)) {
      // Its bytes are counted when it comes again.
      this.#readBytes -= this.#messageBytes;
      this.#reader.readWhole();
      return false;
    }
    this.#reader.dropUnread();
    return true;
  }

  /** Whether there is a place for one more request. */
  #mayRead(): boolean {
    if (this.#state === "ending" || this.#state === "closed") return false;
    if (this.#isOverBudget()) {
      this.#port.inputBudget.whenRoom(this.#onRoom);
      return false;
    }
    if (this.#running === undefined && this.#waiting.length === 0) return true;
    // The head that waits for the async limit is not counted among those queued behind it (rule L6).
    if (this.#running === undefined) return this.#waiting.length <= REQUEST_QUEUE_LEN_MAX;
    return this.#oob && this.#waiting.length < REQUEST_QUEUE_LEN_MAX;
  }

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
    if (
      request.id !== undefined &&
      this.#idsInFlight !== undefined &&
      this.#idsInFlight.size > 0 &&
      this.#idsInFlight.has(idKey(request.id))
    ) {
      return this.#accept(undefined, request.id, new QmpError("The 'id' is in use by a command in flight"));
    }
    if (
      request.oob ||
      (this.#running === undefined && this.#waiting.length === 0 && !this.#mustWait(request))
    ) {
      this.#start(request, undefined, this.#messageBytes);
    } else {
      this.#accept(request, request.id, undefined);
    }
  }

  /** Puts a request, or the answer to malformed input, at its place in the order (rule N4). */
  #accept(request: Request | undefined, id: JsonValue | undefined, refusal: unknown): void {
    if (request === undefined && this.#running === undefined && this.#waiting.length === 0) {
      return this.#fail(refusal, id, "");
    }
    if (request !== undefined && id !== undefined) this.#idsInFlight?.add(idKey(id));
    const messageBytes = request === undefined ? 0 : this.#messageBytes;
    this.#requestBytes += messageBytes;
    this.#waiting.push({ request, id, acceptedMs: this.#port.clock.nowMs(), messageBytes, refusal });
  }

  /** Looked at only where the message is large enough. */
  #isIdTooLarge(id: JsonValue | undefined): boolean {
    return this.#messageBytes > ID_BYTES_MAX && id !== undefined && isIdLarger(id, ID_BYTES_MAX);
  }

  /** Starts the head of the queue, if it may start.  Whether it did. */
  #startWaiting(): boolean {
    const head = this.#waiting[0];
    if (head === undefined || this.#running !== undefined) return false;
    if (head.refusal === undefined && head.request !== undefined && this.#mustWait(head.request))
      return false;
    this.#waiting.shift();
    this.#requestBytes -= head.messageBytes;
    if (head.request !== undefined && head.id !== undefined) this.#idsInFlight?.delete(idKey(head.id));
    if (head.refusal !== undefined || head.request === undefined) this.#fail(head.refusal, head.id, "");
    else this.#start(head.request, head.acceptedMs, head.messageBytes);
    return true;
  }

  /** Whether `request` is an async command over the limit of those in flight (rule L6). */
  #mustWait(request: Request): boolean {
    if (!this.#async || this.#asyncInFlight < this.#port.limits.asyncInFlightMax) return false;
    return this.#port.registry.find(request.command)?.kind === "async";
  }

  /** `acceptedMs` is undefined for a request that did not wait. */
  #start(request: Request, acceptedMs: number | undefined, messageBytes: number): void {
    const { id } = request;
    let command: MonitorCommand;
    try {
      command = this.#findCommand(request);
      if (command.kind === "plain") {
        const result = command.call(request.arguments, this.#context);
        if (command.successResponse) {
          const reply = encodeReturn(result, id);
          this.#allowance -= Math.floor(reply.length / TURN_UNIT_BYTES);
          this.#reply(reply);
        }
        return;
      }
      if (command.kind === "async" && this.#async && id === undefined) {
        throw new QmpError("An async command requires an 'id'");
      }
    } catch (error) {
      return this.#fail(error, id, request.command);
    }
    const startedMs = acceptedMs ?? this.#port.clock.nowMs();
    const call = new CommandCall(this, command, request.arguments, id, startedMs, messageBytes);
    this.#requestBytes += messageBytes;
    this.#calls.add(call);
    if (id !== undefined) this.#idsInFlight?.add(idKey(id));
    if (command.kind === "async" && this.#async) this.#asyncInFlight++;
    else this.#running = call;
    call.run();
  }

  #findCommand(request: Request): MonitorCommand {
    if (this.#state === "negotiating" && request.command !== NEGOTIATION_COMMAND) {
      throw new QmpError(
        `Expecting capabilities negotiation with '${NEGOTIATION_COMMAND}'`,
        "CommandNotFound",
      );
    }
    const command = this.#port.registry.find(request.command);
    if (command === undefined) {
      throw new QmpError(`The command ${request.command} has not been found`, "CommandNotFound");
    }
    if (request.oob && !command.allowOob) {
      throw new QmpError(`The command ${request.command} does not support OOB`);
    }
    if (!command.allowPreconfig && this.#port.isPreconfig()) {
      throw new QmpError(
        `The command '${request.command}' is permitted only after machine initialization has completed`,
      );
    }
    return command;
  }

  // ---- Replies ----

  /** Every reply passes here: events that arose before it leave before it (rule L8). */
  #reply(reply: Outgoing): void {
    if (this.#state === "closed") return;
    this.#feed?.catchUp();
    this.#returns.next(reply);
  }

  #fail(error: unknown, id: JsonValue | undefined, command: string): void {
    if (isDefect(error)) this.#port.defect(error, command, this);
    this.#reply(encodeError(error, id));
  }

  // ---- Input ----

  /** Reads ahead up to a limit, so that a client's end is noticed while its session is suspended (rule C4). */
  #regulateInput(): void {
    if (this.#state === "closed") return;
    const { inputBudget, clock, limits } = this.#port;
    const heldBytes = this.#reader.heldBytes + this.#requestBytes;
    const spentBytes = heldBytes - this.#budgetedBytes;
    if (spentBytes !== 0) {
      this.#budgetedBytes = heldBytes;
      inputBudget.spend(spentBytes);
      if (heldBytes <= READ_AHEAD_BYTES_MAX) inputBudget.settle(this);
    }
    this.#unfinishedTimer?.cancel();
    this.#unfinishedTimer = undefined;
    if (this.#input === "ended") return;
    const overBudget = this.#isOverBudget();
    if (overBudget) inputBudget.whenRoom(this.#onRoom);
    const full = overBudget || this.#reader.unreadBytes >= READ_AHEAD_BYTES_MAX;
    if (!full && this.#reader.heldBytes > READ_AHEAD_BYTES_MAX) {
      this.#unfinishedTimer = clock.startTimer(limits.stalledPeerMs, () => this.#checkUnfinished());
    }
    if (full === (this.#input === "paused")) return;
    this.#input = full ? "paused" : "open";
    if (full) this.#connection.pause();
    else this.#connection.resume();
  }

  /** Whether all sessions hold too much, and this one is among those that do. */
  #isOverBudget(): boolean {
    const { inputBudget } = this.#port;
    return (
      inputBudget.exhausted && this.#budgetedBytes > READ_AHEAD_BYTES_MAX && !inputBudget.mayOverdraw(this)
    );
  }

  /** Nothing has come for long: while others wait for room, the half of a message is not worth it. */
  #checkUnfinished(): void {
    this.#unfinishedTimer = undefined;
    const { inputBudget, limits } = this.#port;
    if (!inputBudget.exhausted) return this.#regulateInput();
    const what = `an unfinished message of ${this.#reader.heldBytes} bytes`;
    this.destroy(
      `${what}, and nothing more for ${limits.stalledPeerMs} ms while the input budget was used up`,
    );
  }
}
