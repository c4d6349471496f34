/** How commands name a console: by the device that it belongs to, and its head. */

import type { ConsoleDescription } from "../offload/contract.ts";
import { QmpError } from "../qmp/errors.ts";

export interface ConsoleArguments {
  readonly device?: string;
  readonly head?: number | bigint;
}

/** The console that the arguments mean.  Throws `QmpError`, in QEMU's words and order. */
export function findConsole(
  consoles: readonly ConsoleDescription[],
  args: ConsoleArguments,
): ConsoleDescription {
  const { device, head = 0 } = args;
  if (device === undefined) {
    if (args.head !== undefined) throw new QmpError("'head' must be specified together with 'device'");
    const [first] = consoles;
    if (first === undefined) throw new QmpError("There is no console to take a screendump from");
    return first;
  }
  const heads = consoles.filter(({ deviceId, devicePath }) => device === deviceId || device === devicePath);
  if (heads.length === 0) throw new QmpError(`Device '${device}' not found`, "DeviceNotFound");
  const found = heads.find((console) => console.head === Number(head));
  if (found === undefined)
    throw new QmpError(`Device ${device} (head ${head}) is not bound to a QemuConsole`);
  return found;
}
