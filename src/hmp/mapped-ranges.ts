/** `info mem`: the ranges of virtual addresses that are mapped, and with which rights. */

import { HMP_MEMORY_LINES_PER_TURN, HMP_MEMORY_RANGES_COUNT_MAX } from "../util/limits.ts";
import type { HmpContext } from "./command.ts";

/** Bits of a page table's entry. */
const WRITABLE = 2;
const USER = 4;

export async function mappedRangesText({ machine, nextTurn, print }: HmpContext): Promise<string> {
  // One more than is told of, so that it is known whether there are more.
  const ranges = await machine.mappedRanges(HMP_MEMORY_RANGES_COUNT_MAX + 1);
  if (ranges === undefined) return "PG disabled\n";
  let text = "";
  for (let line = 0; 3 * line < ranges.length; line++) {
    const [start = 0, rights = 0, length = 0] = ranges.subarray(3 * line, 3 * line + 3);
    if (line === HMP_MEMORY_RANGES_COUNT_MAX) {
      return `${text}(there are more ranges, from ${hex(start)} on)\n`;
    }
    if (line > 0 && line % HMP_MEMORY_LINES_PER_TURN === 0) {
      print(text);
      text = "";
      await nextTurn();
    }
    text += `${hex(start)}-${hex(start + length)} ${hex(length)} ${letters(rights)}\n`;
  }
  return text;
}

function letters(rights: number): string {
  return `${(rights & USER) !== 0 ? "u" : "-"}r${(rights & WRITABLE) !== 0 ? "w" : "-"}`;
}

function hex(value: number): string {
  return value.toString(16).padStart(16, "0");
}
