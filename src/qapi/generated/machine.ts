/**
 * Generated from schema/machine.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler, PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asArray,
  asBoolean,
  asInt64,
  asNoMembers,
  asObject,
  asString,
  asUint64,
  firstMembers,
  type Input,
  type Int64,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  type Uint64,
  unexpected,
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * An architecture that is emulated.
 *
 * - `i386`: the PC, 32 bits
 * - `x86_64`: the PC, 64 bits
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 18.
 */
export type SysEmuTarget = "i386" | "x86_64";

export function unmarshalSysEmuTarget(input: Input, at: string, name: string | number): SysEmuTarget {
  switch (input) {
    case "i386":
    case "x86_64":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * What is emulated.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 29.
 */
export type TargetInfo = {
  /** its architecture */
  readonly arch: SysEmuTarget;
};

export function unmarshalTargetInfo(input: Input, at: string, name: string | number): TargetInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<TargetInfo>;
  result.arch = unmarshalSysEmuTarget(object.arch, path, "arch");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "arch":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * The machine's UUID.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 51.
 */
export type UuidInfo = {
  /** in lower case hexadecimal digits; all zero if it was given none */
  readonly UUID: string;
};

export function unmarshalUuidInfo(input: Input, at: string, name: string | number): UuidInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<UuidInfo>;
  result.UUID = asString(object.UUID, path, "UUID");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "UUID":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Whether the processor's own virtualization is used.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 75.
 */
export type KvmInfo = {
  /** whether it is; always false here */
  readonly enabled: boolean;
  /** whether the program could use it; always false here */
  readonly present: boolean;
};

export function unmarshalKvmInfo(input: Input, at: string, name: string | number): KvmInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<KvmInfo>;
  result.enabled = asBoolean(object.enabled, path, "enabled");
  result.present = asBoolean(object.present, path, "present");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "enabled":
      case "present":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A type of machine.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 113.
 */
export type MachineInfo = {
  /** the type */
  readonly name: string;
  /** another name for it */
  readonly alias?: string;
  /** whether it is taken when none is asked for */
  readonly "is-default"?: boolean;
  /** the most processors that it can have */
  readonly "cpu-max": Int64;
  /** whether processors can be added while it runs */
  readonly "hotpluggable-cpus": boolean;
  /** whether its memory can be split between nodes */
  readonly "numa-mem-supported": boolean;
  /** whether it will be removed some day */
  readonly deprecated: boolean;
  /** the processor that it has when none is asked for */
  readonly "default-cpu-type"?: string;
  /** what its memory is called */
  readonly "default-ram-id"?: string;
};

export function unmarshalMachineInfo(input: Input, at: string, name: string | number): MachineInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<MachineInfo>;
  result.name = asString(object.name, path, "name");
  if (object.alias !== undefined) result.alias = asString(object.alias, path, "alias");
  if (object["is-default"] !== undefined) {
    result["is-default"] = asBoolean(object["is-default"], path, "is-default");
  }
  result["cpu-max"] = asInt64(object["cpu-max"], path, "cpu-max");
  result["hotpluggable-cpus"] = asBoolean(object["hotpluggable-cpus"], path, "hotpluggable-cpus");
  result["numa-mem-supported"] = asBoolean(object["numa-mem-supported"], path, "numa-mem-supported");
  result.deprecated = asBoolean(object.deprecated, path, "deprecated");
  if (object["default-cpu-type"] !== undefined) {
    result["default-cpu-type"] = asString(object["default-cpu-type"], path, "default-cpu-type");
  }
  if (object["default-ram-id"] !== undefined) {
    result["default-ram-id"] = asString(object["default-ram-id"], path, "default-ram-id");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "alias":
      case "is-default":
      case "cpu-max":
      case "hotpluggable-cpus":
      case "numa-mem-supported":
      case "deprecated":
      case "default-cpu-type":
      case "default-ram-id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * What the machine can do.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 139.
 */
export type CurrentMachineParams = {
  /** whether it can be woken from sleep */
  readonly "wakeup-suspend-support": boolean;
};

export function unmarshalCurrentMachineParams(
  input: Input,
  at: string,
  name: string | number,
): CurrentMachineParams {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CurrentMachineParams>;
  result["wakeup-suspend-support"] = asBoolean(
    object["wakeup-suspend-support"],
    path,
    "wakeup-suspend-support",
  );
  for (const member in firstMembers(object)) {
    switch (member) {
      case "wakeup-suspend-support":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Where a processor sits.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 172.
 */
export type CpuInstanceProperties = {
  /** its node */
  readonly "node-id"?: Int64;
  /** its socket */
  readonly "socket-id"?: Int64;
  /** its die in the socket */
  readonly "die-id"?: Int64;
  /** its cluster in the die */
  readonly "cluster-id"?: Int64;
  /** its core in the cluster */
  readonly "core-id"?: Int64;
  /** its thread in the core */
  readonly "thread-id"?: Int64;
};

export function unmarshalCpuInstanceProperties(
  input: Input,
  at: string,
  name: string | number,
): CpuInstanceProperties {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CpuInstanceProperties>;
  if (object["node-id"] !== undefined) result["node-id"] = asInt64(object["node-id"], path, "node-id");
  if (object["socket-id"] !== undefined) {
    result["socket-id"] = asInt64(object["socket-id"], path, "socket-id");
  }
  if (object["die-id"] !== undefined) result["die-id"] = asInt64(object["die-id"], path, "die-id");
  if (object["cluster-id"] !== undefined) {
    result["cluster-id"] = asInt64(object["cluster-id"], path, "cluster-id");
  }
  if (object["core-id"] !== undefined) result["core-id"] = asInt64(object["core-id"], path, "core-id");
  if (object["thread-id"] !== undefined) {
    result["thread-id"] = asInt64(object["thread-id"], path, "thread-id");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "node-id":
      case "socket-id":
      case "die-id":
      case "cluster-id":
      case "core-id":
      case "thread-id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A processor of the machine.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 193.
 */
export type CpuInfoFast = {
  /** its number */
  readonly "cpu-index": Int64;
  /** where it is in the tree of objects */
  readonly "qom-path": string;
  /** the thread that runs it */
  readonly "thread-id": Int64;
  /** where it sits */
  readonly props?: CpuInstanceProperties;
  /** its architecture */
  readonly target: SysEmuTarget;
};

export function unmarshalCpuInfoFast(input: Input, at: string, name: string | number): CpuInfoFast {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CpuInfoFast>;
  result["cpu-index"] = asInt64(object["cpu-index"], path, "cpu-index");
  result["qom-path"] = asString(object["qom-path"], path, "qom-path");
  result["thread-id"] = asInt64(object["thread-id"], path, "thread-id");
  if (object.props !== undefined) result.props = unmarshalCpuInstanceProperties(object.props, path, "props");
  result.target = unmarshalSysEmuTarget(object.target, path, "target");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "cpu-index":
      case "qom-path":
      case "thread-id":
      case "props":
      case "target":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * How much memory the machine has, in bytes.
 *
 * Since: 0.1
 *
 * Source: schema/machine.json, line 295.
 */
export type MemoryInfo = {
  /** what it was made with */
  readonly "base-memory": Uint64;
  /** what was added since; there is nothing that could be */
  readonly "plugged-memory"?: Uint64;
};

export function unmarshalMemoryInfo(input: Input, at: string, name: string | number): MemoryInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<MemoryInfo>;
  result["base-memory"] = asUint64(object["base-memory"], path, "base-memory");
  if (object["plugged-memory"] !== undefined) {
    result["plugged-memory"] = asUint64(object["plugged-memory"], path, "plugged-memory");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "base-memory":
      case "plugged-memory":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * The guest has given memory back, or taken it again.
 *
 * Data of the event `BALLOON_CHANGE`.
 *
 * Source: schema/machine.json, line 334.
 */
export type BalloonChangeEvent = {
  /** how much memory it has now, in bytes */
  readonly actual: Int64;
};

export function unmarshalBalloonChangeEvent(
  input: Input,
  at: string,
  name: string | number,
): BalloonChangeEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BalloonChangeEvent>;
  result.actual = asInt64(object.actual, path, "actual");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "actual":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Writes memory to a file, as the processor sees it: by its page tables.  The
 * guest stands still for as long as it takes to copy the memory.  If the file
 * cannot be completed, no new file is left behind, and one that was there is
 * left empty.
 *
 * Arguments of the command `memsave`.
 *
 * Source: schema/machine.json, line 255.
 */
export type MemsaveArg = {
  /** the first virtual address */
  readonly val: Int64;
  /** how many bytes from there on */
  readonly size: Int64;
  /** the file */
  readonly filename: string;
  /** the processor; the first if left out */
  readonly "cpu-index"?: Int64;
};

export function unmarshalMemsaveArg(input: Input, at: string, name: string | number): MemsaveArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<MemsaveArg>;
  result.val = asInt64(object.val, path, "val");
  result.size = asInt64(object.size, path, "size");
  result.filename = asString(object.filename, path, "filename");
  if (object["cpu-index"] !== undefined) {
    result["cpu-index"] = asInt64(object["cpu-index"], path, "cpu-index");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "val":
      case "size":
      case "filename":
      case "cpu-index":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Writes physical memory to a file; where nothing is, zeros.  Else as memsave.
 *
 * Arguments of the command `pmemsave`.
 *
 * Source: schema/machine.json, line 280.
 */
export type PmemsaveArg = {
  /** the first physical address */
  readonly val: Int64;
  /** how many bytes from there on */
  readonly size: Int64;
  /** the file */
  readonly filename: string;
};

export function unmarshalPmemsaveArg(input: Input, at: string, name: string | number): PmemsaveArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<PmemsaveArg>;
  result.val = asInt64(object.val, path, "val");
  result.size = asInt64(object.size, path, "size");
  result.filename = asString(object.filename, path, "filename");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "val":
      case "size":
      case "filename":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Asks the guest to give memory back, or to take it again.
 *
 * Arguments of the command `balloon`.
 *
 * Source: schema/machine.json, line 321.
 */
export type BalloonArg = {
  /** how much memory it is to have, in bytes */
  readonly value: Int64;
};

export function unmarshalBalloonArg(input: Input, at: string, name: string | number): BalloonArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BalloonArg>;
  result.value = asInt64(object.value, path, "value");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "value":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/machine.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface MachineHandlers<P, C> {
  /**
   * Tells what is emulated.
   *
   * Returns: the architecture.
   *
   * Since: 0.1
   */
  readonly "query-target": PlainHandler<NoMembers, TargetInfo, P>;

  /**
   * Tells the machine's UUID.
   *
   * Returns: the UUID.
   *
   * Since: 0.1
   */
  readonly "query-uuid": PlainHandler<NoMembers, UuidInfo, P>;

  /**
   * Tells whether the processor's own virtualization is used.
   *
   * Returns: whether it is.
   *
   * Since: 0.1
   */
  readonly "query-kvm": PlainHandler<NoMembers, KvmInfo, P>;

  /**
   * Lists the types of machines.
   *
   * Returns: one entry for each type.
   *
   * Since: 0.1
   */
  readonly "query-machines": PlainHandler<NoMembers, readonly MachineInfo[], P>;

  /**
   * Tells what the machine can do.
   *
   * Returns: what it can do.
   *
   * Since: 0.1
   */
  readonly "query-current-machine": PlainHandler<NoMembers, CurrentMachineParams, P>;

  /**
   * Lists the machine's processors, without disturbing them.
   *
   * Returns: one entry for each processor.
   *
   * Since: 0.1
   */
  readonly "query-cpus-fast": AsyncHandler<NoMembers, readonly CpuInfoFast[], C>;

  /**
   * Makes the machine start over.
   *
   * Since: 0.1
   */
  readonly system_reset: AsyncHandler<NoMembers, void, C>;

  /**
   * Presses the machine's power button.  Whether anything comes of it is the
   * guest's choice.
   *
   * Since: 0.1
   */
  readonly system_powerdown: AsyncHandler<NoMembers, void, C>;

  /**
   * Writes memory to a file, as the processor sees it: by its page tables.  The
   * guest stands still for as long as it takes to copy the memory.  If the file
   * cannot be completed, no new file is left behind, and one that was there is
   * left empty.
   *
   * Returns: nothing; GenericError if a page is not mapped.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "memsave", "id": 1,
   *      "arguments": { "val": 3221225472, "size": 4096,
   *                     "filename": "/tmp/virtual" } }
   * <- { "return": {}, "id": 1 }
   * ```
   */
  readonly memsave: AsyncHandler<MemsaveArg, void, C>;

  /**
   * Writes physical memory to a file; where nothing is, zeros.  Else as memsave.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "pmemsave", "id": 1,
   *      "arguments": { "val": 65536, "size": 4096,
   *                     "filename": "/tmp/physical" } }
   * <- { "return": {}, "id": 1 }
   * ```
   */
  readonly pmemsave: AsyncHandler<PmemsaveArg, void, C>;

  /**
   * Tells how much memory the machine has.
   *
   * Returns: how much.
   *
   * Since: 0.1
   */
  readonly "query-memory-size-summary": AsyncHandler<NoMembers, MemoryInfo, C>;

  /**
   * Asks the guest to give memory back, or to take it again.
   *
   * Returns: nothing; DeviceNotActive if the machine has no balloon device.
   *
   * Since: 0.1
   */
  readonly balloon: PlainHandler<BalloonArg, void, P>;

  /**
   * Interrupts the machine's processor in a way that it cannot ignore.
   *
   * Returns: nothing; here always an error, since no machine has such a line.
   *
   * Since: 0.1
   */
  readonly "inject-nmi": AsyncHandler<NoMembers, void, C>;
}

function returnQueryTarget(result: TargetInfo): JsonValue {
  return marshalResult("query-target", result, unmarshalTargetInfo);
}

function marshalQueryTarget<P>(handler: PlainHandler<NoMembers, TargetInfo, P>): PlainCommand<P> {
  return {
    name: "query-target",
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
      return returnQueryTarget(handler(args, context));
    },
  };
}

function returnQueryUuid(result: UuidInfo): JsonValue {
  return marshalResult("query-uuid", result, unmarshalUuidInfo);
}

function marshalQueryUuid<P>(handler: PlainHandler<NoMembers, UuidInfo, P>): PlainCommand<P> {
  return {
    name: "query-uuid",
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
      return returnQueryUuid(handler(args, context));
    },
  };
}

function returnQueryKvm(result: KvmInfo): JsonValue {
  return marshalResult("query-kvm", result, unmarshalKvmInfo);
}

function marshalQueryKvm<P>(handler: PlainHandler<NoMembers, KvmInfo, P>): PlainCommand<P> {
  return {
    name: "query-kvm",
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
      return returnQueryKvm(handler(args, context));
    },
  };
}

function returnQueryMachines(result: readonly MachineInfo[]): JsonValue {
  return marshalResult(
    "query-machines",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalMachineInfo),
  );
}

function marshalQueryMachines<P>(
  handler: PlainHandler<NoMembers, readonly MachineInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-machines",
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
      return returnQueryMachines(handler(args, context));
    },
  };
}

function returnQueryCurrentMachine(result: CurrentMachineParams): JsonValue {
  return marshalResult("query-current-machine", result, unmarshalCurrentMachineParams);
}

function marshalQueryCurrentMachine<P>(
  handler: PlainHandler<NoMembers, CurrentMachineParams, P>,
): PlainCommand<P> {
  return {
    name: "query-current-machine",
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
      return returnQueryCurrentMachine(handler(args, context));
    },
  };
}

function returnQueryCpusFast(result: readonly CpuInfoFast[]): JsonValue {
  return marshalResult(
    "query-cpus-fast",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalCpuInfoFast),
  );
}

function marshalQueryCpusFast<C>(
  handler: AsyncHandler<NoMembers, readonly CpuInfoFast[], C>,
): AsyncCommand<C> {
  return {
    name: "query-cpus-fast",
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
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnQueryCpusFast,
      );
    },
  };
}

function marshalSystemReset<C>(handler: AsyncHandler<NoMembers, void, C>): AsyncCommand<C> {
  return {
    name: "system_reset",
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

function marshalSystemPowerdown<C>(handler: AsyncHandler<NoMembers, void, C>): AsyncCommand<C> {
  return {
    name: "system_powerdown",
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

function marshalMemsave<C>(handler: AsyncHandler<MemsaveArg, void, C>): AsyncCommand<C> {
  return {
    name: "memsave",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalMemsaveArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalMemsaveArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalPmemsave<C>(handler: AsyncHandler<PmemsaveArg, void, C>): AsyncCommand<C> {
  return {
    name: "pmemsave",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalPmemsaveArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalPmemsaveArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function returnQueryMemorySizeSummary(result: MemoryInfo): JsonValue {
  return marshalResult("query-memory-size-summary", result, unmarshalMemoryInfo);
}

function marshalQueryMemorySizeSummary<C>(handler: AsyncHandler<NoMembers, MemoryInfo, C>): AsyncCommand<C> {
  return {
    name: "query-memory-size-summary",
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
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnQueryMemorySizeSummary,
      );
    },
  };
}

function marshalBalloon<P>(handler: PlainHandler<BalloonArg, void, P>): PlainCommand<P> {
  return {
    name: "balloon",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBalloonArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBalloonArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalInjectNmi<C>(handler: AsyncHandler<NoMembers, void, C>): AsyncCommand<C> {
  return {
    name: "inject-nmi",
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

/** Binds the commands in schema/machine.json to their handlers. */
export function marshalMachineCommands<P, C>(
  handlers: MachineHandlers<P, C>,
): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    marshalQueryTarget(handlers["query-target"]),
    marshalQueryUuid(handlers["query-uuid"]),
    marshalQueryKvm(handlers["query-kvm"]),
    marshalQueryMachines(handlers["query-machines"]),
    marshalQueryCurrentMachine(handlers["query-current-machine"]),
    marshalQueryCpusFast(handlers["query-cpus-fast"]),
    marshalSystemReset(handlers.system_reset),
    marshalSystemPowerdown(handlers.system_powerdown),
    marshalMemsave(handlers.memsave),
    marshalPmemsave(handlers.pmemsave),
    marshalQueryMemorySizeSummary(handlers["query-memory-size-summary"]),
    marshalBalloon(handlers.balloon),
    marshalInjectNmi(handlers["inject-nmi"]),
  ];
}
