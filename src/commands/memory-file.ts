/**
 * Guest memory to a file: what memsave, pmemsave and dump-guest-memory have in common.
 *
 *     file opened ---> room for a copy ---> memory copied ---> written, in a pool thread ---> closed
 *
 * The guest stands still for the copy alone.  Whatever fails, and when the command is cancelled, no new file is left,
 * and the memory of the copy has been given back, before its room is.
 */

import { type Destination, discardDestination, openDestination } from "../offload/destination.ts";
import { FileError } from "../offload/file-error.ts";
import type { MemoryCopy } from "../offload/pc-contract.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type { Progress } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import { type CancelFlag, cancel, createCancelFlag } from "../util/cancel-flag.ts";
import { DESTINATION_OPEN_MS } from "../util/limits.ts";
import { fromThread } from "./results.ts";
import { settledWithin, unlessAborted } from "./waiting.ts";

/** How long a guest stood still for a copy of its memory, in microseconds. */
export interface CopyNote {
  readonly bytes: number;
  readonly pausedUs: number;
}

export interface MemoryFileWork<Copy extends MemoryCopy> {
  readonly pool: () => Promise<WorkerPool>;
  /** The most that `take` may copy. */
  readonly bytesMax: number;
  /** Copies the memory.  Called when there is room for it. */
  readonly take: (cancel: CancelFlag) => Promise<Copy>;
  /** What comes before the memory in the file. */
  readonly head?: (copy: Copy, pool: WorkerPool) => Promise<Uint8Array<ArrayBuffer>>;
  readonly copied: (note: CopyNote) => void;
  /** How many bytes of memory are written. */
  readonly progress: (progress: Progress) => void;
}

/** Opens a file as a destination of memory.  Rejects with `QmpError`, or the signal's reason. */
export async function openMemoryFile(
  path: string,
  signal: AbortSignal,
  newFileMode?: number,
): Promise<Destination> {
  const opened = openDestination(path, newFileMode);
  try {
    return await unlessAborted(opened, signal);
  } catch (error) {
    const discarded = opened.then((destination) => discardDestination(destination, false));
    // Who cancels is not kept waiting by a file system that hangs.
    await settledWithin(DESTINATION_OPEN_MS, discarded);
    if (error instanceof FileError)
      throw new QmpError(openFault(path, error), "GenericError", { cause: error });
    throw error;
  }
}

function openFault(path: string, { errno }: FileError): string {
  return new FileError(`Could not open '${path}'`, errno).message;
}

/**
 * Copies memory, and writes it to `destination`, which is closed, or discarded, when this settles.  Rejects with
 * `FileError`, `QmpError`, or the signal's reason.
 */
export async function saveMemory<Copy extends MemoryCopy>(
  destination: Destination,
  signal: AbortSignal,
  work: MemoryFileWork<Copy>,
): Promise<void> {
  let pool: WorkerPool;
  let giveBack: () => void;
  try {
    pool = await unlessAborted(work.pool(), signal);
    giveBack = await pool.memoryRooms.take(work.bytesMax, signal);
  } catch (error) {
    await discardDestination(destination, false);
    throw error;
  }
  const flag = createCancelFlag();
  const taken = work.take(flag);
  let pieces: readonly Uint8Array<ArrayBuffer>[];
  let total: number;
  let pausedUs: number;
  try {
    const copy = await unlessAborted(taken, signal);
    ({ pausedUs } = copy);
    total = sizeOf(copy.pieces);
    work.copied({ bytes: total, pausedUs });
    work.progress({ current: 0, total, pausedUs });
    const head = work.head?.(copy, pool) ?? Promise.resolve(undefined);
    const encoded = await unlessAborted(head, signal);
    pieces = encoded === undefined ? copy.pieces : [encoded, ...copy.pieces];
  } catch (error) {
    // Its room is free when the copy is, which may still be under way.
    cancel(flag);
    void taken
      .then((copy) => pool.discardMemory(copy.pieces))
      .catch(() => {})
      .then(giveBack);
    await discardDestination(destination, false);
    throw error;
  }
  let writtenBytes = total - sizeOf(pieces);
  const written = (bytes: number): void => {
    writtenBytes += bytes;
    work.progress({ current: Math.max(0, writtenBytes), total, pausedUs });
  };
  try {
    await fromThread(pool.saveMemory(pieces, destination, signal, written));
  } finally {
    giveBack();
  }
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
