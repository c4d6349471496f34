/**
 * `info mem`: the ranges of virtual addresses that are mapped, by the page tables of a CPU of 32 bits.
 *
 * Neighbours with the same rights are one range.  Tables are read one after the other while the guest may run, as a
 * debugger does: each is of one moment.
 */

import type { Registers } from "../offload/pc-contract.ts";
import { HMP_MEMORY_RANGES_COUNT_MAX } from "../util/limits.ts";
import type { HmpContext } from "./command.ts";

const PAGING = 0x8000_0000;
const LARGE_PAGES = 1 << 4;
const PHYSICAL_EXTENSION = 1 << 5;
const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
const LARGE = 1 << 7;
const RIGHTS = PRESENT | WRITABLE | USER;
const TABLE_BYTES = 4096;
const ADDRESS_END = 2 ** 32;

/** A range that is mapped alike, or not at all. */
interface Piece {
  readonly start: number;
  readonly rights: number;
}

export async function mappedRangesText(registers: Registers, context: HmpContext): Promise<string> {
  if ((registers.cr0 & PAGING) === 0) return "PG disabled\n";
  const pieces =
    (registers.cr4 & PHYSICAL_EXTENSION) !== 0
      ? extendedPieces(registers, context)
      : plainPieces(registers, context);
  let text = "";
  let count = 0;
  let open: Piece = { start: 0, rights: 0 };
  for await (const piece of pieces) {
    if (piece.rights === open.rights) continue;
    if (open.rights !== 0) text += rangeText(open, piece.start);
    if (open.rights !== 0 && ++count === HMP_MEMORY_RANGES_COUNT_MAX) {
      return `${text}(there are more ranges, from ${hex(piece.start)} on)\n`;
    }
    open = piece;
  }
  return text;
}

function rangeText({ start, rights }: Piece, end: number): string {
  const letters = `${(rights & USER) !== 0 ? "u" : "-"}r${(rights & WRITABLE) !== 0 ? "w" : "-"}`;
  return `${hex(start)}-${hex(end)} ${hex(end - start)} ${letters}\n`;
}

function hex(value: number): string {
  return value.toString(16).padStart(16, "0");
}

/** In order; the last one ends where addresses do. */
async function* plainPieces({ cr3, cr4 }: Registers, context: HmpContext): AsyncGenerator<Piece> {
  const directory = await table(cr3, 4, context);
  for (const [index, entry] of directory.entries()) {
    const start = index * 2 ** 22;
    const isLarge = (cr4 & LARGE_PAGES) !== 0 && (entry & LARGE) !== 0;
    if (isAbsent(entry) || isLarge) yield { start, rights: rightsOf(entry) };
    else yield* pages(start, entry, 4, context);
  }
  yield { start: ADDRESS_END, rights: 0 };
}

async function* extendedPieces({ cr3 }: Registers, context: HmpContext): AsyncGenerator<Piece> {
  const pointers = await table(cr3, 8, context, 0x1f);
  for (const [index, pointer] of pointers.slice(0, 4).entries()) {
    const start = index * 2 ** 30;
    if (isAbsent(pointer)) {
      yield { start, rights: 0 };
      continue;
    }
    for (const [inner, entry] of (await table(pointer, 8, context)).entries()) {
      const at = start + inner * 2 ** 21;
      if (isAbsent(entry) || (entry & LARGE) !== 0) yield { start: at, rights: rightsOf(entry) };
      else yield* pages(at, entry, 8, context);
    }
  }
  yield { start: ADDRESS_END, rights: 0 };
}

async function* pages(
  start: number,
  directoryEntry: number,
  entryBytes: number,
  context: HmpContext,
): AsyncGenerator<Piece> {
  let last = -1;
  for (const [index, entry] of (await table(directoryEntry, entryBytes, context)).entries()) {
    const rights = rightsOf(entry) & directoryEntry;
    if (rights !== last) yield { start: start + index * TABLE_BYTES, rights };
    last = rights;
  }
}

function isAbsent(entry: number): boolean {
  return (entry & PRESENT) === 0;
}

function rightsOf(entry: number): number {
  return isAbsent(entry) ? 0 : entry & RIGHTS;
}

/** The entries of the table that `entry` points to: of each the lower 32 bits, since addresses have no more. */
async function table(
  entry: number,
  entryBytes: number,
  { machine }: HmpContext,
  otherBits = 0xfff,
): Promise<Uint32Array> {
  const bytes = new Uint8Array(new SharedArrayBuffer(TABLE_BYTES));
  await machine.copyMemory("physical", BigInt((entry & ~otherBits) >>> 0), bytes);
  const words = new Uint32Array(bytes.buffer);
  return entryBytes === 4 ? words : words.filter((_, index) => index % 2 === 0);
}
