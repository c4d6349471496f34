/**
 * PNG: 8-bit RGB, bands deflated apart from each other, an IDAT chunk each.
 *
 * Bands are made at the same time by several threads, in any order.  Each is a piece of raw deflate that ends
 * on a byte, with an empty stored block, and that refers to nothing before itself; one after the other
 * they are one stream (as pigz has it).  The zlib header is in band 0's chunk, the checksum, which needs
 * all bands, in a chunk of its own.  Source: PNG specification, RFC 1950, RFC 1951.
 *
 * A line is filtered by Up where that leaves little, or much less than Sub; else by Sub.  Measured on desktops,
 * photographs and gradients at 1920x1080, against libpng's defaults: 0.8 to 1.5 times the size in a tenth of the
 * time.
 */

import zlib from "node:zlib";
import { assert } from "../util/assert.ts";
import type { BandBoard } from "../util/band-board.ts";
import { layoutPng, type PngLayout } from "../util/picture-layout.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import type { PictureEncoder } from "./encoder.ts";
import { combineAdler32, type PixelKernels } from "./pixels.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const FILTER_SUB = 1;
const FILTER_UP = 2;
/** A window of 32 KiB, no dictionary, fastest algorithm. */
const ZLIB_HEADER = 0x7801;
const ZLIB_HEADER_BYTES = 2;
const CHUNK_FRAME_BYTES = 12;
const IHDR_BYTES = 13;

const DEFLATE_CHUNK_BYTES = 64 * 1024;
/** Level 2 is as fast as 1 on desktops and smaller. */
const MATCHING = { level: 2, strategy: zlib.constants.Z_DEFAULT_STRATEGY };
/** Runs and Huffman codes only.  On grain the search for matches costs three times as much and finds nothing. */
const RUNS = { level: 1, strategy: zlib.constants.Z_RLE };
/** What both are tried on, where a line's bytes are this large on average. */
const SAMPLE_BYTES = 16 * 1024;
const GRAIN_MAGNITUDE_MIN = 0.5;
/** A sample is too short for the matches of lines far apart: what wins on it must win clearly. */
const SAMPLE_GAIN_MIN = 1.05;

export function createPngEncoder(
  frame: SharedSurface,
  kernels: PixelKernels,
  room: Uint8Array<SharedArrayBuffer>,
  task: number,
): PictureEncoder {
  const layout = layoutPng(frame.width, frame.height);
  const view = new DataView(room.buffer, room.byteOffset);
  const scratch = layout.scratchOffset + task * layout.scratchBytes;
  return {
    encodeBand(band) {
      const firstLine = band * layout.bandLines;
      const endLine = Math.min(firstLine + layout.bandLines, frame.height);
      const magnitude = filterLines(frame, kernels, room, layout, scratch, firstLine, endLine);
      const filtered = room.subarray(scratch, scratch + (endLine - firstLine) * layout.lineBytes);
      const isLast = band === layout.bandCount - 1;
      const deflated = deflateBand(filtered, magnitude, isLast);
      const slot = layout.slotsOffset + band * layout.slotBytes;
      const headerBytes = band === 0 ? ZLIB_HEADER_BYTES : 0;
      const dataBytes = headerBytes + deflated.length;
      assert(dataBytes + CHUNK_FRAME_BYTES <= layout.slotBytes, "a deflated band fits its slot");
      if (band === 0) view.setUint16(slot + 8, ZLIB_HEADER);
      room.set(deflated, slot + 8 + headerBytes);
      frameChunk(room, view, slot, "IDAT", dataBytes);
      return {
        sizeBytes: dataBytes + CHUNK_FRAME_BYTES,
        checksum: kernels.adler32(room.byteOffset + scratch, filtered.length),
      };
    },
    finish(board) {
      const headBytes = writeHead(room, view, frame);
      const tailBytes = writeTail(room, view, layout, frame.height, board);
      const extents = [room.byteOffset, headBytes];
      for (let band = 0; band < layout.bandCount; band++) {
        const slot = layout.slotsOffset + band * layout.slotBytes;
        extents.push(room.byteOffset + slot, board.sizeBytes(band));
      }
      extents.push(room.byteOffset + layout.tailOffset, tailBytes);
      return extents;
    },
  };
}

/** Filters lines into the task's scratch; answers the sum of what is left of them. */
function filterLines(
  frame: SharedSurface,
  kernels: PixelKernels,
  room: Uint8Array<SharedArrayBuffer>,
  layout: PngLayout,
  scratch: number,
  firstLine: number,
  endLine: number,
): number {
  const { offset, width, stride } = frame;
  const base = room.byteOffset;
  const dataBytes = width * 3;
  const pixels = new Uint8Array(frame.memory.buffer);
  const candidate = scratch + (endLine - firstLine) * layout.lineBytes;
  let total = 0;
  const sub = (source: number, at: number): void => {
    // The first pixel has nothing to its left.
    room[at] = pixels[source + 2] ?? 0;
    room[at + 1] = pixels[source + 1] ?? 0;
    room[at + 2] = pixels[source] ?? 0;
    kernels.difference(source + 4, source, base + at + 3, width - 1);
  };
  for (let line = firstLine; line < endLine; line++) {
    const source = offset + line * stride;
    const at = scratch + (line - firstLine) * layout.lineBytes;
    let upMagnitude = Number.POSITIVE_INFINITY;
    if (line > 0) {
      kernels.difference(source, source - stride, base + at + 1, width);
      upMagnitude = kernels.magnitude(base + at + 1, dataBytes);
    }
    let magnitude = upMagnitude;
    let filter = FILTER_UP;
    if (upMagnitude * 2 >= dataBytes) {
      sub(source, candidate);
      const subMagnitude = kernels.magnitude(base + candidate, dataBytes);
      if (upMagnitude * 2 >= subMagnitude) {
        room.copyWithin(at + 1, candidate, candidate + dataBytes);
        magnitude = subMagnitude;
        filter = FILTER_SUB;
      }
    }
    room[at] = filter;
    total += magnitude;
  }
  return total;
}

function deflateBand(filtered: Uint8Array, magnitude: number, isLast: boolean): Uint8Array {
  const finishFlush = isLast ? zlib.constants.Z_FINISH : zlib.constants.Z_SYNC_FLUSH;
  return zlib.deflateRawSync(filtered, {
    ...chooseDeflate(filtered, magnitude),
    chunkSize: DEFLATE_CHUNK_BYTES,
    finishFlush,
  });
}

/** By trial on a sample, since neither grain nor a pattern can be told from the bytes' sizes alone. */
function chooseDeflate(filtered: Uint8Array, magnitude: number): typeof MATCHING {
  if (magnitude < GRAIN_MAGNITUDE_MIN * filtered.length || filtered.length <= SAMPLE_BYTES) return MATCHING;
  const middle = (filtered.length - SAMPLE_BYTES) >> 1;
  const sample = filtered.subarray(middle, middle + SAMPLE_BYTES);
  const matching = zlib.deflateRawSync(sample, MATCHING).length;
  const runs = zlib.deflateRawSync(sample, RUNS).length;
  return runs * SAMPLE_GAIN_MIN <= matching ? RUNS : MATCHING;
}

/** Puts length, type and CRC around the data of a chunk. */
function frameChunk(
  room: Uint8Array<SharedArrayBuffer>,
  view: DataView,
  at: number,
  type: "IHDR" | "IDAT" | "IEND",
  dataBytes: number,
): void {
  view.setUint32(at, dataBytes);
  for (let index = 0; index < 4; index++) room[at + 4 + index] = type.charCodeAt(index);
  view.setUint32(at + 8 + dataBytes, zlib.crc32(room.subarray(at + 4, at + 8 + dataBytes)));
}

function writeHead(room: Uint8Array<SharedArrayBuffer>, view: DataView, frame: SharedSurface): number {
  room.set(SIGNATURE);
  const at = SIGNATURE.length;
  view.setUint32(at + 8, frame.width);
  view.setUint32(at + 12, frame.height);
  room.set([8, 2, 0, 0, 0], at + 16); // Bits a sample, RGB, and the only methods there are; not interlaced.
  frameChunk(room, view, at, "IHDR", IHDR_BYTES);
  return at + CHUNK_FRAME_BYTES + IHDR_BYTES;
}

function writeTail(
  room: Uint8Array<SharedArrayBuffer>,
  view: DataView,
  layout: PngLayout,
  height: number,
  board: BandBoard,
): number {
  let checksum = board.checksum(0);
  for (let band = 1; band < layout.bandCount; band++) {
    const lines = Math.min(layout.bandLines, height - band * layout.bandLines);
    checksum = combineAdler32(checksum, board.checksum(band), lines * layout.lineBytes);
  }
  const at = layout.tailOffset;
  view.setUint32(at + 8, checksum);
  frameChunk(room, view, at, "IDAT", 4);
  frameChunk(room, view, at + CHUNK_FRAME_BYTES + 4, "IEND", 0);
  return 2 * CHUNK_FRAME_BYTES + 4;
}
