import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createStdioChardev } from "../../src/chardev/stdio.ts";
import { Recorder } from "./recorder.ts";

function open() {
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark: 16 });
  return { input, output, served: new Recorder(createStdioChardev(input, output)) };
}

describe("a chardev over standard input and output", () => {
  it("carries bytes both ways", async () => {
    const { input, output, served } = open();
    input.write("request");
    await served.received("request");
    served.chardev.write("reply");
    expect(String(output.read())).toBe("reply");
    expect(served.chardev.peer).toBe("stdio");
  });

  it("C4: takes the end of input for a half-close", async () => {
    const { input, output, served } = open();
    input.end("request");
    await served.called("inputEnd");
    served.chardev.write("reply");
    served.chardev.end();
    await served.called("close");
    expect(served.calls).toEqual(["data:request", "inputEnd", "close"]);
    expect(String(output.read())).toBe("reply");
  });

  it("C4: closes when its reader has gone", async () => {
    const { output, served } = open();
    output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await served.called("close");
    output.emit("error", new Error("again"));
    expect(served.calls).toEqual(["close:EPIPE"]);
  });

  it("holds output for a reader that does not read", async () => {
    const { output, served } = open();
    let waiting = 0;
    while (served.chardev.write("0123456789")) waiting += 10;
    waiting += 10;
    served.chardev.write("0123456789");
    expect(served.chardev.unsentBytes).toBeGreaterThan(0);
    output.resume();
    await served.called("drain");
    expect(served.chardev.unsentBytes).toBe(0);
    expect(waiting).toBeGreaterThan(0);
  });

  it("leaves standard output open: the process may still have to write there", async () => {
    const { output, served } = open();
    served.chardev.end();
    await served.called("close");
    expect(output.writable).toBe(true);
  });
});
