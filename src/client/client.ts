/**
 * A QMP client: one connection to one server, from its greeting to its end.
 *
 *     greeting ---capabilities offered---> negotiating ---accepted---> open ---> closed
 *         '--------- no QMP, not offered, no answer, the connection is over ----------^
 *
 * Invariants:
 *  - each call settles exactly once: by the reply that carries its id, by a time limit or a signal, or by the end of
 *    the connection, which is the `cause` of that error;
 *  - ids count upwards and none is used twice, so a reply that is late, doubled or another client's is never taken
 *    for an answer: it is told in `messages` as a stray, and nothing else happens;
 *  - events and replies are told in the order of arrival; events that come with the end of the negotiation are told
 *    in the next turn of the event loop, when who awaited it has had time to subscribe.
 */

import { type Observable, Subject } from "rxjs";
import type { JsonObject, JsonValue } from "../qjson/value.ts";
import type { Connection, MessageReader } from "../qmp/wire.ts";
import { CLIENT_CALLS_COUNT_MAX, CLIENT_CANCEL_MS, TIMER_MS_MAX } from "../util/limits.ts";
import { PendingCall, PendingCalls } from "./calls.ts";
import { type ChannelListener, type ChannelPort, JsonChannel } from "./channel.ts";
import { ClientError, CommandError } from "./errors.ts";
import { encodeRequest, type Greeting, type Outcome, type QmpEvent, readServerMessage } from "./messages.ts";
import { notQmp, orderUnknown } from "./protocol-faults.ts";
import { RequestQueue } from "./request-queue.ts";

export interface ExecuteOptions {
  /**
   * Gives the command up.  Where the server can cancel it (it offers `async`, and `async` or `oob` is enabled) it is
   * told to, and the call settles with what the server says: that it was cancelled, or its result if that was faster.
   */
  readonly signal?: AbortSignal;
  /** Fails the call when there is no reply in this time; cancels the command there as `signal` does.  No limit by default. */
  readonly timeoutMs?: number;
  /** Sends it out of band; `oob` has to be enabled. */
  readonly oob?: boolean;
}

/** A command under way. */
export interface Call {
  /** The `id` of its request and its reply. */
  readonly id: number;
  readonly command: string;
  /** What it returns.  Rejects with {@link CommandError} or {@link ClientError}. */
  readonly result: Promise<JsonValue>;
}

/** What the server sent after the negotiation, in the order of arrival. */
export type QmpMessage =
  | { readonly kind: "event"; readonly event: QmpEvent; readonly wire: JsonObject }
  | {
      readonly kind: "reply";
      readonly id: number;
      readonly command: string;
      readonly outcome: Outcome;
      /** False: it overtook the reply of an earlier command, though nothing was negotiated that lets it. */
      readonly inOrder: boolean;
      readonly wire: JsonObject;
    }
  | {
      readonly kind: "stray";
      /** `foreign`: an id that was never sent; `repeated`: one that has been answered. */
      readonly why: "foreign" | "repeated";
      readonly wire: JsonObject;
    };

/** What a client is made of; see `connect.ts` for how people make one. */
export interface ClientParts {
  readonly connection: Connection;
  readonly reader: MessageReader;
  readonly port: ChannelPort;
  /** To be enabled; each has to be offered. */
  readonly capabilities: readonly string[];
  /** To be enabled if they are offered. */
  readonly preferred: readonly string[];
  /** The greeting has come, and is what it should be. */
  greeted(): void;
}

type State = "greeting" | "negotiating" | "open" | "closed";

const CANCEL_COMMAND = "cancel-command";
/** What the server answers a command that was cancelled. */
const CANCELLED_DESC = "Command cancelled";

export class QmpClient {
  /** Events from the negotiation on.  Completes when the connection is over; {@link closed} tells why. */
  readonly events: Observable<QmpEvent>;
  /** Events, replies and strays, for who watches the protocol itself. */
  readonly messages: Observable<QmpMessage>;
  /** Settles when the connection is over: undefined after {@link close}, else why.  Never rejects. */
  readonly closed: Promise<ClientError | undefined>;

  readonly #port: ChannelPort;
  readonly #channel: JsonChannel;
  readonly #events = new Subject<QmpEvent>();
  readonly #messages = new Subject<QmpMessage>();
  readonly #preferred: readonly string[];
  #enabled: readonly string[];
  readonly #calls = new PendingCalls();
  /** Those whose requests are not written. */
  readonly #queue: RequestQueue;
  #state: State = "greeting";
  #greeting: Greeting = { version: {}, capabilities: [] };
  #lastId = 0;
  /** Why no call can be made any more. */
  #end: ClientError | undefined;
  readonly #greeted: () => void;
  #resolveOpen: () => void = () => {};
  #rejectOpen: (error: Error) => void = () => {};
  #settleClosed: (reason: ClientError | undefined) => void = () => {};

  private constructor(parts: ClientParts) {
    this.#port = parts.port;
    this.#greeted = parts.greeted;
    this.#enabled = parts.capabilities;
    this.#preferred = parts.preferred;
    this.events = this.#events.asObservable();
    this.messages = this.#messages.asObservable();
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#channel = new JsonChannel(parts.connection, parts.reader, this.#channelListener(), parts.port);
    this.#queue = new RequestQueue(this.#channel);
  }

  /**
   * Waits for the greeting and negotiates.  Rejects with {@link ClientError}, or with {@link CommandError} when the
   * server refuses; the connection is closed then.  `signal` ends the wait: its reason is what the call rejects with.
   */
  static async open(parts: ClientParts, signal: AbortSignal): Promise<QmpClient> {
    const client = new QmpClient(parts);
    const abort = (): void => client.#rejectOpen(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        client.#resolveOpen = resolve;
        client.#rejectOpen = reject;
        if (signal.aborted) abort();
      });
    } catch (error) {
      client.#finish(new ClientError("CLIENT_CLOSED", "the client was not opened", { cause: error }));
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
    return client;
  }

  /** Where the server is, as people write it. */
  get peer(): string {
    return this.#channel.peer;
  }

  get greeting(): Greeting {
    return this.#greeting;
  }

  /** The capabilities that were enabled. */
  get capabilities(): readonly string[] {
    return this.#enabled;
  }

  /** Commands that the server has not answered, those given up among them. */
  get unansweredCount(): number {
    return this.#calls.size;
  }

  /** Whether a command in flight can be cancelled at the server. */
  get canCancel(): boolean {
    const isLaneFree = this.#enabled.includes("async") || this.#enabled.includes("oob");
    return isLaneFree && this.#greeting.capabilities.includes("async");
  }

  /** Runs a command and answers what it returns.  Rejects with {@link CommandError} or {@link ClientError}. */
  execute(command: string, args?: JsonObject, options?: ExecuteOptions): Promise<JsonValue> {
    try {
      return this.start(command, args, options).result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `execute`, for who needs the id.  Throws {@link ClientError} when the command cannot be sent at all. */
  start(command: string, args?: JsonObject, options: ExecuteOptions = {}): Call {
    const { signal, timeoutMs, oob = false } = options;
    if (this.#end !== undefined) throw lost(command, this.#end);
    if (oob && !this.#enabled.includes("oob")) {
      throw new ClientError("CLIENT_CAPABILITY", `${command}: out of band needs the capability oob enabled`);
    }
    if (signal?.aborted) throw aborted(command, signal);
    const call = this.#enqueue(command, args, oob);
    if (signal !== undefined) {
      const onAbort = (): void => this.#abort(call, signal);
      signal.addEventListener("abort", onAbort, { once: true });
      call.unlisten = () => signal.removeEventListener("abort", onAbort);
    }
    if (timeoutMs !== undefined) {
      const delayMs = Math.min(timeoutMs, TIMER_MS_MAX);
      call.timer = this.#port.clock.startTimer(delayMs, () => this.#timeOut(call, timeoutMs));
    }
    return call;
  }

  /** Closes the connection; commands in flight fail.  Idempotent; answers `closed`. */
  async close(): Promise<void> {
    this.#finish(undefined);
    await this.closed;
  }

  // ---- Sending ----

  #enqueue(command: string, args: JsonObject | undefined, oob: boolean): PendingCall {
    if (this.#calls.size >= CLIENT_CALLS_COUNT_MAX || this.#queue.isFull) {
      const message = `${command}: ${this.#calls.size} commands wait for the server: let some be answered first`;
      throw new ClientError("CLIENT_BUSY", message);
    }
    const id = this.#lastId + 1;
    let text: string;
    try {
      text = encodeRequest(command, args, id, oob);
    } catch (cause) {
      throw new ClientError("CLIENT_ARGUMENT", `${command}: the arguments are no JSON: ${String(cause)}`, {
        cause,
      });
    }
    this.#lastId = id;
    const call = new PendingCall(id, command, oob, text);
    this.#calls.add(call);
    this.#queue.add(call);
    return call;
  }

  // ---- Giving up ----

  #abort(call: PendingCall, signal: AbortSignal): void {
    const error = aborted(call.command, signal);
    if (call.state === "queued") return this.#unqueue(call, error);
    if (!this.#tellToCancel(call)) return this.#giveUp(call, error);
    call.state = "cancelling";
    call.timer?.cancel();
    call.timer = this.#port.clock.startTimer(CLIENT_CANCEL_MS, () => this.#giveUp(call, error));
  }

  #timeOut(call: PendingCall, timeoutMs: number): void {
    const error = new ClientError("CLIENT_TIMEOUT", `${call.command}: no reply within ${timeoutMs} ms`);
    if (call.state === "queued") return this.#unqueue(call, error);
    this.#tellToCancel(call);
    this.#giveUp(call, error);
  }

  /** The server never hears of it. */
  #unqueue(call: PendingCall, error: ClientError): void {
    this.#queue.remove(call);
    this.#calls.delete(call);
    call.reject(error);
  }

  #giveUp(call: PendingCall, error: ClientError): void {
    call.state = "given-up";
    call.reject(error);
  }

  /** False: the server cannot. */
  #tellToCancel(call: PendingCall): boolean {
    if (!this.canCancel || this.#end !== undefined) return false;
    try {
      const cancel = this.#enqueue(CANCEL_COMMAND, { id: call.id }, this.#enabled.includes("oob"));
      // That the command has ended first is no error: its own reply says so.
      cancel.result.catch(() => {});
      return true;
    } catch {
      return false; // There is no room: the server is not listening.
    }
  }

  // ---- Receiving ----

  #channelListener(): ChannelListener {
    return {
      value: (value) => this.#receive(value),
      drain: () => this.#queue.drained(),
      over: (error) => this.#finish(error),
    };
  }

  #receive(value: JsonValue): void {
    const message = readServerMessage(value);
    if (message === undefined) return this.#finish(notQmp(this.peer, value));
    if (this.#state === "greeting") {
      if (message.kind !== "greeting") return this.#finish(notQmp(this.peer, value, "the greeting"));
      return this.#negotiate(message.greeting);
    }
    const wire = value as JsonObject;
    switch (message.kind) {
      case "greeting":
        return this.#finish(notQmp(this.peer, value, "a reply or an event"));
      case "event":
        if (this.#messages.observed) this.#messages.next({ kind: "event", event: message.event, wire });
        return this.#events.next(message.event);
      case "reply":
        return this.#reply(message.id, message.outcome, wire);
    }
  }

  #negotiate(greeting: Greeting): void {
    this.#greeting = greeting;
    const missing = this.#enabled.find((name) => !greeting.capabilities.includes(name));
    if (missing !== undefined) {
      const offered = greeting.capabilities.join(", ") || "none";
      const message = `${this.peer}: the server does not offer the capability ${missing} (it offers: ${offered})`;
      return this.#finish(new ClientError("CLIENT_CAPABILITY", message));
    }
    const wanted = new Set([...this.#enabled, ...this.#preferred]);
    this.#enabled = [...wanted].filter((name) => greeting.capabilities.includes(name));
    this.#state = "negotiating";
    this.#greeted();
    // A server without capabilities knows no `enable`.
    const args = this.#enabled.length === 0 ? undefined : { enable: this.#enabled };
    this.#enqueue("qmp_capabilities", args, false).result.then(
      () => this.#resolveOpen(),
      (error: Error) => this.#rejectOpen(error),
    );
  }

  #reply(id: JsonValue | undefined, outcome: Outcome, wire: JsonObject): void {
    // The capabilities are not in force before the server has accepted them.
    const isOrdered = this.#state === "negotiating" || !this.#enabled.includes("async");
    const oldest = this.#calls.oldestInBand;
    if (id === undefined && !isOrdered) return this.#finish(orderUnknown(this.peer, wire));
    // Without an id it is the next one in order: a server that could not read the request knows none.
    const call = id === undefined ? oldest : typeof id === "number" ? this.#calls.find(id) : undefined;
    if (call === undefined || call.state === "queued")
      return this.#stray(call === undefined ? id : undefined, wire);
    const inOrder = !isOrdered || call.oob || call === oldest;
    this.#calls.delete(call);
    if (this.#state === "negotiating") {
      this.#state = "open";
      this.#channel.rest();
    } else if (this.#messages.observed) {
      this.#messages.next({ kind: "reply", id: call.id, command: call.command, outcome, inOrder, wire });
    }
    settle(call, outcome);
  }

  #stray(id: JsonValue | undefined, wire: JsonObject): void {
    const wasAnswered = typeof id === "number" && Number.isInteger(id) && id >= 1 && id <= this.#lastId;
    this.#messages.next({ kind: "stray", why: wasAnswered ? "repeated" : "foreign", wire });
  }

  /** `reason`: why it ends, undefined when `close` was called. */
  #finish(reason: ClientError | undefined): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#end = reason ?? new ClientError("CLIENT_CLOSED", "the client was closed");
    this.#channel.end();
    const calls = [...this.#calls];
    this.#calls.clear();
    this.#queue.clear();
    this.#rejectOpen(this.#end);
    for (const call of calls) if (call.state !== "given-up") call.reject(lost(call.command, this.#end));
    this.#events.complete();
    this.#messages.complete();
    this.#settleClosed(reason);
  }
}

function settle(call: PendingCall, outcome: Outcome): void {
  if (call.state === "given-up") return;
  if (outcome.kind === "return") return call.resolve(outcome.value);
  const error = new CommandError(call.command, outcome.errorClass, outcome.desc);
  if (call.state !== "cancelling" || outcome.desc !== CANCELLED_DESC) return call.reject(error);
  call.reject(
    new ClientError("CLIENT_ABORTED", `${call.command}: cancelled, as the server confirms`, { cause: error }),
  );
}

function aborted(command: string, signal: AbortSignal): ClientError {
  return new ClientError("CLIENT_ABORTED", `${command}: given up by its caller`, { cause: signal.reason });
}

function lost(command: string, cause: ClientError): ClientError {
  return new ClientError("CLIENT_CLOSED", `${command}: no reply: ${cause.message}`, { cause });
}
