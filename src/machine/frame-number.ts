/**
 * The frame number as pixels.  Every line of a moving picture carries it, so that whoever looks at a
 * screendump can tell whether it is fresh (rule D1), whole (rule D2) and untorn (rule D3): all lines of one
 * frame tell the same number.
 *
 *     8 px | 32 bits of the number | 8 check bits |      a bit is 4 px wide: 160 px in all
 *
 * The least significant bit stands left.  From one band of eight lines to the next the bits are turned
 * over like a chess board, which is only for the eye.  Only green matters: it is the second byte of a
 * pixel in x8r8g8b8 and in RGB alike, so one reader serves a frame and a decoded picture.
 */

import type { Surface } from "./surface.ts";

const LEFT_PX = 8;
const BIT_PX = 4;
const NUMBER_BITS = 32;
const CHECK_BITS = 8;
const BITS = NUMBER_BITS + CHECK_BITS;
const BAND_LINES = 8;
const DARK = 0x0010_2030;
const LIGHT = 0x00d0_e0f0;
const GREEN_THRESHOLD = 0x80;

/** The first column to the right of the number that a picture may use for itself. */
export const FRAME_NUMBER_END_PX = LEFT_PX + BITS * BIT_PX;

/** Pixels in memory, of a frame (4 bytes each) or of a decoded picture (3 or 4). */
export interface PixelBytes {
  readonly bytes: Uint8Array;
  readonly bytesPerPixel: number;
  readonly width: number;
  readonly height: number;
  /** From one line to the next, in bytes. */
  readonly stride: number;
}

/** Paints `frameNumber`, a 32 bit unsigned integer, into the lines from `firstLine` up to `endLine`. */
export function paintFrameNumber(
  surface: Surface,
  frameNumber: number,
  firstLine: number,
  endLine: number,
): void {
  const bands = [codeLine(frameNumber, 0), codeLine(frameNumber, 1)] as const;
  for (let line = firstLine; line < endLine; line++) {
    const band = bands[bandParity(line)];
    surface.pixels.set(band, line * surface.width + LEFT_PX);
  }
}

/** The number that each line tells; `undefined` for a line that carries none. */
export function readFrameNumbers(image: PixelBytes): (number | undefined)[] {
  return Array.from({ length: image.height }, (_, line) => readLine(image, line));
}

/** The one number that all lines tell.  Throws when they do not agree: the picture is torn or half drawn. */
export function readFrameNumber(image: PixelBytes): number {
  const numbers = readFrameNumbers(image);
  const first = numbers[0];
  const odd = numbers.findIndex((number) => number !== first);
  if (first === undefined || odd >= 0) {
    throw new Error(
      `line ${Math.max(odd, 0)} tells frame ${numbers[Math.max(odd, 0)]}, line 0 tells ${first}`,
    );
  }
  return first;
}

function bandParity(line: number): 0 | 1 {
  return Math.floor(line / BAND_LINES) % 2 === 0 ? 0 : 1;
}

function codeLine(frameNumber: number, parity: 0 | 1): Uint32Array {
  const line = new Uint32Array(BITS * BIT_PX);
  for (let bit = 0; bit < BITS; bit++) {
    const value =
      bit < NUMBER_BITS ? (frameNumber >>> bit) & 1 : (checkByte(frameNumber) >>> (bit - NUMBER_BITS)) & 1;
    line.fill((value ^ parity ^ (bit & 1)) === 1 ? LIGHT : DARK, bit * BIT_PX, (bit + 1) * BIT_PX);
  }
  return line;
}

/** Mixes all bits of the number, so that no plain area reads as one by chance. */
function checkByte(frameNumber: number): number {
  return Math.imul(frameNumber ^ 0x5bd1_e995, 0x9e37_79b1) >>> 24;
}

function readLine(image: PixelBytes, line: number): number | undefined {
  if (image.width < FRAME_NUMBER_END_PX) return undefined;
  const parity = bandParity(line);
  let number = 0;
  let check = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const green = line * image.stride + (LEFT_PX + bit * BIT_PX) * image.bytesPerPixel + 1;
    const light = isLight(image, green);
    for (let x = 1; x < BIT_PX; x++) {
      if (isLight(image, green + x * image.bytesPerPixel) !== light) return undefined;
    }
    const value = (light ? 1 : 0) ^ parity ^ (bit & 1);
    if (bit < NUMBER_BITS) number |= value << bit;
    else check |= value << (bit - NUMBER_BITS);
  }
  return check === checkByte(number >>> 0) ? number >>> 0 : undefined;
}

function isLight(image: PixelBytes, green: number): boolean {
  return (image.bytes[green] ?? 0) >= GREEN_THRESHOLD;
}
