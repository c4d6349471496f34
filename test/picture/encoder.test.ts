import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { CancelledError } from "../../src/picture/cancelled.ts";
import { type EncodeWork, encodePicture } from "../../src/picture/encoder.ts";
import { BandBoard } from "../../src/util/band-board.ts";
import { cancel, createCancelFlag } from "../../src/util/cancel-flag.ts";
import { pixelCapacityBytes, releaseRoom, takeRoom } from "../../src/util/frame-memory.ts";
import { FRAME_PICTURES_MAX } from "../../src/util/limits.ts";
import { layoutPng, layoutPpm } from "../../src/util/picture-layout.ts";
import { createFrame, type FrameShape, ppmOf, rgbOf } from "../support/frame.ts";

type Format = "ppm" | "png";

function workOn(shape: FrameShape, format: Format): EncodeWork & { buffer: SharedArrayBuffer } {
  const frame = createFrame(shape);
  const layout =
    format === "png" ? layoutPng(frame.width, frame.height) : layoutPpm(frame.width, frame.height);
  const room = takeRoom(frame.memory, layout.roomBytes);
  return {
    frame,
    format,
    cancel: createCancelFlag(),
    roomBuffer: room.isInFrameMemory ? undefined : room.buffer,
    roomOffset: room.offset,
    board: BandBoard.create(layout.bandCount),
    fd: undefined,
    task: 0,
    buffer: room.buffer,
  };
}

function join(buffer: SharedArrayBuffer, extents: readonly number[]): Buffer {
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < extents.length; index += 2) {
    pieces.push(new Uint8Array(buffer, extents[index], extents[index + 1]));
  }
  return Buffer.concat(pieces);
}

function encodeAlone(shape: FrameShape, format: Format): Buffer {
  const work = workOn(shape, format);
  const extents = encodePicture(work);
  if (extents === undefined) throw new Error("the only task does the last band");
  return join(work.buffer, extents);
}

/** The pixels of a PNG, by a library's decoder, which checks the chunks; the stream's checksum is zlib's to check. */
function decodeRgb(png: Uint8Array): Uint8Array {
  inflateSync(imageData(png));
  const { data, channels, depth } = decode(new Uint8Array(png), { checkCrc: true });
  expect([channels, depth]).toEqual([3, 8]);
  return new Uint8Array(data);
}

function imageData(png: Uint8Array): Buffer {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const pieces: Uint8Array[] = [];
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    const type = Buffer.from(png.subarray(at + 4, at + 8)).toString("latin1");
    if (type === "IDAT") pieces.push(png.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return Buffer.concat(pieces);
}

const shapes: readonly FrameShape[] = [
  { width: 1, height: 1, content: "noise" },
  { width: 1, height: 3000, content: "noise" },
  { width: 320, height: 200, content: "text" },
  { width: 333, height: 217, content: "gradient", padding: 52 },
  { width: 640, height: 480, content: "noise", offset: 64 },
  { width: 641, height: 479, content: "text", padding: 4 },
  { width: 1280, height: 720, content: "gradient" },
  { width: 1921, height: 1081, content: "noise", padding: 12 },
  { width: 500, height: 300, content: "plain", isForeign: true },
  { width: 501, height: 303, content: "noise", isForeign: true, padding: 8, offset: 16 },
];

describe("the encoders", () => {
  it.each(shapes)("D5: make a PPM of $width x $height, $content", (shape) => {
    expect(Buffer.compare(encodeAlone(shape, "ppm"), ppmOf(createFrame(shape)))).toBe(0);
  });

  it.each(shapes)("D5: make a PNG of $width x $height, $content", (shape) => {
    const png = encodeAlone(shape, "png");
    expect(Buffer.compare(decodeRgb(png), rgbOf(createFrame(shape)))).toBe(0);
  });

  it("D5: make pictures of any size and stride", () => {
    const shape = fc.record({
      width: fc.integer({ min: 1, max: 200 }),
      height: fc.integer({ min: 1, max: 100 }),
      content: fc.constantFrom("noise" as const, "text" as const, "gradient" as const, "plain" as const),
      padding: fc.nat(8).map((n) => n * 4),
      offset: fc.nat(4).map((n) => n * 16),
      isForeign: fc.boolean(),
    });
    fc.assert(
      fc.property(shape, (given) => {
        const expected = rgbOf(createFrame(given));
        expect(Buffer.compare(decodeRgb(encodeAlone(given, "png")), expected)).toBe(0);
        expect(Buffer.compare(encodeAlone(given, "ppm"), ppmOf(createFrame(given)))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("give the same bytes next to the frame in SIMD and elsewhere in a loop", () => {
    for (const format of ["ppm", "png"] as const) {
      const shape: FrameShape = { width: 777, height: 501, content: "text" };
      const near = encodeAlone(shape, format);
      expect(Buffer.compare(near, encodeAlone({ ...shape, isForeign: true }, format))).toBe(0);
    }
  });

  it("make one picture together, in any order; who does the last band has it", () => {
    const work = workOn({ width: 1280, height: 720, content: "text" }, "png");
    // Another task has taken two bands and not finished them.
    const others = [work.board.take(), work.board.take()];
    expect(encodePicture(work)).toBeUndefined();
    const queue = others.values();
    const board = Object.assign(new BandBoard(work.board.words), { take: () => queue.next().value });
    const extents = encodePicture({ ...work, task: 1, board });
    if (extents === undefined) throw new Error("the last band was done");
    expect(Buffer.compare(decodeRgb(join(work.buffer, extents)), rgbOf(work.frame))).toBe(0);
  });

  it("C7: end before the next band when they are cancelled", () => {
    const work = workOn({ width: 1280, height: 720, content: "noise" }, "png");
    const { board } = work;
    const cancelling = Object.assign(new BandBoard(board.words), {
      take() {
        const band = board.take();
        if (band === 2) cancel(work.cancel);
        return band;
      },
    });
    expect(() => encodePicture({ ...work, board: cancelling })).toThrow(CancelledError);
    expect(board.take()).toBe(3);
  });

  it("compress grain by runs and codes alone, which is smaller than by matches", () => {
    const grain: FrameShape = { width: 640, height: 400, content: "noise" };
    expect(encodeAlone(grain, "png").length).toBeLessThan(640 * 400 * 3 * 1.01);
    expect(encodeAlone({ ...grain, content: "gradient" }, "png").length).toBeLessThan(640 * 400 * 3 * 0.02);
  });

  it("make text in a PC's modes at most 1.5 times as large as zlib's usual level would", () => {
    const text: FrameShape = { width: 720, height: 400, content: "text" };
    const lines = Buffer.alloc(text.height * (1 + text.width * 3));
    const rgb = rgbOf(createFrame(text));
    for (let line = 0; line < text.height; line++) {
      lines.set(
        rgb.subarray(line * text.width * 3, (line + 1) * text.width * 3),
        line * (1 + text.width * 3) + 1,
      );
    }
    expect(encodeAlone(text, "png").length).toBeLessThan(1.5 * deflateSync(lines).length);
  });
});

describe("a frame's memory", () => {
  it("has rooms for a few pictures, then gives rooms elsewhere, until one is given back", () => {
    const { memory, width, height } = createFrame({ width: 320, height: 200, content: "plain" });
    const bytes = layoutPng(width, height).roomBytes;
    const rooms = Array.from({ length: FRAME_PICTURES_MAX }, () => takeRoom(memory, bytes));
    expect(rooms.every((room) => room.isInFrameMemory)).toBe(true);
    expect(new Set(rooms.map(({ offset }) => offset)).size).toBe(FRAME_PICTURES_MAX);
    const capacity = pixelCapacityBytes(memory);
    expect(rooms.every(({ offset }) => offset >= capacity)).toBe(true);
    const extra = takeRoom(memory, bytes);
    expect(extra.isInFrameMemory).toBe(false);
    releaseRoom(extra);
    const [first] = rooms;
    if (first === undefined) throw new Error("unreachable");
    releaseRoom(first);
    expect(takeRoom(memory, bytes)).toEqual(first);
  });

  it.each([
    [320, 200],
    [1920, 1080],
    [3840, 2160],
    [3839, 2159],
  ])("has rooms that are large enough for both formats of %d x %d", (width, height) => {
    const { memory } = createFrame({ width, height, content: "plain" });
    expect(takeRoom(memory, layoutPng(width, height).roomBytes).isInFrameMemory).toBe(true);
    expect(takeRoom(memory, layoutPpm(width, height).roomBytes).isInFrameMemory).toBe(true);
  });
});
