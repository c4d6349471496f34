import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paintFrameNumber, readFrameNumber, readFrameNumbers } from "../../src/machine/frame-number.ts";
import { createSurface, fillRectangle } from "../../src/machine/surface.ts";
import { surfaceBytes } from "../support/machine.ts";

const HEIGHT = 40;

describe("the frame number in the pixels", () => {
  it("reads what was painted, in every line", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (frameNumber) => {
        const surface = createSurface(320, HEIGHT);
        paintFrameNumber(surface, frameNumber, 0, HEIGHT);
        expect(readFrameNumbers(surfaceBytes(surface))).toEqual(Array(HEIGHT).fill(frameNumber));
      }),
    );
  });

  it("reads the same from red, green and blue bytes of a decoded picture", () => {
    const surface = createSurface(320, HEIGHT);
    paintFrameNumber(surface, 4711, 0, HEIGHT);
    const rgb = new Uint8Array(surface.pixels.length * 3);
    surface.pixels.forEach((pixel, i) => {
      rgb.set([(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255], i * 3);
    });
    const image = { bytes: rgb, bytesPerPixel: 3, width: 320, height: HEIGHT, stride: 960 };
    expect(readFrameNumber(image)).toBe(4711);
  });

  it("tells a single line of another frame apart, wherever it is", () => {
    fc.assert(
      fc.property(
        fc.nat(HEIGHT - 1),
        fc.nat(1000),
        fc.integer({ min: 1, max: 1000 }),
        (line, number, step) => {
          const surface = createSurface(320, HEIGHT);
          paintFrameNumber(surface, number, 0, HEIGHT);
          paintFrameNumber(surface, number + step, line, line + 1);
          expect(() => readFrameNumber(surfaceBytes(surface))).toThrow(/tells frame/);
        },
      ),
    );
  });

  it("reads none from plain areas", () => {
    for (const colour of [0, 0xffffff, 0x808080, 0x102030]) {
      const surface = createSurface(320, HEIGHT);
      fillRectangle(surface, 0, 0, 320, HEIGHT, colour);
      expect(readFrameNumbers(surfaceBytes(surface))).toEqual(Array(HEIGHT).fill(undefined));
    }
  });
});
