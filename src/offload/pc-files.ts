/**
 * The files that a PC is made of: firmware and kernel, read whole, and disks, held open.
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { KERNEL_BYTES_MAX, ROM_BYTES_MAX } from "../util/limits.ts";
import { type DiskFile, DiskFileError, openGuessedRaw, readWholeFile } from "./disk-file.ts";
import type { DriveConfig, DriveName, PcConfig } from "./pc-contract.ts";

/** The emulator reads a kernel by words. */
const KERNEL_UNIT_BYTES = 4;

/** Source: QEMU, `x86_bios_rom_init`. */
const BIOS_UNIT_BYTES = 64 * 1024;
/** Source: Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
const KERNEL_MAGIC = "HdrS";
const KERNEL_MAGIC_OFFSET = 0x202;

/** What the emulator would take without a word, and show a black screen. */
const FILE_KINDS = {
  bios: {
    is: ({ length }: Buffer) => length > 0 && length % BIOS_UNIT_BYTES === 0,
    otherwise: "it is no firmware of a PC: the size of one is a multiple of 64 KiB",
  },
  vgaBios: {
    is: (bytes: Buffer) => bytes.length > 1 && bytes.readUInt16LE() === 0xaa55,
    otherwise: "it is no firmware of a display adapter: one begins with the bytes 55 AA",
  },
  kernel: {
    is: (bytes: Buffer) => bytes.indexOf(KERNEL_MAGIC, KERNEL_MAGIC_OFFSET, "latin1") === KERNEL_MAGIC_OFFSET,
    otherwise: `it is no Linux kernel: one has ${KERNEL_MAGIC} at 0x202`,
  },
  initrd: { is: () => true, otherwise: "" },
} as const;

/** Beside the built files: the demo guest's image is copied there, as no compiler makes it. */
const DEMO_ROM = new URL("../machine/pc/rom/demo.bin", import.meta.url);

export interface PcFiles {
  readonly wasm: WebAssembly.Module;
  readonly emulatorVersion: string;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer | undefined;
  readonly kernel: ArrayBuffer | undefined;
  readonly initrd: ArrayBuffer | undefined;
  readonly images: ReadonlyMap<DriveName, DiskFile>;
}

/** Rejects with `DiskFileError` for the first one that cannot be used, and leaves none open. */
export async function openPcFiles(config: PcConfig): Promise<PcFiles> {
  const emulator = loadEmulator();
  const images = new Map<DriveName, DiskFile>();
  try {
    const optional = (
      kind: keyof typeof FILE_KINDS,
      file: string | undefined,
      bytesMax: number,
      unitBytes?: number,
    ): ArrayBuffer | undefined => {
      if (file === undefined) return undefined;
      const bytes = readWholeFile(file, bytesMax, unitBytes);
      const { is, otherwise } = FILE_KINDS[kind];
      if (!is(Buffer.from(bytes))) throw new DiskFileError(`Could not load '${file}': ${otherwise}`);
      return bytes;
    };
    for (const drive of config.drives) images.set(drive.drive, openDrive(drive, config.isSnapshot));
    return {
      bios: optional("bios", config.biosFile, ROM_BYTES_MAX) ?? (await readDemoRom()),
      vgaBios: optional("vgaBios", config.vgaBiosFile, ROM_BYTES_MAX),
      kernel: optional("kernel", config.kernelFile, KERNEL_BYTES_MAX, KERNEL_UNIT_BYTES),
      initrd: optional("initrd", config.initrdFile, KERNEL_BYTES_MAX),
      images,
      ...(await emulator),
    };
  } catch (error) {
    for (const image of images.values()) image.close();
    await emulator;
    throw error;
  }
}

function openDrive({ drive, file }: DriveConfig, isSnapshot: boolean): DiskFile {
  if (drive === "ide1-cd0") return openGuessedRaw(file, "read-only");
  return openGuessedRaw(file, isSnapshot ? "overlay" : "read-write");
}

async function readDemoRom(): Promise<ArrayBuffer> {
  const bytes = await readFile(DEMO_ROM);
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

async function loadEmulator(): Promise<Pick<PcFiles, "wasm" | "emulatorVersion">> {
  const folder = dirname(createRequire(import.meta.url).resolve("v86"));
  const [wasm, description] = await Promise.all([
    readFile(join(folder, "v86.wasm")).then((bytes) => WebAssembly.compile(bytes)),
    readFile(join(folder, "../package.json"), "utf8"),
  ]);
  return { wasm, emulatorVersion: String(JSON.parse(description).version) };
}
