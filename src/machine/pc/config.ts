/** What a PC can be made of, and the check of it. */

import { PC_MEMORY_BYTES_MAX, PC_MEMORY_BYTES_MIN } from "../../util/limits.ts";

const MIB = 1024 * 1024;
const BOOT_ORDER = /^[acd]{1,3}$/;

export interface PcSettings {
  readonly memoryBytes: number;
  readonly bootOrder: string;
  readonly drives: readonly { readonly drive: string }[];
  readonly kernelFile: string | undefined;
  readonly initrdFile: string | undefined;
  readonly append: string | undefined;
  readonly biosFile: string | undefined;
}

/** What is wrong with `settings`, for the one who wrote them; undefined: nothing. */
export function faultOfPc(settings: PcSettings): string | undefined {
  const { memoryBytes, bootOrder, drives } = settings;
  if (memoryBytes % MIB !== 0 || memoryBytes < PC_MEMORY_BYTES_MIN || memoryBytes > PC_MEMORY_BYTES_MAX) {
    const range = `${PC_MEMORY_BYTES_MIN / MIB} to ${PC_MEMORY_BYTES_MAX / MIB}`;
    return `a PC's memory is ${range} MiB, in whole ones, not ${memoryBytes / MIB}`;
  }
  if (!BOOT_ORDER.test(bootOrder) || new Set(bootOrder).size !== bootOrder.length) {
    return `boot order '${bootOrder}' is not made of c (hard disk), d (CD-ROM) and a (floppy), each once at most`;
  }
  if (new Set(drives.map(({ drive }) => drive)).size !== drives.length) return "two images are for one drive";
  if (settings.kernelFile === undefined) {
    if (settings.initrdFile !== undefined) return "an initrd needs a kernel that it is for";
    if (settings.append !== undefined) return "a kernel's command line needs a kernel";
  } else if (settings.biosFile === undefined) {
    return "a kernel needs a BIOS that loads it: SeaBIOS, for one";
  }
  return undefined;
}
