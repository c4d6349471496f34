/**
 * Generated from schema/migration.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler, PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asArray,
  asInt64,
  asNoMembers,
  asObject,
  asString,
  firstMembers,
  type Input,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
} from "../runtime/unmarshal.ts";
import type { SnapshotInfo } from "./block-core.ts";

/**
 * A saved state of the machine, and what was saved along.
 *
 * Since: 0.1
 *
 * Source: schema/migration.json, line 95.
 */
export type MachineSnapshotInfo = SnapshotInfo & {
  /** the nodes of the disks that were saved along */
  readonly devices: readonly string[];
};

export function unmarshalMachineSnapshotInfo(
  input: Input,
  at: string,
  name: string | number,
): MachineSnapshotInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<MachineSnapshotInfo>;
  result.id = asString(object.id, path, "id");
  result.name = asString(object.name, path, "name");
  result["vm-state-size"] = asInt64(object["vm-state-size"], path, "vm-state-size");
  result["date-sec"] = asInt64(object["date-sec"], path, "date-sec");
  result["date-nsec"] = asInt64(object["date-nsec"], path, "date-nsec");
  result["vm-clock-sec"] = asInt64(object["vm-clock-sec"], path, "vm-clock-sec");
  result["vm-clock-nsec"] = asInt64(object["vm-clock-nsec"], path, "vm-clock-nsec");
  result.devices = asArray(object.devices, path, "devices", asString);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "name":
      case "vm-state-size":
      case "date-sec":
      case "date-nsec":
      case "vm-clock-sec":
      case "vm-clock-nsec":
      case "devices":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Begins a job that saves the machine's state to the directory that --snapshots
 * names.  A guest that runs stands still while its state is copied, not while
 * it is written.
 *
 * Arguments of the command `snapshot-save`.
 *
 * Source: schema/migration.json, line 44.
 */
export type SnapshotSaveArg = {
  /** the job's name */
  readonly "job-id": string;
  /** the snapshot's name, which no other one has */
  readonly tag: string;
  /**
   * where the state goes to: 'snapshots', or one of `devices`; all is
   * kept in the same directory
   */
  readonly vmstate: string;
  /** the nodes of the disks to save along, which have to have an overlay */
  readonly devices: readonly string[];
};

export function unmarshalSnapshotSaveArg(input: Input, at: string, name: string | number): SnapshotSaveArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SnapshotSaveArg>;
  result["job-id"] = asString(object["job-id"], path, "job-id");
  result.tag = asString(object.tag, path, "tag");
  result.vmstate = asString(object.vmstate, path, "vmstate");
  result.devices = asArray(object.devices, path, "devices", asString);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "job-id":
      case "tag":
      case "vmstate":
      case "devices":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Begins a job that puts the machine back to where it was saved.  A guest that
 * runs goes on from there.
 *
 * Arguments of the command `snapshot-load`.
 *
 * Source: schema/migration.json, line 65.
 */
export type SnapshotLoadArg = {
  /** the job's name */
  readonly "job-id": string;
  /** the snapshot's name */
  readonly tag: string;
  /** where the state comes from: 'snapshots', or one of `devices` */
  readonly vmstate: string;
  /**
   * the nodes of the disks to put back along, which have to have been
   * saved with it
   */
  readonly devices: readonly string[];
};

export function unmarshalSnapshotLoadArg(input: Input, at: string, name: string | number): SnapshotLoadArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SnapshotLoadArg>;
  result["job-id"] = asString(object["job-id"], path, "job-id");
  result.tag = asString(object.tag, path, "tag");
  result.vmstate = asString(object.vmstate, path, "vmstate");
  result.devices = asArray(object.devices, path, "devices", asString);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "job-id":
      case "tag":
      case "vmstate":
      case "devices":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Begins a job that deletes a snapshot as a whole.  One that does not exist is
 * no error.
 *
 * Arguments of the command `snapshot-delete`.
 *
 * Source: schema/migration.json, line 83.
 */
export type SnapshotDeleteArg = {
  /** the job's name */
  readonly "job-id": string;
  /** the snapshot's name */
  readonly tag: string;
  /** nodes of disks; none are needed where none were saved with it */
  readonly devices: readonly string[];
};

export function unmarshalSnapshotDeleteArg(
  input: Input,
  at: string,
  name: string | number,
): SnapshotDeleteArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SnapshotDeleteArg>;
  result["job-id"] = asString(object["job-id"], path, "job-id");
  result.tag = asString(object.tag, path, "tag");
  result.devices = asArray(object.devices, path, "devices", asString);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "job-id":
      case "tag":
      case "devices":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/migration.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface MigrationHandlers<P, C> {
  /**
   * Interrupts a migration.
   *
   * Returns: nothing; always an error here, as there is no migration.
   *
   * Since: 0.1
   */
  readonly "migrate-pause": PlainHandler<NoMembers, void, P>;

  /**
   * Begins a job that saves the machine's state to the directory that --snapshots
   * names.  A guest that runs stands still while its state is copied, not while
   * it is written.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "snapshot-save",
   *      "arguments": { "job-id": "save1", "tag": "before", "vmstate": "ide0-hd0",
   *                     "devices": [ "ide0-hd0" ] } }
   * <- { "return": {} }
   * ```
   */
  readonly "snapshot-save": PlainHandler<SnapshotSaveArg, void, P>;

  /**
   * Begins a job that puts the machine back to where it was saved.  A guest that
   * runs goes on from there.
   *
   * Since: 0.1
   */
  readonly "snapshot-load": PlainHandler<SnapshotLoadArg, void, P>;

  /**
   * Begins a job that deletes a snapshot as a whole.  One that does not exist is
   * no error.
   *
   * Since: 0.1
   */
  readonly "snapshot-delete": PlainHandler<SnapshotDeleteArg, void, P>;

  /**
   * Lists the saved states of the machine, the oldest first.  Not in QEMU, where
   * query-block tells of those that disks hold.
   *
   * Returns: one entry for each.
   *
   * Since: 0.1
   */
  readonly "query-snapshots": AsyncHandler<NoMembers, readonly MachineSnapshotInfo[], C>;
}

function marshalMigratePause<P>(handler: PlainHandler<NoMembers, void, P>): PlainCommand<P> {
  return {
    name: "migrate-pause",
    kind: "plain",
    allowOob: true,
    allowPreconfig: false,
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

function marshalSnapshotSave<P>(handler: PlainHandler<SnapshotSaveArg, void, P>): PlainCommand<P> {
  return {
    name: "snapshot-save",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalSnapshotSaveArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalSnapshotSaveArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalSnapshotLoad<P>(handler: PlainHandler<SnapshotLoadArg, void, P>): PlainCommand<P> {
  return {
    name: "snapshot-load",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalSnapshotLoadArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalSnapshotLoadArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalSnapshotDelete<P>(handler: PlainHandler<SnapshotDeleteArg, void, P>): PlainCommand<P> {
  return {
    name: "snapshot-delete",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalSnapshotDeleteArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalSnapshotDeleteArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function returnQuerySnapshots(result: readonly MachineSnapshotInfo[]): JsonValue {
  return marshalResult(
    "query-snapshots",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalMachineSnapshotInfo),
  );
}

function marshalQuerySnapshots<C>(
  handler: AsyncHandler<NoMembers, readonly MachineSnapshotInfo[], C>,
): AsyncCommand<C> {
  return {
    name: "query-snapshots",
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
        returnQuerySnapshots,
      );
    },
  };
}

/** Binds the commands in schema/migration.json to their handlers. */
export function marshalMigrationCommands<P, C>(
  handlers: MigrationHandlers<P, C>,
): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    marshalMigratePause(handlers["migrate-pause"]),
    marshalSnapshotSave(handlers["snapshot-save"]),
    marshalSnapshotLoad(handlers["snapshot-load"]),
    marshalSnapshotDelete(handlers["snapshot-delete"]),
    marshalQuerySnapshots(handlers["query-snapshots"]),
  ];
}
