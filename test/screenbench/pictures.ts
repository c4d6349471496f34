/** Pictures for tests of who verifies pictures: of one frame, or of two mixed. */

import { paintFrameNumber } from "../../src/machine/frame-number.ts";
import { createSurface } from "../../src/machine/surface.ts";

export const WIDTH = 320;
export const HEIGHT = 200;

/** A PPM whose lines tell `frame`, and below the middle `lowerFrame`. */
export function framePpm(frame: number, lowerFrame = frame, width = WIDTH): Buffer {
  const surface = createSurface(width, HEIGHT);
  paintFrameNumber(surface, frame, 0, HEIGHT / 2);
  paintFrameNumber(surface, lowerFrame, HEIGHT / 2, HEIGHT);
  const rgb = Buffer.alloc(width * HEIGHT * 3);
  for (const [index, pixel] of surface.pixels.entries()) rgb.writeUIntBE(pixel & 0xff_ffff, index * 3, 3);
  return Buffer.concat([Buffer.from(`P6\n${width} ${HEIGHT}\n255\n`), rgb]);
}
