/**
 * Encoding in a pool thread: takes bands from the picture's board until there are none.
 *
 * Several threads may work on one picture.  Each makes its own encoder of the same frame, room and layout;
 * what they share is the board.
 */

import { writeSync } from "node:fs";
import { assert } from "../util/assert.ts";
import type { BandBoard } from "../util/band-board.ts";
import { type CancelFlag, isCancelled } from "../util/cancel-flag.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import { CancelledError } from "./cancelled.ts";
import type { EncodedBand, PictureEncoder } from "./picture-encoder.ts";
import { createKernels, createLoopKernels } from "./pixels.ts";
import { createPngEncoder } from "./png.ts";
import { createPpmEncoder } from "./ppm.ts";
import { writeExtents } from "./write.ts";

/** What one thread is to help with. */
export interface EncodeWork {
  readonly frame: SharedSurface;
  readonly format: "ppm" | "png";
  readonly cancel: CancelFlag;
  /** Undefined: the picture's room is in the frame's memory. */
  readonly roomBuffer: SharedArrayBuffer | undefined;
  readonly roomOffset: number;
  readonly board: BandBoard;
  /**
   * A file that is to have the picture.  Of a PPM, whose bands are the file, each is written as soon as it is made:
   * the room does not hold the picture then, and has to be large enough for a band of each task.  A PNG is
   * written by whoever has made the last band.
   */
  readonly fd: number | undefined;
  /** The thread's number among those that work on this picture. */
  readonly task: number;
}

/** Answers the picture's extents if the last band was done here.  Throws `CancelledError`. */
export function encodePicture(work: EncodeWork): readonly number[] | undefined {
  const { board, cancel } = work;
  const room = new Uint8Array(work.roomBuffer ?? work.frame.memory.buffer, work.roomOffset);
  const encoder = createEncoder(work, room);
  for (;;) {
    if (isCancelled(cancel)) throw new CancelledError();
    const band = board.take();
    if (band === undefined) return undefined;
    const isWritten = work.fd !== undefined && work.format === "ppm";
    const { sizeBytes, checksum } = isWritten
      ? writeBand(work.fd, encoder, band, work.task)
      : encoder.encodeBand(band);
    if (!board.finish(band, sizeBytes, checksum)) continue;
    const extents = encoder.finish(board);
    if (work.fd !== undefined && !isWritten) {
      writeExtents({ buffer: room.buffer, extents, fd: work.fd, isFile: true, cancel });
    }
    return extents;
  }
}

/** While the band is still in the processor's cache, and while other threads make the next ones. */
function writeBand(fd: number, encoder: PictureEncoder, band: number, task: number): EncodedBand {
  const made = encoder.encodeFileBand?.(band, task);
  assert(made !== undefined, "only a picture whose bands are the file is written band by band");
  const { bytes, position } = made;
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written);
  }
  return { sizeBytes: bytes.length, checksum: 0 };
}

function createEncoder(
  { frame, format, roomBuffer, task }: EncodeWork,
  room: Uint8Array<SharedArrayBuffer>,
): PictureEncoder {
  const kernels =
    roomBuffer === undefined
      ? createKernels(frame.memory)
      : createLoopKernels(frame.memory.buffer, roomBuffer);
  return format === "png"
    ? createPngEncoder(frame, kernels, room, task)
    : createPpmEncoder(frame, kernels, room);
}
