import type { BandBoard } from "../util/band-board.ts";

/** A format, for one frame and one room: what one thread makes of the bands that it takes. */
export interface PictureEncoder {
  /** Makes one band in its place. */
  encodeBand(band: number): { readonly sizeBytes: number; readonly checksum: number };
  /** Where a band is, when all bands of a picture together are the file as it is: from its start, in bytes. */
  placeOf?(band: number): { readonly start: number; readonly length: number };
  /** What belongs to no band, once all are done; answers offset and length of each piece of the file. */
  finish(board: BandBoard): readonly number[];
}
