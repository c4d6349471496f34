/**
 * Generated from schema/block-core.json by `npm run generate`: change the schema, not this file.
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
  isJsonObject,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
  wrongAlternative,
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * What a block node does.
 *
 * - `blkdebug`: passes everything on to another node, and makes it fail as its
 *   configuration says
 * - `file`: a file of this computer
 * - `null-co`: nothing: reads zeroes, forgets what is written
 * - `raw`: a disk as it is, or a part of it
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 23.
 */
export type BlockdevDriver = "blkdebug" | "file" | "null-co" | "raw";

export function unmarshalBlockdevDriver(input: Input, at: string, name: string | number): BlockdevDriver {
  switch (input) {
    case "blkdebug":
    case "file":
    case "null-co":
    case "raw":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * The options of 'null-co'.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 34.
 */
export type BlockdevOptionsNull = {
  /** how large it says it is, in bytes; 1 GiB if left out */
  readonly size?: Int64;
};

/**
 * The options of 'file'.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 45.
 */
export type BlockdevOptionsFile = {
  /** the file */
  readonly filename: string;
};

/**
 * The options of a driver that gives another node's bytes a meaning.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 56.
 */
export type BlockdevOptionsGenericFormat = {
  /** the other node */
  readonly file: BlockdevRef;
};

/**
 * The options of 'raw'.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 70.
 */
export type BlockdevOptionsRaw = BlockdevOptionsGenericFormat & {
  /** where the disk begins in the other node, in bytes; 0 if left out */
  readonly offset?: Int64;
  /**
   * how large it is, in bytes; up to the end of the other node if left
   * out
   */
  readonly size?: Int64;
};

/**
 * The options of 'blkdebug'.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 84.
 */
export type BlockdevOptionsBlkdebug = {
  /** the node to pass everything on to */
  readonly image: BlockdevRef;
  /** a file with the rules */
  readonly config?: string;
};

/**
 * The options of a block node.
 *
 * Members of every `BlockdevOptions`.
 *
 * Source: schema/block-core.json, line 100.
 */
export type BlockdevOptionsBase = {
  /** what it does, which decides the other options */
  readonly driver: BlockdevDriver;
  /** its name; only a node inside another one can do without */
  readonly "node-name"?: string;
  /** whether it refuses to be written to; false if left out */
  readonly "read-only"?: boolean;
};

/**
 * The options of a block node.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 100.
 */
export type BlockdevOptions =
  | (BlockdevOptionsBase & { readonly driver: "blkdebug" } & BlockdevOptionsBlkdebug)
  | (BlockdevOptionsBase & { readonly driver: "file" } & BlockdevOptionsFile)
  | (BlockdevOptionsBase & { readonly driver: "null-co" } & BlockdevOptionsNull)
  | (BlockdevOptionsBase & { readonly driver: "raw" } & BlockdevOptionsRaw);

export function unmarshalBlockdevOptions(input: Input, at: string, name: string | number): BlockdevOptions {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const base = {} as Mutable<BlockdevOptionsBase>;
  base.driver = unmarshalBlockdevDriver(object.driver, path, "driver");
  if (object["node-name"] !== undefined) {
    base["node-name"] = asString(object["node-name"], path, "node-name");
  }
  if (object["read-only"] !== undefined) {
    base["read-only"] = asBoolean(object["read-only"], path, "read-only");
  }
  switch (base.driver) {
    case "blkdebug": {
      const result = base as Mutable<Extract<BlockdevOptions, { driver: "blkdebug" }>>;
      result.image = unmarshalBlockdevRef(object.image, path, "image");
      if (object.config !== undefined) result.config = asString(object.config, path, "config");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "driver":
          case "node-name":
          case "read-only":
          case "image":
          case "config":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "file": {
      const result = base as Mutable<Extract<BlockdevOptions, { driver: "file" }>>;
      result.filename = asString(object.filename, path, "filename");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "driver":
          case "node-name":
          case "read-only":
          case "filename":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "null-co": {
      const result = base as Mutable<Extract<BlockdevOptions, { driver: "null-co" }>>;
      if (object.size !== undefined) result.size = asInt64(object.size, path, "size");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "driver":
          case "node-name":
          case "read-only":
          case "size":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "raw": {
      const result = base as Mutable<Extract<BlockdevOptions, { driver: "raw" }>>;
      result.file = unmarshalBlockdevRef(object.file, path, "file");
      if (object.offset !== undefined) result.offset = asInt64(object.offset, path, "offset");
      if (object.size !== undefined) result.size = asInt64(object.size, path, "size");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "driver":
          case "node-name":
          case "read-only":
          case "file":
          case "offset":
          case "size":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
  }
}

/**
 * A block node: a new one, or one that exists.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 121.
 */
export type BlockdevRef = BlockdevOptions | string;

export function unmarshalBlockdevRef(input: Input, at: string, name: string | number): BlockdevRef {
  if (isJsonObject(input)) return unmarshalBlockdevOptions(input, at, name);
  if (typeof input === "string") return asString(input, at, name);
  throw wrongAlternative(input, at, name, "BlockdevRef");
}

/**
 * What happens when zeroes are written.
 *
 * - `off`: they are written
 * - `on`: they are written in the driver's own way of writing zeroes
 * - `unmap`: as `on`, and the space is given back where that is possible
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 168.
 */
export type BlockdevDetectZeroesOptions = "off" | "on" | "unmap";

export function unmarshalBlockdevDetectZeroesOptions(
  input: Input,
  at: string,
  name: string | number,
): BlockdevDetectZeroesOptions {
  switch (input) {
    case "off":
    case "on":
    case "unmap":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * How a block node is cached.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 183.
 */
export type BlockdevCacheInfo = {
  /** whether a write is done when the cache has it */
  readonly writeback: boolean;
  /** whether the host's cache is passed by */
  readonly direct: boolean;
  /** whether requests to flush are ignored */
  readonly "no-flush": boolean;
};

export function unmarshalBlockdevCacheInfo(
  input: Input,
  at: string,
  name: string | number,
): BlockdevCacheInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockdevCacheInfo>;
  result.writeback = asBoolean(object.writeback, path, "writeback");
  result.direct = asBoolean(object.direct, path, "direct");
  result["no-flush"] = asBoolean(object["no-flush"], path, "no-flush");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "writeback":
      case "direct":
      case "no-flush":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A saved state of the machine.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 207.
 */
export type SnapshotInfo = {
  /** its number, which no other one of the machine has */
  readonly id: string;
  /** its tag */
  readonly name: string;
  /** the size of the machine's state without disks, in bytes */
  readonly "vm-state-size": Int64;
  /** when it was saved, in seconds since 1970 */
  readonly "date-sec": Int64;
  /** the fraction of that second, in nanoseconds */
  readonly "date-nsec": Int64;
  /** how long the guest had run by then, in seconds */
  readonly "vm-clock-sec": Int64;
  /** the fraction of that second, in nanoseconds */
  readonly "vm-clock-nsec": Int64;
};

export function unmarshalSnapshotInfo(input: Input, at: string, name: string | number): SnapshotInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SnapshotInfo>;
  result.id = asString(object.id, path, "id");
  result.name = asString(object.name, path, "name");
  result["vm-state-size"] = asInt64(object["vm-state-size"], path, "vm-state-size");
  result["date-sec"] = asInt64(object["date-sec"], path, "date-sec");
  result["date-nsec"] = asInt64(object["date-nsec"], path, "date-nsec");
  result["vm-clock-sec"] = asInt64(object["vm-clock-sec"], path, "vm-clock-sec");
  result["vm-clock-nsec"] = asInt64(object["vm-clock-nsec"], path, "vm-clock-nsec");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "name":
      case "vm-state-size":
      case "date-sec":
      case "date-nsec":
      case "vm-clock-sec":
      case "vm-clock-nsec":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A disk image.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 229.
 */
export type ImageInfo = {
  /** its file */
  readonly filename: string;
  /** its driver */
  readonly format: string;
  /** the space that it takes, in bytes */
  readonly "actual-size"?: Int64;
  /** how large a disk it holds, in bytes */
  readonly "virtual-size": Int64;
  /** saved states of the machine that this disk was saved with */
  readonly snapshots?: readonly SnapshotInfo[];
};

export function unmarshalImageInfo(input: Input, at: string, name: string | number): ImageInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ImageInfo>;
  result.filename = asString(object.filename, path, "filename");
  result.format = asString(object.format, path, "format");
  if (object["actual-size"] !== undefined) {
    result["actual-size"] = asInt64(object["actual-size"], path, "actual-size");
  }
  result["virtual-size"] = asInt64(object["virtual-size"], path, "virtual-size");
  if (object.snapshots !== undefined) {
    result.snapshots = asArray(object.snapshots, path, "snapshots", unmarshalSnapshotInfo);
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "filename":
      case "format":
      case "actual-size":
      case "virtual-size":
      case "snapshots":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A block node.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 275.
 */
export type BlockDeviceInfo = {
  /** its file */
  readonly file: string;
  /** its name */
  readonly "node-name"?: string;
  /** whether it refuses to be written to */
  readonly ro: boolean;
  /** its driver */
  readonly drv: string;
  /** the file below, where changes go to an overlay */
  readonly backing_file?: string;
  /**
   * how many images are below this one: 1 with an overlay,
   * else 0
   */
  readonly backing_file_depth: Int64;
  /** whether it is encrypted; always false */
  readonly encrypted: boolean;
  /** what happens when zeroes are written */
  readonly detect_zeroes: BlockdevDetectZeroesOptions;
  /** limit of bytes a second; 0 is none */
  readonly bps: Int64;
  /** limit of bytes read a second; 0 is none */
  readonly bps_rd: Int64;
  /** limit of bytes written a second; 0 is none */
  readonly bps_wr: Int64;
  /** limit of requests a second; 0 is none */
  readonly iops: Int64;
  /** limit of requests to read a second; 0 is none */
  readonly iops_rd: Int64;
  /** limit of requests to write a second; 0 is none */
  readonly iops_wr: Int64;
  /** the image that it holds */
  readonly image: ImageInfo;
  /** how it is cached */
  readonly cache: BlockdevCacheInfo;
  /** where a write is reported, in bytes; 0 is nowhere */
  readonly write_threshold: Int64;
};

export function unmarshalBlockDeviceInfo(input: Input, at: string, name: string | number): BlockDeviceInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockDeviceInfo>;
  result.file = asString(object.file, path, "file");
  if (object["node-name"] !== undefined) {
    result["node-name"] = asString(object["node-name"], path, "node-name");
  }
  result.ro = asBoolean(object.ro, path, "ro");
  result.drv = asString(object.drv, path, "drv");
  if (object.backing_file !== undefined) {
    result.backing_file = asString(object.backing_file, path, "backing_file");
  }
  result.backing_file_depth = asInt64(object.backing_file_depth, path, "backing_file_depth");
  result.encrypted = asBoolean(object.encrypted, path, "encrypted");
  result.detect_zeroes = unmarshalBlockdevDetectZeroesOptions(object.detect_zeroes, path, "detect_zeroes");
  result.bps = asInt64(object.bps, path, "bps");
  result.bps_rd = asInt64(object.bps_rd, path, "bps_rd");
  result.bps_wr = asInt64(object.bps_wr, path, "bps_wr");
  result.iops = asInt64(object.iops, path, "iops");
  result.iops_rd = asInt64(object.iops_rd, path, "iops_rd");
  result.iops_wr = asInt64(object.iops_wr, path, "iops_wr");
  result.image = unmarshalImageInfo(object.image, path, "image");
  result.cache = unmarshalBlockdevCacheInfo(object.cache, path, "cache");
  result.write_threshold = asInt64(object.write_threshold, path, "write_threshold");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "file":
      case "node-name":
      case "ro":
      case "drv":
      case "backing_file":
      case "backing_file_depth":
      case "encrypted":
      case "detect_zeroes":
      case "bps":
      case "bps_rd":
      case "bps_wr":
      case "iops":
      case "iops_rd":
      case "iops_wr":
      case "image":
      case "cache":
      case "write_threshold":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * How the last access to a drive went.
 *
 * - `ok`: it worked
 * - `failed`: it failed
 * - `nospace`: it failed because the file system is full
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 312.
 */
export type BlockDeviceIoStatus = "ok" | "failed" | "nospace";

export function unmarshalBlockDeviceIoStatus(
  input: Input,
  at: string,
  name: string | number,
): BlockDeviceIoStatus {
  switch (input) {
    case "ok":
    case "failed":
    case "nospace":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * A drive.
 *
 * Since: 0.1
 *
 * Source: schema/block-core.json, line 339.
 */
export type BlockInfo = {
  /** its name */
  readonly device: string;
  /** the QOM path of its device */
  readonly qdev?: string;
  /** always 'unknown', as in QEMU */
  readonly type: string;
  /** whether what is in it can be taken out */
  readonly removable: boolean;
  /** whether the guest has locked its tray */
  readonly locked: boolean;
  /**
   * what is in it, if anything is.  The name of the node is what the
   * commands for snapshots take
   */
  readonly inserted?: BlockDeviceInfo;
  /** whether its tray is open, if it has one */
  readonly tray_open?: boolean;
  /**
   * how the last access went; a guest does not get any further
   * after one that failed
   */
  readonly "io-status"?: BlockDeviceIoStatus;
};

export function unmarshalBlockInfo(input: Input, at: string, name: string | number): BlockInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockInfo>;
  result.device = asString(object.device, path, "device");
  if (object.qdev !== undefined) result.qdev = asString(object.qdev, path, "qdev");
  result.type = asString(object.type, path, "type");
  result.removable = asBoolean(object.removable, path, "removable");
  result.locked = asBoolean(object.locked, path, "locked");
  if (object.inserted !== undefined) {
    result.inserted = unmarshalBlockDeviceInfo(object.inserted, path, "inserted");
  }
  if (object.tray_open !== undefined) result.tray_open = asBoolean(object.tray_open, path, "tray_open");
  if (object["io-status"] !== undefined) {
    result["io-status"] = unmarshalBlockDeviceIoStatus(object["io-status"], path, "io-status");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "qdev":
      case "type":
      case "removable":
      case "locked":
      case "inserted":
      case "tray_open":
      case "io-status":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Removes a block node.
 *
 * Arguments of the command `blockdev-del`.
 *
 * Source: schema/block-core.json, line 152.
 */
export type BlockdevDelArg = {
  /** its name */
  readonly "node-name": string;
};

export function unmarshalBlockdevDelArg(input: Input, at: string, name: string | number): BlockdevDelArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockdevDelArg>;
  result["node-name"] = asString(object["node-name"], path, "node-name");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "node-name":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Lists the block nodes.
 *
 * Arguments of the command `query-named-block-nodes`.
 *
 * Source: schema/block-core.json, line 296.
 */
export type QueryNamedBlockNodesArg = {
  /** leave out what images are below each one's; there are none here */
  readonly flat?: boolean;
};

export function unmarshalQueryNamedBlockNodesArg(
  input: Input,
  at: string,
  name: string | number,
): QueryNamedBlockNodesArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QueryNamedBlockNodesArg>;
  if (object.flat !== undefined) result.flat = asBoolean(object.flat, path, "flat");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "flat":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/block-core.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface BlockCoreHandlers<P, C> {
  /**
   * Makes a block node.  The members of `BlockdevOptions` are the arguments.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "blockdev-add",
   *      "arguments": { "driver": "raw", "node-name": "disk0",
   *                     "file": { "driver": "file", "filename": "/tmp/disk.img" } } }
   * <- { "return": {} }
   * ```
   */
  readonly "blockdev-add": AsyncHandler<BlockdevOptions, void, C>;

  /**
   * Removes a block node.
   *
   * Returns: nothing; an error if there is no such node, or somebody uses it.
   *
   * Since: 0.1
   */
  readonly "blockdev-del": AsyncHandler<BlockdevDelArg, void, C>;

  /**
   * Lists the block nodes.
   *
   * Returns: one entry for each node.
   *
   * Since: 0.1
   */
  readonly "query-named-block-nodes": PlainHandler<QueryNamedBlockNodesArg, readonly BlockDeviceInfo[], P>;

  /**
   * Lists the machine's drives.
   *
   * Returns: one entry for each drive.
   *
   * Since: 0.1
   */
  readonly "query-block": AsyncHandler<NoMembers, readonly BlockInfo[], C>;
}

function marshalBlockdevAdd<C>(handler: AsyncHandler<BlockdevOptions, void, C>): AsyncCommand<C> {
  return {
    name: "blockdev-add",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBlockdevOptions(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBlockdevOptions(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalBlockdevDel<C>(handler: AsyncHandler<BlockdevDelArg, void, C>): AsyncCommand<C> {
  return {
    name: "blockdev-del",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBlockdevDelArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBlockdevDelArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function returnQueryNamedBlockNodes(result: readonly BlockDeviceInfo[]): JsonValue {
  return marshalResult(
    "query-named-block-nodes",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalBlockDeviceInfo),
  );
}

function marshalQueryNamedBlockNodes<P>(
  handler: PlainHandler<QueryNamedBlockNodesArg, readonly BlockDeviceInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-named-block-nodes",
    kind: "plain",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQueryNamedBlockNodesArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQueryNamedBlockNodesArg(input, "", "");
      return returnQueryNamedBlockNodes(handler(args, context));
    },
  };
}

function returnQueryBlock(result: readonly BlockInfo[]): JsonValue {
  return marshalResult(
    "query-block",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalBlockInfo),
  );
}

function marshalQueryBlock<C>(handler: AsyncHandler<NoMembers, readonly BlockInfo[], C>): AsyncCommand<C> {
  return {
    name: "query-block",
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
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnQueryBlock,
      );
    },
  };
}

/** Binds the commands in schema/block-core.json to their handlers. */
export function marshalBlockCoreCommands<P, C>(
  handlers: BlockCoreHandlers<P, C>,
): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    marshalBlockdevAdd(handlers["blockdev-add"]),
    marshalBlockdevDel(handlers["blockdev-del"]),
    marshalQueryNamedBlockNodes(handlers["query-named-block-nodes"]),
    marshalQueryBlock(handlers["query-block"]),
  ];
}
