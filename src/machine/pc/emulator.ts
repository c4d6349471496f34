/**
 * One v86: a PC from its making to its end.  A reset makes another one.
 *
 * What is mended here, of version 0.5.462:
 *  - its loop spins while less than a millisecond is left to the next timer; here it sleeps a whole one;
 *  - `stop` waits for the next turn of that loop; here it stands still at once;
 *  - what goes wrong in the emulation is thrown out of the loop, and would end the thread: it is told instead;
 *  - a guest's reset starts over in the same memory, with devices half set; here it is told;
 *  - a write to a register of the VGA has all characters told anew; here text is read when somebody wants it;
 *  - without a hard disk its PCI devices name I/O ranges that they do not have, at which restoring a state fails;
 *  - its CD-ROM drive takes the command that locks the tray and forgets it, and ejects without a word; here the lock is
 *    remembered, and an ejection told.
 *
 * It draws nothing by itself, and does nothing unless it runs.
 */

import { type CdDrive, type Cpu, type Uart, V86, type V86Bus, type V86Disk, type Vga } from "v86";
import { PC_VGA_MEMORY_BYTES } from "../../util/limits.ts";

/** What an emulator is made of; all of it is used by the next one too. */
export interface EmulatorParts {
  readonly wasm: WebAssembly.Module;
  readonly memoryBytes: number;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer | undefined;
  readonly kernel: ArrayBuffer | undefined;
  readonly initrd: ArrayBuffer | undefined;
  readonly append: string | undefined;
  /** QEMU's letters. */
  readonly bootOrder: string;
  readonly hardDisk: V86Disk | undefined;
  readonly cdrom: V86Disk | undefined;
  readonly floppy: V86Disk | undefined;
}

/** What the guest, or its emulation, does by itself.  Called in the middle of an instruction: only to be noted. */
export interface EmulatorListener {
  serialByte(byte: number): void;
  /** The guest asked for a reset. */
  resetAsked(): void;
  /** The guest switched the power off. */
  powerOff(): void;
  /** The guest ejected what is in the CD-ROM drive. */
  discEjected(): void;
  /** The emulation cannot go on, and stands still. */
  failed(fault: EmulationFault): void;
}

/** `triple-fault`: the guest's doing, which resets a real PC; `defect`: the emulator's. */
export interface EmulationFault {
  readonly kind: "triple-fault" | "defect";
  readonly cause: unknown;
}

const BOOT_CODES: Readonly<Record<string, number>> = { a: 1, c: 2, d: 3 };
/** ACPI's power management control register, where QEMU's PC has it, and the bit that enters a sleep state. */
const PM1A_CONTROL_PORT = 0x604;
const SLEEP_ENABLE = 0x2000;
/** The line of ACPI's interrupt, which tells of the power button. */
const ACPI_IRQ = 9;
/**
 * What it prints when an exception occurs while it has no way left to deliver one.  A fault in the handling of a
 * fault in the handling ... has no end on it, but for the stack's: a `RangeError`.
 */
const TRIPLE_FAULT_TEXT = /Unimplemented: #\w+ handler/;

/** PREVENT ALLOW MEDIUM REMOVAL, of the commands for CD-ROM drives, and the bit that prevents it. */
const PREVENT_REMOVAL = 0x1e;
const PREVENT = 1;
/** START STOP UNIT, the bits that say what for, and the ones of these that eject. */
const START_STOP = 0x1b;
const START_STOP_BITS = 3;
const EJECT = 2;
/** What QEMU's drive answers to an eject while it is locked. */
const SENSE_NOT_READY = 2;
const REMOVAL_PREVENTED = 0x53;

/** v86 refuses to have graphics where there is no such class.  It is only handed back. */
class PlainImageData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

export class Emulator {
  readonly #vm: V86;
  readonly #listener: EmulatorListener;
  #hasFailed = false;
  /** Whether the guest has locked the CD-ROM drive's tray. */
  isTrayLocked = false;
  readonly #unmendCdrom: () => void;

  static async create(
    parts: EmulatorParts,
    listener: EmulatorListener,
    thread: EmulatorThread,
  ): Promise<Emulator> {
    Reflect.set(globalThis, "ImageData", PlainImageData);
    const vm = new V86({
      wasm_fn: async (imports) => (await WebAssembly.instantiate(parts.wasm, imports)).exports,
      memory_size: parts.memoryBytes,
      vga_memory_size: PC_VGA_MEMORY_BYTES,
      bios: { buffer: parts.bios },
      vga_bios: bufferOf(parts.vgaBios),
      hda: parts.hardDisk,
      cdrom: parts.cdrom,
      fda: parts.floppy,
      bzimage: bufferOf(parts.kernel),
      initrd: bufferOf(parts.initrd),
      cmdline: parts.append,
      boot_order: bootCode(parts.bootOrder),
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      net_device: { type: "none" },
    });
    await new Promise<void>((resolve) => vm.add_listener("emulator-loaded", resolve));
    return new Emulator(vm, listener, thread);
  }

  private constructor(vm: V86, listener: EmulatorListener, thread: EmulatorThread) {
    this.#vm = vm;
    this.#listener = listener;
    vm.add_listener("serial0-output-byte", (byte) => listener.serialByte(byte));
    this.#mendLoop(thread);
    this.#mendPci();
    this.#unmendCdrom = this.#mendCdrom();
    this.#addPowerSwitch();
    this.vga.text_mode_redraw = () => {};
    vm.v86.cpu.reboot_internal = () => listener.resetAsked();
  }

  get cpu(): Cpu {
    return this.#vm.v86.cpu;
  }

  get vga(): Vga {
    return this.cpu.devices.vga;
  }

  get uart(): Uart {
    return this.cpu.devices.uart0;
  }

  /** Where keys and pointer events go in. */
  get bus(): V86Bus {
    return this.#vm.bus;
  }

  /** Another number when the guest has run since. */
  get instructions(): number {
    return this.#vm.get_instruction_counter();
  }

  /** Whether it cannot go on, and what it tells cannot be relied on. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  run(): void {
    if (!this.#hasFailed) this.#vm.v86.run();
  }

  /** Stands still when this returns; called from within an instruction, at the end of some hundred more. */
  stop(): void {
    const core = this.#vm.v86;
    if (!core.running) return;
    core.stopping = true;
    core.tick_counter++; // The turn that was asked for does not come: this is it.
    core.do_tick();
  }

  pressPowerButton(): void {
    this.cpu.device_lower_irq(ACPI_IRQ);
    this.cpu.device_raise_irq(ACPI_IRQ);
  }

  saveState(): ArrayBuffer {
    return this.#vm.v86.save_state();
  }

  /** Throws what is wrong with the state, of which a part may have been taken. */
  restoreState(state: ArrayBuffer): void {
    this.#vm.v86.restore_state(state);
  }

  /** What stands still in it is no machine any more. */
  giveUp(): void {
    this.#hasFailed = true;
  }

  /** Ends it.  Its memory is given back when garbage is collected. */
  destroy(): void {
    this.stop();
    this.#hasFailed = true;
    this.#unmendCdrom();
    this.#vm.v86.destroy();
  }

  #mendLoop(thread: EmulatorThread): void {
    const core = this.#vm.v86;
    core.yield = (delayMs, tick) => {
      const next = (): void => core.yield_callback(tick);
      if (delayMs <= 0) thread.defer(next);
      else thread.sleep(Math.max(1, delayMs), next);
    };
    const loop = core.cpu.main_loop;
    core.cpu.main_loop = () => {
      try {
        return loop();
      } catch (cause) {
        this.#hasFailed = true;
        core.stopping = true;
        const isTripleFault = cause instanceof RangeError || TRIPLE_FAULT_TEXT.test(thread.takePrinted());
        this.#listener.failed({ kind: isTripleFault ? "triple-fault" : "defect", cause });
        return 0;
      }
    };
  }

  #mendPci(): void {
    const { devices, device_spaces: spaces } = this.cpu.devices.pci;
    devices.forEach((device, index) => {
      const bars = device?.pci_bars ?? [];
      for (let bar = 0; bar < bars.length; bar++) {
        const space = spaces[index];
        if (!bars[bar] && space !== undefined) space[4 + bar] = 0;
      }
    });
  }

  /** v86's drives are sealed: what they do is changed for all of them, and put back at the end. */
  #mendCdrom(): () => void {
    const { cdrom } = this.cpu.devices;
    const listener = this.#listener;
    const drives = Object.getPrototypeOf(cdrom) as CdDrive;
    const handle = drives.atapi_handle;
    const noteLock = (): void => {
      if (cdrom.data[0] === PREVENT_REMOVAL) this.isTrayLocked = ((cdrom.data[4] ?? 0) & PREVENT) !== 0;
    };
    /** An eject of a tray that is locked; v86 would do it.  That the medium has changed is told first. */
    const isHeld = (): boolean => {
      const isEject = cdrom.data[0] === START_STOP && ((cdrom.data[4] ?? 0) & START_STOP_BITS) === EJECT;
      return isEject && this.isTrayLocked && cdrom.buffer !== null && !cdrom.medium_changed;
    };
    drives.atapi_handle = function (this: CdDrive): void {
      const hadDisc = cdrom.buffer !== null;
      if (this === cdrom) noteLock();
      if (this === cdrom && isHeld()) {
        cdrom.data_pointer = 0;
        cdrom.current_atapi_command = START_STOP;
        cdrom.atapi_check_condition_response(SENSE_NOT_READY, REMOVAL_PREVENTED);
        return cdrom.push_irq();
      }
      handle.call(this);
      if (hadDisc && cdrom.buffer === null) listener.discEjected();
    };
    return () => {
      drives.atapi_handle = handle;
    };
  }

  #addPowerSwitch(): void {
    const write = (value: number): void => {
      if ((value & SLEEP_ENABLE) !== 0) this.#listener.powerOff();
    };
    this.cpu.io.register_write(PM1A_CONTROL_PORT, this.cpu, () => {}, write, write);
  }
}

/** What an emulator needs of the thread that it runs in. */
export interface EmulatorThread {
  /** Runs `callback` in a later turn. */
  defer(callback: () => void): void;
  sleep(ms: number, callback: () => void): void;
  /** What was printed to the console last, once: v86 prints why it gives up, then traps. */
  takePrinted(): string;
}

function bufferOf(bytes: ArrayBuffer | undefined): { buffer: ArrayBuffer } | undefined {
  return bytes === undefined ? undefined : { buffer: bytes };
}

function bootCode(order: string): number {
  return Array.from(order, (letter, index) => (BOOT_CODES[letter] ?? 0) << (4 * index)).reduce(
    (code, digit) => code | digit,
    0,
  );
}
