/**
 * Generated from schema/block.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler } from "../runtime/command.ts";
import {
  asBoolean,
  asObject,
  asString,
  firstMembers,
  type Input,
  marshalNothing,
  type Mutable,
  pathOf,
  unexpected,
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * How a medium is opened that comes after another one.
 *
 * - `retain`: as the one before
 * - `read-only`: it refuses to be written to
 * - `read-write`: it can be written to
 *
 * Since: 0.1
 *
 * Source: schema/block.json, line 135.
 */
export type BlockdevChangeReadOnlyMode = "retain" | "read-only" | "read-write";

export function unmarshalBlockdevChangeReadOnlyMode(
  input: Input,
  at: string,
  name: string | number,
): BlockdevChangeReadOnlyMode {
  switch (input) {
    case "retain":
    case "read-only":
    case "read-write":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * The tray of a drive has been opened or closed, by the guest or by a command.
 *
 * Data of the event `DEVICE_TRAY_MOVED`.
 *
 * Source: schema/block.json, line 195.
 */
export type DeviceTrayMovedEvent = {
  /** the drive's name */
  readonly device: string;
  /** the QOM path of its device */
  readonly id: string;
  /** true if it is open now */
  readonly "tray-open": boolean;
};

export function unmarshalDeviceTrayMovedEvent(
  input: Input,
  at: string,
  name: string | number,
): DeviceTrayMovedEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DeviceTrayMovedEvent>;
  result.device = asString(object.device, path, "device");
  result.id = asString(object.id, path, "id");
  result["tray-open"] = asBoolean(object["tray-open"], path, "tray-open");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "id":
      case "tray-open":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Takes out what is in a drive, and leaves its tray open.
 *
 * Arguments of the command `eject`.
 *
 * Source: schema/block.json, line 28.
 */
export type EjectArg = {
  /**
   * the drive's name.  Either this or `id` is given
   *
   * @deprecated `id` does the same.
   */
  readonly device?: string;
  /** the QOM path of its device */
  readonly id?: string;
  /** also where the guest has locked the tray; false if left out */
  readonly force?: boolean;
};

export function unmarshalEjectArg(input: Input, at: string, name: string | number): EjectArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<EjectArg>;
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.id !== undefined) result.id = asString(object.id, path, "id");
  if (object.force !== undefined) result.force = asBoolean(object.force, path, "force");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "id":
      case "force":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Opens a drive's tray; a drive without one is left alone.
 *
 * Arguments of the command `blockdev-open-tray`.
 *
 * Source: schema/block.json, line 49.
 */
export type BlockdevOpenTrayArg = {
  /**
   * the drive's name.  Either this or `id` is given
   *
   * @deprecated `id` does the same.
   */
  readonly device?: string;
  /** the QOM path of its device */
  readonly id?: string;
  /** also where the guest has locked the tray; false if left out */
  readonly force?: boolean;
};

export function unmarshalBlockdevOpenTrayArg(
  input: Input,
  at: string,
  name: string | number,
): BlockdevOpenTrayArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockdevOpenTrayArg>;
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.id !== undefined) result.id = asString(object.id, path, "id");
  if (object.force !== undefined) result.force = asBoolean(object.force, path, "force");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "id":
      case "force":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Closes a drive's tray; a drive without one is left alone.
 *
 * Arguments of the command `blockdev-close-tray`.
 *
 * Source: schema/block.json, line 68.
 */
export type BlockdevCloseTrayArg = {
  /**
   * the drive's name.  Either this or `id` is given
   *
   * @deprecated `id` does the same.
   */
  readonly device?: string;
  /** the QOM path of its device */
  readonly id?: string;
};

export function unmarshalBlockdevCloseTrayArg(
  input: Input,
  at: string,
  name: string | number,
): BlockdevCloseTrayArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockdevCloseTrayArg>;
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.id !== undefined) result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Takes out what is in a drive, whose tray has to be open; a drive without a
 * tray has none that is in the way.  An empty drive is left alone.
 *
 * Arguments of the command `blockdev-remove-medium`.
 *
 * Source: schema/block.json, line 91.
 */
export type BlockdevRemoveMediumArg = {
  /** the QOM path of its device */
  readonly id: string;
};

export function unmarshalBlockdevRemoveMediumArg(
  input: Input,
  at: string,
  name: string | number,
): BlockdevRemoveMediumArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockdevRemoveMediumArg>;
  result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Puts a block node into a drive that is empty, whose tray has to be open and
 * stays so; the guest sees it when the tray is closed.  A drive without a tray
 * has none that is in the way.
 *
 * Arguments of the command `blockdev-insert-medium`.
 *
 * Source: schema/block.json, line 118.
 */
export type BlockdevInsertMediumArg = {
  /** the QOM path of its device */
  readonly id: string;
  /** the block node, which stays in use while it is in the drive */
  readonly "node-name": string;
};

export function unmarshalBlockdevInsertMediumArg(
  input: Input,
  at: string,
  name: string | number,
): BlockdevInsertMediumArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockdevInsertMediumArg>;
  result.id = asString(object.id, path, "id");
  result["node-name"] = asString(object["node-name"], path, "node-name");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "node-name":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Opens a drive's tray, takes out what is in there, puts in a file, and closes
 * the tray.
 *
 * Arguments of the command `blockdev-change-medium`.
 *
 * Source: schema/block.json, line 168.
 */
export type BlockdevChangeMediumArg = {
  /**
   * the drive's name.  Either this or `id` is given
   *
   * @deprecated `id` does the same.
   */
  readonly device?: string;
  /** the QOM path of its device */
  readonly id?: string;
  /** the file */
  readonly filename: string;
  /** 'raw', which is what it is if this is left out */
  readonly format?: string;
  /** also where the guest has locked the tray; false if left out */
  readonly force?: boolean;
  /**
   * how it is opened; 'retain' if left out.  A CD-ROM is always
   * read-only
   */
  readonly "read-only-mode"?: BlockdevChangeReadOnlyMode;
};

export function unmarshalBlockdevChangeMediumArg(
  input: Input,
  at: string,
  name: string | number,
): BlockdevChangeMediumArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<BlockdevChangeMediumArg>;
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.id !== undefined) result.id = asString(object.id, path, "id");
  result.filename = asString(object.filename, path, "filename");
  if (object.format !== undefined) result.format = asString(object.format, path, "format");
  if (object.force !== undefined) result.force = asBoolean(object.force, path, "force");
  if (object["read-only-mode"] !== undefined) {
    result["read-only-mode"] = unmarshalBlockdevChangeReadOnlyMode(
      object["read-only-mode"],
      path,
      "read-only-mode",
    );
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "id":
      case "filename":
      case "format":
      case "force":
      case "read-only-mode":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/block.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface BlockHandlers<C> {
  /**
   * Takes out what is in a drive, and leaves its tray open.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "eject", "arguments": { "device": "ide1-cd0" } }
   * <- { "return": {} }
   * ```
   */
  readonly eject: AsyncHandler<EjectArg, void, C>;

  /**
   * Opens a drive's tray; a drive without one is left alone.
   *
   * Since: 0.1
   */
  readonly "blockdev-open-tray": AsyncHandler<BlockdevOpenTrayArg, void, C>;

  /**
   * Closes a drive's tray; a drive without one is left alone.
   *
   * Since: 0.1
   */
  readonly "blockdev-close-tray": AsyncHandler<BlockdevCloseTrayArg, void, C>;

  /**
   * Takes out what is in a drive, whose tray has to be open; a drive without a
   * tray has none that is in the way.  An empty drive is left alone.
   *
   * Returns: nothing; an error if the tray is closed.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "blockdev-remove-medium",
   *      "arguments": { "id": "/machine/unattached/device[4]" } }
   * <- { "return": {} }
   * ```
   */
  readonly "blockdev-remove-medium": AsyncHandler<BlockdevRemoveMediumArg, void, C>;

  /**
   * Puts a block node into a drive that is empty, whose tray has to be open and
   * stays so; the guest sees it when the tray is closed.  A drive without a tray
   * has none that is in the way.
   *
   * Returns: nothing; an error if the tray is closed, if there is a medium in the
   * drive, or if the node is in a drive.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "blockdev-insert-medium",
   *      "arguments": { "id": "/machine/unattached/device[4]",
   *                     "node-name": "disc0" } }
   * <- { "return": {} }
   * ```
   */
  readonly "blockdev-insert-medium": AsyncHandler<BlockdevInsertMediumArg, void, C>;

  /**
   * Opens a drive's tray, takes out what is in there, puts in a file, and closes
   * the tray.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "blockdev-change-medium",
   *      "arguments": { "device": "ide1-cd0", "filename": "/tmp/second.iso" } }
   * <- { "return": {} }
   * ```
   */
  readonly "blockdev-change-medium": AsyncHandler<BlockdevChangeMediumArg, void, C>;
}

function marshalEject<C>(handler: AsyncHandler<EjectArg, void, C>): AsyncCommand<C> {
  return {
    name: "eject",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalEjectArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalEjectArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalBlockdevOpenTray<C>(handler: AsyncHandler<BlockdevOpenTrayArg, void, C>): AsyncCommand<C> {
  return {
    name: "blockdev-open-tray",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBlockdevOpenTrayArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBlockdevOpenTrayArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalBlockdevCloseTray<C>(handler: AsyncHandler<BlockdevCloseTrayArg, void, C>): AsyncCommand<C> {
  return {
    name: "blockdev-close-tray",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBlockdevCloseTrayArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBlockdevCloseTrayArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalBlockdevRemoveMedium<C>(
  handler: AsyncHandler<BlockdevRemoveMediumArg, void, C>,
): AsyncCommand<C> {
  return {
    name: "blockdev-remove-medium",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBlockdevRemoveMediumArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBlockdevRemoveMediumArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalBlockdevInsertMedium<C>(
  handler: AsyncHandler<BlockdevInsertMediumArg, void, C>,
): AsyncCommand<C> {
  return {
    name: "blockdev-insert-medium",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBlockdevInsertMediumArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBlockdevInsertMediumArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalBlockdevChangeMedium<C>(
  handler: AsyncHandler<BlockdevChangeMediumArg, void, C>,
): AsyncCommand<C> {
  return {
    name: "blockdev-change-medium",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalBlockdevChangeMediumArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalBlockdevChangeMediumArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

/** Binds the commands in schema/block.json to their handlers. */
export function marshalBlockCommands<C>(handlers: BlockHandlers<C>): AsyncCommand<C>[] {
  return [
    marshalEject(handlers.eject),
    marshalBlockdevOpenTray(handlers["blockdev-open-tray"]),
    marshalBlockdevCloseTray(handlers["blockdev-close-tray"]),
    marshalBlockdevRemoveMedium(handlers["blockdev-remove-medium"]),
    marshalBlockdevInsertMedium(handlers["blockdev-insert-medium"]),
    marshalBlockdevChangeMedium(handlers["blockdev-change-medium"]),
  ];
}
