/**
 * PNG: 8-bit RGB, bands deflated apart from each other, an IDAT chunk each.
 *
 * Bands are made at the same time by several threads, in any order.  Each is a piece of raw deflate that ends
 * on a byte, with an empty stored block, and that refers to nothing before itself; one after the other
 * they are one stream (as pigz has it).  The zlib header is in band 0's chunk, the checksum, which needs
 * all bands, in a chunk of its own.  Source: PNG specification, RFC 1950, RFC 1951.
 *
 * A line is filtered by Up or by Sub, as libpng chooses among all filters.  Sizes, against libpng as QEMU uses it: the
 * benchmarks' desktop at 1920x1080 1.20 times, in a sixth of the processor time (`npm run bench -- screendump
 * --against-qemu`); by hand, text screens of a PC 1.06 and 1.18 times, letters at 1920x1080 1.9 times, and where
 * next to nothing is left of a large picture, a plain one for example, 30 KB in place of 9.
 */

import zlib from "node:zlib";
import { assert } from "../util/assert.ts";
import type { BandBoard } from "../util/band-board.ts";
import { layoutPng, type PngLayout } from "../util/picture-layout.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import type { PictureEncoder } from "./picture-encoder.ts";
import { combineAdler32, type PixelKernels } from "./pixels.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PIXEL_BYTES = 4;
const FILTER_SUB = 1;
const FILTER_UP = 2;
/** A window of 32 KiB, no dictionary. */
const ZLIB_HEADER = 0x7801;
const ZLIB_HEADER_BYTES = 2;
const CHUNK_FRAME_BYTES = 12;
const IHDR_BYTES = 13;

const DEFLATE_CHUNK_BYTES = 64 * 1024;
const MATCHING = { level: 1, strategy: zlib.constants.Z_DEFAULT_STRATEGY };
/**
 * What the fastest level misses in text is half the file, and in a small picture the time is small, too: text modes
 * have at most so many bands.
 */
const SMALL_BANDS_MAX = 3;
const MATCHING_OF_SMALL = { level: 4, strategy: zlib.constants.Z_DEFAULT_STRATEGY };
/** Runs and Huffman codes only.  On grain the search for matches takes twice as long and finds nothing. */
const RUNS = { level: 1, strategy: zlib.constants.Z_RLE };
const ZEROS_SAMPLE_COUNT = 512;
/** What both are tried on. */
const SAMPLE_BYTES = 16 * 1024;
/** The sample is too short for matches of lines far apart: what wins on it must win clearly. */
const SAMPLE_GAIN_MIN = 1.05;

export function createPngEncoder(
  frame: SharedSurface,
  kernels: PixelKernels,
  room: Uint8Array<SharedArrayBuffer>,
  task: number,
): PictureEncoder {
  const layout = layoutPng(frame.width, frame.height);
  const matching = layout.bandCount <= SMALL_BANDS_MAX ? MATCHING_OF_SMALL : MATCHING;
  const view = new DataView(room.buffer, room.byteOffset);
  const scratch = layout.scratchOffset + task * layout.scratchBytes;
  return {
    encodeBand(band) {
      const firstLine = band * layout.bandLines;
      const endLine = Math.min(firstLine + layout.bandLines, frame.height);
      const filtered = room.subarray(scratch, scratch + (endLine - firstLine) * layout.lineBytes);
      filterLines(frame, kernels, filtered, firstLine, endLine);
      const deflated = deflateBand(filtered, matching, band === layout.bandCount - 1);
      const slot = layout.slotsOffset + band * layout.slotBytes;
      const headerBytes = band === 0 ? ZLIB_HEADER_BYTES : 0;
      const dataBytes = headerBytes + deflated.length;
      assert(dataBytes + CHUNK_FRAME_BYTES <= layout.slotBytes, "a deflated band fits its slot");
      if (band === 0) view.setUint16(slot + 8, ZLIB_HEADER);
      room.set(deflated, slot + 8 + headerBytes);
      frameChunk(room, view, slot, "IDAT", dataBytes);
      return {
        sizeBytes: dataBytes + CHUNK_FRAME_BYTES,
        checksum: kernels.adler32(filtered.byteOffset, filtered.length),
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

/** Filters lines into the task's scratch. */
function filterLines(
  { memory, offset, width, stride }: SharedSurface,
  kernels: PixelKernels,
  scratch: Uint8Array<SharedArrayBuffer>,
  firstLine: number,
  endLine: number,
): void {
  const pixels = new Uint8Array(memory.buffer);
  let at = 0;
  for (let line = firstLine; line < endLine; line++) {
    const source = offset + line * stride;
    const target = scratch.byteOffset + at + 1;
    if (line > 0 && prefersUp(kernels, source, stride, width)) {
      scratch[at] = FILTER_UP;
      kernels.difference(source, source - stride, target, width);
    } else {
      scratch[at] = FILTER_SUB;
      // The first pixel has nothing to its left.
      scratch[at + 1] = pixels[source + 2] ?? 0;
      scratch[at + 2] = pixels[source + 1] ?? 0;
      scratch[at + 3] = pixels[source] ?? 0;
      kernels.difference(source + PIXEL_BYTES, source, target + 3, width - 1);
    }
    at += 1 + width * 3;
  }
}

/** As libpng chooses: by the sum of what is left, here of one pixel in four. */
function prefersUp(kernels: PixelKernels, source: number, stride: number, width: number): boolean {
  const up = kernels.distance(source, source - stride, width);
  return up <= kernels.distance(source + PIXEL_BYTES, source, width - 1);
}

function deflateBand(filtered: Uint8Array, matching: typeof MATCHING, isLast: boolean): Uint8Array {
  const finishFlush = isLast ? zlib.constants.Z_FINISH : zlib.constants.Z_SYNC_FLUSH;
  return zlib.deflateRawSync(filtered, {
    ...chooseDeflate(filtered, matching),
    chunkSize: DEFLATE_CHUNK_BYTES,
    finishFlush,
  });
}

/** Grain and a repeated pattern both leave few zeros: a trial tells them apart. */
function chooseDeflate(filtered: Uint8Array, matching: typeof MATCHING): typeof MATCHING {
  if (filtered.length <= SAMPLE_BYTES) return matching;
  let zeros = 0;
  for (let index = 0; index < ZEROS_SAMPLE_COUNT; index++) {
    if (filtered[Math.floor((filtered.length * index) / ZEROS_SAMPLE_COUNT)] === 0) zeros++;
  }
  if (zeros > ZEROS_SAMPLE_COUNT / 2) return matching;
  const middle = (filtered.length - SAMPLE_BYTES) >> 1;
  const sample = filtered.subarray(middle, middle + SAMPLE_BYTES);
  const matched = zlib.deflateRawSync(sample, matching).length;
  const runs = zlib.deflateRawSync(sample, RUNS).length;
  return runs * SAMPLE_GAIN_MIN <= matched ? RUNS : matching;
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
