/**
 * Generated from schema/control.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
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

/**
 * What a client can ask for when it negotiates.
 *
 * - `oob`: commands that allow it can be run out of band ("exec-oob"), ahead of
 *   everything that waits
 * - `async`: async commands leave the row: the next command starts while they
 *   run, and their replies come when they are ready.  Since 0.1, not in QEMU.
 *
 * Since: 0.1
 *
 * Source: schema/control.json, line 20.
 */
export type QMPCapability = "oob" | "async";

export function unmarshalQMPCapability(input: Input, at: string, name: string | number): QMPCapability {
  switch (input) {
    case "oob":
    case "async":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * A version in three parts.
 *
 * Since: 0.1
 *
 * Source: schema/control.json, line 54.
 */
export type VersionTriple = {
  /** grows with changes that break something */
  readonly major: Int64;
  /** grows with additions */
  readonly minor: Int64;
  /** grows with repairs */
  readonly micro: Int64;
};

export function unmarshalVersionTriple(input: Input, at: string, name: string | number): VersionTriple {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<VersionTriple>;
  result.major = asInt64(object.major, path, "major");
  result.minor = asInt64(object.minor, path, "minor");
  result.micro = asInt64(object.micro, path, "micro");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "major":
      case "minor":
      case "micro":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Which program answers.
 *
 * Since: 0.1
 *
 * Source: schema/control.json, line 68.
 */
export type VersionInfo = {
  /** the version of QEMU whose commands are spoken here */
  readonly qemu: VersionTriple;
  /** this program's own name and version */
  readonly package: string;
};

export function unmarshalVersionInfo(input: Input, at: string, name: string | number): VersionInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<VersionInfo>;
  result.qemu = unmarshalVersionTriple(object.qemu, path, "qemu");
  result.package = asString(object.package, path, "package");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "qemu":
      case "package":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * One command.
 *
 * Since: 0.1
 *
 * Source: schema/control.json, line 92.
 */
export type CommandInfo = {
  /** its name */
  readonly name: string;
};

export function unmarshalCommandInfo(input: Input, at: string, name: string | number): CommandInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CommandInfo>;
  result.name = asString(object.name, path, "name");
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
 * Ends the negotiation.  It is the first command of a session, and succeeds
 * once.
 *
 * Arguments of the command `qmp_capabilities`.
 *
 * Source: schema/control.json, line 37.
 */
export type QmpCapabilitiesArg = {
  /** the capabilities to enable, of those in the greeting */
  readonly enable?: readonly QMPCapability[];
};

export function unmarshalQmpCapabilitiesArg(
  input: Input,
  at: string,
  name: string | number,
): QmpCapabilitiesArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QmpCapabilitiesArg>;
  if (object.enable !== undefined) {
    result.enable = asArray(object.enable, path, "enable", unmarshalQMPCapability);
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "enable":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/control.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface ControlHandlers<P> {
  /**
   * Ends the negotiation.  It is the first command of a session, and succeeds
   * once.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "qmp_capabilities", "arguments": { "enable": [ "async" ] } }
   * <- { "return": {} }
   * ```
   */
  readonly qmp_capabilities: PlainHandler<QmpCapabilitiesArg, void, P>;

  /**
   * Tells which program answers.
   *
   * Returns: its version.
   *
   * Since: 0.1
   */
  readonly "query-version": PlainHandler<NoMembers, VersionInfo, P>;

  /**
   * Lists the commands that can be called.
   *
   * Returns: all of them, in no particular order.
   *
   * Since: 0.1
   */
  readonly "query-commands": PlainHandler<NoMembers, readonly CommandInfo[], P>;

  /**
   * Ends this machine, and the service with it when it is the last one.
   *
   * Since: 0.1
   */
  readonly quit: PlainHandler<NoMembers, void, P>;
}

function marshalQmpCapabilities<P>(handler: PlainHandler<QmpCapabilitiesArg, void, P>): PlainCommand<P> {
  return {
    name: "qmp_capabilities",
    kind: "plain",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQmpCapabilitiesArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQmpCapabilitiesArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function returnQueryVersion(result: VersionInfo): JsonValue {
  return marshalResult("query-version", result, unmarshalVersionInfo);
}

function marshalQueryVersion<P>(handler: PlainHandler<NoMembers, VersionInfo, P>): PlainCommand<P> {
  return {
    name: "query-version",
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
      return returnQueryVersion(handler(args, context));
    },
  };
}

function returnQueryCommands(result: readonly CommandInfo[]): JsonValue {
  return marshalResult(
    "query-commands",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalCommandInfo),
  );
}

function marshalQueryCommands<P>(
  handler: PlainHandler<NoMembers, readonly CommandInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-commands",
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
      return returnQueryCommands(handler(args, context));
    },
  };
}

function marshalQuit<P>(handler: PlainHandler<NoMembers, void, P>): PlainCommand<P> {
  return {
    name: "quit",
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
      handler(args, context);
      return marshalNothing();
    },
  };
}

/** Binds the commands in schema/control.json to their handlers. */
export function marshalControlCommands<P>(handlers: ControlHandlers<P>): PlainCommand<P>[] {
  return [
    marshalQmpCapabilities(handlers.qmp_capabilities),
    marshalQueryVersion(handlers["query-version"]),
    marshalQueryCommands(handlers["query-commands"]),
    marshalQuit(handlers.quit),
  ];
}
