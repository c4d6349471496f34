import type { BandBoard } from "../util/band-board.ts";

/** A format, for one frame and one room: what one thread makes of the bands that it takes. */
export interface PictureEncoder {
  /** Makes one band in its place. */
  encodeBand(band: number): EncodedBand;
  /**
   * Where bands can be written to the file as soon as they are made, which is where all of them together are
   * the file: makes one in memory of the task's own, which the task's next band is made in, too.
   */
  encodeFileBand?(band: number, task: number): FileBand;
  /** What belongs to no band, once all are done; answers offset and length of each piece of the file. */
  finish(board: BandBoard): readonly number[];
}

export interface EncodedBand {
  readonly sizeBytes: number;
  readonly checksum: number;
}

export interface FileBand {
  /** Until the task's next band. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** In the file, from its start. */
  readonly position: number;
}
