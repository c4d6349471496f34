import { describe, expect, it } from "vitest";
import { createDisplay } from "../../src/machine/display.ts";
import { readFrameNumber } from "../../src/machine/frame-number.ts";
import { Console } from "../../src/ui/console.ts";
import { QXL_RENDER_PIECES_COUNT } from "../../src/util/limits.ts";
import { displayConfig, frameBytes, ManualTurns } from "../support/machine.ts";

/** Turns from the start of a qxl refresh to its end. */
const REFRESH_TURNS = QXL_RENDER_PIECES_COUNT + 1;

function setUp(config: Parameters<typeof displayConfig>[0] = {}) {
  const turns = new ManualTurns();
  const device = createDisplay(displayConfig(config), { isRunning: true, guestTimeMs: 0 }, turns.defer);
  const [head] = device.heads;
  if (head === undefined) throw new Error("a display has a head");
  return { turns, device, head, console: new Console(head, 1) };
}

describe("a console whose device answers at once", () => {
  it("D2: captures in the same turn", async () => {
    const { console } = setUp();
    const { frame, frameNumber } = await console.capture(undefined);
    expect([frameNumber, readFrameNumber(frameBytes(frame))]).toEqual([1, 1]);
  });

  it("D3: hands out a copy, which the next refresh does not touch", async () => {
    const { console } = setUp();
    const first = await console.capture(undefined);
    await console.capture(undefined);
    expect(readFrameNumber(frameBytes(first.frame))).toBe(1);
  });

  it("copies into memory that is handed in, when it is large enough", async () => {
    const { console } = setUp();
    const { frame } = await console.capture(undefined);
    expect((await console.capture(frame.memory)).frame.memory).toBe(frame.memory);
    const small = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    expect((await console.capture(small)).frame.memory).not.toBe(small);
  });
});

describe("memory that is handed in again", () => {
  /** Changes the first pixel of the copy, so that it shows whether it was copied anew. */
  const MARK = 0x00c0ffee;
  const mark = (memory: WebAssembly.Memory): void => void new Uint32Array(memory.buffer).fill(MARK, 0, 1);
  const isMarked = (memory: WebAssembly.Memory): boolean => new Uint32Array(memory.buffer)[0] === MARK;

  it("is left as it is when nothing was drawn since", async () => {
    const { console } = setUp({ content: "still" });
    const { frame } = await console.capture(undefined);
    mark(frame.memory);
    expect(isMarked((await console.capture(frame.memory)).frame.memory)).toBe(true);
  });

  it("D1: is copied anew when something was drawn since, or the content changed", async () => {
    const moving = setUp();
    const { frame } = await moving.console.capture(undefined);
    mark(frame.memory);
    expect(isMarked((await moving.console.capture(frame.memory)).frame.memory)).toBe(false);
    const still = setUp({ content: "still" });
    const first = await still.console.capture(undefined);
    mark(first.frame.memory);
    still.device.content = "moving";
    expect(isMarked((await still.console.capture(first.frame.memory)).frame.memory)).toBe(false);
  });

  it("is copied anew when another display's picture is in it", async () => {
    const { console, head } = setUp({ content: "still" });
    const { frame } = await console.capture(undefined);
    mark(frame.memory);
    const other = new Console(head, 2);
    expect(isMarked((await other.capture(frame.memory)).frame.memory)).toBe(false);
  });
});

describe("a console whose device answers later", () => {
  it("D2: waits for the update to be done, and captures a whole frame", async () => {
    const { console, turns } = setUp({ type: "qxl" });
    let captured = false;
    const capture = console.capture(undefined).finally(() => {
      captured = true;
    });
    turns.run(REFRESH_TURNS - 1);
    await Promise.resolve();
    expect(captured).toBe(false);
    turns.run(1);
    const { frame, frameNumber } = await capture;
    expect([frameNumber, readFrameNumber(frameBytes(frame))]).toEqual([1, 1]);
  });

  it("D1: serves a request that came during a refresh with the next one", async () => {
    const { console, turns } = setUp({ type: "qxl" });
    const early = console.capture(undefined);
    turns.run(1);
    const late = console.capture(undefined);
    turns.run(REFRESH_TURNS - 1);
    expect((await early).frameNumber).toBe(1);
    turns.run(REFRESH_TURNS);
    const { frame, frameNumber } = await late;
    expect([frameNumber, readFrameNumber(frameBytes(frame))]).toEqual([2, 2]);
  });

  it("D1: serves all that wait with one refresh", async () => {
    const { console, turns } = setUp({ type: "qxl" });
    void console.capture(undefined);
    const waiting = [1, 2, 3].map(() => console.capture(undefined));
    expect(turns.run(2 * REFRESH_TURNS)).toBe(false);
    expect((await Promise.all(waiting)).map(({ frameNumber }) => frameNumber)).toEqual([2, 2, 2]);
  });

  it("rejects what waits when it is closed, in the middle of a refresh, and what comes afterwards", async () => {
    const { console, turns } = setUp({ type: "qxl" });
    const requests = [console.capture(undefined), console.capture(undefined)];
    turns.run(2);
    console.close();
    requests.push(console.capture(undefined));
    for (const request of requests) await expect(request).rejects.toThrow("the console is closed");
    expect(turns.run(REFRESH_TURNS)).toBe(false);
  });
});
