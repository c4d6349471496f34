/**
 * What a generated marshaller and the monitor know of each other.
 *
 * The generated code makes a `Command` of each command in the schema and the handler registered for it.
 * A plain command has one half: check and convert the arguments, call the handler, convert the result.
 * The others have two, as in the series "qmp: add async command type": the calling half (`call`) checks
 * and converts the arguments and calls the handler with the context; the returning half is the
 * `marshalReturn` that `begin` gives to the context, which completes it once, now or later.
 */

import type { JsonObject, JsonValue } from "../../qjson/value.ts";

/**
 * How a command runs (rule L7).  `plain`: answered at once, on the main thread.  `coroutine`: may wait;
 * the reply keeps its session's order.  `async`: as coroutine, and leaves the lane once the session has
 * negotiated the capability of that name.
 */
export type CommandKind = "plain" | "coroutine" | "async";

/** What the schema says of a command, and the check of its arguments. */
export interface CommandDescription {
  readonly name: string;
  readonly kind: CommandKind;
  readonly allowOob: boolean;
  readonly allowPreconfig: boolean;
  /** False: success is not answered. */
  readonly successResponse: boolean;
  /** What happens to a command in flight when its client has gone (rule C4). */
  readonly onDisconnect: "cancel" | "finish";
  /** Throws what `call` throws for wrong arguments, and does nothing else.  Absent where the schema says nothing of them. */
  check?(input: JsonObject): void;
}

/** A resource that a command needs while it runs (rule R1): `console:0`, `file:2049:1234`, `run-state`. */
export interface ResourceClaim {
  readonly resource: string;
  readonly mode: "shared" | "exclusive";
}

/** The handler's end of a context.  `R` is the command's result as the schema types it. */
export interface CallContext {
  /**
   * Runs `start` once `claims` are granted, at once when there are none.  `marshalReturn` is the
   * returning half.  The claims are released when the context is completed.
   */
  begin(
    claims: readonly ResourceClaim[] | Promise<readonly ResourceClaim[]> | undefined,
    start: () => unknown,
    marshalReturn: (result: never) => JsonValue,
  ): void;
}

/** A handler of a plain command.  It throws a `QmpError` for a failure. */
export type PlainHandler<A, R, C> = (args: A, context: C) => R;

/**
 * A handler of a coroutine or async command.  A promise is its return; one that gives back `undefined`
 * without a promise uses `context.return` or `context.error` later.
 */
export interface AsyncHandler<A, R, C> {
  handle(args: A, context: C): Promise<R> | undefined;
  /**
   * What it must hold while it runs.  Called with checked arguments, in the order of arrival.  While a promise is
   * open, the command may have been started already, if nobody is there that it could harm.
   */
  resources?(args: A, context: C): readonly ResourceClaim[] | Promise<readonly ResourceClaim[]>;
}

/** A command bound to its handler.  `C` is the context that the handler asks for. */
export type Command<C> = PlainCommand<C> | AsyncCommand<C>;

export interface PlainCommand<C> extends CommandDescription {
  readonly kind: "plain";
  /** Throws `QmpError`, for wrong arguments before any side effect. */
  call(input: JsonObject, context: C): JsonValue;
}

export interface AsyncCommand<C> extends CommandDescription {
  readonly kind: "coroutine" | "async";
  /** The calling half.  Throws `QmpError` for wrong arguments, before `context.begin`. */
  call(input: JsonObject, context: C & CallContext): void;
}
