/**
 * The demo guest of `src/machine/pc/rom` on a bare v86: what it does is shown here apart from all that this program
 * makes of it.
 *
 * The addresses are those that docs/guest.md promises.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Seen from the project's folder, in which tests and benchmarks run: the built tree has no sources. */
export const ROM_FOLDER = pathToFileURL("src/machine/pc/rom/");

/** The guest's page: physical address, and offsets of its words. */
export const GUEST_PAGE = 0x1_0000;
export const GUEST_WORDS = {
  mode: 0x20,
  ticks: 0x24,
  frames: 0x28,
  modeChanges: 0x2c,
  busy: 0x30,
  power: 0x34,
  pointerX: 0x38,
  pointerY: 0x3c,
  buttons: 0x40,
  wheel: 0x44,
  scancodes: 0x48,
  lines: 0x4c,
  framebuffer: 0x50,
  memory: 0x54,
} as const;
export const GUEST_LINE = 0x80;
export const GUEST_SCANCODES = 0x100;
export const GUEST_MODES = { text: 0, graphics: 1, paint: 2, modes: 3 } as const;

const MEMORY_BYTES = 16 * 1024 * 1024;
const VGA_MEMORY_BYTES = 8 * 1024 * 1024;
const COLUMNS = 80;
const ROWS = 25;
const SERIAL_STATUS_PORT = 0x3fd;
const SERIAL_READY = 0x60;
const POWER_STATUS_PORT = 0x600;
const POWER_CONTROL_PORT = 0x604;
const POWER_BUTTON = 0x100;
const POWER_IRQ = 9;
const WAIT_MS_MAX = 15_000;

interface Cpu {
  main_loop: () => number;
  reboot_internal: () => void;
  readonly cr: Int32Array;
  readonly in_hlt: Uint8Array;
  readonly devices: {
    readonly uart0: { readonly lsr: number };
    readonly vga: {
      readonly graphical_mode: boolean;
      readonly svga_width: number;
      readonly svga_height: number;
      readonly svga_offset: number;
      readonly svga_memory: Uint8Array;
      readonly vga_memory: Uint8Array;
      readonly plane2: Uint8Array;
    };
  };
  readonly io: {
    register_read(
      port: number,
      device: object,
      read8: (() => number) | undefined,
      read16?: () => number,
    ): void;
    register_write(
      port: number,
      device: object,
      write8: (value: number) => void,
      write16: (value: number) => void,
    ): void;
  };
  device_raise_irq(line: number): void;
  device_lower_irq(line: number): void;
}

interface Emulator {
  readonly v86: { readonly cpu: Cpu; stop(): void };
  readonly bus: { send(event: string, value: unknown): void };
  add_listener(event: string, listener: (value: number) => void): void;
  run(): void;
  destroy(): Promise<void>;
  read_memory(address: number, length: number): Uint8Array;
  serial0_send(text: string): void;
  keyboard_send_scancodes(codes: readonly number[]): void;
  get_instruction_counter(): number;
}

/** What a guest did by itself, in order. */
export type GuestDeed = "off" | "reset" | "fault" | "stands still";

export interface DemoGuestOptions {
  readonly disk?: ArrayBuffer;
  /** The machine has the port that tells of the power button. */
  readonly hasPowerStatus?: boolean;
}

export class DemoGuest {
  readonly #vm: Emulator;
  readonly deeds: GuestDeed[] = [];
  serial = "";
  #powerStatus = 0;
  /** COM1 tells that it is not ready: its other end takes nothing. */
  isSerialHeld = false;

  /** Not running yet. */
  static async create(options: DemoGuestOptions = {}): Promise<DemoGuest> {
    Reflect.set(globalThis, "ImageData", PlainImageData);
    const { V86 } = (await import("v86")) as unknown as { V86: new (options: object) => Emulator };
    const folder = dirname(createRequire(import.meta.url).resolve("v86"));
    const rom = readFileSync(new URL("demo.bin", ROM_FOLDER));
    const vm = new V86({
      wasm_path: join(folder, "v86.wasm"),
      memory_size: MEMORY_BYTES,
      vga_memory_size: VGA_MEMORY_BYTES,
      bios: { buffer: Uint8Array.from(rom).buffer },
      ...(options.disk === undefined ? {} : { hda: { buffer: options.disk } }),
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      net_device: { type: "none" },
    });
    await new Promise<void>((resolve) => vm.add_listener("emulator-loaded", () => resolve()));
    return new DemoGuest(vm, options);
  }

  private constructor(vm: Emulator, options: DemoGuestOptions) {
    this.#vm = vm;
    const { cpu } = vm.v86;
    vm.add_listener("serial0-output-byte", (byte) => {
      this.serial += String.fromCharCode(byte);
    });
    vm.add_listener("cpu-event-halt", () => this.#did("stands still"));
    cpu.reboot_internal = () => this.#did("reset");
    const loop = cpu.main_loop;
    cpu.main_loop = () => {
      try {
        return loop();
      } catch {
        this.#did("fault");
        return 0;
      }
    };
    cpu.io.register_read(SERIAL_STATUS_PORT, cpu, () => {
      const { lsr } = cpu.devices.uart0;
      return this.isSerialHeld ? lsr & ~SERIAL_READY : lsr;
    });
    const nothing = (): void => {};
    cpu.io.register_write(POWER_CONTROL_PORT, cpu, nothing, (value) => {
      if (value === 0x2000) this.#did("off");
    });
    if (options.hasPowerStatus !== true) return;
    cpu.io.register_read(POWER_STATUS_PORT, cpu, undefined, () => this.#powerStatus);
    cpu.io.register_write(POWER_STATUS_PORT, cpu, nothing, (value) => {
      this.#powerStatus &= ~value;
    });
  }

  /** What a guest does at its end it does once: it stands still then. */
  #did(deed: GuestDeed): void {
    if (this.deeds.length === 0) this.deeds.push(deed);
    this.#vm.v86.stop();
  }

  run(): void {
    this.#vm.run();
  }

  /** Runs until the prompt is there. */
  async boot(): Promise<void> {
    this.run();
    await this.until(() => this.serial.endsWith("> "), "a prompt");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#vm.v86.stop();
    await this.#vm.destroy();
  }

  /** A turn of the event loop after the other, until it holds. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const endMs = performance.now() + WAIT_MS_MAX;
    while (!holds()) {
      if (performance.now() > endMs) throw new Error(`no ${what}; the screen shows:\n${this.text()}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Enters a line by the serial port, and waits for the next prompt.  Answers what was printed between. */
  async command(line: string): Promise<string> {
    const start = this.serial.length;
    this.send(`${line}\r`);
    await this.until(() => this.serial.slice(start + line.length).endsWith("\r\n> "), "next prompt");
    return this.serial.slice(start + line.length + 2, -2).replaceAll("\r\n", "\n");
  }

  send(text: string): void {
    this.#vm.serial0_send(text);
  }

  keys(...codes: readonly number[]): void {
    this.#vm.keyboard_send_scancodes(codes);
  }

  pointer(
    event: "mouse-delta" | "mouse-click" | "mouse-absolute" | "mouse-wheel",
    value: readonly unknown[],
  ): void {
    this.#vm.bus.send(event, value);
  }

  pressPowerButton(): void {
    this.#powerStatus |= POWER_BUTTON;
    this.interruptByPower();
  }

  /** The interrupt alone: another device may share its line. */
  interruptByPower(): void {
    this.#vm.v86.cpu.device_lower_irq(POWER_IRQ);
    this.#vm.v86.cpu.device_raise_irq(POWER_IRQ);
  }

  get powerStatus(): number {
    return this.#powerStatus;
  }

  get instructions(): number {
    return this.#vm.get_instruction_counter();
  }

  get pageDirectory(): number {
    return this.#vm.v86.cpu.cr[3] ?? 0;
  }

  memory(address: number, length: number): Uint8Array {
    return this.#vm.read_memory(address, length).slice();
  }

  wordAt(address: number): number {
    return new DataView(this.memory(address, 4).buffer).getUint32(0, true);
  }

  word(name: keyof typeof GUEST_WORDS): number {
    return this.wordAt(GUEST_PAGE + GUEST_WORDS[name]);
  }

  get isGraphical(): boolean {
    return this.#vm.v86.cpu.devices.vga.graphical_mode;
  }

  /** The characters in video memory; those that are not ASCII are `*`. */
  text(): string {
    const { vga_memory: cells } = this.#vm.v86.cpu.devices.vga;
    const rows = Array.from({ length: ROWS }, (_row, row) =>
      Array.from({ length: COLUMNS }, (_column, column) => {
        const code = cells[2 * (row * COLUMNS + column)] ?? 0;
        return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "*";
      }).join(""),
    );
    return rows.map((row) => row.trimEnd()).join("\n");
  }

  /** The rows of a character's glyph, as the VGA has it. */
  glyph(code: number): string {
    return this.#vm.v86.cpu.devices.vga.plane2.slice(32 * code, 32 * code + 16).join();
  }

  /** What is shown in graphics mode, x8r8g8b8. */
  pixels(): {
    readonly width: number;
    readonly height: number;
    readonly at: (x: number, y: number) => number;
  } {
    const {
      svga_width: width,
      svga_height: height,
      svga_offset: offset,
      svga_memory: memory,
    } = this.#vm.v86.cpu.devices.vga;
    const bytes = memory.slice(4 * offset, 4 * (offset + width * height));
    const pixels = new Uint32Array(bytes.buffer);
    return { width, height, at: (x, y) => pixels[y * width + x] ?? -1 };
  }
}

/** v86 has no graphics where there is no such class. */
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
