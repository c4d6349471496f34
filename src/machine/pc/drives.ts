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

/** Whether a tray is opened for a change, also against a lock; `none`: it has to be open already. */
export type TrayOpening = "unlocked" | "forced" | "none";

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
  /** Of the last medium: the next one is opened alike where nobody says how. */
  wasReadOnly: boolean;
  isTrayOpen: boolean;
}

/** The only drive with a tray that opens. */
const TRAY_DRIVE = "ide1-cd0";

export class Drives {
  readonly #drives: ReadonlyMap<DriveName, Drive>;
  #emulator: Emulator | undefined;

  /** `images` belong to it from now on.  A hard disk's drive is there with its disk alone. */
  constructor(images: ReadonlyMap<DriveName, DiskImage>, pathOf: (drive: DriveName) => string) {
    const present = DRIVE_NAMES.filter((name) => name !== "ide0-hd0" || images.has(name));
    this.#drives = new Map(
      present.map((name) => [
        name,
        {
          name,
          devicePath: pathOf(name),
          image: images.get(name),
          wasReadOnly: images.get(name)?.isReadOnly ?? false,
          isTrayOpen: false,
        },
      ]),
    );
  }

  /** The emulator has been made with what {@link disk} answered.  Throws `MachineError` for a floppy disk that is none. */
  attach(emulator: Emulator): void {
    this.#emulator = emulator;
    const floppy = this.#drives.get("floppy0")?.image;
    if (floppy === undefined) return;
    this.#checkFloppy(floppy);
    // v86 is not told that a disk is read-only when it is made with it.
    emulator.cpu.devices.fdc.drives[0].read_only = floppy.isReadOnly;
  }

  /** The disk in a drive, for an emulator that is being made. */
  disk(name: DriveName): V86Disk | undefined {
    const drive = this.#drives.get(name);
    const image = drive?.isTrayOpen === true ? undefined : drive?.image;
    return image === undefined ? undefined : new EmulatedDisk(image);
  }

  describe(): BlockDevice[] {
    return Array.from(this.#drives.values(), (drive) => {
      const { name, devicePath, image } = drive;
      return {
        drive: name,
        devicePath,
        isRemovable: name !== "ide0-hd0",
        isLocked: name === TRAY_DRIVE && this.isTrayLocked,
        isTrayOpen: name === TRAY_DRIVE ? drive.isTrayOpen : undefined,
        medium: image && {
          file: image.file,
          sizeBytes: image.sizeBytes,
          isReadOnly: image.isReadOnly,
          hasOverlay: image.hasOverlay,
        },
      };
    });
  }

  get isTrayOpen(): boolean {
    return this.#drives.get(TRAY_DRIVE)?.isTrayOpen === true;
  }

  get isTrayLocked(): boolean {
    return this.#emulator?.isTrayLocked === true;
  }

  /**
   * Takes out what is in a drive and puts in what `open` answers, nothing for undefined.  `open` is told whether the
   * medium before was read-only.  Throws `MachineError`, and what `open` throws, with everything as it was.
   */
  change(
    name: DriveName,
    open: (wasReadOnly: boolean) => DiskImage | undefined,
    tray: TrayOpening,
  ): MachineEvent[] {
    const drive = this.#find(name);
    const image = open(drive.wasReadOnly);
    try {
      this.#checkTray(drive, tray !== "unlocked");
      if (tray === "none" && name === TRAY_DRIVE && !drive.isTrayOpen) {
        throw new MachineError(`Tray of device '${name}' is not open`);
      }
      if (image !== undefined && name === "floppy0") this.#checkFloppy(image);
    } catch (error) {
      image?.close();
      throw error;
    }
    const events = this.#setTray(drive, true);
    this.#takeOut(name);
    drive.image?.close();
    drive.image = image;
    if (image === undefined) return events;
    drive.wasReadOnly = image.isReadOnly;
    if (name !== TRAY_DRIVE) this.#putIn(drive);
    return [...events, ...this.#setTray(drive, false)];
  }

  /**
   * Puts what `open` answers into a drive that is empty, whose tray is open and stays so.  Throws as {@link change}
   * does, in QEMU's words, which do not name the drive here.
   */
  insert(name: DriveName, open: () => DiskImage): void {
    const drive = this.#find(name);
    if (name === "ide0-hd0") throw new MachineError("Device is not removable");
    if (name === TRAY_DRIVE && !drive.isTrayOpen) throw new MachineError("Tray of the device is not open");
    if (drive.image !== undefined) throw new MachineError("There already is a medium in the device");
    const image = open();
    try {
      if (name === "floppy0") this.#checkFloppy(image);
    } catch (error) {
      image.close();
      throw error;
    }
    drive.image = image;
    drive.wasReadOnly = image.isReadOnly;
    if (name !== TRAY_DRIVE) this.#putIn(drive);
  }

  /** Throws `MachineError`, with everything as it was.  A drive without a tray is left alone. */
  moveTray(name: DriveName, isOpen: boolean, isForced: boolean): MachineEvent[] {
    const drive = this.#find(name);
    this.#checkTray(drive, !isOpen || isForced);
    return this.#setTray(drive, isOpen);
  }

  /** What the guest has done to the tray by itself. */
  noticeTray(): MachineEvent[] {
    const drive = this.#drives.get(TRAY_DRIVE);
    const isOut = this.#emulator?.cpu.devices.cdrom.buffer === null;
    return drive?.image === undefined || !isOut ? [] : this.#setTray(drive, true);
  }

  /** The emulator has been put back to a moment at which the tray stood so. */
  restored(isTrayOpen: boolean): void {
    const tray = this.#drives.get(TRAY_DRIVE);
    if (tray !== undefined) {
      tray.isTrayOpen = isTrayOpen;
      if (isTrayOpen) this.#takeOut(TRAY_DRIVE);
      else if (this.#emulator?.cpu.devices.cdrom.buffer === null) this.#putIn(tray);
    }
    const floppy = this.#drives.get("floppy0")?.image;
    const drive = this.#emulator?.cpu.devices.fdc.drives[0];
    if (floppy !== undefined && drive !== undefined) drive.read_only = floppy.isReadOnly;
  }

  /**
   * The images of these drives, but for those that nothing is written to.  Throws `MachineError` where there is none,
   * or what is written goes to its file.
   */
  overlaysOf(names: readonly DriveName[]): { readonly drive: DriveName; readonly image: DiskImage }[] {
    return names.flatMap((name) => {
      const image = this.#drives.get(name)?.image;
      if (image === undefined) throw new MachineError(`Device '${name}' has no medium`);
      if (image.isReadOnly) return [];
      if (!image.hasOverlay) {
        throw new MachineError(`Device '${name}' is writable but does not support snapshots`);
      }
      return [{ drive: name, image }];
    });
  }

  close(): void {
    for (const { image } of this.#drives.values()) image?.close();
  }

  #find(name: DriveName): Drive {
    const drive = this.#drives.get(name);
    if (drive === undefined) throw new MachineError(`Device '${name}' not found`, "DeviceNotFound");
    return drive;
  }

  /** Throws where a medium, or the tray, does not move. */
  #checkTray({ name, isTrayOpen }: Drive, isForced: boolean): void {
    if (name === "ide0-hd0") throw new MachineError(`Device '${name}' is not removable`);
    if (name !== TRAY_DRIVE || isTrayOpen || isForced || !this.isTrayLocked) return;
    throw new MachineError(
      `Device '${name}' is locked and force was not specified, wait for tray to open and try again`,
    );
  }

  /** v86 would take a disk of zeros instead of one whose size it does not know. */
  #checkFloppy(image: DiskImage): void {
    const drive = this.#emulator?.cpu.devices.fdc.drives[0];
    const disk = new EmulatedDisk(image);
    if (drive === undefined || drive.find_disk_format(disk, drive.drive_type)[0] === disk) return;
    throw new MachineError(`'${image.file}' is no floppy disk: none has ${image.sizeBytes} bytes`);
  }

  /** A guest sees what is in a tray that is closed. */
  #setTray(drive: Drive, isOpen: boolean): MachineEvent[] {
    const { name, devicePath } = drive;
    if (name !== TRAY_DRIVE || drive.isTrayOpen === isOpen) return [];
    drive.isTrayOpen = isOpen;
    if (isOpen) this.#takeOut(name);
    else this.#putIn(drive);
    return [{ kind: "tray-moved", drive: name, devicePath, isOpen }];
  }

  #takeOut(name: DriveName): void {
    const devices = this.#emulator?.cpu.devices;
    if (name === TRAY_DRIVE) devices?.cdrom.eject();
    else devices?.fdc.drives[0].eject_disk();
  }

  #putIn({ name, image }: Drive): void {
    if (image === undefined) return;
    const devices = this.#emulator?.cpu.devices;
    const disk = new EmulatedDisk(image);
    if (name === TRAY_DRIVE) devices?.cdrom.set_cdrom(disk);
    else devices?.fdc.drives[0].insert_disk(disk, image.isReadOnly);
  }
}
