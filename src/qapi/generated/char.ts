/**
 * Generated from schema/char.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asArray,
  asBoolean,
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
 * A character device.
 *
 * Since: 0.1
 *
 * Source: schema/char.json, line 20.
 */
export type ChardevInfo = {
  /** its name */
  readonly label: string;
  /** where it leads to */
  readonly filename: string;
  /** whether something of the machine uses it */
  readonly "frontend-open": boolean;
};

export function unmarshalChardevInfo(input: Input, at: string, name: string | number): ChardevInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ChardevInfo>;
  result.label = asString(object.label, path, "label");
  result.filename = asString(object.filename, path, "filename");
  result["frontend-open"] = asBoolean(object["frontend-open"], path, "frontend-open");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "label":
      case "filename":
      case "frontend-open":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A kind of character device.
 *
 * Since: 0.1
 *
 * Source: schema/char.json, line 52.
 */
export type ChardevBackendInfo = {
  /** its name */
  readonly name: string;
};

export function unmarshalChardevBackendInfo(
  input: Input,
  at: string,
  name: string | number,
): ChardevBackendInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ChardevBackendInfo>;
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
 * How bytes are written in a string.
 *
 * - `utf8`: as text in UTF-8
 * - `base64`: in base64, which any bytes survive
 *
 * Since: 0.1
 *
 * Source: schema/char.json, line 76.
 */
export type DataFormat = "utf8" | "base64";

export function unmarshalDataFormat(input: Input, at: string, name: string | number): DataFormat {
  switch (input) {
    case "utf8":
    case "base64":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * Writes to a ring buffer, behind what it holds, as a guest's serial port
 * would.  A guest does not see it.
 *
 * Arguments of the command `ringbuf-write`.
 *
 * Source: schema/char.json, line 101.
 */
export type RingbufWriteArg = {
  /** the character device */
  readonly device: string;
  /** what to write */
  readonly data: string;
  /** how the data is written down (default: utf8) */
  readonly format?: DataFormat;
};

export function unmarshalRingbufWriteArg(input: Input, at: string, name: string | number): RingbufWriteArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<RingbufWriteArg>;
  result.device = asString(object.device, path, "device");
  result.data = asString(object.data, path, "data");
  if (object.format !== undefined) result.format = unmarshalDataFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "data":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Takes the oldest bytes out of a ring buffer.  What is no UTF-8 is told as
 * U+FFFD in that format.
 *
 * Arguments of the command `ringbuf-read`.
 *
 * Source: schema/char.json, line 127.
 */
export type RingbufReadArg = {
  /** the character device */
  readonly device: string;
  /** how many bytes at most */
  readonly size: Int64;
  /** how to write them down (default: utf8) */
  readonly format?: DataFormat;
};

export function unmarshalRingbufReadArg(input: Input, at: string, name: string | number): RingbufReadArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<RingbufReadArg>;
  result.device = asString(object.device, path, "device");
  result.size = asInt64(object.size, path, "size");
  if (object.format !== undefined) result.format = unmarshalDataFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "size":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/char.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface CharHandlers<P> {
  /**
   * Tells of the character devices.
   *
   * Returns: one element for each.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "query-chardev" }
   * <- { "return": [ { "label": "serial0", "filename": "ringbuf",
   *                    "frontend-open": true },
   *                  { "label": "compat_monitor0",
   *                    "filename": "unix:qmp.sock,server=on",
   *                    "frontend-open": true } ] }
   * ```
   */
  readonly "query-chardev": PlainHandler<NoMembers, readonly ChardevInfo[], P>;

  /**
   * Tells which kinds of character device there are.
   *
   * Returns: one element for each.
   *
   * Since: 0.1
   */
  readonly "query-chardev-backends": PlainHandler<NoMembers, readonly ChardevBackendInfo[], P>;

  /**
   * Writes to a ring buffer, behind what it holds, as a guest's serial port
   * would.  A guest does not see it.
   *
   * Returns: an error when there is no such device, when it is no ring buffer,
   * and when the data is larger than 128 KiB.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "ringbuf-write",
   *      "arguments": { "device": "serial0", "data": "hello" } }
   * <- { "return": {} }
   * ```
   */
  readonly "ringbuf-write": PlainHandler<RingbufWriteArg, void, P>;

  /**
   * Takes the oldest bytes out of a ring buffer.  What is no UTF-8 is told as
   * U+FFFD in that format.
   *
   * Returns: the bytes; an error when there is no such device, and when it is no
   * ring buffer.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "ringbuf-read",
   *      "arguments": { "device": "serial0", "size": 1000 } }
   * <- { "return": "hello" }
   * ```
   */
  readonly "ringbuf-read": PlainHandler<RingbufReadArg, string, P>;
}

function returnQueryChardev(result: readonly ChardevInfo[]): JsonValue {
  return marshalResult(
    "query-chardev",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalChardevInfo),
  );
}

function marshalQueryChardev<P>(
  handler: PlainHandler<NoMembers, readonly ChardevInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-chardev",
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
      return returnQueryChardev(handler(args, context));
    },
  };
}

function returnQueryChardevBackends(result: readonly ChardevBackendInfo[]): JsonValue {
  return marshalResult(
    "query-chardev-backends",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalChardevBackendInfo),
  );
}

function marshalQueryChardevBackends<P>(
  handler: PlainHandler<NoMembers, readonly ChardevBackendInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-chardev-backends",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQueryChardevBackends(handler(args, context));
    },
  };
}

function marshalRingbufWrite<P>(handler: PlainHandler<RingbufWriteArg, void, P>): PlainCommand<P> {
  return {
    name: "ringbuf-write",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalRingbufWriteArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalRingbufWriteArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function returnRingbufRead(result: string): JsonValue {
  return marshalResult("ringbuf-read", result, asString);
}

function marshalRingbufRead<P>(handler: PlainHandler<RingbufReadArg, string, P>): PlainCommand<P> {
  return {
    name: "ringbuf-read",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalRingbufReadArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalRingbufReadArg(input, "", "");
      return returnRingbufRead(handler(args, context));
    },
  };
}

/** Binds the commands in schema/char.json to their handlers. */
export function marshalCharCommands<P>(handlers: CharHandlers<P>): PlainCommand<P>[] {
  return [
    marshalQueryChardev(handlers["query-chardev"]),
    marshalQueryChardevBackends(handlers["query-chardev-backends"]),
    marshalRingbufWrite(handlers["ringbuf-write"]),
    marshalRingbufRead(handlers["ringbuf-read"]),
  ];
}
