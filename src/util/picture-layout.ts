/**
 * How a picture's room is divided.  The side that takes the room and the threads that fill it go by the
 * same figures.
 *
 *     ppm    | header, pixels: the file as it is |
 *     png    | head | slot of band 0 | slot of band 1 | ... | tail | scratch of task 0 | ... |
 *
 * Bands are whole lines.
 */

import { alignUp } from "./frame-memory.ts";
import { ENCODE_TASKS_MAX, PNG_BAND_BYTES, PPM_BAND_BYTES } from "./limits.ts";

const PNG_HEAD_BYTES = 64;
const PNG_TAIL_BYTES = 64;
/** For a chunk's frame, the zlib header and the flush at the end of a band. */
const PNG_SLOT_SPARE_BYTES = 128;

export interface BandLayout {
  readonly bandLines: number;
  readonly bandCount: number;
  readonly roomBytes: number;
}

export interface PpmLayout extends BandLayout {
  readonly header: string;
}

/** Offsets are from the start of the room. */
export interface PngLayout extends BandLayout {
  /** Of a filtered line, its filter type included. */
  readonly lineBytes: number;
  readonly slotsOffset: number;
  readonly slotBytes: number;
  readonly tailOffset: number;
  readonly scratchOffset: number;
  readonly scratchBytes: number;
}

export function layoutPpm(width: number, height: number): PpmLayout {
  const header = `P6\n${width} ${height}\n255\n`;
  const bandLines = Math.max(1, Math.floor(PPM_BAND_BYTES / (width * 3)));
  return {
    header,
    bandLines,
    bandCount: Math.ceil(height / bandLines),
    roomBytes: header.length + width * height * 3,
  };
}

export function layoutPng(width: number, height: number): PngLayout {
  const lineBytes = 1 + width * 3;
  const bandLines = Math.min(height, Math.max(1, Math.floor(PNG_BAND_BYTES / lineBytes)));
  const bandCount = Math.ceil(height / bandLines);
  // Deflate stores what does not compress: five bytes more for each 16 KiB, at its smallest buffers.
  const bandBytes = bandLines * lineBytes;
  const slotBytes = alignUp(bandBytes + (bandBytes >> 8) + PNG_SLOT_SPARE_BYTES, 16);
  const tailOffset = PNG_HEAD_BYTES + bandCount * slotBytes;
  const scratchOffset = alignUp(tailOffset + PNG_TAIL_BYTES);
  const scratchBytes = alignUp(bandBytes);
  return {
    lineBytes,
    bandLines,
    bandCount,
    slotsOffset: PNG_HEAD_BYTES,
    slotBytes,
    tailOffset,
    scratchOffset,
    scratchBytes,
    roomBytes: scratchOffset + ENCODE_TASKS_MAX * scratchBytes,
  };
}
