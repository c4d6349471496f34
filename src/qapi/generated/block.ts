/**
 * Generated from schema/block.json by `npm run generate`: change the schema, not this file.
 */

import {
  asBoolean,
  asObject,
  asString,
  firstMembers,
  type Input,
  type Mutable,
  pathOf,
  unexpected,
} from "../runtime/unmarshal.ts";

/**
 * The tray of a drive has been opened or closed, by the guest or by a command.
 *
 * Data of the event `DEVICE_TRAY_MOVED`.
 *
 * Source: schema/block.json, line 27.
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
