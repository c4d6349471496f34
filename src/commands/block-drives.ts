/** What `query-block` tells of the machine's drives: QEMU's shape, as far as there is the like here. */

import type { BlockDevice, Medium } from "../offload/pc-contract.ts";
import type { BlockCoreHandlers, BlockDeviceInfo, BlockInfo } from "../qapi/generated/block-core.ts";
import type { MachineSnapshotInfo } from "../qapi/generated/migration.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread } from "./results.ts";
import type { Snapshots } from "./snapshots.ts";

export function driveHandlers(
  { handle }: MachineControl,
  snapshots: Snapshots,
): Pick<BlockCoreHandlers<PlainContext, CommandContext>, "query-block"> {
  return {
    "query-block": {
      async handle() {
        const drives = await fromThread(handle.blockDevices());
        const saved = drives.length === 0 ? [] : await snapshots.list();
        return drives.map((drive) => driveInfo(drive, saved));
      },
    },
  };
}

function driveInfo(
  { drive, devicePath, isRemovable, isLocked, isTrayOpen, medium }: BlockDevice,
  snapshots: readonly MachineSnapshotInfo[],
): BlockInfo {
  const ofDrive = snapshots.filter(({ devices }) => devices.includes(drive));
  return {
    device: drive,
    qdev: devicePath,
    type: "unknown",
    removable: isRemovable,
    locked: isLocked,
    ...(medium && { inserted: mediumInfo(drive, medium, ofDrive) }),
    ...(isTrayOpen !== undefined && { tray_open: isTrayOpen }),
    // A floppy drive has none, as in QEMU.  A disk that fails stops the emulation, which `query-status` tells.
    ...(drive !== "floppy0" && { "io-status": "ok" }),
  };
}

/** A drive's node has the drive's name. */
function mediumInfo(
  name: string,
  { file, sizeBytes, isReadOnly, hasOverlay }: Medium,
  snapshots: readonly MachineSnapshotInfo[],
): BlockDeviceInfo {
  return {
    file,
    "node-name": name,
    ro: isReadOnly,
    drv: "raw",
    ...(hasOverlay && { backing_file: file }),
    backing_file_depth: hasOverlay ? 1 : 0,
    encrypted: false,
    detect_zeroes: "off",
    bps: 0,
    bps_rd: 0,
    bps_wr: 0,
    iops: 0,
    iops_rd: 0,
    iops_wr: 0,
    image: {
      filename: file,
      format: "raw",
      "virtual-size": sizeBytes,
      ...(snapshots.length > 0 && { snapshots: snapshots.map(({ devices: _, ...snapshot }) => snapshot) }),
    },
    cache: { writeback: true, direct: false, "no-flush": false },
    write_threshold: 0,
  };
}
