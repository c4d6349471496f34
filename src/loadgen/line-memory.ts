/** Lines that have been parsed, so that the same line is parsed once.  It has a fixed number of places: new ones displace old ones. */

import { LOAD_KNOWN_LINE_BYTES_MAX, LOAD_KNOWN_LINES_COUNT_MAX } from "../util/limits.ts";
import type { ServerLine } from "./server-line.ts";

interface Known {
  readonly bytes: Buffer;
  readonly line: ServerLine;
}

export class LineMemory {
  /** By length, as that costs nothing to know. */
  readonly #places: (Known | undefined)[] = new Array<Known | undefined>(LOAD_KNOWN_LINES_COUNT_MAX);

  find(bytes: Buffer, start: number, end: number): ServerLine | undefined {
    const known = this.#places[(end - start) % LOAD_KNOWN_LINES_COUNT_MAX];
    if (known === undefined || known.bytes.length !== end - start) return undefined;
    return bytes.compare(known.bytes, 0, known.bytes.length, start, end) === 0 ? known.line : undefined;
  }

  keep(bytes: Buffer, start: number, end: number, line: ServerLine): void {
    if (end - start > LOAD_KNOWN_LINE_BYTES_MAX) return;
    this.#places[(end - start) % LOAD_KNOWN_LINES_COUNT_MAX] = {
      bytes: Buffer.from(bytes.subarray(start, end)),
      line,
    };
  }
}
