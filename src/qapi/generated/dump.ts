/**
 * Generated from schema/dump.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler, PlainCommand, PlainHandler } from "../runtime/command.ts";
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
 * What a dump is written as.
 *
 * - `elf`: a core file, which gdb and readelf read
 * - `kdump-zlib`: compressed, for crash; not available here
 * - `kdump-lzo`: likewise
 * - `kdump-snappy`: likewise
 * - `win-dmp`: for Windows' debuggers; not available here
 *
 * Since: 0.1
 *
 * Source: schema/dump.json, line 24.
 */
export type DumpGuestMemoryFormat = "elf" | "kdump-zlib" | "kdump-lzo" | "kdump-snappy" | "win-dmp";

export function unmarshalDumpGuestMemoryFormat(
  input: Input,
  at: string,
  name: string | number,
): DumpGuestMemoryFormat {
  switch (input) {
    case "elf":
    case "kdump-zlib":
    case "kdump-lzo":
    case "kdump-snappy":
    case "win-dmp":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * How far the last dump has got.
 *
 * - `none`: there was none
 * - `active`: it is being written
 * - `completed`: its file is complete
 * - `failed`: it failed, or was cancelled
 *
 * Since: 0.1
 *
 * Source: schema/dump.json, line 82.
 */
export type DumpStatus = "none" | "active" | "completed" | "failed";

export function unmarshalDumpStatus(input: Input, at: string, name: string | number): DumpStatus {
  switch (input) {
    case "none":
    case "active":
    case "completed":
    case "failed":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * The last dump.
 *
 * Since: 0.1
 *
 * Source: schema/dump.json, line 98.
 */
export type DumpQueryResult = {
  /** how far it has got */
  readonly status: DumpStatus;
  /** bytes of memory that are written */
  readonly completed: Int64;
  /** bytes of memory to write */
  readonly total: Int64;
};

export function unmarshalDumpQueryResult(input: Input, at: string, name: string | number): DumpQueryResult {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DumpQueryResult>;
  result.status = unmarshalDumpStatus(object.status, path, "status");
  result.completed = asInt64(object.completed, path, "completed");
  result.total = asInt64(object.total, path, "total");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "status":
      case "completed":
      case "total":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * What dumps can be written as.
 *
 * Since: 0.1
 *
 * Source: schema/dump.json, line 135.
 */
export type DumpGuestMemoryCapability = {
  /** the formats that are available */
  readonly formats: readonly DumpGuestMemoryFormat[];
};

export function unmarshalDumpGuestMemoryCapability(
  input: Input,
  at: string,
  name: string | number,
): DumpGuestMemoryCapability {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DumpGuestMemoryCapability>;
  result.formats = asArray(object.formats, path, "formats", unmarshalDumpGuestMemoryFormat);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "formats":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A dump has ended.
 *
 * Data of the event `DUMP_COMPLETED`.
 *
 * Source: schema/dump.json, line 123.
 */
export type DumpCompletedEvent = {
  /** what became of it */
  readonly result: DumpQueryResult;
  /** why it failed, if it did */
  readonly error?: string;
};

export function unmarshalDumpCompletedEvent(
  input: Input,
  at: string,
  name: string | number,
): DumpCompletedEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DumpCompletedEvent>;
  result.result = unmarshalDumpQueryResult(object.result, path, "result");
  if (object.error !== undefined) result.error = asString(object.error, path, "error");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "result":
      case "error":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Writes the guest's memory and its processor's registers, as they are at one
 * moment after the command arrived, to a file.  The guest stands still for as
 * long as it takes to copy them; the file is written while it goes on.  If the
 * file cannot be completed, no new file is left behind, and one that was there
 * is left empty.
 *
 * Arguments of the command `dump-guest-memory`.
 *
 * Source: schema/dump.json, line 61.
 */
export type DumpGuestMemoryArg = {
  /**
   * whether memory is listed by its virtual addresses, as the page
   * tables have them; else, and while the guest uses none, by its
   * physical ones
   */
  readonly paging: boolean;
  /**
   * where to: 'file:' and a path, or 'fd:' and the name of a
   * descriptor (there are none here)
   */
  readonly protocol: string;
  /**
   * whether the reply comes as soon as the memory has been copied.  Then
   * the dump goes on without its client; DUMP_COMPLETED and query-dump
   * tell of its end.  False if left out.
   */
  readonly detach?: boolean;
  /** the first physical address; together with `length` */
  readonly begin?: Int64;
  /** how many bytes from there on; all memory if left out */
  readonly length?: Int64;
  /** 'elf' if left out */
  readonly format?: DumpGuestMemoryFormat;
};

export function unmarshalDumpGuestMemoryArg(
  input: Input,
  at: string,
  name: string | number,
): DumpGuestMemoryArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DumpGuestMemoryArg>;
  result.paging = asBoolean(object.paging, path, "paging");
  result.protocol = asString(object.protocol, path, "protocol");
  if (object.detach !== undefined) result.detach = asBoolean(object.detach, path, "detach");
  if (object.begin !== undefined) result.begin = asInt64(object.begin, path, "begin");
  if (object.length !== undefined) result.length = asInt64(object.length, path, "length");
  if (object.format !== undefined) {
    result.format = unmarshalDumpGuestMemoryFormat(object.format, path, "format");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "paging":
      case "protocol":
      case "detach":
      case "begin":
      case "length":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/dump.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface DumpHandlers<P, C> {
  /**
   * Writes the guest's memory and its processor's registers, as they are at one
   * moment after the command arrived, to a file.  The guest stands still for as
   * long as it takes to copy them; the file is written while it goes on.  If the
   * file cannot be completed, no new file is left behind, and one that was there
   * is left empty.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "dump-guest-memory", "id": "dump",
   *      "arguments": { "paging": false, "protocol": "file:/tmp/core" } }
   * <- { "return": {}, "id": "dump" }
   * ```
   */
  readonly "dump-guest-memory": AsyncHandler<DumpGuestMemoryArg, void, C>;

  /**
   * Tells of the last dump.
   *
   * Returns: how far it has got.
   *
   * Since: 0.1
   */
  readonly "query-dump": PlainHandler<NoMembers, DumpQueryResult, P>;

  /**
   * Tells what dumps can be written as.
   *
   * Returns: the formats.
   *
   * Since: 0.1
   */
  readonly "query-dump-guest-memory-capability": PlainHandler<NoMembers, DumpGuestMemoryCapability, P>;
}

function marshalDumpGuestMemory<C>(handler: AsyncHandler<DumpGuestMemoryArg, void, C>): AsyncCommand<C> {
  return {
    name: "dump-guest-memory",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalDumpGuestMemoryArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalDumpGuestMemoryArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function returnQueryDump(result: DumpQueryResult): JsonValue {
  return marshalResult("query-dump", result, unmarshalDumpQueryResult);
}

function marshalQueryDump<P>(handler: PlainHandler<NoMembers, DumpQueryResult, P>): PlainCommand<P> {
  return {
    name: "query-dump",
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
      return returnQueryDump(handler(args, context));
    },
  };
}

function returnQueryDumpGuestMemoryCapability(result: DumpGuestMemoryCapability): JsonValue {
  return marshalResult("query-dump-guest-memory-capability", result, unmarshalDumpGuestMemoryCapability);
}

function marshalQueryDumpGuestMemoryCapability<P>(
  handler: PlainHandler<NoMembers, DumpGuestMemoryCapability, P>,
): PlainCommand<P> {
  return {
    name: "query-dump-guest-memory-capability",
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
      return returnQueryDumpGuestMemoryCapability(handler(args, context));
    },
  };
}

/** Binds the commands in schema/dump.json to their handlers. */
export function marshalDumpCommands<P, C>(
  handlers: DumpHandlers<P, C>,
): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    marshalDumpGuestMemory(handlers["dump-guest-memory"]),
    marshalQueryDump(handlers["query-dump"]),
    marshalQueryDumpGuestMemoryCapability(handlers["query-dump-guest-memory-capability"]),
  ];
}
