/**
 * Writing to a FIFO: on the event loop, since the reader may take its time or never read (rule C8).
 */

import { Socket } from "node:net";
import { FIFO_WRITE_BYTES } from "../util/limits.ts";

/**
 * Writes `pieces` to `fd`, which is non-blocking, without a copy.  Rejects with the system's error, or with the
 * signal's reason at once.  Closes `fd` in any case, before it settles.  A piece is asked for when the one before it
 * has been taken.
 */
export function writeFifo(fd: number, pieces: Iterable<Uint8Array>, signal: AbortSignal): Promise<void> {
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
    const slices = slicesOf(pieces);
    const writeNext = (): void => {
      const slice = slices.next();
      if (slice.done === true)
        socket.destroy(); // All of it is with the kernel.
      else socket.write(slice.value, (error) => error ?? writeNext());
    };
    writeNext();
  }).finally(() => signal.removeEventListener("abort", abort));
}

function* slicesOf(pieces: Iterable<Uint8Array>): Generator<Uint8Array, undefined> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += FIFO_WRITE_BYTES)
      yield piece.subarray(at, at + FIFO_WRITE_BYTES);
  }
}
