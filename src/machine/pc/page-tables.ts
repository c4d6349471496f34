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
const WRITABLE = 1 << 1;
const USER = 1 << 2;
const LARGE = 1 << 7;
const RIGHTS = PRESENT | WRITABLE | USER;

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
  visitPages(cpu, (virtual, length, physical) => runs.add(virtual, length, physical, physical + length));
  return runs.toArray();
}

/**
 * The first `countMax` ranges that are mapped: virtual address, rights and length of each run of pages that may be
 * used alike.  Without paging: nothing.
 */
export function listRanges(cpu: Cpu, countMax: number): Float64Array<ArrayBuffer> {
  const runs = new Runs(countMax);
  visitPages(cpu, (virtual, length, _, rights) => runs.add(virtual, length, rights, rights));
  return runs.toArray();
}

/** Told of what is mapped as a whole, a page or a large one; answers whether it wants to know more. */
type PageVisitor = (virtual: number, length: number, physical: number, rights: number) => boolean;

/** By rising virtual address. */
function visitPages(cpu: Cpu, visit: PageVisitor): void {
  if (!hasPaging(cpu)) return;
  const cr4 = cpu.cr[4] ?? 0;
  const directory = (cpu.cr[3] ?? 0) >>> 0;
  if ((cr4 & PHYSICAL_EXTENSION) !== 0) visitExtended(cpu, directory, visit);
  else visitPlain(cpu, directory, (cr4 & LARGE_PAGES) !== 0, visit);
}

function visitPlain(cpu: Cpu, directoryAddress: number, hasLarge: boolean, visit: PageVisitor): void {
  const directory = tableAt(cpu, (directoryAddress & ~0xfff) >>> 0, ENTRIES);
  for (let index = 0; index < ENTRIES; index++) {
    const entry = directory?.getUint32(index * ENTRY_BYTES, true) ?? 0;
    if ((entry & PRESENT) === 0) continue;
    const virtual = index * LARGE_PAGE_BYTES;
    const wantsMore =
      hasLarge && (entry & LARGE) !== 0
        ? visit(virtual, LARGE_PAGE_BYTES, (entry & 0xffc0_0000) >>> 0, entry & RIGHTS)
        : visitTable(cpu, entry, ENTRY_BYTES, virtual, visit);
    if (!wantsMore) return;
  }
}

/** A pointer to a directory takes no rights away. */
function visitExtended(cpu: Cpu, pointersAddress: number, visit: PageVisitor): void {
  const pointers = tableAt(cpu, (pointersAddress & ~0x1f) >>> 0, POINTERS * 2);
  for (let index = 0; index < POINTERS; index++) {
    const pointer = pointers?.getUint32(index * EXTENDED_ENTRY_BYTES, true) ?? 0;
    if ((pointer & PRESENT) === 0) continue;
    const directory = tableAt(cpu, (pointer & ~0xfff) >>> 0, ENTRIES);
    for (let inside = 0; inside < EXTENDED_ENTRIES; inside++) {
      const entry = directory?.getUint32(inside * EXTENDED_ENTRY_BYTES, true) ?? 0;
      if ((entry & PRESENT) === 0) continue;
      const virtual = (index * EXTENDED_ENTRIES + inside) * EXTENDED_LARGE_PAGE_BYTES;
      const wantsMore =
        (entry & LARGE) !== 0
          ? visit(virtual, EXTENDED_LARGE_PAGE_BYTES, (entry & 0xffe0_0000) >>> 0, entry & RIGHTS)
          : visitTable(cpu, entry, EXTENDED_ENTRY_BYTES, virtual, visit);
      if (!wantsMore) return;
    }
  }
}

/** The table of pages that an entry of a directory leads to: no page has more rights than that entry. */
function visitTable(
  cpu: Cpu,
  directoryEntry: number,
  entryBytes: number,
  start: number,
  visit: PageVisitor,
): boolean {
  const table = tableAt(cpu, (directoryEntry & ~0xfff) >>> 0, ENTRIES);
  if (table === undefined) return true;
  for (
    let offset = 0, virtual = start;
    offset < table.byteLength;
    offset += entryBytes, virtual += PAGE_BYTES
  ) {
    const entry = table.getUint32(offset, true);
    if ((entry & PRESENT) === 0) continue;
    const rights = entry & directoryEntry & RIGHTS;
    if (!visit(virtual, PAGE_BYTES, (entry & ~0xfff) >>> 0, rights)) return false;
  }
  return true;
}

/** Runs of pages, by rising virtual address: what they start with, what they have in common, their length. */
class Runs {
  readonly #countMax: number;
  /** Grown by hand: a list of a million runs takes many times as long, for which a guest stands still. */
  #numbers = new Float64Array(3 * 256);
  #used = 0;
  #virtual = 0;
  #length = 0;
  #property = 0;
  #nextProperty = 0;

  constructor(countMax = Number.POSITIVE_INFINITY) {
    this.#countMax = countMax;
  }

  /**
   * `property` is that of the pages' start; the next pages are of the same run if they lie behind and have
   * `nextProperty`.  Answers whether there is room for more.
   */
  add(virtual: number, length: number, property: number, nextProperty: number): boolean {
    const isNext = virtual === this.#virtual + this.#length && property === this.#nextProperty;
    this.#nextProperty = nextProperty;
    if (isNext && this.#length > 0) {
      this.#length += length;
      return true;
    }
    this.#end();
    this.#virtual = virtual;
    this.#length = length;
    this.#property = property;
    return this.#used < 3 * this.#countMax;
  }

  toArray(): Float64Array<ArrayBuffer> {
    if (this.#used < 3 * this.#countMax) this.#end();
    this.#length = 0;
    return this.#numbers.slice(0, this.#used);
  }

  #end(): void {
    if (this.#length === 0) return;
    if (this.#used === this.#numbers.length) {
      const grown = new Float64Array(2 * this.#used);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#used++] = this.#virtual;
    this.#numbers[this.#used++] = this.#property;
    this.#numbers[this.#used++] = this.#length;
  }
}
