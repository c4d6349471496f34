/** Each thing that can be wrong with a picture is told. */

import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { decodePicture, pixelHash } from "../../src/screenbench/picture.ts";
import { type Expected, Verifier } from "../../src/screenbench/verifier.ts";
import { framePpm, HEIGHT, WIDTH } from "./pictures.ts";

const EXPECTED: Expected = {
  format: "ppm",
  size: { width: WIDTH, height: HEIGHT },
  content: "moving",
  isRunning: true,
};

describe("a verifier", () => {
  it("counts pictures that are newer than all that had been answered", () => {
    const verifier = new Verifier(EXPECTED);
    for (const frame of [3, 4, 9]) verifier.check(framePpm(frame), verifier.ask("video0"));
    expect(verifier.result()).toMatchObject({
      pictures: 3,
      freshPictures: 3,
      faultCount: 0,
      bytes: framePpm(9).length,
    });
  });

  it("rejects a frame that had been seen before it was asked for", () => {
    const verifier = new Verifier(EXPECTED);
    verifier.check(framePpm(3), verifier.ask("video0"));
    verifier.check(framePpm(3), verifier.ask("video0"));
    verifier.check(framePpm(2), verifier.ask("video0"));
    expect(verifier.result()).toMatchObject({ pictures: 3, freshPictures: 1, faultCount: 2 });
    expect(verifier.result().faultExamples).toEqual([
      "picture 2: it shows frame 3, and 3 had been seen before it was asked for",
      "picture 3: it shows frame 2, and 3 had been seen before it was asked for",
    ]);
  });

  it("lets those who asked before share a frame, and each console have its own numbers", () => {
    const verifier = new Verifier(EXPECTED);
    const [first, second] = [verifier.ask("video0"), verifier.ask("video0")];
    verifier.check(framePpm(5), first);
    verifier.check(framePpm(5), second);
    verifier.check(framePpm(1), verifier.ask("video1"));
    expect(verifier.result()).toMatchObject({ freshPictures: 3, faultCount: 0 });
  });

  it("lets a paused guest show the same frame again, and never an older one", () => {
    const verifier = new Verifier({ ...EXPECTED, isRunning: false });
    for (const frame of [5, 5, 4]) verifier.check(framePpm(frame), verifier.ask("video0"));
    expect(verifier.result()).toMatchObject({ freshPictures: 2, faultCount: 1 });
  });

  it("rejects two frames in one picture, also where nothing was known of the display", () => {
    const verifier = new Verifier({ ...EXPECTED, content: undefined });
    verifier.check(framePpm(7, 8), verifier.ask("video0"));
    expect(verifier.result().faultExamples).toEqual([
      `picture 1: line ${HEIGHT / 2} tells frame 8, line 0 tells 7`,
    ]);
  });

  it("rejects another size, and half a picture", () => {
    const verifier = new Verifier({ ...EXPECTED, size: undefined });
    verifier.check(framePpm(1), verifier.ask("video0"));
    verifier.check(framePpm(2, 2, WIDTH + 1), verifier.ask("video0"));
    verifier.check(framePpm(3).subarray(0, 1000), verifier.ask("video0"));
    verifier.check(Buffer.alloc(0), verifier.ask("video0"));
    expect(verifier.result().faultExamples).toEqual([
      `picture 2: it is ${WIDTH + 1}x${HEIGHT}, not ${WIDTH}x${HEIGHT}`,
      `picture 3: it has 985 bytes of pixels, not ${WIDTH * HEIGHT * 3}`,
      "picture 4: it does not begin as a PPM of 8 bits does",
    ]);
  });

  it("counts a picture that is not there as wrong", () => {
    const verifier = new Verifier(EXPECTED);
    verifier.check(framePpm(1), verifier.ask("video0"));
    verifier.miss("there is no file");
    expect(verifier.result()).toMatchObject({
      pictures: 2,
      faultCount: 1,
      faultExamples: ["picture 2: there is no file"],
    });
  });

  it("rejects a still display that changed", () => {
    const verifier = new Verifier({ ...EXPECTED, content: "still" });
    for (const frame of [1, 1, 2]) verifier.check(framePpm(frame), verifier.ask("video0"));
    expect(verifier.result()).toMatchObject({ pictures: 3, faultCount: 1 });
    expect(verifier.result().stillHash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("a decoded picture", () => {
  it("has the same hash as PNG with and without alpha, and as PPM", () => {
    const ppm = decodePicture(framePpm(42), "ppm");
    const rgba = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, index) =>
      index % 4 === 3 ? 255 : (ppm.bytes[Math.floor(index / 4) * 3 + (index % 4)] ?? 0),
    );
    const png = (data: Uint8Array, channels: 3 | 4): Buffer =>
      Buffer.from(encode({ width: WIDTH, height: HEIGHT, data, channels }));
    const hash = pixelHash(ppm);
    expect(pixelHash(decodePicture(png(Uint8Array.from(ppm.bytes), 3), "png"))).toBe(hash);
    expect(pixelHash(decodePicture(png(rgba, 4), "png"))).toBe(hash);
    expect(pixelHash(decodePicture(framePpm(43), "ppm"))).not.toBe(hash);
  });

  it("has pixels", () => {
    expect(() => decodePicture(Buffer.from("P6\n0 0\n255\n"), "ppm")).toThrow(
      "it is 0x0, which no display is",
    );
  });

  it("is whole: what is missing of a PNG is told in words that name it", () => {
    const png = Buffer.from(encode({ width: 2, height: 1, data: new Uint8Array(6), channels: 3 }));
    for (const size of [0, 10, 60]) {
      expect(() => decodePicture(png.subarray(0, size), "png")).toThrow(/^it is no whole PNG: /);
    }
  });

  it("is none where a PNG's sum of bytes is wrong", () => {
    const png = Buffer.from(encode({ width: 2, height: 1, data: new Uint8Array(6), channels: 3 }));
    png.writeUInt8((png.at(-20) ?? 0) ^ 1, png.length - 20);
    expect(() => decodePicture(png, "png")).toThrow(/CRC/);
  });
});
