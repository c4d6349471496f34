/**
 * Writing to a FIFO: on the event loop, since the reader may take its time or never read (rule C8).
 */

import { Socket } from "node:net";
import { FIFO_WRITE_BYTES } from "../util/limits.ts";

export interface PictureBytes {
  readonly buffer: SharedArrayBuffer;
  /** Offset and length of each piece. */
  readonly extents: readonly number[];
}

/**
 * Writes to `fd`, which is non-blocking, without a copy.  Rejects with the system's error, or with the signal's
 * reason at once.  Closes `fd` in any case, before it settles.
 */
export function writeFifo(fd: number, { buffer, extents }: PictureBytes, signal: AbortSignal): Promise<void> {
  const socket = new Socket({ fd, readable: false, writable: true });
  const abort = (): void => void socket.destroy(signal.reason);
  return new Promise<void>((resolve, reject) => {
    let failure: Error | undefined;
    socket.once("error", (error) => {
      failure = error;
    });
    socket.once("close", () => (failure === undefined ? resolve() : reject(failure)));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    const slices = slicesOf(buffer, extents);
    const writeNext = (): void => {
      const slice = slices.next();
      if (slice.done === true)
        socket.destroy(); // All of it is with the kernel.
      else socket.write(slice.value, (error) => error ?? writeNext());
    };
    writeNext();
  }).finally(() => signal.removeEventListener("abort", abort));
}

function* slicesOf(buffer: SharedArrayBuffer, extents: readonly number[]): Generator<Uint8Array, undefined> {
  for (let index = 0; index + 1 < extents.length; index += 2) {
    let at = extents[index] ?? 0;
    const end = at + (extents[index + 1] ?? 0);
    for (; at < end; at += FIFO_WRITE_BYTES) {
      yield new Uint8Array(buffer, at, Math.min(FIFO_WRITE_BYTES, end - at));
    }
  }
}
