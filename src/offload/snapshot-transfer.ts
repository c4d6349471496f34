/**
 * Moving a piece of a snapshot between a file and memory, in a pool thread, and summing it on the way.  The file
 * was opened, and is closed, by whoever gives the work.
 */

import { readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { TransferTask } from "./contract.ts";

/** The checksum so far.  A file that ends too early leaves zeros, and another checksum.  Throws the system's error. */
export function transfer({ direction, bytes, fd, position, checksum }: TransferTask): number {
  for (let done = 0; done < bytes.length; ) {
    const place = [done, bytes.length - done, position + done] as const;
    const count = direction === "read" ? readSync(fd, bytes, ...place) : writeSync(fd, bytes, ...place);
    if (count === 0) break;
    done += count;
  }
  return crc32(bytes, checksum);
}
