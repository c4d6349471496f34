import { describe, expect, it } from "vitest";
import { createDisplay, type DisplayHead } from "../../src/machine/display.ts";
import { FRAME_NUMBER_END_PX, readFrameNumber, readFrameNumbers } from "../../src/machine/frame-number.ts";
import { QXL_RENDER_PIECES_COUNT } from "../../src/util/limits.ts";
import { displayConfig, ManualTurns, surfaceBytes } from "../support/machine.ts";

function setUp(config: Parameters<typeof displayConfig>[0] = {}) {
  const guest = { isRunning: true, guestTimeMs: 0 };
  const turns = new ManualTurns();
  const device = createDisplay(displayConfig(config), guest, turns.defer);
  const [head] = device.heads;
  if (head === undefined) throw new Error("a display has a head");
  return { guest, turns, device, head };
}

function shown(head: DisplayHead): number {
  return readFrameNumber(surfaceBytes(head.surface));
}

function samePixels(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((pixel, i) => pixel === b[i]);
}

function neverDone(): void {
  throw new Error("a refresh that is done at once does not say so later");
}

describe("VGA", () => {
  it("D2: has a refresh done at once", () => {
    const { head } = setUp();
    expect(head.refresh(neverDone)).toBe("done");
    expect([head.frameNumber, shown(head)]).toEqual([1, 1]);
  });

  it("D1: shows a later frame after each refresh of a running machine", () => {
    const { head } = setUp();
    for (let number = 1; number <= 100; number++) {
      head.refresh(neverDone);
      expect([head.frameNumber, shown(head)]).toEqual([number, number]);
    }
  });

  it("D1: shows the same picture at each refresh while the machine is paused", () => {
    const { guest, head } = setUp();
    head.refresh(neverDone);
    guest.isRunning = false;
    const before = head.surface.pixels.slice();
    expect(head.refresh(neverDone)).toBe("done");
    expect(head.frameNumber).toBe(1);
    expect(samePixels(head.surface.pixels, before)).toBe(true);
  });

  it("moves its bar with the guest's time, and leaves no trace of it", () => {
    const { guest, head } = setUp();
    const start = head.surface.pixels.slice();
    for (const guestTimeMs of [20, 400, 401, 5_000, 86_400_000]) {
      guest.guestTimeMs = guestTimeMs;
      head.refresh(neverDone);
      expect(samePixels(head.surface.pixels, start)).toBe(false);
    }
    guest.guestTimeMs = 0;
    head.refresh(neverDone);
    const besideNumber = (pixels: Uint32Array) => pixels.filter((_, i) => i % 320 >= FRAME_NUMBER_END_PX);
    expect(samePixels(besideNumber(head.surface.pixels), besideNumber(start))).toBe(true);
  });

  it("shows the content that it was last given, also while it is paused", () => {
    const { guest, device, head } = setUp();
    guest.isRunning = false;
    device.content = "still";
    head.refresh(neverDone);
    expect(readFrameNumbers(surfaceBytes(head.surface)).some((number) => number !== undefined)).toBe(false);
    device.content = "moving";
    head.refresh(neverDone);
    expect(shown(head)).toBe(0);
  });
});

describe("qxl", () => {
  it("D2: has a refresh done later, in the turn after its last piece", () => {
    const { head, turns } = setUp({ type: "qxl" });
    let done = 0;
    expect(head.refresh(() => done++)).toBe("later");
    turns.run(QXL_RENDER_PIECES_COUNT);
    expect([done, head.frameNumber]).toEqual([0, 0]);
    expect(turns.run(1)).toBe(false);
    expect([done, head.frameNumber, shown(head)]).toEqual([1, 1, 1]);
  });

  it("D2: has an old surface, then a torn one, before the update is done: a dump then would be seen", () => {
    const { head, turns } = setUp({ type: "qxl" });
    head.refresh(() => {});
    expect(shown(head)).toBe(0);
    for (let piece = 1; piece < QXL_RENDER_PIECES_COUNT; piece++) {
      turns.run(1);
      expect(new Set(readFrameNumbers(surfaceBytes(head.surface)))).toEqual(new Set([0, 1]));
      expect(() => shown(head)).toThrow(/tells frame/);
    }
  });

  it("renders all lines of heights that its pieces do not divide", () => {
    const { head, turns } = setUp({ type: "qxl", width: 333, height: 203 });
    head.refresh(() => {});
    turns.run(QXL_RENDER_PIECES_COUNT + 1);
    expect(shown(head)).toBe(1);
  });
});

it("heads of one device are drawn apart", () => {
  const { device } = setUp({ type: "qxl", heads: 2 });
  const [first, second] = device.heads;
  expect(first?.surface === second?.surface).toBe(false);
});
