/**
 * The example of a plugin, in a server of its own, over real sockets: slow work that stops nobody, tells how far it
 * is, ends when it is told to, and leaves nothing behind (rules C4 to C8).
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile, IN_A_PLUGIN } from "../../src/qapi/compiler/compile.ts";
import { TestClient } from "../support/client.ts";
import { createPoolWorker } from "../support/pool-thread.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { startTestService } from "../support/service.ts";

const FOLDER = "examples/hash-file";
const PLUGIN = resolve("dist/examples/hash-file/plugin.js");

/** More than is hashed while the tests run. */
const ENDLESS_BYTES = 2 ** 40;
const WORKERS = 2;
/** Rule C7's bound, in milliseconds. */
const CANCEL_P99_MS = 50;

let server: ServerProcess;
let directory = "";
let endless = "";

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-hash-"));
  endless = join(directory, "endless");
  writeFileSync(endless, "");
  truncateSync(endless, ENDLESS_BYTES); // A hole: it takes no room.
  server = await startQmpd({ args: ["--plugin", PLUGIN, "--workers", String(WORKERS)] });
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const connect = (...capabilities: string[]): Promise<TestClient> =>
  TestClient.connect(server.sockets[0] ?? "", capabilities);

const CANCELLED = { class: "GenericError", desc: "Command cancelled" };

function hashEndlessly(client: TestClient, id: number): void {
  client.send({ execute: "hash-file", arguments: { filename: endless }, id });
}

/** Waits until a command of the session tells of its progress. */
async function progressOf(client: TestClient, id: number): Promise<{ current: number; total: number }> {
  for (;;) {
    const line = await client.next();
    const data = line.data as { id: number; current: number; total: number } | undefined;
    if (line.event === "COMMAND_PROGRESS" && data?.id === id) return data;
  }
}

/** Whether the server has `endless` open. */
function isOpen(): boolean {
  const folder = `/proc/${server.pid}/fd`;
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(join(folder, fd)) === endless;
    } catch {
      return false; // It was closed meanwhile.
    }
  });
}

it("its generated code is what its schema says", () => {
  const folder = join(FOLDER, "generated");
  const committed = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]);
  const generated = compile(`${FOLDER}/hash-file.json`, (path) => readFileSync(path, "utf8"), IN_A_PLUGIN);
  expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(generated));
});

it.each(["sha1", "sha256", "sha512"])(
  "answers the hash of a file, and tells it to all sessions: %s",
  async (algorithm) => {
    const [client, other] = [await connect(), await connect()];
    const filename = join(directory, "file");
    const content = Buffer.alloc(3_000_001, "some text");
    writeFileSync(filename, content);
    const hash = {
      algorithm,
      digest: createHash(algorithm).update(content).digest("hex"),
      size: content.length,
    };
    expect(await client.execute("hash-file", { filename, algorithm })).toEqual({ return: hash });
    const event = { event: "FILE_HASHED", data: { filename, hash }, timestamp: expect.anything() };
    expect(client.texts.slice(2, -1).map((text) => JSON.parse(text))).toEqual([event]);
    expect(await other.next()).toEqual(event);
    for (const each of [client, other]) each.destroy();
  },
);

it("D4: others are answered while it works, pictures are taken, and its progress is told", async () => {
  const [client, other] = [await connect("async"), await connect()];
  // More than there are threads: the last one waits.
  for (let id = 1; id <= WORKERS + 1; id++) hashEndlessly(client, id);
  const progress = await progressOf(client, 1);
  expect(progress).toMatchObject({ command: "hash-file", total: ENDLESS_BYTES });
  expect(progress.current).toBeGreaterThan(0);
  const picture = join(directory, "screen.png");
  expect(await other.execute("screendump", { filename: picture, format: "png" })).toEqual({ return: {} });
  const waits: number[] = [];
  for (let round = 0; round < 200; round++) {
    const startMs = performance.now();
    expect(await other.execute("query-status")).toMatchObject({ return: { status: "running" } });
    waits.push(performance.now() - startMs);
  }
  expect(waits.sort((a, b) => a - b)[100]).toBeLessThan(10);
  const { return: sessions } = (await other.execute("query-sessions")) as {
    return: { commands: { id: number; state: string; progress?: { current: number } }[] }[];
  };
  const commands = sessions.flatMap((session) => session.commands);
  expect(commands.map(({ id, state }) => [id, state])).toEqual([
    [1, "running"],
    [2, "running"],
    [3, "running"],
  ]);
  expect(commands[0]?.progress?.current).toBeGreaterThanOrEqual(progress.current);
  // The one that waits for a thread, then those that work.
  for (let id = WORKERS + 1; id >= 1; id--) {
    client.send({ execute: "cancel-command", arguments: { id }, id: `cancel ${id}` });
    const replies = [await client.reply(), await client.reply()];
    expect(replies).toContainEqual({ id, error: CANCELLED });
  }
  for (const each of [client, other]) each.destroy();
  expect(isOpen()).toBe(false);
});

it("C7: ends in time when it is cancelled, with the file closed", async () => {
  const client = await connect("async");
  const waits: number[] = [];
  for (let id = 1; id <= 20; id++) {
    hashEndlessly(client, id);
    await progressOf(client, id);
    const startMs = performance.now();
    client.send({ execute: "cancel-command", arguments: { id }, id: "cancel" });
    const replies = [await client.reply(), await client.reply()];
    waits.push(performance.now() - startMs);
    expect(replies).toContainEqual({ id, error: CANCELLED });
    expect(isOpen()).toBe(false);
  }
  expect(Math.max(...waits)).toBeLessThan(CANCEL_P99_MS);
  client.destroy();
});

it("C4: ends when its client has gone, with the file closed and the thread free", async () => {
  const watcher = await connect();
  for (const capabilities of [["async"], []]) {
    const client = await connect(...capabilities);
    for (let id = 1; id <= WORKERS; id++) hashEndlessly(client, id);
    while (!isOpen()) await watcher.execute("query-status");
    client.destroy();
    while (isOpen()) await watcher.execute("query-status");
  }
  const filename = join(directory, "small");
  writeFileSync(filename, "");
  expect(await watcher.execute("hash-file", { filename })).toMatchObject({ return: { size: 0 } });
  watcher.destroy();
});

describe("refuses, and holds no thread:", () => {
  it.each([
    [
      "a file that is not there",
      () => "/no/such/file",
      "Could not hash '/no/such/file': no such file or directory",
    ],
    ["a directory", () => "/tmp", "Could not hash '/tmp': it is no regular file"],
    ["a device", () => "/dev/zero", "Could not hash '/dev/zero': it is no regular file"],
    ["a path with a NUL", () => "a\0b", "Could not hash 'a\0b': "],
    ["an algorithm that the schema has not", () => "", "Parameter 'algorithm' does not accept value 'crc'"],
  ])("%s", async (what, filename, desc) => {
    const client = await connect();
    const algorithm = what.startsWith("an algorithm") ? "crc" : "sha256";
    expect(await client.execute("hash-file", { filename: filename(), algorithm })).toMatchObject({
      error: { class: "GenericError", desc: expect.stringContaining(desc) },
    });
    client.destroy();
  });

  it("C8: a FIFO that nobody writes", async () => {
    const client = await connect();
    const filename = join(directory, "fifo");
    execFileSync("mkfifo", [filename]);
    for (let round = 0; round <= WORKERS; round++) {
      expect(await client.execute("hash-file", { filename })).toMatchObject({
        error: { desc: `Could not hash '${filename}': it is no regular file` },
      });
    }
    client.destroy();
  });
});

it("fails with a clear error when its thread dies, and works again in the next one", async () => {
  const dying = createPoolWorker(
    `export const plugin = (task) => task.input.filename.endsWith("fatal") ? process.exit(7) : real.plugin(task);`,
  );
  const service = await startTestService({ plugins: () => [PLUGIN], threads: { pool: dying.workerUrl } });
  const client = await TestClient.connect(service.sockets[0] ?? "", []);
  const filename = join(directory, "content");
  writeFileSync(filename, "abc");
  expect(await client.execute("hash-file", { filename: "fatal" }, 1)).toEqual({
    id: 1,
    error: { class: "GenericError", desc: "The thread that served this command has died; try again" },
  });
  expect(await client.execute("hash-file", { filename, algorithm: "sha1" }, 2)).toMatchObject({
    return: { digest: "a9993e364706816aba3e25717850c26c9cd0d89d" },
  });
  expect(service.log.filter((line) => line.includes("a pool thread has ended; it is replaced"))).toHaveLength(
    1,
  );
  client.destroy();
  await service.stop();
  dying.remove();
});

it("the service ends in time in the middle of it", async () => {
  const other = await startQmpd({ args: ["--plugin", PLUGIN] });
  const client = await TestClient.connect(other.sockets[0] ?? "", ["async"]);
  hashEndlessly(client, 1);
  await progressOf(client, 1);
  await other.stop();
  expect(await other.exited).toBe(0);
  expect(client.texts.at(-1)).toBe(JSON.stringify({ id: 1, error: CANCELLED }).replaceAll(/([:,])/g, "$1 "));
});
