/**
 * PCs as tests want them: on a thread of their own, from the built tree, with firmware of a few instructions that
 * does what a test asks for.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MachineEvent, MachineHandle, MachineRunState } from "../../src/offload/contract.ts";
import { MachineHost } from "../../src/offload/machine-host.ts";
import type { PcConfig } from "../../src/offload/pc-contract.ts";

export const pcWorkerUrl = new URL("../../dist/workers/pc.js", import.meta.url);

const ROM_BYTES = 65_536;
const RESET_VECTOR = 0xfff0;
/** `jmp 0xf000:0` */
const JUMP_TO_START = "ea000000f0";

/**
 * Says `!`, then takes orders from the serial port: `t` triple fault, `o` power off, `r` reset, `h` halt for ever, `f` flood
 * the port with counted bytes, `g` graphics of 640x480 in 32 bits with a painted top, `m` a known word at 0x1000; anything
 * else is echoed.
 *
 *     start: cli
 *      cld
 *      mov al,'!'
 *      mov dx,0x3f8
 *      out dx,al
 *     next: mov dx,0x3fd
 *      in al,dx
 *      test al,1
 *      jz next
 *      mov dx,0x3f8
 *      in al,dx
 *      cmp al,'t'
 *      je triple
 *      cmp al,'o'
 *      je off
 *      cmp al,'r'
 *      je reset
 *      cmp al,'h'
 *      je halt
 *      cmp al,'f'
 *      je flood
 *      cmp al,'g'
 *      je graphics
 *      cmp al,'m'
 *      je memory
 *      out dx,al
 *      jmp next
 *     triple: lidt [cs:none]
 *      mov eax,cr0
 *      or al,1
 *      mov cr0,eax
 *      int3
 *     none: dw 0
 *      dd 0
 *     off: mov dx,0x604
 *      mov ax,0x2000
 *      out dx,ax
 *      jmp next
 *     reset: mov al,0xfe
 *      out 0x64,al
 *      jmp next
 *     halt: hlt
 *      jmp halt
 *     flood: mov dx,0x3fd
 *     .q: in al,dx
 *      test al,0x20
 *      jz .q
 *      mov dx,0x3f8
 *      mov al,bl
 *      inc bl
 *      out dx,al
 *      jmp flood
 *     graphics: mov si,modes
 *      mov cx,5
 *     .m: mov dx,0x1ce
 *      cs lodsw
 *      out dx,ax
 *      inc dx
 *      cs lodsw
 *      out dx,ax
 *      loop .m
 *      mov ax,0xa000
 *      mov es,ax
 *      xor di,di
 *      mov eax,0x00102030
 *      mov cx,0x4000
 *      rep stosd
 *      jmp next
 *     modes: dw 4,0, 1,640, 2,480, 3,32, 4,0x41
 *     memory: mov dword [0x1000],0x12345678
 *      jmp next
 */
const ORDERS =
  "fafcb021baf803eebafd03eca80174f8baf803ec3c74741b3c6f742c3c7274313c6874333c6674323c6774403c6d7478" +
  "eeebd52e0f011e42000f20c00c010f22c0cc000000000000ba0406b80020efebb7b0fee664ebb1f4ebfdbafd03eca820" +
  "74fbbaf80388d8fec3eeebeebe9400b90500bace012eadef422eadefe2f4b800a08ec031ff66b830201000b90040f366" +
  "abe974ff04000000010080020200e001030020000400410066c706001078563412e954ff";

/**
 * Sends the first byte of the disk's sector 1, fills that sector with the next larger one, says `.`, and halts.
 *
 *     start: cli
 *      cld
 *      mov bh,0x20
 *      call setup
 *      in ax,dx
 *      mov bl,al
 *      mov cx,255
 *     .r: in ax,dx
 *      loop .r
 *      mov al,bl
 *      call put
 *      inc bl
 *      mov bh,0x30
 *      call setup
 *      mov al,bl
 *      mov ah,bl
 *      mov cx,256
 *     .w: out dx,ax
 *      loop .w
 *      mov al,'.'
 *      call put
 *      hlt
 *     put: mov dx,0x3f8
 *      out dx,al
 *      ret
 *     setup: mov dx,0x1f6
 *      mov al,0xe0
 *      out dx,al
 *      mov dx,0x1f2
 *      mov al,1
 *      out dx,al
 *      inc dx
 *      out dx,al
 *      inc dx
 *      mov al,0
 *      out dx,al
 *      inc dx
 *      out dx,al
 *      mov dx,0x1f7
 *      mov al,bh
 *      out dx,al
 *     .q: in al,dx
 *      test al,8
 *      jz .q
 *      mov dx,0x1f0
 *      ret
 */
const DISK_COUNTER =
  "fafcb720e82a00ed88c3b9ff00ede2fd88d8e81700fec3b730e8150088d888dcb90001efe2fdb02ee80100f4baf803ee" +
  "c3baf601b0e0eebaf201b001ee42ee42b000ee42eebaf70188f8eeeca80874fbbaf001c3";

/**
 * Says `!`, then takes orders about media from the serial port: `l` locks the CD-ROM drive's tray, `u` unlocks it, `e` ejects
 * what is in there, `r` asks whether the drive is ready, and each is answered with `0`, or `1` for an error; `w` writes to the
 * floppy disk, and is answered with the controller's second status byte, 2 for one that is read-only, as a digit.
 *
 *     start: cli
 *      cld
 *      mov dx,0x3f2
 *      mov al,0x1c
 *      out dx,al
 *      mov al,'!'
 *      call put
 *     next: mov dx,0x3fd
 *      in al,dx
 *      test al,1
 *      jz next
 *      mov dx,0x3f8
 *      in al,dx
 *      cmp al,'w'
 *      je floppy
 *      mov si,locked
 *      cmp al,'l'
 *      je packet
 *      mov si,unlocked
 *      cmp al,'u'
 *      je packet
 *      mov si,eject
 *      cmp al,'e'
 *      je packet
 *      mov si,ready
 *     packet: mov dx,0x176
 *      mov al,0xa0
 *      out dx,al
 *      inc dx
 *      out dx,al
 *     .q: in al,dx
 *      test al,8
 *      jz .q
 *      mov dx,0x170
 *      mov cx,6
 *     .p: cs lodsw
 *      out dx,ax
 *      loop .p
 *      mov dx,0x177
 *      in al,dx
 *      and al,1
 *      add al,'0'
 *      call put
 *      jmp next
 *     floppy: mov si,write
 *      mov cx,9
 *     .c: call poll
 *      cs lodsb
 *      out dx,al
 *      loop .c
 *      mov cx,7
 *     .r: call poll
 *      in al,dx
 *      cmp cx,6
 *      jne .n
 *      add al,'0'
 *      call put
 *     .n: loop .r
 *      jmp next
 *     poll: mov dx,0x3f4
 *     .b: in al,dx
 *      test al,0x80
 *      jz .b
 *      inc dx
 *      ret
 *     put: mov dx,0x3f8
 *      out dx,al
 *      ret
 *     locked: db 0x1e,0,0,0,1,0,0,0,0,0,0,0
 *     unlocked: db 0x1e,0,0,0,0,0,0,0,0,0,0,0
 *     eject: db 0x1b,0,0,0,2,0,0,0,0,0,0,0
 *     ready: db 0,0,0,0,0,0,0,0,0,0,0,0
 *     write: db 0xc5,0,0,0,1,2,18,0x1b,0xff
 */
const MEDIA =
  "fafcbaf203b01ceeb021e87a00bafd03eca80174f8baf803ec3c77743dbe8c003c6c7411be98003c75740abea4003c65" +
  "7403beb000ba7601b0a0ee42eeeca80874fbba7001b906002eadefe2fbba7701ec24010430e82f00ebb3bebc00b90900" +
  "e81a002eaceee2f8b90700e80f00ec83f90675050430e80e00e2f0eb90baf403eca88074fb42c3baf803eec31e000000" +
  "01000000000000001e00000000000000000000001b0000000200000000000000000000000000000000000000c5000000" +
  "0102121bff";

const CODE = { orders: ORDERS, "disk-counter": DISK_COUNTER, media: MEDIA };

/** Firmware of 64 KiB. */
export function firmware(name: keyof typeof CODE): Uint8Array {
  const rom = Buffer.alloc(ROM_BYTES);
  rom.write(CODE[name], 0, "hex");
  rom.write(JUMP_TO_START, RESET_VECTOR, "hex");
  return rom;
}

export const PC_DEFAULTS: PcConfig = {
  memoryBytes: 2 ** 21,
  biosFile: undefined,
  vgaBiosFile: undefined,
  drives: [],
  isSnapshot: false,
  kernelFile: undefined,
  initrdFile: undefined,
  append: undefined,
  bootOrder: "cad",
  isNoReboot: false,
  isNoShutdown: false,
  tripleFault: "reset",
};

export interface TestPc {
  readonly machine: MachineHandle;
  readonly host: MachineHost;
  readonly events: MachineEvent[];
  /** What the serial port has sent. */
  readonly serial: () => string;
  /** Sends orders to the guest. */
  order(text: string): Promise<void>;
  /** When `isTrue` answers true, looked at after everything that happens. */
  until(isTrue: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface TestPcOptions {
  readonly firmware?: keyof typeof CODE;
  readonly config?: Partial<PcConfig>;
  readonly workerUrl?: URL;
  readonly initialState?: MachineRunState;
  /** What takes the serial port's output; by default it is gathered. */
  readonly takeOutput?: (bytes: Uint8Array) => void | Promise<void>;
}

export async function startPc(options: TestPcOptions = {}): Promise<TestPc> {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-pc-"));
  const biosFile = join(directory, "bios.bin");
  writeFileSync(biosFile, firmware(options.firmware ?? "orders"));
  const waiting = new Set<() => void>();
  const looked = (): void => {
    for (const look of waiting) look();
  };
  const events: MachineEvent[] = [];
  let output = "";
  const host = new MachineHost({ workerUrl: options.workerUrl ?? pcWorkerUrl, onThreadGone: looked });
  const machine = host.createMachine(
    { type: "pc", displays: [], pc: { ...PC_DEFAULTS, biosFile, ...options.config } },
    options.initialState ?? "running",
    (event) => {
      events.push(event);
      looked();
    },
  );
  machine.onSerialOutput((bytes) => {
    output += Buffer.from(bytes).toString("latin1");
    looked();
    return options.takeOutput?.(bytes);
  });
  const close = async (): Promise<void> => {
    await machine.destroy().catch(() => {});
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await machine.consoles();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    machine,
    host,
    events,
    serial: () => output,
    async order(text) {
      await machine.serialWrite(Buffer.from(text, "latin1"));
    },
    until: (isTrue) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isTrue()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close,
  };
}
