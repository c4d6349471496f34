/**
 * Copying much memory of one moment, while the guest stands still for as short as can be.
 *
 * It is copied twice: first a part in each turn of the event loop, while the guest goes on, then all of it at once.
 * Memory that nobody has touched yet, of the guest or of the copy, is provided by the system with the first pass, which
 * takes many times as long as to copy it.
 */

import { type CancelFlag, isCancelled } from "../../util/cancel-flag.ts";
import { MEMORY_WARM_UP_BYTES } from "../../util/limits.ts";
import { allocatePieces } from "../../util/memory-pieces.ts";
import { MachineError } from "../error.ts";
import type { MemorySource } from "./memory.ts";

export interface MemoryCopy {
  /** They follow each other. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  /** How long the guest stood still, in microseconds. */
  readonly pausedUs: number;
}

/**
 * Allocates pieces for `bytes`, and makes the first pass.  `source` is asked for again in each turn, as the guest may be
 * reset meanwhile; `cancel` is looked at as often.  Throws `MachineError` when
 * there is not so much memory, or where it is not mapped.
 */
export async function prepareCopy(
  bytes: number,
  source: () => Promise<MemorySource>,
  defer: (callback: () => void) => void,
  cancel: CancelFlag,
): Promise<MemoryCopy["pieces"]> {
  const pieces = allocate(bytes);
  if (bytes <= MEMORY_WARM_UP_BYTES) return pieces;
  let start = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += MEMORY_WARM_UP_BYTES) {
      await new Promise<void>((resolve) => defer(resolve));
      if (isCancelled(cancel)) throw new MachineError("Command cancelled");
      const read = await source();
      read(start + at, piece.subarray(at, at + MEMORY_WARM_UP_BYTES));
    }
    start += piece.length;
  }
  return pieces;
}

/** The second pass.  Throws `MachineError` where memory is not mapped. */
export function copyAtOnce(source: MemorySource, pieces: MemoryCopy["pieces"]): void {
  let start = 0;
  for (const piece of pieces) {
    source(start, piece);
    start += piece.length;
  }
}

function allocate(bytes: number): MemoryCopy["pieces"] {
  try {
    return allocatePieces(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new MachineError("Cannot allocate memory");
    throw error;
  }
}
