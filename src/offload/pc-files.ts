/**
 * The files that a PC is made of: firmware and kernel, read whole, and disks, held open.
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { KERNEL_BYTES_MAX, ROM_BYTES_MAX } from "../util/limits.ts";
import { DiskFile, readWholeFile } from "./disk-file.ts";
import type { DriveConfig, DriveName, PcConfig } from "./pc-contract.ts";

/** The emulator reads a kernel by words. */
const KERNEL_UNIT_BYTES = 4;

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
      file: string | undefined,
      bytesMax: number,
      unitBytes?: number,
    ): ArrayBuffer | undefined => (file === undefined ? undefined : readWholeFile(file, bytesMax, unitBytes));
    for (const drive of config.drives) images.set(drive.drive, openDrive(drive, config.isSnapshot));
    return {
      bios: optional(config.biosFile, ROM_BYTES_MAX) ?? (await readDemoRom()),
      vgaBios: optional(config.vgaBiosFile, ROM_BYTES_MAX),
      kernel: optional(config.kernelFile, KERNEL_BYTES_MAX, KERNEL_UNIT_BYTES),
      initrd: optional(config.initrdFile, KERNEL_BYTES_MAX),
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
  if (drive === "ide1-cd0") return new DiskFile(file, "read-only");
  return new DiskFile(file, isSnapshot ? "overlay" : "read-write");
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
