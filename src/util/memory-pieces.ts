/**
 * Much memory, in pieces: each is moved from thread to thread, and given back by the thread that is done with it.
 * Shared memory would stay until all threads that saw it have collected their garbage, which one that waits for
 * work does not.
 */

import { MEMORY_PIECE_BYTES } from "./limits.ts";

/** Zeros.  Throws `RangeError` when there is not so much memory. */
export function allocatePieces(bytes: number): readonly Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let left = bytes; left > 0; left -= MEMORY_PIECE_BYTES) {
    pieces.push(new Uint8Array(Math.min(left, MEMORY_PIECE_BYTES)));
  }
  return pieces;
}
