/**
 * The pixel loops: WebAssembly SIMD where the picture lies next to its frame, a loop over 32-bit words
 * elsewhere.  Both give the same bytes.
 *
 * Places are in bytes: `source` and `reference` in the frame's memory, `target` in the picture's.  Nothing is
 * checked here, the callers' layouts are.
 */

import { PIXELS_MODULE_BASE64 } from "./wasm/pixels-module.ts";

export interface PixelKernels {
  /** Pixels as R, G, B. */
  rgb(source: number, target: number, pixels: number): void;
  /** Pixels less the pixels at `reference`, bytewise, as R, G, B. */
  difference(source: number, reference: number, target: number, pixels: number): void;
  /** Sum of the bytes of that difference, taken as signed, as absolute values, of one in four pixels. */
  distance(source: number, reference: number, pixels: number): number;
  /** RFC 1950, of these bytes alone. */
  adler32(target: number, bytes: number): number;
}

const module = compile();

/** Kernels for a frame whose picture is made in the same memory. */
export function createKernels(memory: WebAssembly.Memory): PixelKernels {
  if (module === undefined) return createLoopKernels(memory.buffer, memory.buffer);
  // The module exports these four under these names.  An instance costs 15 µs: no need to keep it.
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as PixelKernels;
  return exports;
}

/** An engine without SIMD, or one that was told to compile nothing, has the loops. */
function compile(): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(Buffer.from(PIXELS_MODULE_BASE64, "base64"));
  } catch {
    return undefined;
  }
}

const ADLER_MODULUS = 65_521;
/** Bytes that can be summed before a sum of sums exceeds 2^53, with much to spare. */
const ADLER_BLOCK_BYTES = 65_536;

/** Kernels for any two memories. */
export function createLoopKernels(frame: SharedArrayBuffer, picture: SharedArrayBuffer): PixelKernels {
  const pixelWords = new Uint32Array(frame);
  const out = new Uint8Array(picture);
  return {
    rgb(source, target, pixels) {
      let to = target;
      const first = source >> 2;
      for (let from = first; from < first + pixels; from++) {
        const pixel = pixelWords[from] ?? 0;
        out[to] = pixel >> 16;
        out[to + 1] = pixel >> 8;
        out[to + 2] = pixel;
        to += 3;
      }
    },
    difference(source, reference, target, pixels) {
      let to = target;
      const first = source >> 2;
      const distance = (reference - source) >> 2;
      for (let from = first; from < first + pixels; from++) {
        const pixel = pixelWords[from] ?? 0;
        const other = pixelWords[from + distance] ?? 0;
        out[to] = (pixel >> 16) - (other >> 16);
        out[to + 1] = (pixel >> 8) - (other >> 8);
        out[to + 2] = pixel - other;
        to += 3;
      }
    },
    distance(source, reference, pixels) {
      let sum = 0;
      const first = source >> 2;
      const apart = (reference - source) >> 2;
      for (let group = first; group + 4 <= first + pixels; group += 16) {
        for (let from = group; from < group + 4; from++) {
          const pixel = pixelWords[from] ?? 0;
          const other = pixelWords[from + apart] ?? 0;
          for (const shift of [0, 8, 16]) {
            const byte = ((pixel >> shift) - (other >> shift)) & 0xff;
            sum += byte < 128 ? byte : 256 - byte;
          }
        }
      }
      return sum;
    },
    adler32(target, bytes) {
      let low = 1;
      let high = 0;
      for (let block = target; block < target + bytes; block += ADLER_BLOCK_BYTES) {
        const end = Math.min(block + ADLER_BLOCK_BYTES, target + bytes);
        for (let at = block; at < end; at++) {
          low += out[at] ?? 0;
          high += low;
        }
        low %= ADLER_MODULUS;
        high %= ADLER_MODULUS;
      }
      return high * 65_536 + low;
    },
  };
}

/** The checksum of two pieces in a row, of which the second has `secondBytes`. */
export function combineAdler32(first: number, second: number, secondBytes: number): number {
  // Each sum was started anew, at 1, for the second piece.
  const low = (first & 0xffff) + (second & 0xffff) - 1 + ADLER_MODULUS;
  const carried = ((first & 0xffff) + ADLER_MODULUS - 1) * (secondBytes % ADLER_MODULUS);
  const high = carried + (first >>> 16) + (second >>> 16);
  return (high % ADLER_MODULUS) * 65_536 + (low % ADLER_MODULUS);
}
