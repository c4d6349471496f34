/**
 * Generated from schema/qdev.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler } from "../runtime/command.ts";
import {
  asObject,
  asString,
  firstMembers,
  type Input,
  marshalNothing,
  type Mutable,
  pathOf,
  unexpected,
} from "../runtime/unmarshal.ts";

/**
 * Removes a device.
 *
 * Arguments of the command `device_del`.
 *
 * Source: schema/qdev.json, line 18.
 */
export type DeviceDelArg = {
  /** the device's id or its path in the tree of objects */
  readonly id: string;
};

export function unmarshalDeviceDelArg(input: Input, at: string, name: string | number): DeviceDelArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DeviceDelArg>;
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
 * Handlers of the commands in schema/qdev.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface QdevHandlers<C> {
  /**
   * Removes a device.
   *
   * Returns: nothing; DeviceNotFound if there is no such device.
   *
   * Since: 0.1
   */
  readonly device_del: AsyncHandler<DeviceDelArg, void, C>;
}

function marshalDeviceDel<C>(handler: AsyncHandler<DeviceDelArg, void, C>): AsyncCommand<C> {
  return {
    name: "device_del",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalDeviceDelArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalDeviceDelArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

/** Binds the commands in schema/qdev.json to their handlers. */
export function marshalQdevCommands<C>(handlers: QdevHandlers<C>): AsyncCommand<C>[] {
  return [marshalDeviceDel(handlers.device_del)];
}
