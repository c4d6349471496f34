/**
 * Generated from schema/misc.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler, PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
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
} from "../runtime/unmarshal.ts";

/**
 * The machine's name.
 *
 * Since: 0.1
 *
 * Source: schema/misc.json, line 16.
 */
export type NameInfo = {
  /** the name, if it was given one */
  readonly name?: string;
};

export function unmarshalNameInfo(input: Input, at: string, name: string | number): NameInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<NameInfo>;
  if (object.name !== undefined) result.name = asString(object.name, path, "name");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * The guest has set its clock.
 *
 * Data of the event `RTC_CHANGE`.
 *
 * Source: schema/misc.json, line 102.
 */
export type RtcChangeEvent = {
  /**
   * seconds between the guest's clock and the one that the machine
   * started with
   */
  readonly offset: Int64;
  /** the clock */
  readonly "qom-path": string;
};

export function unmarshalRtcChangeEvent(input: Input, at: string, name: string | number): RtcChangeEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<RtcChangeEvent>;
  result.offset = asInt64(object.offset, path, "offset");
  result["qom-path"] = asString(object["qom-path"], path, "qom-path");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "offset":
      case "qom-path":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Runs a command of the human monitor.
 *
 * Arguments of the command `human-monitor-command`.
 *
 * Source: schema/misc.json, line 82.
 */
export type HumanMonitorCommandArg = {
  /** the command, as one would type it */
  readonly "command-line": string;
  /** the processor to look at, for commands that look at one */
  readonly "cpu-index"?: Int64;
};

export function unmarshalHumanMonitorCommandArg(
  input: Input,
  at: string,
  name: string | number,
): HumanMonitorCommandArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<HumanMonitorCommandArg>;
  result["command-line"] = asString(object["command-line"], path, "command-line");
  if (object["cpu-index"] !== undefined) {
    result["cpu-index"] = asInt64(object["cpu-index"], path, "cpu-index");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "command-line":
      case "cpu-index":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/misc.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface MiscHandlers<P, C> {
  /**
   * Tells the machine's name.
   *
   * Returns: the name.
   *
   * Since: 0.1
   */
  readonly "query-name": PlainHandler<NoMembers, NameInfo, P>;

  /**
   * Stops the machine.  The reply comes when it stands still.
   *
   * Since: 0.1
   */
  readonly stop: AsyncHandler<NoMembers, void, C>;

  /**
   * Lets the machine run.  The reply comes when it does.
   *
   * Since: 0.1
   */
  readonly cont: AsyncHandler<NoMembers, void, C>;

  /**
   * Makes the machine that the command line describes, and goes on as if
   * --preconfig had not been given.
   *
   * Since: 0.1
   *
   * Feature `unstable`: the command may change.
   */
  readonly "x-exit-preconfig": AsyncHandler<NoMembers, void, C>;

  /**
   * Runs a command of the human monitor.
   *
   * Returns: what it printed.  A command that does not exist, or that failed,
   * is no error here: the text says so.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "human-monitor-command", "id": 1,
   *      "arguments": { "command-line": "info status" } }
   * <- { "return": "VM status: running\r\n", "id": 1 }
   * ```
   */
  readonly "human-monitor-command": AsyncHandler<HumanMonitorCommandArg, string, C>;
}

function returnQueryName(result: NameInfo): JsonValue {
  return marshalResult("query-name", result, unmarshalNameInfo);
}

function marshalQueryName<P>(handler: PlainHandler<NoMembers, NameInfo, P>): PlainCommand<P> {
  return {
    name: "query-name",
    kind: "plain",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQueryName(handler(args, context));
    },
  };
}

function marshalStop<C>(handler: AsyncHandler<NoMembers, void, C>): AsyncCommand<C> {
  return {
    name: "stop",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalCont<C>(handler: AsyncHandler<NoMembers, void, C>): AsyncCommand<C> {
  return {
    name: "cont",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalXExitPreconfig<C>(handler: AsyncHandler<NoMembers, void, C>): AsyncCommand<C> {
  return {
    name: "x-exit-preconfig",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function returnHumanMonitorCommand(result: string): JsonValue {
  return marshalResult("human-monitor-command", result, asString);
}

function marshalHumanMonitorCommand<C>(
  handler: AsyncHandler<HumanMonitorCommandArg, string, C>,
): AsyncCommand<C> {
  return {
    name: "human-monitor-command",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalHumanMonitorCommandArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalHumanMonitorCommandArg(input, "", "");
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnHumanMonitorCommand,
      );
    },
  };
}

/** Binds the commands in schema/misc.json to their handlers. */
export function marshalMiscCommands<P, C>(
  handlers: MiscHandlers<P, C>,
): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    marshalQueryName(handlers["query-name"]),
    marshalStop(handlers.stop),
    marshalCont(handlers.cont),
    marshalXExitPreconfig(handlers["x-exit-preconfig"]),
    marshalHumanMonitorCommand(handlers["human-monitor-command"]),
  ];
}
