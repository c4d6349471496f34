/**
 * Generated from schema/qtest.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler, PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asAny,
  asNumber,
  asObject,
  asString,
  firstMembers,
  type Input,
  type JsonValue,
  marshalNothing,
  type Mutable,
  pathOf,
  unexpected,
} from "../runtime/unmarshal.ts";
import type { Conditions } from "./conditions.ts";

/**
 * Answers after a while.
 *
 * Arguments of the command `qtest-timeout`.
 *
 * Source: schema/qtest.json, line 16.
 */
export type QtestTimeoutArg = {
  /** how long, in seconds */
  readonly duration: number;
};

export function unmarshalQtestTimeoutArg(input: Input, at: string, name: string | number): QtestTimeoutArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QtestTimeoutArg>;
  result.duration = asNumber(object.duration, path, "duration");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "duration":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Sends an event, as if the machine had.
 *
 * Arguments of the command `qtest-emit`.
 *
 * Source: schema/qtest.json, line 32.
 */
export type QtestEmitArg = {
  /** the event's name */
  readonly event: string;
  /** the event's data */
  readonly data?: JsonValue;
};

export function unmarshalQtestEmitArg(input: Input, at: string, name: string | number): QtestEmitArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QtestEmitArg>;
  result.event = asString(object.event, path, "event");
  if (object.data !== undefined) result.data = asAny(object.data, path, "data");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "event":
      case "data":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/qtest.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface QtestHandlers<P, C> {
  /**
   * Answers after a while.
   *
   * Since: 0.1
   *
   * Only where `QTEST`.
   */
  readonly "qtest-timeout": AsyncHandler<QtestTimeoutArg, void, C>;

  /**
   * Sends an event, as if the machine had.
   *
   * Returns: nothing; an error if there is no such event or it has other data.
   *
   * Since: 0.1
   *
   * Only where `QTEST`.
   */
  readonly "qtest-emit": PlainHandler<QtestEmitArg, void, P>;
}

function marshalQtestTimeout<C>(handler: AsyncHandler<QtestTimeoutArg, void, C>): AsyncCommand<C> {
  return {
    name: "qtest-timeout",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQtestTimeoutArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQtestTimeoutArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalQtestEmit<P>(handler: PlainHandler<QtestEmitArg, void, P>): PlainCommand<P> {
  return {
    name: "qtest-emit",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQtestEmitArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQtestEmitArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

/** Binds the commands in schema/qtest.json to their handlers. */
export function marshalQtestCommands<P, C>(
  handlers: QtestHandlers<P, C>,
  conditions: Conditions,
): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    ...(conditions.QTEST ? [marshalQtestTimeout(handlers["qtest-timeout"])] : []),
    ...(conditions.QTEST ? [marshalQtestEmit(handlers["qtest-emit"])] : []),
  ];
}
