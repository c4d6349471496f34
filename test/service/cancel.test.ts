/**
 * Cancelling, over a real socket: in time, and with nothing left behind (rules C4, C5, C7, C8).
 */

import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestClient } from "../support/client.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";

let server: ServerProcess;
let directory = "";

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-cancel-"));
  server = await startQmpd({ args: ["--display", "VGA:3840x2160", "--workers", "2"] });
  // The service greets before its threads are there: what is timed here begins when all are.
  const client = await connect();
  await client.execute("screendump", { filename: join(directory, "first.png"), format: "png" });
  client.destroy();
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const connect = (...capabilities: string[]): Promise<TestClient> =>
  TestClient.connect(server.sockets[0] ?? "", capabilities);

const CANCELLED = { class: "GenericError", desc: "Command cancelled" };

/** Rule C7's bound on the 99th percentile, in milliseconds. */
const CANCEL_P99_MS = 50;

function percentile99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0;
}

function makeFifo(name: string): string {
  const path = join(directory, name);
  execFileSync("mkfifo", [path]);
  return path;
}

describe("cancel-command", () => {
  it("C7, D5: ends a screendump anywhere in its course in time, and no new file is left", async () => {
    const client = await connect("async");
    const waits: number[] = [];
    let cancelled = 0;
    for (let round = 0; round < 60; round++) {
      const filename = join(directory, `cancelled-${round}.png`);
      client.send({ execute: "screendump", arguments: { filename, format: "png" }, id: "dump" });
      // A little later each time: before the refresh, in it, in the encoding, in the writing.
      const dueMs = performance.now() + round;
      while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
      const startMs = performance.now();
      client.send({ execute: "cancel-command", arguments: { id: "dump" }, id: "cancel" });
      const replies = new Map((await client.take(2)).map((line) => [line.id, line]));
      const dump = replies.get("dump");
      if (replies.get("cancel")?.error !== undefined) {
        expect(dump).toEqual({ return: {}, id: "dump" }); // It had ended first.
        continue;
      }
      waits.push(performance.now() - startMs);
      expect(dump).toEqual({ id: "dump", error: CANCELLED });
      expect(existsSync(filename)).toBe(false);
      cancelled++;
    }
    expect(cancelled).toBeGreaterThan(5);
    expect(percentile99(waits)).toBeLessThan(CANCEL_P99_MS);
    client.destroy();
  });

  it("D5: leaves a file that was there empty rather than half overwritten, or as it was", async () => {
    const client = await connect("async");
    const filename = join(directory, "old.ppm");
    writeFileSync(filename, "x".repeat(1000));
    client.send({ execute: "screendump", arguments: { filename }, id: 1 });
    client.send({ execute: "cancel-command", arguments: { id: 1 }, id: 2 });
    expect(await client.take(2)).toContainEqual({ id: 1, error: CANCELLED });
    expect([0, 1000]).toContain(statSync(filename).size);
    client.destroy();
  });

  it("C8: ends a screendump to a FIFO that nobody reads, and others are served meanwhile", async () => {
    const path = makeFifo("unread");
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const client = await connect("async");
    client.send({ execute: "screendump", arguments: { filename: path }, id: 1 });
    const other = join(directory, "other.ppm");
    expect(await client.execute("screendump", { filename: other }, 2)).toEqual({ return: {}, id: 2 });
    const startMs = performance.now();
    client.send({ execute: "cancel-command", arguments: { id: 1 }, id: 3 });
    expect(await client.take(2)).toContainEqual({ id: 1, error: CANCELLED });
    expect(performance.now() - startMs).toBeLessThan(CANCEL_P99_MS);
    closeSync(reader);
    client.destroy();
  });

  it("C8: a FIFO without a reader is an error at once", async () => {
    const path = makeFifo("no-reader");
    const client = await connect();
    expect(await client.execute("screendump", { filename: path })).toMatchObject({
      error: { desc: `failed to open file '${path}': No such device or address` },
    });
    client.destroy();
  });
});

describe("64 commands that wait on silent FIFOs", () => {
  it("C8: slow nobody, are each cancelled in time, and leave no file open", async () => {
    const openFiles = (): number => readdirSync(`/proc/${server.pid}/fd`).length;
    const observer = await connect();
    const before = openFiles();
    const path = makeFifo("silent");
    const clients = await Promise.all(Array.from({ length: 64 }, () => connect("oob")));
    for (const [index, client] of clients.entries()) {
      const args = {
        driver: "blkdebug",
        "node-name": `n${index}`,
        config: path,
        image: { driver: "null-co" },
      };
      client.send({ execute: "blockdev-add", arguments: args, id: "add" });
    }
    const other = await connect();
    const filename = join(directory, "meanwhile.ppm");
    expect(await other.execute("screendump", { filename })).toEqual({ return: {} });
    const waits = await Promise.all(
      clients.map(async (client) => {
        const startMs = performance.now();
        client.send({ "exec-oob": "cancel-command", arguments: { id: "add" }, id: "cancel" });
        expect(await client.take(2)).toContainEqual({ id: "add", error: CANCELLED });
        return performance.now() - startMs;
      }),
    );
    expect(percentile99(waits)).toBeLessThan(CANCEL_P99_MS);
    for (const client of [...clients, other]) client.destroy();
    while (openFiles() > before) await observer.execute("query-status");
    observer.destroy();
  });

  it("C8: do not keep the service from ending in time", async () => {
    const path = makeFifo("silent-end");
    const own = await startQmpd({ args: ["--machine", "none"] });
    const client = await TestClient.connect(own.sockets[0] ?? "", []);
    const args = { driver: "blkdebug", "node-name": "n", config: path, image: { driver: "null-co" } };
    client.send({ execute: "blockdev-add", arguments: args, id: 1 });
    const observer = await TestClient.connect(own.sockets[0] ?? "", []);
    const isWaiting = async (): Promise<boolean> =>
      JSON.stringify(await observer.execute("query-sessions")).includes("blockdev-add");
    while (!(await isWaiting()));
    const startMs = performance.now();
    process.kill(own.pid, "SIGTERM");
    expect(await client.reply()).toEqual({ id: 1, error: CANCELLED });
    expect(await own.exited).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    await own.stop();
  });
});

describe("a client that disconnects", () => {
  it("C4: leaves no file of its screendump, and nothing in flight", async () => {
    const observer = await connect();
    const client = await connect("async");
    const filename = join(directory, "orphan.png");
    client.send({ execute: "screendump", arguments: { filename, format: "png" }, id: 1 });
    const inFlight = async (): Promise<boolean> =>
      JSON.stringify(await observer.execute("query-sessions")).includes('"screendump"');
    while (!(await inFlight()));
    client.destroy();
    while (await inFlight());
    // The session is gone from the list at once; its command's claims are given back when all is cleaned up.
    const check = join(directory, "check.png");
    expect(await observer.execute("screendump", { filename: check, format: "png" })).toEqual({ return: {} });
    expect(existsSync(filename)).toBe(false);
    observer.destroy();
  });
});
