/**
 * Generated from schema/monitor.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asAny,
  asArray,
  asInt64,
  asNoMembers,
  asObject,
  asString,
  firstMembers,
  type Input,
  type Int64,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
  wrongValue,
} from "../runtime/unmarshal.ts";
import { type QMPCapability, unmarshalQMPCapability } from "./control.ts";

/**
 * How far a command has got.
 *
 * - `queued`: others of its session come first
 * - `waiting`: something that it needs is in use by another command
 * - `running`: it runs
 * - `cancelling`: it has been cancelled, and is letting go of what it holds
 *
 * Since: 0.1
 *
 * Source: schema/monitor.json, line 22.
 */
export type CommandState = "queued" | "waiting" | "running" | "cancelling";

export function unmarshalCommandState(input: Input, at: string, name: string | number): CommandState {
  switch (input) {
    case "queued":
    case "waiting":
    case "running":
    case "cancelling":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * How much of its work a command has done.
 *
 * Since: 0.1
 *
 * Source: schema/monitor.json, line 39.
 */
export type CommandProgress = {
  /** work done so far, in the command's own unit */
  readonly current: Int64;
  /** work in all, in the same unit */
  readonly total: Int64;
  /**
   * how long the guest stood still for it, in microseconds, where it
   * did
   */
  readonly "paused-us"?: Int64;
};

export function unmarshalCommandProgress(input: Input, at: string, name: string | number): CommandProgress {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CommandProgress>;
  result.current = asInt64(object.current, path, "current");
  result.total = asInt64(object.total, path, "total");
  if (object["paused-us"] !== undefined) {
    result["paused-us"] = asInt64(object["paused-us"], path, "paused-us");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "current":
      case "total":
      case "paused-us":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A command that has been accepted and not yet answered.
 *
 * Since: 0.1
 *
 * Source: schema/monitor.json, line 59.
 */
export type CommandInFlight = {
  /** its id, if it has one */
  readonly id?: JsonValue;
  /** its name */
  readonly command: string;
  /** milliseconds since it arrived */
  readonly "age-ms": Int64;
  /** how far it has got */
  readonly state: CommandState;
  /** how much of its work is done, if it tells */
  readonly progress?: CommandProgress;
};

export function unmarshalCommandInFlight(input: Input, at: string, name: string | number): CommandInFlight {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CommandInFlight>;
  if (object.id !== undefined) result.id = asAny(object.id, path, "id");
  result.command = asString(object.command, path, "command");
  result["age-ms"] = asInt64(object["age-ms"], path, "age-ms");
  result.state = unmarshalCommandState(object.state, path, "state");
  if (object.progress !== undefined) {
    result.progress = unmarshalCommandProgress(object.progress, path, "progress");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "command":
      case "age-ms":
      case "state":
      case "progress":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * What a session can have at a time.
 *
 * Since: 0.1
 *
 * Source: schema/monitor.json, line 75.
 */
export type SessionLimits = {
  /**
   * commands that wait their turn; when there are as many, nothing
   * more is read
   */
  readonly queued: Int64;
  /** async commands in flight; the next one waits */
  readonly async: Int64;
};

export function unmarshalSessionLimits(input: Input, at: string, name: string | number): SessionLimits {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SessionLimits>;
  result.queued = asInt64(object.queued, path, "queued");
  result.async = asInt64(object.async, path, "async");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "queued":
      case "async":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A session.
 *
 * Since: 0.1
 *
 * Source: schema/monitor.json, line 94.
 */
export type SessionInfo = {
  /** its number, which is never used again */
  readonly session: Int64;
  /** the client: its transport, and its address where it has one */
  readonly peer: string;
  /** what it has negotiated */
  readonly capabilities: readonly QMPCapability[];
  /** what it can have at a time */
  readonly limits: SessionLimits;
  /** its commands in flight, in the order in which they arrived */
  readonly commands: readonly CommandInFlight[];
};

export function unmarshalSessionInfo(input: Input, at: string, name: string | number): SessionInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SessionInfo>;
  result.session = asInt64(object.session, path, "session");
  result.peer = asString(object.peer, path, "peer");
  result.capabilities = asArray(object.capabilities, path, "capabilities", unmarshalQMPCapability);
  result.limits = unmarshalSessionLimits(object.limits, path, "limits");
  result.commands = asArray(object.commands, path, "commands", unmarshalCommandInFlight);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "session":
      case "peer":
      case "capabilities":
      case "limits":
      case "commands":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * How much of its work a command has done.  It goes to the session that sent
 * the command alone, and only if that negotiated 'async'.
 *
 * Data of the event `COMMAND_PROGRESS`.
 *
 * Source: schema/monitor.json, line 157.
 */
export type CommandProgressEvent = {
  /** the command's id, if it has one */
  readonly id?: JsonValue;
  /** the command's name */
  readonly command: string;
  /** work done so far, in the command's own unit */
  readonly current: Int64;
  /** work in all, in the same unit */
  readonly total: Int64;
  /**
   * how long the guest stood still for it, in microseconds, where it
   * did
   */
  readonly "paused-us"?: Int64;
};

export function unmarshalCommandProgressEvent(
  input: Input,
  at: string,
  name: string | number,
): CommandProgressEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CommandProgressEvent>;
  if (object.id !== undefined) result.id = asAny(object.id, path, "id");
  result.command = asString(object.command, path, "command");
  result.current = asInt64(object.current, path, "current");
  result.total = asInt64(object.total, path, "total");
  if (object["paused-us"] !== undefined) {
    result["paused-us"] = asInt64(object["paused-us"], path, "paused-us");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "command":
      case "current":
      case "total":
      case "paused-us":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Cancels a command in flight.  Its reply is then the error "Command
 * cancelled".
 *
 * Arguments of the command `cancel-command`.
 *
 * Source: schema/monitor.json, line 133.
 */
export type CancelCommandArg = {
  /** the command's id */
  readonly id: JsonValue;
  /** the command's session; the one that asks if left out */
  readonly session?: Int64;
};

export function unmarshalCancelCommandArg(
  input: Input,
  at: string,
  name: string | number,
): CancelCommandArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CancelCommandArg>;
  result.id = asAny(object.id, path, "id");
  if (object.session !== undefined) result.session = asInt64(object.session, path, "session");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "session":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/monitor.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface MonitorHandlers<P> {
  /**
   * Lists the sessions of this machine, and what they are waiting for.
   *
   * Returns: one entry for each session, the oldest first.
   *
   * Since: 0.1
   */
  readonly "query-sessions": PlainHandler<NoMembers, readonly SessionInfo[], P>;

  /**
   * Cancels a command in flight.  Its reply is then the error "Command
   * cancelled".
   *
   * Returns: nothing; an error if no such command is in flight.  A command that
   * ended first keeps its own reply.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "exec-oob": "cancel-command", "arguments": { "id": "shot" } }
   * <- { "return": {} }
   * <- { "id": "shot", "error": { "class": "GenericError",
   *                               "desc": "Command cancelled" } }
   * ```
   */
  readonly "cancel-command": PlainHandler<CancelCommandArg, void, P>;
}

function returnQuerySessions(result: readonly SessionInfo[]): JsonValue {
  return marshalResult(
    "query-sessions",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalSessionInfo),
  );
}

function marshalQuerySessions<P>(
  handler: PlainHandler<NoMembers, readonly SessionInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-sessions",
    kind: "plain",
    allowOob: true,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQuerySessions(handler(args, context));
    },
  };
}

function marshalCancelCommand<P>(handler: PlainHandler<CancelCommandArg, void, P>): PlainCommand<P> {
  return {
    name: "cancel-command",
    kind: "plain",
    allowOob: true,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalCancelCommandArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalCancelCommandArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

/** Binds the commands in schema/monitor.json to their handlers. */
export function marshalMonitorCommands<P>(handlers: MonitorHandlers<P>): PlainCommand<P>[] {
  return [
    marshalQuerySessions(handlers["query-sessions"]),
    marshalCancelCommand(handlers["cancel-command"]),
  ];
}
