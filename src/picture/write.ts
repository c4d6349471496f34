/**
 * Writing a picture in a pool thread, from shared memory, in pieces: a look at the cancel flag before each.
 * The file was opened, and is closed or discarded, by whoever gave the work.
 */

import { ftruncateSync, writeSync } from "node:fs";
import { type CancelFlag, isCancelled } from "../util/cancel-flag.ts";
import { FILE_WRITE_BYTES } from "../util/limits.ts";
import { CancelledError } from "./cancelled.ts";

export interface WriteWork {
  readonly buffer: SharedArrayBuffer;
  /** Offset and length of each piece of the picture. */
  readonly extents: readonly number[];
  readonly fd: number;
  /** False for a device: it has no positions, and nothing to cut off. */
  readonly isFile: boolean;
  /** Of the file before. */
  readonly fileBytes: number;
  readonly cancel: CancelFlag;
}

/**
 * Overwrites in place, which is several times faster than writing into a file truncated before.  Throws
 * `CancelledError`, or the system's error.
 */
export function writePicture(work: WriteWork): void {
  const { fd, isFile, fileBytes } = work;
  const sizeBytes = writeExtents(work);
  if (isFile && fileBytes !== sizeBytes) ftruncateSync(fd, sizeBytes);
}

/** Writes the picture alone, and answers its size.  Throws as `writePicture` does. */
export function writeExtents({ buffer, extents, fd, isFile, cancel }: Omit<WriteWork, "fileBytes">): number {
  const bytes = new Uint8Array(buffer);
  let position = 0;
  for (let index = 0; index + 1 < extents.length; index += 2) {
    let at = extents[index] ?? 0;
    const end = at + (extents[index + 1] ?? 0);
    while (at < end) {
      if (isCancelled(cancel)) throw new CancelledError();
      const length = Math.min(FILE_WRITE_BYTES, end - at);
      const written = writeSync(fd, bytes, at, length, isFile ? position : null);
      at += written;
      position += written;
    }
  }
  return position;
}
