/** What `query-block` tells of the machine's drives: QEMU's shape, as far as there is the like here. */

import type { BlockDevice, Medium } from "../offload/pc-contract.ts";
import type { BlockCoreHandlers, BlockDeviceInfo, BlockInfo } from "../qapi/generated/block-core.ts";
import type { MachineSnapshotInfo } from "../qapi/generated/migration.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { type DriveNodes, driveClaim } from "./drive-nodes.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread } from "./results.ts";
import type { Snapshots } from "./snapshots.ts";

export function driveHandlers(
  { handle }: MachineControl,
  snapshots: Snapshots,
  nodes: DriveNodes,
): Pick<BlockCoreHandlers<PlainContext, CommandContext>, "query-block"> {
  return {
    "query-block": {
      resources: () => [driveClaim("shared")],
      async handle() {
        const found = await fromThread(handle.blockDevices());
        const drives = found.map((drive) => ({ ...drive, node: nodes.in(drive.drive)?.info() }));
        const saved = drives.length === 0 ? [] : await snapshots.list();
        return drives.map((drive) => driveInfo(drive, saved));
      },
    },
  };
}

/** A drive, and the node that was put into it. */
type DriveWithNode = BlockDevice & { readonly node: BlockDeviceInfo | undefined };

function driveInfo(found: DriveWithNode, snapshots: readonly MachineSnapshotInfo[]): BlockInfo {
  const { drive, devicePath, isRemovable, isLocked, isTrayOpen } = found;
  const ofDrive = snapshots.filter(({ devices }) => devices.includes(drive));
  const inserted = mediumInfo(found, ofDrive);
  return {
    device: drive,
    qdev: devicePath,
    type: "unknown",
    removable: isRemovable,
    locked: isLocked,
    ...(inserted && { inserted }),
    ...(isTrayOpen !== undefined && { tray_open: isTrayOpen }),
    // A floppy drive has none, as in QEMU.  A disk that fails stops the emulation, which `query-status` tells.
    ...(drive !== "floppy0" && { "io-status": "ok" }),
  };
}

function mediumInfo(
  { drive, medium, node }: DriveWithNode,
  snapshots: readonly MachineSnapshotInfo[],
): BlockDeviceInfo | undefined {
  if (medium === undefined) return undefined;
  const told = node ?? fileInfo(drive, medium);
  return {
    ...told,
    ...(medium.hasOverlay && { backing_file: told.file }),
    backing_file_depth: medium.hasOverlay ? 1 : 0,
    image: {
      ...told.image,
      ...(snapshots.length > 0 && { snapshots: snapshots.map(({ devices: _, ...snapshot }) => snapshot) }),
    },
  };
}

/** Of a file that was put in by its name: its node has the drive's name. */
function fileInfo(name: string, { file, sizeBytes, isReadOnly }: Medium): BlockDeviceInfo {
  return {
    file,
    "node-name": name,
    ro: isReadOnly,
    drv: "raw",
    backing_file_depth: 0,
    encrypted: false,
    detect_zeroes: "off",
    bps: 0,
    bps_rd: 0,
    bps_wr: 0,
    iops: 0,
    iops_rd: 0,
    iops_wr: 0,
    image: { filename: file, format: "raw", "virtual-size": sizeBytes },
    cache: { writeback: true, direct: false, "no-flush": false },
    write_threshold: 0,
  };
}
