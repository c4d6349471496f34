/** What a dump of a PC holds: registers, memory and, if asked for, the page tables' mappings, all of one moment. */

import type { Cpu } from "v86";
import { MachineError } from "../error.ts";
import { type MemoryRange, VIDEO_MEMORY } from "./memory.ts";
import { hasPaging, listMappings } from "./page-tables.ts";
import { readRegisters } from "./registers.ts";

export interface DumpRequest {
  readonly isPaging: boolean;
  /** Physical addresses; undefined: all. */
  readonly range: { readonly begin: number | bigint; readonly length: number | bigint } | undefined;
}

/** The VGA's window, which no RAM answers. */
const WINDOW: MemoryRange = { address: 0xa_0000, length: 0x2_0000 };

/** Where there is memory in the range that is asked for.  Throws `MachineError` when there is none. */
export function rangesToDump(cpu: Cpu, { range }: DumpRequest): readonly MemoryRange[] {
  const first = Number(range?.begin ?? 0);
  const last = first + Number(range?.length ?? Number.POSITIVE_INFINITY);
  const ranges = memoryRanges(cpu).flatMap(({ address, length }) => {
    const begin = Math.max(address, first);
    const end = Math.min(address + length, last);
    return begin < end ? [{ address: begin, length: end - begin }] : [];
  });
  if (ranges.length === 0) throw new MachineError("dump: no guest memory to dump");
  return ranges;
}

export type DumpDescription = ReturnType<typeof describeDump>;

/** The rest of a dump, of the same moment as its memory. */
export function describeDump(cpu: Cpu, { isPaging }: DumpRequest, ranges: readonly MemoryRange[]) {
  return {
    registers: readRegisters(cpu),
    ranges,
    mappings: isPaging && hasPaging(cpu) ? listMappings(cpu) : undefined,
  };
}

/** RAM, with the firmware that lies in it, and video memory, by rising address. */
function memoryRanges(cpu: Cpu): readonly MemoryRange[] {
  const windowEnd = WINDOW.address + WINDOW.length;
  return [
    { address: 0, length: WINDOW.address },
    { address: windowEnd, length: (cpu.memory_size[0] ?? 0) - windowEnd },
    { address: VIDEO_MEMORY, length: cpu.devices.vga.svga_memory.length },
  ];
}
