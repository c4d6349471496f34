/** How often each name came.  Names are a server's words: whatever they are, and however many. */

import { LOAD_NAMES_COUNT_MAX } from "../util/limits.ts";

const OTHERS = "(others)";

export class NameCounts {
  #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    const before = this.#counts.get(name);
    if (before === undefined && this.#counts.size >= LOAD_NAMES_COUNT_MAX && name !== OTHERS) {
      this.add(OTHERS, count);
    } else {
      this.#counts.set(name, (before ?? 0) + count);
    }
  }

  addAll(counts: ReadonlyMap<string, number>): void {
    for (const [name, count] of counts) this.add(name, count);
  }

  /** What was counted since the last call. */
  take(): ReadonlyMap<string, number> {
    const counts = this.#counts;
    this.#counts = new Map();
    return counts;
  }

  /** As a plain object, in the order in which the names came. */
  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
