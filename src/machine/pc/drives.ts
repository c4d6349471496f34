/**
 * The PC's drives and what is in them.  They outlive each emulator: a reset makes another one around the same
 * media, and the tray stands as it stood.
 */

import type { V86Disk } from "v86";
import { MachineError } from "../error.ts";
import type { MachineEvent } from "../run-state.ts";
import { type DiskImage, EmulatedDisk } from "./disk.ts";
import type { Emulator } from "./emulator.ts";

/** In the order in which they are told. */
export const DRIVE_NAMES = ["ide0-hd0", "ide1-cd0", "floppy0"] as const;
export type DriveName = (typeof DRIVE_NAMES)[number];

export interface BlockDevice {
  readonly drive: DriveName;
  readonly devicePath: string;
  readonly isRemovable: boolean;
  readonly isLocked: boolean;
  readonly isTrayOpen: boolean | undefined;
  readonly medium:
    | {
        readonly file: string;
        readonly sizeBytes: number;
        readonly isReadOnly: boolean;
        readonly hasOverlay: boolean;
      }
    | undefined;
}

interface Drive {
  readonly name: DriveName;
  readonly devicePath: string;
  image: DiskImage | undefined;
  isTrayOpen: boolean;
}

export class Drives {
  readonly #drives: ReadonlyMap<DriveName, Drive>;
  #emulator: Emulator | undefined;

  /** `images` belong to it from now on.  A hard disk's drive is there with its disk alone. */
  constructor(images: ReadonlyMap<DriveName, DiskImage>, pathOf: (drive: DriveName) => string) {
    const present = DRIVE_NAMES.filter((name) => name !== "ide0-hd0" || images.has(name));
    this.#drives = new Map(
      present.map((name) => [
        name,
        { name, devicePath: pathOf(name), image: images.get(name), isTrayOpen: false },
      ]),
    );
  }

  attach(emulator: Emulator): void {
    this.#emulator = emulator;
  }

  /** The disk in a drive, for an emulator that is being made. */
  disk(name: DriveName): V86Disk | undefined {
    const image = this.#drives.get(name)?.image;
    return image === undefined ? undefined : new EmulatedDisk(image);
  }

  describe(): BlockDevice[] {
    return Array.from(this.#drives.values(), (drive) => {
      this.#notice(drive);
      const { name, devicePath, image } = drive;
      return {
        drive: name,
        devicePath,
        isRemovable: name !== "ide0-hd0",
        // v86's drives have no lock that a guest could set.
        isLocked: false,
        isTrayOpen: name === "ide1-cd0" ? drive.isTrayOpen : undefined,
        medium: image && {
          file: image.file,
          sizeBytes: image.sizeBytes,
          isReadOnly: image.isReadOnly,
          hasOverlay: image.hasOverlay,
        },
      };
    });
  }

  /**
   * Takes out what is in a drive and puts in what `open` answers, nothing for undefined.  `open` is given the
   * medium before.  Throws `MachineError`, and what `open` throws, with everything as it was.
   */
  change(name: DriveName, open: (before: DiskImage | undefined) => DiskImage | undefined): MachineEvent[] {
    const drive = this.#drives.get(name);
    if (drive === undefined) throw new MachineError(`Device '${name}' not found`, "DeviceNotFound");
    if (name === "ide0-hd0") throw new MachineError(`Device '${name}' is not removable`);
    this.#notice(drive);
    const image = open(drive.image);
    const events: MachineEvent[] = [];
    if (!drive.isTrayOpen) events.push(this.#moveTray(drive, true));
    this.#eject(name);
    drive.image?.close();
    drive.image = image;
    if (image !== undefined) {
      this.#insert(name, image);
      events.push(this.#moveTray(drive, false));
    }
    // A floppy drive has no tray whose place could be asked for, as QEMU's; it moves all the same.
    return events;
  }

  /** The images of these drives.  Throws `MachineError` where there is none, or none with an overlay. */
  overlaysOf(names: readonly DriveName[]): { readonly drive: DriveName; readonly image: DiskImage }[] {
    return names.map((name) => {
      const image = this.#drives.get(name)?.image;
      if (image === undefined) throw new MachineError(`Device '${name}' has no medium`);
      if (!image.hasOverlay) {
        throw new MachineError(`Device '${name}' is writable but does not support snapshots`);
      }
      return { drive: name, image };
    });
  }

  close(): void {
    for (const { image } of this.#drives.values()) image?.close();
  }

  /** A guest can eject a disc by itself. */
  #notice(drive: Drive): void {
    if (drive.name !== "ide1-cd0" || drive.image === undefined || this.#emulator === undefined) return;
    if (this.#emulator.cpu.devices.cdrom.buffer === null) drive.isTrayOpen = true;
  }

  #moveTray(drive: Drive, isOpen: boolean): MachineEvent {
    drive.isTrayOpen = isOpen;
    return { kind: "tray-moved", drive: drive.name, devicePath: drive.devicePath, isOpen };
  }

  #eject(name: DriveName): void {
    const devices = this.#emulator?.cpu.devices;
    if (name === "ide1-cd0") devices?.cdrom.eject();
    else devices?.fdc.drives[0].eject_disk();
  }

  #insert(name: DriveName, image: DiskImage): void {
    const devices = this.#emulator?.cpu.devices;
    const disk = new EmulatedDisk(image);
    if (name === "ide1-cd0") devices?.cdrom.set_cdrom(disk);
    else devices?.fdc.drives[0].insert_disk(disk, image.isReadOnly);
  }
}
