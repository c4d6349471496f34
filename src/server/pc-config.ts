/**
 * What people write to get a PC: options of the command line, which are keys of the configuration file too.
 */

import { type Endpoint, readEndpoint } from "../chardev/endpoint.ts";
import type { DriveConfig, DriveName, PcConfig } from "../offload/pc-contract.ts";
import { ConfigError } from "./config-error.ts";

/** As they were written; the names are those of the command line. */
export interface PcOptions {
  readonly memory?: string | undefined;
  readonly bios?: string | undefined;
  readonly vgaBios?: string | undefined;
  readonly hda?: string | undefined;
  readonly cdrom?: string | undefined;
  readonly fda?: string | undefined;
  readonly snapshot?: boolean | undefined;
  readonly kernel?: string | undefined;
  readonly initrd?: string | undefined;
  readonly append?: string | undefined;
  readonly boot?: string | undefined;
  readonly reboot?: boolean | undefined;
  readonly shutdown?: boolean | undefined;
  readonly tripleFault?: string | undefined;
}

/** Where the serial port leads to. */
export type SerialConfig =
  | { readonly kind: "ringbuf" }
  | { readonly kind: "socket"; readonly endpoint: Extract<Endpoint, { kind: "unix" }> };

const MIB = 1024 * 1024;
/** Source: QEMU. */
const DEFAULT_MEMORY_MIB = 128;
const DEFAULT_BOOT_ORDER = "cad";
const UNIT_MIB: Readonly<Record<string, number>> = { "": 1, M: 1, G: 1024 };

const DRIVES = { hda: "ide0-hd0", cdrom: "ide1-cd0", fda: "floppy0" } as const satisfies Record<
  string,
  DriveName
>;

export function pcConfig(options: PcOptions): PcConfig {
  const { memory, bios, tripleFault = "reset" } = options;
  if (tripleFault !== "reset" && tripleFault !== "panic") {
    throw new ConfigError(`'${tripleFault}' is nothing that a triple fault does: use reset or panic`);
  }
  if (bios === undefined) {
    throw new ConfigError("a PC needs firmware (--bios, or bios: in a file): such as SeaBIOS's bios.bin");
  }
  const drives: DriveConfig[] = [];
  for (const [name, drive] of Object.entries(DRIVES)) {
    const file = options[name as keyof typeof DRIVES];
    if (file !== undefined) drives.push({ drive, file });
  }
  return {
    memoryBytes: memory === undefined ? DEFAULT_MEMORY_MIB * MIB : parseMemory(memory),
    biosFile: bios,
    vgaBiosFile: options.vgaBios,
    drives,
    isSnapshot: options.snapshot === true,
    kernelFile: options.kernel,
    initrdFile: options.initrd,
    append: options.append,
    bootOrder: options.boot ?? DEFAULT_BOOT_ORDER,
    isNoReboot: options.reboot === false,
    isNoShutdown: options.shutdown === false,
    tripleFault,
  };
}

/** `16`, `16M`, `1G`: MiB without a unit, as QEMU. */
function parseMemory(text: string): number {
  const match = /^(\d{1,5})([MG]?)$/i.exec(text);
  const [, count = "", unit = ""] = match ?? [];
  const mib = Number(count) * (UNIT_MIB[unit.toUpperCase()] ?? 1);
  if (match === null) throw new ConfigError(`'${text}' is no size of memory: write 64, 64M or 1G`);
  return mib * MIB;
}

export function parseSerial(text: string): SerialConfig {
  if (text === "ringbuf") return { kind: "ringbuf" };
  const endpoint = readEndpoint(text);
  if (endpoint?.kind === "unix") return { kind: "socket", endpoint };
  throw new ConfigError(`'${text}' is no end of a serial port: write ringbuf or unix:PATH`);
}
