/**
 * The guest's memory, as its CPU would read it: RAM in bulk, what devices show there byte by byte, nothing
 * as ones.  Reading changes nothing: pages are looked up in the tables themselves, without the CPU's marks.
 */

import type { Cpu } from "v86";
import { MachineError } from "../error.ts";

export type AddressSpace = "physical" | "virtual";

const PAGE_BYTES = 4096;
/** The CPU's addresses have 32 bits. */
const ADDRESS_END = 2 ** 32;
/** v86 knows who answers an address by blocks of this size. */
const MAP_BLOCK_BYTES = 2 ** 17;
/** Nothing is there, nor ever will be: whoever answers here answers everywhere where nothing is. */
const NOWHERE = 0xd000_0000;
/** Where the video memory is seen as a whole; v86 does not let it be moved. */
const VIDEO_MEMORY = 0xe000_0000;
const PAGING = 0x8000_0000;
const LARGE_PAGES = 1 << 4;
const PHYSICAL_EXTENSION = 1 << 5;
const PRESENT = 1;
const LARGE = 1 << 7;

/** Fills `into` from `address` on.  Throws `MachineError` where a page is not mapped. */
export function copyMemory(cpu: Cpu, space: AddressSpace, address: bigint, into: Uint8Array): void {
  if (space === "physical") return copyPhysical(cpu, address, into);
  const invalid = (): MachineError =>
    new MachineError(
      `Invalid addr 0x${address.toString(16).padStart(16, "0")}/size ${into.length} specified`,
    );
  if (address + BigInt(into.length) > BigInt(ADDRESS_END)) throw invalid();
  const start = Number(address);
  for (let done = 0; done < into.length; ) {
    const virtual = start + done;
    const end = Math.min(into.length, done + PAGE_BYTES - (virtual % PAGE_BYTES));
    const physical = translate(cpu, virtual);
    if (physical === undefined) throw invalid();
    copyPhysical(cpu, BigInt(physical), into.subarray(done, end));
    done = end;
  }
}

function copyPhysical(cpu: Cpu, address: bigint, into: Uint8Array): void {
  const inside = address < BigInt(ADDRESS_END) ? Math.min(into.length, ADDRESS_END - Number(address)) : 0;
  into.fill(0xff, inside);
  const start = Number(address);
  for (let done = 0; done < inside; ) {
    const at = start + done;
    const end = Math.min(inside, done + MAP_BLOCK_BYTES - (at % MAP_BLOCK_BYTES));
    copyBlock(cpu, at, into.subarray(done, end));
    done = end;
  }
}

/** Within one block of the map. */
function copyBlock(cpu: Cpu, address: number, into: Uint8Array): void {
  const reader = cpu.memory_map_read8[address >>> 17];
  if (reader === undefined) return void into.set(cpu.mem8.subarray(address, address + into.length));
  if (reader === cpu.memory_map_read8[NOWHERE >>> 17]) {
    into.fill(0xff);
    if (address < VIDEO_MEMORY) return;
    const video = cpu.devices.vga.svga_memory;
    return void into.set(video.subarray(address - VIDEO_MEMORY, address - VIDEO_MEMORY + into.length));
  }
  const { vga } = cpu.devices;
  // A read of the VGA's window is one that its latches keep.
  const latches = vga.latch_dword;
  for (let index = 0; index < into.length; index++) into[index] = reader((address + index) | 0);
  vga.latch_dword = latches;
}

/** The physical address of a virtual one; undefined where no page is mapped. */
function translate(cpu: Cpu, address: number): number | undefined {
  const cr0 = (cpu.cr[0] ?? 0) >>> 0;
  if (cr0 < PAGING) return address;
  const cr4 = cpu.cr[4] ?? 0;
  const directory = (cpu.cr[3] ?? 0) >>> 0;
  return (cr4 & PHYSICAL_EXTENSION) !== 0
    ? translateExtended(cpu, directory, address)
    : translatePlain(cpu, directory, address, (cr4 & LARGE_PAGES) !== 0);
}

function translatePlain(cpu: Cpu, directory: number, address: number, hasLarge: boolean): number | undefined {
  const entry = entryAt(cpu, (directory & ~0xfff) >>> 0, address >>> 22);
  if ((entry & PRESENT) === 0) return undefined;
  if (hasLarge && (entry & LARGE) !== 0) return ((entry & 0xffc0_0000) >>> 0) + (address & 0x3f_ffff);
  const page = entryAt(cpu, (entry & ~0xfff) >>> 0, (address >>> 12) & 0x3ff);
  return (page & PRESENT) === 0 ? undefined : ((page & ~0xfff) >>> 0) + (address & 0xfff);
}

/** Entries have 64 bits, of which the upper half is not looked at: there are no addresses above 4 GiB. */
function translateExtended(cpu: Cpu, pointers: number, address: number): number | undefined {
  const pointer = entryAt(cpu, (pointers & ~0x1f) >>> 0, (address >>> 30) * 2);
  if ((pointer & PRESENT) === 0) return undefined;
  const entry = entryAt(cpu, (pointer & ~0xfff) >>> 0, ((address >>> 21) & 0x1ff) * 2);
  if ((entry & PRESENT) === 0) return undefined;
  if ((entry & LARGE) !== 0) return ((entry & 0xffe0_0000) >>> 0) + (address & 0x1f_ffff);
  const page = entryAt(cpu, (entry & ~0xfff) >>> 0, ((address >>> 12) & 0x1ff) * 2);
  return (page & PRESENT) === 0 ? undefined : ((page & ~0xfff) >>> 0) + (address & 0xfff);
}

/** A word of a table in RAM; a table elsewhere maps nothing. */
function entryAt(cpu: Cpu, table: number, index: number): number {
  const at = table + index * 4;
  if (at + 4 > (cpu.memory_size[0] ?? 0)) return 0;
  const bytes = cpu.mem8.slice(at, at + 4);
  return new DataView(bytes.buffer).getUint32(0, true);
}
