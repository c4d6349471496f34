/** Frames for tests: random or structured pixels, of any size and stride. */

import { allocateFrameMemory } from "../../src/util/frame-memory.ts";
import type { SharedSurface } from "../../src/util/shared-surface.ts";

export type FrameContent = "noise" | "text" | "gradient" | "plain";

export interface FrameShape {
  readonly width: number;
  readonly height: number;
  readonly content: FrameContent;
  /** Bytes at the end of each line that are no pixels. */
  readonly padding?: number;
  /** Bytes before the first pixel. */
  readonly offset?: number;
  /** Where the frame's own memory has no room for pictures. */
  readonly isForeign?: boolean;
}

export function createFrame(shape: FrameShape): SharedSurface {
  const { width, height, content, padding = 0, offset = 0, isForeign = false } = shape;
  const stride = width * 4 + padding;
  const bytes = offset + stride * height;
  const pages = Math.ceil(bytes / 65_536) + 1;
  const memory = isForeign
    ? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    : allocateFrameMemory(bytes);
  // The unused byte and the padding are not zero: nothing of them may get into a picture.
  new Uint8Array(memory.buffer, 0, bytes).fill(0xa5);
  const words = new Uint32Array(memory.buffer);
  const next = createRandom(width * 31 + height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      words[(offset + y * stride) / 4 + x] = PIXELS[content](x, y, next) | 0xa500_0000;
    }
  }
  return { memory, offset, width, height, stride };
}

const PIXELS: Readonly<Record<FrameContent, (x: number, y: number, next: () => number) => number>> = {
  noise: (_x, _y, next) => next() & 0xff_ffff,
  text: (x, y) => (isInk(x, y) ? 0x22_2a33 : 0xfb_fbf8),
  gradient: (x, y) => ((x & 0xff) << 16) | ((y & 0xff) << 8) | ((x + y) & 0xff),
  plain: () => 0x12_3456,
};

/** Letters of 8 by 16 dots, one of 48 in each place. */
function isInk(x: number, y: number): boolean {
  const letter = scatter((y >> 4) * 1_000 + (x >> 3)) % 48;
  return scatter(letter * 128 + (y & 15) * 8 + (x & 7)) % 3 === 0;
}

function scatter(n: number): number {
  const mixed = Math.imul(n ^ 0x5f35_6495, 0x2c1b_3c6d);
  return Math.imul(mixed ^ (mixed >>> 15), 0x297a_2d39) >>> 8;
}

/** The frame's pixels as a picture has them: R, G, B, line after line. */
export function rgbOf({ memory, offset, width, height, stride }: SharedSurface): Uint8Array {
  const pixels = new Uint8Array(memory.buffer);
  const rgb = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = offset + y * stride + x * 4;
      rgb[at++] = pixels[pixel + 2] ?? 0;
      rgb[at++] = pixels[pixel + 1] ?? 0;
      rgb[at++] = pixels[pixel] ?? 0;
    }
  }
  return rgb;
}

/** The PPM of a frame, made the plain way. */
export function ppmOf(frame: SharedSurface): Buffer {
  return Buffer.concat([Buffer.from(`P6\n${frame.width} ${frame.height}\n255\n`), rgbOf(frame)]);
}

function createRandom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
