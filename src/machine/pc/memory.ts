/**
 * The guest's memory, as a debugger sees it: RAM in bulk, what devices show there byte by byte, nothing as zeros,
 * which is what QEMU's monitor shows.  Reading changes nothing.
 */

import type { Cpu } from "v86";
import { MachineError } from "../error.ts";
import { translate } from "./page-tables.ts";

export type AddressSpace = "physical" | "virtual";

export interface MemoryRange {
  readonly address: number;
  readonly length: number;
}

const PAGE_BYTES = 4096;
/** The CPU's addresses have 32 bits. */
const ADDRESS_END = 2 ** 32;
/** v86 knows who answers an address by blocks of this size. */
const MAP_BLOCK_BYTES = 2 ** 17;
/** Nothing is there, nor ever will be: whoever answers here answers everywhere where nothing is. */
const NOWHERE = 0xd000_0000;
/** Where the video memory is seen as a whole; v86 does not let it be moved. */
export const VIDEO_MEMORY = 0xe000_0000;

/** Fills `into` from `address` on.  Throws `MachineError` where a page is not mapped. */
export function copyMemory(cpu: Cpu, space: AddressSpace, address: bigint, into: Uint8Array): void {
  if (!copy(cpu, space, address, into)) throw notMapped(address, into.length);
}

/** Fills `into` with what is `offset` bytes behind the start.  Throws `MachineError` where a page is not mapped. */
export type MemorySource = (offset: number, into: Uint8Array) => void;

/** `length` bytes from `address` on. */
export function memoryAt(cpu: Cpu, space: AddressSpace, address: bigint, length: number): MemorySource {
  return (offset, into) => {
    if (!copy(cpu, space, address + BigInt(offset), into)) throw notMapped(address, length);
  };
}

/** Physical memory of several ranges, one behind the other. */
export function memoryOf(cpu: Cpu, ranges: readonly MemoryRange[]): MemorySource {
  return (offset, into) => {
    let rangeStart = 0;
    let done = 0;
    for (const { address, length } of ranges) {
      const inside = offset + done - rangeStart;
      rangeStart += length;
      if (inside >= length) continue;
      const part = into.subarray(done, done + length - inside);
      copyPhysical(cpu, BigInt(address + inside), part);
      done += part.length;
    }
  };
}

export function sizeOf(ranges: readonly MemoryRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0);
}

function notMapped(address: bigint, length: number): MachineError {
  return new MachineError(
    `Invalid addr 0x${address.toString(16).padStart(16, "0")}/size ${length} specified`,
  );
}

/** Whether all of it is mapped. */
function copy(cpu: Cpu, space: AddressSpace, address: bigint, into: Uint8Array): boolean {
  if (space === "physical") {
    copyPhysical(cpu, address, into);
    return true;
  }
  // A virtual address that has more bits than the CPU's is taken without them.
  let virtual = Number(BigInt.asUintN(32, address));
  for (let done = 0; done < into.length; ) {
    const end = Math.min(into.length, done + PAGE_BYTES - (virtual % PAGE_BYTES));
    const physical = translate(cpu, virtual);
    if (physical === undefined) return false;
    copyPhysical(cpu, BigInt(physical), into.subarray(done, end));
    virtual = (virtual + end - done) % ADDRESS_END;
    done = end;
  }
  return true;
}

function copyPhysical(cpu: Cpu, address: bigint, into: Uint8Array): void {
  const inside = address < BigInt(ADDRESS_END) ? Math.min(into.length, ADDRESS_END - Number(address)) : 0;
  into.fill(0, inside);
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
    into.fill(0);
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
