/**
 * The lane of a session: its requests that were read and are not answered, and which of them may start (rules L1 to
 * L6, N4).  Plain commands that do not wait are answered on the spot and never get here.
 *
 *     queue ---head, when it may start---> `next` ---start---> running: the lane waits for its end
 *                                                      '-----> async, with the capability: beside the lane
 *
 * Invariants:
 *  - requests start in the order of arrival, one that is not async after the one before ended;
 *  - no more async commands than the limit are in flight; the one over it waits at the head, and all behind it;
 *  - the answer to malformed input waits in its place like a request.
 */

import type { CommandCall } from "../qmp/call.ts";
import type { CommandStatus } from "../qmp/context.ts";
import { COMMAND_CANCELLED } from "../qmp/errors.ts";
import { idKey, type Request } from "../qmp/messages.ts";
import type { CommandRegistry } from "../qmp/registry.ts";
import type { JsonValue } from "../qmp/wire.ts";
import { REQUEST_QUEUE_LEN_MAX } from "../util/limits.ts";

/** A request that waits its turn in the lane, or the error that answers malformed input in its place. */
export interface Waiting {
  readonly request: Request | undefined;
  readonly id: JsonValue | undefined;
  readonly acceptedMs: number;
  /** What it holds. */
  readonly heldBytes: number;
  /** Answers it instead of a run: what was wrong with it, or that it was cancelled. */
  refusal: unknown;
}

export class Lane {
  readonly #registry: CommandRegistry;
  readonly #asyncInFlightMax: number;
  /** What waits, in order, and the in-band command that has to end before the next one starts. */
  readonly #waiting: Waiting[] = [];
  #running: CommandCall | undefined;
  /** All coroutine and async commands that were started, the running one among them. */
  readonly #calls = new Set<CommandCall>();
  #async = false;
  #asyncInFlight = 0;
  /** Keys of the ids in flight; kept with `async` alone (rule L5). */
  #idsInFlight: Set<string> | undefined;
  #heldBytes = 0;

  constructor(registry: CommandRegistry, asyncInFlightMax: number) {
    this.#registry = registry;
    this.#asyncInFlightMax = asyncInFlightMax;
  }

  /** The capability `async` is negotiated.  Called while nothing is in flight. */
  enableAsync(): void {
    this.#async = true;
    this.#idsInFlight = new Set();
  }

  /** Bytes of the requests that wait or run. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether nothing waits, and nothing has to end before the next one. */
  get isFree(): boolean {
    return this.#running === undefined && this.#waiting.length === 0;
  }

  /** Whether a request, of whatever kind, that is read now would start now. */
  get startsNext(): boolean {
    return this.isFree && (!this.#async || this.#asyncInFlight < this.#asyncInFlightMax);
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether commands run that were started. */
  get hasCalls(): boolean {
    return this.#calls.size > 0;
  }

  /** Whether there is a place for one more request, so that it may be read. */
  hasPlace(oob: boolean): boolean {
    // The head that waits for the async limit is not counted among those queued behind it (rule L6).
    if (this.#running === undefined) return this.#waiting.length <= REQUEST_QUEUE_LEN_MAX;
    return oob && this.#waiting.length < REQUEST_QUEUE_LEN_MAX;
  }

  hasId(id: JsonValue): boolean {
    return this.#idsInFlight !== undefined && this.#idsInFlight.size > 0 && this.#idsInFlight.has(idKey(id));
  }

  // ---- What waits ----

  /** Whether `request`, the one read last, may start at once. */
  mayStart(request: Request): boolean {
    return this.isFree && !this.#isOverAsyncLimit(request);
  }

  enqueue(waiting: Waiting): void {
    if (waiting.request !== undefined && waiting.id !== undefined) this.#idsInFlight?.add(idKey(waiting.id));
    this.#heldBytes += waiting.heldBytes;
    this.#waiting.push(waiting);
  }

  /** Takes the head of the queue, if it may start. */
  next(): Waiting | undefined {
    // Mostly nothing waits: its length is told sooner than an element that is not there.
    if (this.#waiting.length === 0 || this.#running !== undefined) return undefined;
    const head = this.#waiting[0];
    if (head === undefined) return undefined;
    const { request, id, refusal } = head;
    if (refusal === undefined && request !== undefined && this.#isOverAsyncLimit(request)) return undefined;
    this.#waiting.shift();
    this.#heldBytes -= head.heldBytes;
    if (request !== undefined && id !== undefined) this.#idsInFlight?.delete(idKey(id));
    return head;
  }

  #isOverAsyncLimit(request: Request): boolean {
    if (!this.#async || this.#asyncInFlight < this.#asyncInFlightMax) return false;
    return this.#registry.find(request.command)?.kind === "async";
  }

  // ---- What runs ----

  /** `call` is about to run; pairs with `remove`. */
  add(call: CommandCall): void {
    this.#heldBytes += call.heldBytes;
    this.#calls.add(call);
    if (call.id !== undefined) this.#idsInFlight?.add(idKey(call.id));
    if (this.#async && call.description.kind === "async") this.#asyncInFlight++;
    else this.#running = call;
  }

  /** `call` has completed. */
  remove(call: CommandCall): void {
    this.#calls.delete(call);
    if (call === this.#running) this.#running = undefined;
    else this.#asyncInFlight--;
    if (call.id !== undefined) this.#idsInFlight?.delete(idKey(call.id));
    this.#heldBytes -= call.heldBytes;
  }

  // ---- Giving up ----

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

  /** Cancels everything in flight; each is answered. */
  cancelAll(): void {
    for (const waiting of this.#waiting) waiting.refusal ??= COMMAND_CANCELLED;
    for (const call of [...this.#calls]) call.cancel();
  }

  /** Answers what was cancelled and whose handler has not let go yet. */
  abandonAll(): void {
    for (const call of [...this.#calls]) call.abandon();
  }

  /** The client is gone: cancels its commands, except those that the schema lets finish (rule C4). */
  disconnect(): void {
    this.#waiting.length = 0;
    for (const call of [...this.#calls]) {
      if (call.description.onDisconnect === "cancel") call.cancel();
    }
  }

  // ---- For people ----

  status(nowMs: number): CommandStatus[] {
    const started = [...this.#calls].map((call) => ({
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
    return [...started, ...queued];
  }
}
