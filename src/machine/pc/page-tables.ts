/**
 * The page tables of a CPU of 32 bits, in all their forms: without paging, two levels, three levels.  They are
 * read where they lie; the CPU's marks in them do not change.
 */

import type { Cpu } from "v86";

const PAGE_BYTES = 4096;
const PAGING = 0x8000_0000;
const LARGE_PAGES = 1 << 4;
const PHYSICAL_EXTENSION = 1 << 5;
const PRESENT = 1;
const LARGE = 1 << 7;

/** Of a page that a directory maps as a whole, without and with the extension. */
const LARGE_PAGE_BYTES = 2 ** 22;
const EXTENDED_LARGE_PAGE_BYTES = 2 ** 21;
/** Entries of a table, and what each takes. */
const ENTRIES = 1024;
const EXTENDED_ENTRIES = 512;
const ENTRY_BYTES = 4;
const EXTENDED_ENTRY_BYTES = 8;
const POINTERS = 4;

/** Whether virtual addresses are others than physical ones. */
export function hasPaging(cpu: Cpu): boolean {
  return (cpu.cr[0] ?? 0) >>> 0 >= PAGING;
}

/** The physical address of a virtual one; undefined where no page is mapped. */
export function translate(cpu: Cpu, address: number): number | undefined {
  if (!hasPaging(cpu)) return address;
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
  return tableAt(cpu, table + index * ENTRY_BYTES, 1)?.getUint32(0, true) ?? 0;
}

/** Read in one go: each single look at the emulator's memory takes long. */
function tableAt(cpu: Cpu, address: number, words: number): DataView | undefined {
  const end = address + words * ENTRY_BYTES;
  if (end > (cpu.memory_size[0] ?? 0)) return undefined;
  return new DataView(cpu.mem8.slice(address, end).buffer);
}

/**
 * All that is mapped, by rising virtual address: virtual address, physical address and length of each run of pages
 * that lie one behind the other in both.  Without paging: nothing.
 */
export function listMappings(cpu: Cpu): Float64Array<ArrayBuffer> {
  const runs = new Runs();
  if (hasPaging(cpu)) {
    const cr4 = cpu.cr[4] ?? 0;
    const directory = (cpu.cr[3] ?? 0) >>> 0;
    if ((cr4 & PHYSICAL_EXTENSION) !== 0) listExtended(cpu, directory, runs);
    else listPlain(cpu, directory, (cr4 & LARGE_PAGES) !== 0, runs);
  }
  return runs.toArray();
}

function listPlain(cpu: Cpu, directoryAddress: number, hasLarge: boolean, runs: Runs): void {
  const directory = tableAt(cpu, (directoryAddress & ~0xfff) >>> 0, ENTRIES);
  if (directory === undefined) return;
  for (let index = 0; index < ENTRIES; index++) {
    const entry = directory.getUint32(index * ENTRY_BYTES, true);
    if ((entry & PRESENT) === 0) continue;
    const virtual = index * LARGE_PAGE_BYTES;
    if (hasLarge && (entry & LARGE) !== 0) runs.add(virtual, (entry & 0xffc0_0000) >>> 0, LARGE_PAGE_BYTES);
    else listPages(tableAt(cpu, (entry & ~0xfff) >>> 0, ENTRIES), ENTRY_BYTES, virtual, runs);
  }
}

function listExtended(cpu: Cpu, pointersAddress: number, runs: Runs): void {
  const pointers = tableAt(cpu, (pointersAddress & ~0x1f) >>> 0, POINTERS * 2);
  for (let index = 0; index < POINTERS; index++) {
    const pointer = pointers?.getUint32(index * EXTENDED_ENTRY_BYTES, true) ?? 0;
    if ((pointer & PRESENT) === 0) continue;
    const directory = tableAt(cpu, (pointer & ~0xfff) >>> 0, ENTRIES);
    for (let inside = 0; inside < EXTENDED_ENTRIES; inside++) {
      const entry = directory?.getUint32(inside * EXTENDED_ENTRY_BYTES, true) ?? 0;
      if ((entry & PRESENT) === 0) continue;
      const virtual = (index * EXTENDED_ENTRIES + inside) * EXTENDED_LARGE_PAGE_BYTES;
      if ((entry & LARGE) !== 0) runs.add(virtual, (entry & 0xffe0_0000) >>> 0, EXTENDED_LARGE_PAGE_BYTES);
      else listPages(tableAt(cpu, (entry & ~0xfff) >>> 0, ENTRIES), EXTENDED_ENTRY_BYTES, virtual, runs);
    }
  }
}

function listPages(table: DataView | undefined, entryBytes: number, virtual: number, runs: Runs): void {
  if (table === undefined) return;
  for (let offset = 0, page = virtual; offset < table.byteLength; offset += entryBytes, page += PAGE_BYTES) {
    const entry = table.getUint32(offset, true);
    if ((entry & PRESENT) !== 0) runs.add(page, (entry & ~0xfff) >>> 0, PAGE_BYTES);
  }
}

/** Runs of pages, in the order in which they are added. */
class Runs {
  readonly #numbers: number[] = [];
  #virtual = 0;
  #physical = 0;
  #length = 0;

  add(virtual: number, physical: number, length: number): void {
    const isNext = virtual === this.#virtual + this.#length && physical === this.#physical + this.#length;
    if (isNext && this.#length > 0) {
      this.#length += length;
      return;
    }
    this.#end();
    this.#virtual = virtual;
    this.#physical = physical;
    this.#length = length;
  }

  toArray(): Float64Array<ArrayBuffer> {
    this.#end();
    this.#length = 0;
    return Float64Array.from(this.#numbers);
  }

  #end(): void {
    if (this.#length > 0) this.#numbers.push(this.#virtual, this.#physical, this.#length);
  }
}
