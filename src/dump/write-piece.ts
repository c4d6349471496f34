/**
 * Writing a piece of memory in a pool thread, to its place in a file, with a look at the cancel flag before each
 * step; and giving the memory back.
 */

import { writeSync } from "node:fs";
import { MessageChannel } from "node:worker_threads";
import { CancelledError } from "../picture/cancelled.ts";
import { type CancelFlag, isCancelled } from "../util/cancel-flag.ts";
import { FILE_WRITE_BYTES } from "../util/limits.ts";

export interface PieceWork {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fd: number;
  /** In the file; undefined: a device, which has no positions. */
  readonly position: number | undefined;
  readonly cancel: CancelFlag;
}

/** Throws `CancelledError`, or the system's error. */
export function writePiece({ bytes, fd, position, cancel }: PieceWork): void {
  for (let at = 0; at < bytes.length; ) {
    if (isCancelled(cancel)) throw new CancelledError();
    const length = Math.min(FILE_WRITE_BYTES, bytes.length - at);
    at += writeSync(fd, bytes, at, length, position === undefined ? null : position + at);
  }
}

/**
 * Gives memory back now, whoever refers to it: it is moved to where nobody is.  A thread that waits for work
 * collects no garbage.
 */
export function releaseMemory(pieces: readonly Uint8Array<ArrayBuffer>[]): void {
  const { port1 } = new MessageChannel();
  port1.close();
  port1.postMessage(
    undefined,
    pieces.map(({ buffer }) => buffer),
  );
}
