/** Handlers of the schema module `block`: what is in the machine's drives, and their trays. */

import type { MachineHandle, MachineResult } from "../offload/contract.ts";
import type { DriveName, MediumChange, TrayOpening } from "../offload/pc-contract.ts";
import type { BlockHandlers } from "../qapi/generated/block.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import type { CommandContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import { nodeClaim } from "./block-core.ts";
import { type DriveNodes, driveClaim } from "./drive-nodes.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread, machineValue } from "./results.ts";

/** Either is given. */
interface DriveArguments {
  readonly device?: string;
  readonly id?: string;
}

export function blockHandlers({ handle }: MachineControl, nodes: DriveNodes): BlockHandlers<CommandContext> {
  const exchange = async (args: DriveArguments, change: MediumChange): Promise<void> => {
    machineValue(inWordsOf(args, await fromThread(handle.changeMedium(change))));
    await nodes.takenOut(change.drive);
  };
  const resources = (): readonly ResourceClaim[] => [driveClaim("exclusive")];
  return {
    eject: {
      resources,
      async handle({ force = false, ...args }) {
        const drive = await findDrive(handle, args);
        await exchange(args, { drive, file: undefined, readOnlyMode: "retain", tray: trayOf(force) });
      },
    },
    "blockdev-remove-medium": {
      resources,
      async handle(args) {
        const drive = await findDrive(handle, args);
        await exchange(args, { drive, file: undefined, readOnlyMode: "retain", tray: "none" });
      },
    },
    "blockdev-insert-medium": {
      async handle(args) {
        await nodes.insert(handle, await findDrive(handle, args), args["node-name"]);
      },
      resources: (args) => [nodeClaim(args["node-name"], "shared"), ...resources()],
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
      resources,
      async handle({ filename, format, force = false, ...args }) {
        const drive = await findDrive(handle, args);
        if (format !== undefined && format !== "raw") throw new QmpError(`Unknown driver '${format}'`);
        const readOnlyMode = args["read-only-mode"] ?? "retain";
        const isRaw = format !== undefined;
        await exchange(args, { drive, file: filename, isRaw, readOnlyMode, tray: trayOf(force) });
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
  const type = path === undefined ? undefined : await fromThread(handle.qomGet(path, "type"));
  if (type?.ok === true) {
    const isDevice = (await fromThread(handle.qomListTypes("device", false))).some(
      ({ name }) => name === type.value,
    );
    throw new QmpError(
      isDevice ? "Device does not have a block device backend" : `${id} is not a hotpluggable device`,
    );
  }
  throw new QmpError(`Device '${device ?? id}' not found`, "DeviceNotFound");
}
