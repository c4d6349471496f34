/**
 * The life of one coroutine or async command, from its acceptance to its one return (rule C1).
 *
 *     queued ---run---> waiting ---claims granted---> running ---return, error---> done
 *        |                 |                             |                          ^
 *        |                 '--cancel---------------------|--------------------------|
 *        |                                               '--cancel--> cancelling ---'
 *        '--cancel--> (answered in its place: the owner asks `state`)
 *
 * A cancelled command that runs is answered when its handler has let go of what it held, so that no file
 * is left when the reply arrives (rules C4, C5).  Whatever the handler returns then is dropped.
 *
 * Invariant: the owner's `completed` is called exactly once.
 */

import type { AsyncCommand, CallContext, ResourceClaim } from "../qapi/runtime/command.ts";
import type { JsonObject, JsonValue } from "../qjson/value.ts";
import { assert } from "../util/assert.ts";
import type { CommandContext, MonitorInfo, Progress, SessionInfo } from "./context.ts";
import { COMMAND_CANCELLED } from "./errors.ts";
import type { ResourceTable, Ticket } from "./resources.ts";

export type CallState = "queued" | "waiting" | "running" | "cancelling" | "done";

/** How a command ended: with its result, ready for the wire, or with what was thrown. */
export type Outcome = { readonly result: JsonValue } | { readonly error: unknown };

/** Who started the call: a session, or the human monitor. */
export interface CallOwner {
  readonly session: SessionInfo;
  readonly monitor: MonitorInfo;
  readonly resources: ResourceTable;
  /** Called exactly once for each call that was run. */
  completed(call: CommandCall, outcome: Outcome): void;
  progressed(call: CommandCall, progress: Progress): void;
  unicast(event: string, data: JsonObject | undefined): void;
  /** See `CommandContext.replyRoom`. */
  replyRoom(call: CommandCall, bytes: number): Promise<void>;
}

export class CommandCall implements CommandContext, CallContext {
  readonly #owner: CallOwner;
  readonly #command: AsyncCommand<CommandContext>;
  readonly #input: JsonObject;
  readonly id: JsonValue | undefined;
  readonly acceptedMs: number;
  /** What its arguments and id hold, in bytes of the message that brought them. */
  readonly heldBytes: number;
  #state: CallState = "queued";
  #abort: AbortController | undefined;
  #ticket: Ticket | undefined;
  #marshalReturn: (result: never) => JsonValue = unmarshalled;
  #lastProgress: Progress | undefined;

  constructor(
    owner: CallOwner,
    command: AsyncCommand<CommandContext>,
    input: JsonObject,
    id: JsonValue | undefined,
    acceptedMs: number,
    heldBytes = 0,
  ) {
    this.#owner = owner;
    this.#command = command;
    this.#input = input;
    this.id = id;
    this.acceptedMs = acceptedMs;
    this.heldBytes = heldBytes;
  }

  get command(): string {
    return this.#command.name;
  }

  get description(): AsyncCommand<CommandContext> {
    return this.#command;
  }

  get session(): SessionInfo {
    return this.#owner.session;
  }

  get monitor(): MonitorInfo {
    return this.#owner.monitor;
  }

  get state(): CallState {
    return this.#state;
  }

  get lastProgress(): Progress | undefined {
    return this.#lastProgress;
  }

  /** Made when first asked for: most commands are never asked. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** The calling half: checks the arguments, claims what the handler needs, and starts it. */
  run(): void {
    assert(this.#state === "queued", "a call runs once");
    this.#state = "waiting";
    try {
      this.#command.call(this.#input, this);
    } catch (error) {
      this.#complete({ error });
    }
  }

  begin(
    claims: readonly ResourceClaim[] | Promise<readonly ResourceClaim[]> | undefined,
    start: () => unknown,
    marshalReturn: (result: never) => JsonValue,
  ): void {
    this.#marshalReturn = marshalReturn;
    const ticket = this.#owner.resources.acquire(
      claims,
      () => this.#start(start),
      (error) => this.#complete({ error }),
    );
    // A command that started and ended inside `acquire` has nothing to give back any more.
    if (this.#state === "done") ticket?.release();
    else this.#ticket = ticket;
  }

  return(result: unknown): void {
    if (this.#state === "cancelling") return this.#complete({ error: COMMAND_CANCELLED });
    let outcome: Outcome;
    try {
      outcome = { result: this.#marshalReturn(result as never) };
    } catch (error) {
      outcome = { error }; // A result against the schema: a defect of the handler.
    }
    this.#complete(outcome);
  }

  error(error: unknown): void {
    this.#complete({ error: this.#state === "cancelling" ? COMMAND_CANCELLED : error });
  }

  progress(progress: Progress): void {
    if (this.#state !== "running") return;
    this.#lastProgress = progress;
    this.#owner.progressed(this, progress);
  }

  async replyRoom(bytes: number): Promise<void> {
    await this.#owner.replyRoom(this, bytes);
    this.signal.throwIfAborted();
  }

  emitUnicast(event: string, data?: JsonObject): void {
    if (this.#state === "running") this.#owner.unicast(event, data);
  }

  /** Gives the command up.  Not for a queued one: its owner answers it in its place. */
  cancel(): void {
    if (this.#state === "waiting") return this.#complete({ error: COMMAND_CANCELLED });
    if (this.#state !== "running") return;
    this.#state = "cancelling";
    this.#abort ??= new AbortController();
    this.#abort.abort(COMMAND_CANCELLED);
  }

  /** Ends a command that was cancelled and whose handler has not let go in time: the service stops. */
  abandon(): void {
    if (this.#state !== "done") this.#complete({ error: COMMAND_CANCELLED });
  }

  #start(start: () => unknown): void {
    this.#state = "running";
    let returned: unknown;
    try {
      returned = start();
    } catch (error) {
      return this.error(error);
    }
    // A handler that gives back nothing completes the context itself, now or later.
    if (returned === undefined) return;
    Promise.resolve(returned).then(
      (result) => this.return(result),
      (error: unknown) => this.error(error),
    );
  }

  #complete(outcome: Outcome): void {
    if (this.#state === "done") {
      // Late is only the return of a command that was abandoned; any other is a handler's defect.
      assert(this.#abort?.signal.aborted, `${this.command} returned twice`);
      return;
    }
    this.#state = "done";
    this.#ticket?.release();
    this.#ticket = undefined;
    this.#owner.completed(this, outcome);
  }
}

function unmarshalled(): JsonValue {
  throw new Error("a command returned before it began");
}
