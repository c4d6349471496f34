/** The tree of a PC's objects: what is emulated, by QEMU's names where it has the like. */

import type { QomObject } from "../qom.ts";
import { QomTree } from "../qom-tree.ts";
import type { DriveName } from "./drives.ts";

export interface PcTree {
  readonly root: QomObject;
  readonly displayPath: string;
  drivePath(drive: DriveName): string;
}

/** Where the CPU stands: it is the first device. */
export const CPU_PATH = "/machine/unattached/device[0]";

export function createPcTree(memoryBytes: number, hasHardDisk: boolean): PcTree {
  const tree = new QomTree("pc", memoryBytes);
  tree.addFixedDevice("v86-i386-cpu");
  const displayPath = tree.addFixedDisplay("VGA");
  for (const type of ["i8042", "vmmouse", "isa-serial", "mc146818rtc", "isa-pit"]) tree.addFixedDevice(type);
  const paths: Partial<Record<DriveName, string>> = {
    ...(hasHardDisk ? { "ide0-hd0": tree.addFixedDevice("ide-hd") } : {}),
    "ide1-cd0": tree.addFixedDevice("ide-cd"),
    floppy0: tree.addFixedDevice("floppy"),
  };
  return { root: tree.root, displayPath, drivePath: (drive) => paths[drive] ?? "" };
}
