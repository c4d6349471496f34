/**
 * v86, as this program uses it: the part of its inside that is read and mended here.  Its own types tell of its
 * outside alone.  The version is pinned, since nothing of this is promised.
 *
 * What is typed as an array of the CPU is a proxy, made anew for each element that is read: take a `subarray` or a
 * `slice` for more than a few.
 */
declare module "v86" {
  /** A disk.  `get` and `set` call back once, at once or later. */
  export interface V86Disk {
    readonly byteLength: number;
    onload: (() => void) | undefined;
    /** Calls `onload`. */
    load(): void;
    get(offset: number, length: number, done: (bytes: Uint8Array) => void): void;
    get_and_cache(offset: number, length: number, done: (bytes: Uint8Array) => void): void;
    get_from_cache(offset: number, length: number): Uint8Array | undefined;
    /** `bytes` are not its own after it has returned. */
    set(offset: number, bytes: Uint8Array, done: () => void): void;
    get_state(): unknown[];
    set_state(state: unknown): void;
  }

  export interface V86Options {
    readonly wasm_fn: (imports: WebAssembly.Imports) => Promise<WebAssembly.Exports>;
    readonly memory_size: number;
    readonly vga_memory_size?: number;
    readonly bios: { buffer: ArrayBuffer };
    readonly vga_bios?: { buffer: ArrayBuffer } | undefined;
    readonly hda?: V86Disk | undefined;
    readonly cdrom?: V86Disk | undefined;
    readonly fda?: V86Disk | undefined;
    readonly bzimage?: { buffer: ArrayBuffer } | undefined;
    readonly initrd?: { buffer: ArrayBuffer } | undefined;
    readonly cmdline?: string | undefined;
    readonly boot_order: number;
    readonly disable_keyboard: true;
    readonly disable_mouse: true;
    readonly disable_speaker: true;
    readonly net_device: { readonly type: "none" };
  }

  export interface V86Bus {
    send(event: string, value?: unknown): void;
  }

  export interface IoPorts {
    readonly ports: readonly {
      readonly read8: (this: object) => number;
      readonly device: object;
    }[];
    register_read(port: number, device: object, read8: (this: object) => number): void;
    register_write(
      port: number,
      device: object,
      write8: (value: number) => void,
      write16: (value: number) => void,
      write32: (value: number) => void,
    ): void;
  }

  export interface Uart {
    lsr: number;
    readonly input: readonly number[];
    data_received(byte: number): void;
    ThrowInterrupt(line: number): void;
  }

  export interface VgaLayer {
    readonly screen_x: number;
    readonly screen_y: number;
    readonly buffer_x: number;
    readonly buffer_y: number;
    readonly buffer_width: number;
    readonly buffer_height: number;
  }

  export interface Vga {
    readonly graphical_mode: boolean;
    latch_dword: number;
    readonly svga_enabled: boolean;
    readonly svga_bpp: number;
    readonly svga_width: number;
    readonly svga_height: number;
    /** In pixels. */
    readonly svga_offset: number;
    readonly svga_memory: Uint8Array;
    readonly screen_width: number;
    readonly screen_height: number;
    readonly image_data: {
      readonly data: Uint8ClampedArray;
      readonly width: number;
      readonly height: number;
    } | null;
    readonly layers: readonly VgaLayer[];
    screen_fill_buffer(): void;
    /** Text mode: characters and attributes by turns. */
    readonly vga_memory: Uint8Array;
    /** The fonts: 32 bytes a glyph. */
    readonly plane2: Uint8Array;
    /** Tells a screen of v86's own of each character. */
    text_mode_redraw: () => void;
    readonly max_cols: number;
    readonly max_rows: number;
    readonly max_scan_line: number;
    readonly clocking_mode: number;
    readonly attribute_mode: number;
    readonly palette_source: number;
    readonly dac_mask: number;
    readonly dac_map: Uint8Array;
    /** r8g8b8. */
    readonly vga256_palette: Int32Array;
    readonly start_address: number;
    readonly offset_register: number;
    readonly line_compare: number;
    readonly crtc_mode: number;
    readonly cursor_address: number;
    readonly cursor_scanline_start: number;
    readonly cursor_scanline_end: number;
    readonly character_map_select: number;
    readonly font_page_ab_enabled: boolean;
  }

  export interface FloppyDrive {
    read_only: boolean;
    readonly drive_type: number;
    /** The disk as it would be used: another one, of zeros, where its size is none of a floppy disk. */
    find_disk_format(disk: V86Disk, driveType: number): readonly [V86Disk | null, object | null];
    insert_disk(disk: V86Disk, readOnly: boolean): boolean;
    eject_disk(): void;
  }

  export interface CdDrive {
    /** The packet with the command, while that is handled. */
    readonly data: Uint8Array;
    atapi_handle(): void;
    data_pointer: number;
    current_atapi_command: number;
    /** Not 0 until the guest has been told. */
    readonly medium_changed: number;
    /** The answer to a command that failed. */
    atapi_check_condition_response(sense: number, additionalSense: number): void;
    push_irq(): void;
    readonly buffer: V86Disk | null;
    set_cdrom(disk: V86Disk): void;
    eject(): void;
  }

  export interface Pci {
    readonly devices: readonly ({ readonly pci_bars?: readonly (object | undefined)[] } | undefined)[];
    readonly device_spaces: readonly (Int32Array | undefined)[];
  }

  /** The controller of keyboard and mouse. */
  export interface Ps2 {
    /** The guest wants to be told of keys. */
    readonly enable_keyboard_stream: boolean;
    /** What the guest has not read yet: 1024 bytes each. */
    readonly kbd_buffer: { readonly length: number };
    readonly mouse_buffer: { readonly length: number };
    /** The guest wants to be told of the mouse. */
    mouse_stream_active(): boolean;
    send_mouse_packet(right: number, up: number): void;
  }

  export interface Cpu {
    main_loop: () => number;
    /** Called when the guest asks for a reset. */
    reboot_internal: () => void;
    readonly io: IoPorts;
    readonly devices: {
      readonly vga: Vga;
      readonly uart0: Uart;
      readonly pci: Pci;
      readonly cdrom: CdDrive;
      readonly fdc: { readonly drives: readonly [FloppyDrive, FloppyDrive] };
      readonly ps2: Ps2;
      readonly vmware: { readonly enabled: boolean; readonly absolute: boolean };
    };
    readonly mem8: Uint8Array;
    readonly memory_size: Uint32Array;
    readonly wasm_memory: { readonly buffer: ArrayBuffer };
    /** By 128 KiB of the physical address; undefined where there is RAM. */
    readonly memory_map_read8: readonly (((address: number) => number) | undefined)[];
    svga_mark_dirty(): void;
    device_raise_irq(line: number): void;
    device_lower_irq(line: number): void;
    get_eflags(): number;
    get_real_eip(): number;
    /** EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI. */
    readonly reg32: Int32Array;
    /** ES, CS, SS, DS, FS, GS, TR, LDT; the next three alike. */
    readonly sreg: Uint16Array;
    readonly segment_offsets: Int32Array;
    readonly segment_limits: Uint32Array;
    readonly segment_access_bytes: Uint8Array;
    readonly is_32: Int32Array;
    readonly stack_size_32: Int32Array;
    readonly cr: Int32Array;
    readonly dreg: Int32Array;
    readonly gdtr_offset: Int32Array;
    readonly gdtr_size: Int32Array;
    readonly idtr_offset: Int32Array;
    readonly idtr_size: Int32Array;
    readonly cpl: Uint8Array;
    readonly in_hlt: Uint8Array;
    readonly fpu_control_word: Uint16Array;
    readonly fpu_status_word: Uint16Array;
    readonly fpu_stack_ptr: Uint8Array;
    readonly fpu_stack_empty: Uint8Array;
    /** 16 bytes a register, ten of them used. */
    readonly fpu_st: Int32Array;
    readonly mxcsr: Int32Array;
    readonly reg_xmm32s: Int32Array;
  }

  /** The loop around the CPU. */
  export interface Core {
    readonly cpu: Cpu;
    running: boolean;
    stopping: boolean;
    /** A turn that was asked for with another number does not come. */
    tick_counter: number;
    yield: (delayMs: number, tick: number) => void;
    yield_callback(tick: number): void;
    run(): void;
    stop(): void;
    destroy(): void;
    do_tick(): void;
    restore_state(state: ArrayBuffer): void;
    save_state(): ArrayBuffer;
  }

  export class V86 {
    constructor(options: V86Options);
    readonly v86: Core;
    readonly bus: V86Bus;
    add_listener(event: "emulator-loaded", listener: () => void): void;
    add_listener(event: "serial0-output-byte", listener: (byte: number) => void): void;
    get_instruction_counter(): number;
    destroy(): Promise<void>;
  }
}
