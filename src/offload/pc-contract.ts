/**
 * The wire between threads, where the machine is a PC: what only a PC has, types alone.
 *
 * Numbers that a guest could address are `number`: its CPU has 32 bits.  Bytes that are many travel in shared
 * memory, which the caller allocates and owns; what lies in it may be read once the promise has settled.
 */

import type { CancelFlag } from "../util/cancel-flag.ts";
import type { MachineResult } from "./machine-result.ts";

// ---- What a PC is made of ----

/** The places for a medium that every PC has, by the names that QEMU gives its default drives. */
export type DriveName = "ide0-hd0" | "ide1-cd0" | "floppy0";

/** Whether a tray is opened for a change, also against a lock; `none`: it has to be open already. */
export type TrayOpening = "unlocked" | "forced" | "none";

/** An image file in a drive when the machine is made. */
export interface DriveConfig {
  readonly drive: DriveName;
  /** From the working directory of the service. */
  readonly file: string;
}

/** A PC is made from this, for the first time and after each reset; nothing in it changes. */
export interface PcConfig {
  /** Of the guest, a multiple of a MiB. */
  readonly memoryBytes: number;
  /** Undefined: the demo guest of the program's own. */
  readonly biosFile: string | undefined;
  readonly vgaBiosFile: string | undefined;
  /** At most one for each place. */
  readonly drives: readonly DriveConfig[];
  /** What the guest writes to its disks is thrown away at the end, instead of being written to the files. */
  readonly isSnapshot: boolean;
  readonly kernelFile: string | undefined;
  readonly initrdFile: string | undefined;
  /** The kernel's command line. */
  readonly append: string | undefined;
  /** QEMU's letters, tried in this order: `c` hard disk, `d` CD-ROM, `a` floppy. */
  readonly bootOrder: string;
  /** A reset, whoever asks for it, ends the machine as a shutdown does. */
  readonly isNoReboot: boolean;
  /** A guest that switches off is left in state `shutdown`, instead of ending the machine. */
  readonly isNoShutdown: boolean;
  /** What a triple fault does: `reset` as on a real PC, `panic` stops the guest where it is. */
  readonly tripleFault: "reset" | "panic";
}

// ---- Input ----

/** Those of QEMU; the pointers here have the first five. */
export type PointerButton =
  | "left"
  | "middle"
  | "right"
  | "wheel-up"
  | "wheel-down"
  | "side"
  | "extra"
  | "wheel-left"
  | "wheel-right";

/** What a user does, by QEMU's names. */
export type InputEvent =
  /**
   * A key's code in set 1, plus 0xE000 where E0 goes before it; Pause is E046, Print Screen E037.  Undefined: a
   * PC's keyboard has no such key, and nothing happens.
   */
  | { readonly kind: "key"; readonly code: number | undefined; readonly isDown: boolean }
  /** A wheel turns by a notch when its button goes down. */
  | { readonly kind: "btn"; readonly button: PointerButton; readonly isDown: boolean }
  /** Steps of the mouse: to the right, or down. */
  | { readonly kind: "rel"; readonly axis: "x" | "y"; readonly value: number }
  /** From 0 on the left or at the top to 0x7fff; beyond, the edge. */
  | { readonly kind: "abs"; readonly axis: "x" | "y"; readonly value: number };

/** What `query-mice` tells, in its words. */
export interface PointerDevice {
  readonly name: string;
  readonly index: number;
  /** The one that events go to. */
  readonly current: boolean;
  readonly absolute: boolean;
}

// ---- CPU and memory ----

/** All values are unsigned. */
export interface SegmentRegister {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  /** The second word of its descriptor without base and limit, as QEMU prints it: access rights and size bits. */
  readonly flags: number;
}

/** A CPU of 32 bits.  All values are unsigned. */
export interface Registers {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
  readonly esp: number;
  /** Relative to the base of CS. */
  readonly eip: number;
  readonly eflags: number;
  readonly es: SegmentRegister;
  readonly cs: SegmentRegister;
  readonly ss: SegmentRegister;
  readonly ds: SegmentRegister;
  readonly fs: SegmentRegister;
  readonly gs: SegmentRegister;
  readonly ldt: SegmentRegister;
  readonly tr: SegmentRegister;
  readonly gdt: { readonly base: number; readonly limit: number };
  readonly idt: { readonly base: number; readonly limit: number };
  readonly cr0: number;
  readonly cr2: number;
  readonly cr3: number;
  readonly cr4: number;
  /** DR0 to DR7. */
  readonly dr: readonly number[];
  /** Current privilege level, 0 to 3. */
  readonly cpl: number;
  /** It executed HLT, and waits for an interrupt. */
  readonly isHalted: boolean;
  readonly fpu: {
    readonly controlWord: number;
    readonly statusWord: number;
    /** A bit is 1 where a register is in use, register 0 the least significant (the abridged form). */
    readonly tagWord: number;
    /** ST0 to ST7 by their physical number: 64 bits of mantissa; sign and exponent. */
    readonly registers: readonly { readonly mantissa: bigint; readonly exponent: number }[];
    readonly mxcsr: number;
    /** XMM0 to XMM7, 128 bits each. */
    readonly xmm: readonly bigint[];
  };
}

export interface CpuDescription {
  readonly index: number;
  /** Where it is in the tree of objects. */
  readonly path: string;
  /** The system's number of the thread that runs it. */
  readonly threadId: number;
}

/** `virtual`: as the CPU sees it now, by its page tables where paging is on. */
export type AddressSpace = "physical" | "virtual";

/** Guest memory of one moment: pieces that follow each other, which belong to whoever asked. */
export interface MemoryCopy {
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  /** How long the guest stood still for it, in microseconds. */
  readonly pausedUs: number;
}

export interface MemoryRange {
  readonly address: number;
  readonly length: number;
}

export interface DumpRequest {
  /** Wants the mappings of the page tables, too. */
  readonly isPaging: boolean;
  /** Physical addresses; undefined: all memory. */
  readonly range: { readonly begin: number | bigint; readonly length: number | bigint } | undefined;
}

export interface MachineDump extends MemoryCopy {
  readonly registers: Registers;
  /** Of the physical memory that the pieces hold, by rising address. */
  readonly ranges: readonly MemoryRange[];
  /**
   * What the page tables map, by rising virtual address: virtual address, physical address, length, and again.
   * Undefined: not asked for, or the guest does not use any.
   */
  readonly mappings: Float64Array<ArrayBuffer> | undefined;
}

// ---- State ----

/** What the guest wrote to a disk since the machine was made, where it goes to an overlay. */
export interface DiskOverlay {
  readonly drive: DriveName;
  /** In a form of its own, for `restoreState` alone. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** A machine at one moment.  Belongs to whoever asked for it. */
export interface MachineState {
  /** CPU, memory and devices, in a form of its own. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Of the drives that were asked for. */
  readonly overlays: readonly DiskOverlay[];
}

/** What is told of a state that has been saved. */
export interface Saved {
  /** How long the guest had run since it was reset, in milliseconds. */
  readonly guestTimeMs: number;
}

// ---- Media and the serial port ----

/** A place for a medium, and the medium. */
export interface BlockDevice {
  readonly drive: DriveName;
  /** The QOM path of the device. */
  readonly devicePath: string;
  readonly isRemovable: boolean;
  /** The guest has locked the tray. */
  readonly isLocked: boolean;
  /** Undefined: it has no tray that opens. */
  readonly isTrayOpen: boolean | undefined;
  readonly medium: Medium | undefined;
}

export interface Medium {
  /** As it was given. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  /** What is written goes to an overlay, which `saveState` can save. */
  readonly hasOverlay: boolean;
}

export interface MediumChange {
  readonly drive: DriveName;
  /** Undefined: takes out the one that is there, and leaves the tray open. */
  readonly file: string | undefined;
  /** Somebody has said so: it is not looked at whether it is an image of another format. */
  readonly isRaw?: boolean;
  /** `retain`: as the last medium was opened, or to be written to where there was none. */
  readonly readOnlyMode: "retain" | "read-only" | "read-write";
  readonly tray: TrayOpening;
}

/** What a block node holds, for a drive. */
export interface NodeContents {
  /** As the node tells it. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  /** Where it lies, in a file that this process has open.  Undefined: nowhere, it is zeros whatever is written. */
  readonly part: { readonly descriptor: number; readonly offsetBytes: number } | undefined;
}

/**
 * What a PC can do, as the main thread asks it.  Every call answers after its effect.  A machine without the
 * part answers as QEMU's `-machine none` does, which each call tells.  All reject with `WorkerGoneError` when the
 * thread dies meanwhile.
 */
export interface PcControl {
  /**
   * All of it, in its order, or nothing: GenericError "Input handler not found for event type KIND" without a device
   * that takes such an event (`abs` needs a guest that uses the absolute pointer), and an error where a guest that does
   * not read has no room for it.  A guest that does not listen misses it; one that stands still finds it later.
   */
  sendInput(events: readonly InputEvent[]): Promise<MachineResult<void>>;
  /** Empty without a pointer. */
  pointers(): Promise<readonly PointerDevice[]>;

  /** Empty without any. */
  cpus(): Promise<readonly CpuDescription[]>;
  /** Without a CPU: GenericError "No CPU available". */
  registers(): Promise<MachineResult<Registers>>;
  /** Of the guest; 0 without any.  It starts at physical address 0. */
  memorySizeBytes(): Promise<number>;
  /**
   * Copies `into.length` bytes from `address` on: ROMs and the VGA's window as what they show, holes and what lies
   * above 4 GiB as zeros, as QEMU's monitor shows them.  The guest stands still for just this copy, so that one copy
   * is of one moment.  `address` is 0 to 2^64-1; of a virtual one the lower 32 bits count.  Without such memory, or on
   * a page that is not mapped, an error: "Invalid addr 0x%016x/size %d specified" for `virtual`.
   */
  copyMemory(
    space: AddressSpace,
    address: number | bigint,
    into: Uint8Array<SharedArrayBuffer>,
  ): Promise<MachineResult<void>>;
  /**
   * What the page tables map, at one moment, by rising virtual address: address, rights, length, and again.  Neighbours
   * with the same rights are one range; there are at most `countMax`.  The rights are bits of a table's entry: present,
   * writable, for users.  Undefined while the guest does not use any tables.  Without a CPU: GenericError "No CPU available".
   */
  mappedRanges(countMax: number): Promise<MachineResult<Float64Array<ArrayBuffer> | undefined>>;
  /** The same as `copyMemory`, for much memory.  Once `cancel` is set it fails soon, if it has not ended: nobody wants it any more. */
  takeMemory(
    space: AddressSpace,
    address: number | bigint,
    length: number,
    cancel: CancelFlag,
  ): Promise<MachineResult<MemoryCopy>>;
  /**
   * Registers and memory of one moment.  An error when no memory is in the range: "dump: no guest memory to dump".
   * `cancel` as above.
   */
  takeDump(request: DumpRequest, cancel: CancelFlag): Promise<MachineResult<MachineDump>>;

  /**
   * The machine and the overlays of `drives`, all of one moment.  A running guest stands still meanwhile, and
   * STOP and RESUME are told.  An error for a drive that is not there, is empty, or writes to its file.
   */
  saveState(drives: readonly DriveName[]): Promise<MachineResult<MachineState & Saved>>;
  /**
   * Puts the machine, and the disks whose overlays are given, back to that moment; other disks stay as they are.
   * A guest that runs goes on from there; one that does not stays stopped.  An error, with the machine as it
   * was, when `state` is of a machine with other memory, firmware or disks.  An error, with the machine in
   * `internal-error`, when it fails in the middle.
   */
  restoreState(state: MachineState): Promise<MachineResult<void>>;

  /** In a fixed order; empty without any. */
  blockDevices(): Promise<readonly BlockDevice[]>;
  /**
   * Opens the tray, exchanges the medium, closes the tray unless it stays empty; `tray-moved` is told each time that
   * a tray moves, which a floppy drive has not.
   * Errors: DeviceNotFound for no such drive; a file that cannot be opened; a drive that is not removable; a tray that
   * is locked, or closed where it is not to be opened.  Tray and medium are as they were then.
   */
  changeMedium(change: MediumChange): Promise<MachineResult<void>>;
  /**
   * Puts a node into a drive, which has to be empty; its tray has to be open, and stays so.  The descriptor is not
   * needed any more when this has settled.  Errors as those of `changeMedium`.
   */
  insertNode(drive: DriveName, contents: NodeContents): Promise<MachineResult<void>>;
  /**
   * Opens or closes a tray, with its medium in it.  A drive without a tray is left alone.  Errors as those of
   * `changeMedium`.
   */
  moveTray(drive: DriveName, isOpen: boolean, isForced: boolean): Promise<MachineResult<void>>;

  /**
   * Whether there is a serial port.  Its output goes to the listener given to `onSerialOutput`.
   */
  readonly hasSerialPort: boolean;
  /**
   * `listener` is given what the guest sends, in order, in arrays that belong to it.  The next ones come when the
   * promise that it answers has settled; meanwhile at most `SERIAL_OUTPUT_WAITING_BYTES_MAX` gather, then the
   * guest's port tells that it is busy, as a real one whose other end asks it to wait.  There is one listener; what comes
   * before it is there waits in the same way.  Not to be called without a port.
   */
  onSerialOutput(listener: (bytes: Uint8Array) => void | Promise<void>): void;
  /** Sends `bytes` to the guest.  Settles when its port has taken them all: a guest that does not read lets them wait. */
  serialWrite(bytes: Uint8Array): Promise<MachineResult<void>>;

  /** GenericError "this feature or command is not currently supported": no machine here has such a line to its CPU. */
  injectNmi(): Promise<MachineResult<void>>;
}

/** The same calls at the thread: `machine` is the number that `create` answered. */
export interface PcThread {
  sendInput(machine: number, events: readonly InputEvent[]): Promise<MachineResult<void>>;
  pointers(machine: number): Promise<readonly PointerDevice[]>;
  cpus(machine: number): Promise<readonly CpuDescription[]>;
  registers(machine: number): Promise<MachineResult<Registers>>;
  copyMemory(
    machine: number,
    space: AddressSpace,
    address: number | bigint,
    into: Uint8Array<SharedArrayBuffer>,
  ): Promise<MachineResult<void>>;
  mappedRanges(
    machine: number,
    countMax: number,
  ): Promise<MachineResult<Float64Array<ArrayBuffer> | undefined>>;
  takeMemory(
    machine: number,
    space: AddressSpace,
    address: number | bigint,
    length: number,
    cancel: CancelFlag,
  ): Promise<MachineResult<MemoryCopy>>;
  takeDump(machine: number, request: DumpRequest, cancel: CancelFlag): Promise<MachineResult<MachineDump>>;
  saveState(machine: number, drives: readonly DriveName[]): Promise<MachineResult<MachineState & Saved>>;
  restoreState(machine: number, state: MachineState): Promise<MachineResult<void>>;
  blockDevices(machine: number): Promise<readonly BlockDevice[]>;
  changeMedium(machine: number, change: MediumChange): Promise<MachineResult<void>>;
  insertNode(machine: number, drive: DriveName, contents: NodeContents): Promise<MachineResult<void>>;
  moveTray(
    machine: number,
    drive: DriveName,
    isOpen: boolean,
    isForced: boolean,
  ): Promise<MachineResult<void>>;
  serialWrite(machine: number, bytes: Uint8Array): Promise<MachineResult<void>>;
  /** The main thread has passed on `count` bytes of serial output: as many more may come. */
  serialTaken(machine: number, count: number): Promise<void>;
}
