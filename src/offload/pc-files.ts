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

export interface PcFiles {
  readonly wasm: WebAssembly.Module;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer | undefined;
  readonly kernel: ArrayBuffer | undefined;
  readonly initrd: ArrayBuffer | undefined;
  readonly images: ReadonlyMap<DriveName, DiskFile>;
}

/** Rejects with `DiskFileError` for the first one that cannot be used, and leaves none open. */
export async function openPcFiles(config: PcConfig): Promise<PcFiles> {
  const wasm = loadEmulator();
  const images = new Map<DriveName, DiskFile>();
  try {
    const optional = (
      file: string | undefined,
      bytesMax: number,
      unitBytes?: number,
    ): ArrayBuffer | undefined => (file === undefined ? undefined : readWholeFile(file, bytesMax, unitBytes));
    for (const drive of config.drives) images.set(drive.drive, openDrive(drive, config.isSnapshot));
    return {
      bios: readWholeFile(config.biosFile, ROM_BYTES_MAX),
      vgaBios: optional(config.vgaBiosFile, ROM_BYTES_MAX),
      kernel: optional(config.kernelFile, KERNEL_BYTES_MAX, KERNEL_UNIT_BYTES),
      initrd: optional(config.initrdFile, KERNEL_BYTES_MAX),
      images,
      wasm: await wasm,
    };
  } catch (error) {
    for (const image of images.values()) image.close();
    await wasm;
    throw error;
  }
}

function openDrive({ drive, file }: DriveConfig, isSnapshot: boolean): DiskFile {
  if (drive === "ide1-cd0") return new DiskFile(file, "read-only");
  return new DiskFile(file, isSnapshot ? "overlay" : "read-write");
}

async function loadEmulator(): Promise<WebAssembly.Module> {
  const entry = createRequire(import.meta.url).resolve("v86");
  return WebAssembly.compile(await readFile(join(dirname(entry), "v86.wasm")));
}
