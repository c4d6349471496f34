/** Extents of a picture: who tells them, and what lies there. */

import type { BandBoard } from "../util/band-board.ts";
import type { Extents } from "./contract.ts";
import { WorkerGoneError } from "./worker-gone.ts";

/**
 * The extents, as soon as one task answers them: all bands are done then, and tasks that are still queued
 * will find none.  A failure is told when all tasks have ended, for until then they write to the room.
 */
export async function firstExtents(
  runs: readonly Promise<Extents | undefined>[],
  board: BandBoard,
): Promise<Extents> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    let running = runs.length;
    const ended = (): void => {
      running--;
      if (running === 0) reject(failure ?? new WorkerGoneError("no pool thread finished the picture"));
    };
    for (const run of runs) {
      run.then(
        (extents) => {
          if (extents !== undefined) resolve(extents);
          ended();
        },
        (error) => {
          board.stop();
          failure = error;
          ended();
        },
      );
    }
  });
}

export function* bytesOf(buffer: SharedArrayBuffer, extents: Extents): Generator<Uint8Array, undefined> {
  for (let index = 0; index + 1 < extents.length; index += 2)
    yield new Uint8Array(buffer, extents[index], extents[index + 1]);
}

/** In bytes. */
export function sizeOf(extents: Extents): number {
  return extents.reduce((sum, value, index) => (index % 2 === 1 ? sum + value : sum), 0);
}
