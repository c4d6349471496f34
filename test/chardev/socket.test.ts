import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { CHARDEV_OUTPUT_WATERMARK_BYTES } from "../../src/util/limits.ts";
import { Endpoint, readAll } from "./harness.ts";

const TRANSPORTS = [
  ["unix", () => Endpoint.unix()],
  ["tcp", () => Endpoint.tcp()],
] as const;

describe.each(TRANSPORTS)("a chardev over %s", (kind, listen) => {
  it("carries bytes both ways, and names its peer", async () => {
    const { client, served } = await (await listen()).connect();
    client.write("{}");
    await served.received("{}");
    served.chardev.write("text ");
    served.chardev.write(Buffer.from("bytes"));
    served.chardev.end();
    expect(await readAll(client)).toBe("text bytes");
    expect(served.chardev.peer).toMatch(kind === "unix" ? /^unix:\/.*qmp\.sock$/ : /^tcp:127\.0\.0\.1:\d+$/);
  });

  it("C4: goes on writing after a half-close, then ends in order", async () => {
    const { client, served } = await (await listen()).connect();
    client.end("last request");
    await served.called("inputEnd");
    // Several periods of the probe: a peer that still reads must pass every one of them.
    for (let round = 0; round < 5; round++) {
      served.chardev.write(`reply ${round} `);
      await once(client, "data");
    }
    served.chardev.write("bye");
    served.chardev.end();
    expect(await readAll(client)).toBe("bye");
    await served.called("close");
    expect(served.calls.slice(0, 2)).toEqual(["data:last request", "inputEnd"]);
    expect(served.calls.slice(2)).toEqual(["close"]);
  });

  it("C4: reports a reset once, with its error", async () => {
    const { client, served } = await (await listen()).connect();
    served.chardev.write("unread");
    if (kind === "tcp") client.resetAndDestroy();
    else client.destroy(); // A unix socket that closes with unread input is a reset.
    await served.called("close");
    expect(served.calls.filter((call) => call.startsWith("close"))).toHaveLength(1);
    if (kind === "tcp") expect(served.calls).toEqual(["close:ECONNRESET"]);
  });

  it("C4: reports a peer that left with output on its way as an error", async () => {
    const { client, served } = await (await listen()).connect();
    client.pause();
    while (served.chardev.write("x".repeat(CHARDEV_OUTPUT_WATERMARK_BYTES)));
    client.destroy();
    await served.called("close");
    expect(served.calls.at(-1)).toMatch(/^close:(EPIPE|ECONNRESET)$/);
    expect(served.chardev.unsentBytes).toBe(0);
  });

  it("holds output for a peer that does not read, counts it, and tells when it is gone", async () => {
    const { client, served } = await (await listen()).connect();
    client.pause();
    const piece = "x".repeat(64 * 1024);
    let written = 0;
    let more = true;
    while (more) {
      more = served.chardev.write(piece);
      written += piece.length;
    }
    const unsentBytes = served.chardev.unsentBytes;
    expect(unsentBytes).toBeGreaterThanOrEqual(CHARDEV_OUTPUT_WATERMARK_BYTES - piece.length);
    expect(unsentBytes).toBeLessThanOrEqual(written);
    served.chardev.write(piece);
    written += piece.length;
    expect(served.chardev.unsentBytes).toBe(unsentBytes + piece.length);
    expect(served.calls).toEqual([]);
    let read = 0;
    client.on("data", (bytes) => {
      read += bytes.length;
    });
    client.resume();
    await served.called("drain");
    expect(served.chardev.unsentBytes).toBe(0);
    served.chardev.end();
    await once(client, "end");
    expect(read).toBe(written);
  });

  it("counts what the kernel has taken of one large write", async () => {
    const { client, served } = await (await listen()).connect();
    client.pause();
    const total = 16 * 1024 * 1024;
    served.chardev.write(Buffer.alloc(total));
    const seen = new Set<number>([served.chardev.unsentBytes]);
    client.on("data", () => seen.add(served.chardev.unsentBytes));
    client.resume();
    await served.called("drain");
    expect([...seen].filter((unsentBytes) => unsentBytes > 0 && unsentBytes < total)).not.toEqual([]);
    expect(Math.max(...seen)).toBeLessThan(total);
  });

  it("does not read while paused", async () => {
    const { client, served } = await (await listen()).connect();
    served.chardev.pause();
    client.write("{first}");
    served.chardev.write("ping");
    await once(client, "data");
    expect(served.text).toBe("");
    served.chardev.resume();
    await served.received("{first}");
  });

  it("sends everything before it closes, also to a peer that reads late and has half-closed", async () => {
    const { client, served } = await (await listen()).connect();
    client.end();
    await served.called("inputEnd");
    const size = 4 * 1024 * 1024;
    served.chardev.write("x".repeat(size));
    served.chardev.end();
    served.chardev.write("dropped");
    served.chardev.end();
    expect((await readAll(client)).length).toBe(size);
    await served.called("close");
    expect(served.calls).toEqual(["inputEnd", "close"]);
  });

  it("loses nothing that the kernel still holds when it closes at once, after a half-close", async () => {
    const { client, served } = await (await listen()).connect();
    client.pause();
    client.end();
    await served.called("inputEnd");
    const size = 32 * 1024;
    served.chardev.write("x".repeat(size));
    expect(served.chardev.unsentBytes).toBe(0);
    served.chardev.end();
    await served.called("close");
    expect(served.calls).toEqual(["inputEnd", "close"]);
    expect((await readAll(client)).length).toBe(size);
  });

  it("drops input that comes after the end, and closes all the same", async () => {
    const { client, served } = await (await listen()).connect();
    client.write("{before}");
    await served.received("{before}");
    served.chardev.end();
    client.write("after");
    await served.called("close");
    expect(served.calls).toEqual(["data:{before}", "close"]);
  });

  it("closes at once when destroyed, once", async () => {
    const { client, served } = await (await listen()).connect();
    served.chardev.destroy();
    served.chardev.destroy();
    expect(served.chardev.write("late")).toBe(true);
    await Promise.all([served.called("close"), readAll(client).catch(() => "")]);
    expect(served.calls).toEqual(["close"]);
  });

  it("accepts a thousand connections", async () => {
    const endpoint = await listen();
    const pairs: { client: Socket; index: number }[] = [];
    for (let index = 0; index < 1000; index++) {
      const { client, served } = await endpoint.connect();
      served.chardev.write(`greeting ${index}`);
      pairs.push({ client, index });
    }
    for (const { client, index } of pairs) {
      const [bytes] = (await once(client, "data")) as [Buffer];
      expect(bytes.toString()).toBe(`greeting ${index}`);
    }
  });
});

describe("a peer that goes away on a unix socket", () => {
  it("C4: is noticed at once when it closes without a half-close", async () => {
    const { client, served } = await (await Endpoint.unix()).connect();
    client.destroy();
    await served.called("close");
    expect(served.calls).toEqual(["inputEnd", "close"]);
  });

  it("C4: is noticed when it closes long after a half-close, with nothing written meanwhile", async () => {
    const { client, served } = await (await Endpoint.unix()).connect();
    client.end();
    await served.called("inputEnd");
    expect(served.calls).toEqual(["inputEnd"]);
    client.destroy();
    await served.called("close");
    expect(served.calls).toEqual(["inputEnd", "close"]);
  });

  it("C4: is taken for half-closed on TCP until a write fails", async () => {
    const { client, served } = await (await Endpoint.tcp()).connect();
    client.destroy();
    await served.called("inputEnd");
    served.chardev.write("anybody there?");
    // The first write draws the reset, a later one meets it.
    await served.when((recorder) => {
      if (recorder.calls.some((call) => call.startsWith("close"))) return true;
      setImmediate(() => served.drain());
      served.chardev.write("and now?");
      return false;
    });
    expect(served.calls.at(-1)).toMatch(/^close:(EPIPE|ECONNRESET)$/);
  });
});

describe("a peer that speaks HTTP", () => {
  it.each([
    "GET / HTTP/1.1\r\n",
    "POST /x HTTP/1.1\r\n",
    "CONNECT a:1 HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1",
    "run / HTTP/1.1",
  ])("is closed before a byte of %j is handed on", async (line) => {
    const { client, served } = await (await Endpoint.tcp()).connect();
    served.chardev.write("greeting");
    client.write(line);
    await Promise.all([served.called("close"), readAll(client).catch(() => "")]);
    expect(served.calls).toEqual(["close:CHARDEV_HTTP"]);
    expect(served.error?.message).toContain("HTTP");
  });

  it("is closed also when its request comes byte by byte", async () => {
    const { client, served } = await (await Endpoint.tcp()).connect();
    client.setNoDelay(true);
    client.on("error", () => {});
    for (const byte of "DELETE /") {
      client.write(byte);
      await new Promise(setImmediate);
    }
    await served.called("close");
    expect(served.calls).toEqual(["close:CHARDEV_HTTP"]);
  });

  it("is nobody who merely begins like it: the bytes held back are handed on whole", async () => {
    const { client, served } = await (await Endpoint.tcp()).connect();
    client.write("G");
    await new Promise(setImmediate);
    client.write("ET\n");
    await served.received("GET\n");
    client.write("GET / HTTP/1.1\r\n");
    await served.received("GET / HTTP/1.1");
    expect(served.calls).toEqual(["data:GET\nGET / HTTP/1.1\r\n"]);
  });

  it("is nobody who stops in the middle: the bytes are handed on before the end", async () => {
    const { client, served } = await (await Endpoint.tcp()).connect();
    client.end("PO");
    await served.called("inputEnd");
    expect(served.calls).toEqual(["data:PO", "inputEnd"]);
  });

  it("is nobody on a unix socket, which no page reaches", async () => {
    const { client, served } = await (await Endpoint.unix()).connect();
    client.write("GET / HTTP/1.1\r\n");
    await served.received("HTTP/1.1");
    expect(served.calls).toHaveLength(1);
  });
});
