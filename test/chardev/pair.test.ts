import { describe, expect, it } from "vitest";
import { createChardevPair } from "../../src/chardev/pair.ts";
import { CHARDEV_OUTPUT_WATERMARK_BYTES } from "../../src/util/limits.ts";
import { Recorder } from "./recorder.ts";

function open() {
  const [near, far] = createChardevPair();
  return { near: new Recorder(near), far: new Recorder(far), client: far };
}

describe("a chardev pair", () => {
  it("calls no listener from inside a call", () => {
    const { near, far } = open();
    near.chardev.write("text");
    near.chardev.destroy();
    expect([near.calls, far.calls]).toEqual([[], []]);
  });

  it("carries strings and bytes both ways, in order", async () => {
    const { near, far } = open();
    near.chardev.write("a");
    near.chardev.write(Buffer.from("b"));
    far.chardev.write("c");
    await Promise.all([far.received("ab"), near.received("c")]);
    expect([near.calls, far.calls]).toEqual([["data:c"], ["data:ab"]]);
  });

  it("keeps what was written before the other side started", async () => {
    const [near, far] = createChardevPair();
    new Recorder(near).chardev.write("early");
    const late = new Recorder(far);
    await late.received("early");
  });

  it("C4: half-closes", async () => {
    const { near, far, client } = open();
    client.write("request");
    client.endOutput();
    await near.called("inputEnd");
    near.chardev.write("reply");
    near.chardev.end();
    await Promise.all([near.called("close"), far.called("close")]);
    expect(near.calls).toEqual(["data:request", "inputEnd", "close"]);
    expect(far.calls).toEqual(["data:reply", "inputEnd", "close"]);
  });

  it("C4: notices a peer that has gone", async () => {
    const { near, client } = open();
    client.destroy();
    await near.called("close");
    expect(near.calls).toEqual(["close"]);
  });

  it("holds output for a peer that does not read", async () => {
    const { near, far } = open();
    far.chardev.pause();
    expect(near.chardev.write("x".repeat(CHARDEV_OUTPUT_WATERMARK_BYTES - 1))).toBe(true);
    expect(near.chardev.write("x")).toBe(false);
    expect(near.chardev.unsentBytes).toBe(CHARDEV_OUTPUT_WATERMARK_BYTES);
    far.chardev.resume();
    await near.called("drain");
    expect(near.chardev.unsentBytes).toBe(0);
    expect(far.text).toHaveLength(CHARDEV_OUTPUT_WATERMARK_BYTES);
  });

  it("sends everything before it closes", async () => {
    const { near, far } = open();
    far.chardev.pause();
    near.chardev.write("last words");
    near.chardev.end();
    near.chardev.write("dropped");
    await new Promise(setImmediate);
    expect(near.calls).toEqual([]);
    far.chardev.resume();
    await near.called("close");
    await far.called("close");
    expect(far.calls).toEqual(["data:last words", "inputEnd", "close"]);
  });
});
