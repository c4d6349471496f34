/** Handlers of the schema module `block`: what is in the machine's drives, and their trays. */

import type { MachineHandle, MachineResult } from "../offload/contract.ts";
import type { DriveName, TrayOpening } from "../offload/pc-contract.ts";
import type { BlockHandlers } from "../qapi/generated/block.ts";
import type { CommandContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread, machineValue } from "./results.ts";

/** Either is given. */
interface DriveArguments {
  readonly device?: string;
  readonly id?: string;
}

export function blockHandlers({ handle }: MachineControl): BlockHandlers<CommandContext> {
  return {
    eject: {
      async handle({ force = false, ...args }) {
        const drive = await findDrive(handle, args);
        const change = { drive, file: undefined, readOnlyMode: "retain", tray: trayOf(force) } as const;
        machineValue(inWordsOf(args, await fromThread(handle.changeMedium(change))));
      },
    },
    "blockdev-remove-medium": {
      async handle(args) {
        const drive = await findDrive(handle, args);
        const change = { drive, file: undefined, readOnlyMode: "retain", tray: "none" } as const;
        machineValue(inWordsOf(args, await fromThread(handle.changeMedium(change))));
      },
    },
    "blockdev-open-tray": {
      async handle({ force = false, ...args }) {
        const drive = await findDrive(handle, args);
        machineValue(inWordsOf(args, await fromThread(handle.moveTray(drive, true, force))));
      },
    },
    "blockdev-close-tray": {
      async handle(args) {
        const drive = await findDrive(handle, args);
        machineValue(inWordsOf(args, await fromThread(handle.moveTray(drive, false, false))));
      },
    },
    "blockdev-change-medium": {
      async handle({ filename, format = "raw", force = false, ...args }) {
        const drive = await findDrive(handle, args);
        if (format !== "raw") throw new QmpError(`Unknown driver '${format}'`);
        const readOnlyMode = args["read-only-mode"] ?? "retain";
        const change = { drive, file: filename, readOnlyMode, tray: trayOf(force) } as const;
        machineValue(inWordsOf(args, await fromThread(handle.changeMedium(change))));
      },
    },
  };
}

function trayOf(force: boolean): TrayOpening {
  return force ? "forced" : "unlocked";
}

/** The same, in which an error names the drive as whoever asked did. */
function inWordsOf(args: DriveArguments, result: MachineResult<void>): MachineResult<void> {
  if (result.ok) return result;
  const name = args.device ?? args.id;
  const desc = result.desc.replace(/^(Device|Tray of device) '[^']*'/, (_, what) => `${what} '${name}'`);
  return { ...result, desc };
}

/** The drive that the arguments mean.  Throws `QmpError`, in QEMU's words. */
async function findDrive(handle: MachineHandle, { device, id }: DriveArguments): Promise<DriveName> {
  if ((device === undefined) === (id === undefined)) {
    throw new QmpError("Need exactly one of 'device' and 'id'");
  }
  const drives = await fromThread(handle.blockDevices());
  const found = drives.find(({ drive, devicePath }) => drive === device || devicePath === id);
  if (found !== undefined) return found.drive;
  const path = id === undefined || id.startsWith("/") ? id : `/machine/peripheral/${id}`;
  if (path !== undefined && (await fromThread(handle.qomList(path))).ok) {
    throw new QmpError("Device does not have a block device backend");
  }
  throw new QmpError(`Device '${device ?? id}' not found`, "DeviceNotFound");
}
