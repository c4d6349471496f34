/**
 * The guest's memory in files, over a real socket, of a demo guest that runs (docs/guest.md tells what is where).
 */

import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readelf, readelfMissing } from "../support/binutils.ts";
import { TestClient } from "../support/client.ts";
import { memoryOfCore, readCore } from "../support/elf.ts";
import { Program } from "../support/program.ts";

const MARKER = "qmpd demo guest: here I am!\0";
const PAGE = 0xc000_0000;
const SECOND_PAGE = 0xc000_1000;
const UNMAPPED = 0xc000_2000;
/** The system has given no memory for most of it: so large that its writing takes a while. */
const MEMORY_MIB = 32;
const MEMORY_BYTES = MEMORY_MIB * 2 ** 20;
const VIDEO_BYTES = 2 ** 23;
const DUMP_BYTES = MEMORY_BYTES - 0x2_0000 + VIDEO_BYTES;
const CANCELLED = { class: "GenericError", desc: "Command cancelled" };
/** Rule C7's bound on the 99th percentile, in milliseconds. */
const CANCEL_P99_MS = 50;
const WAIT_MS_MAX = 10_000;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const until = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, WAIT_MS_MAX);

let directory: string;
let program: Program;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-memory-"));
  program = new Program(directory, { args: ["--machine", "pc", "--memory", String(MEMORY_MIB)] });
  await program.ready();
  const client = await connect();
  await until(async () => {
    await client.execute("memsave", { val: PAGE, size: MARKER.length, filename: path("ready") });
    expect(readFileSync(path("ready"), "latin1")).toBe(MARKER);
  });
  client.destroy();
});

afterAll(async () => {
  program.kill("SIGTERM");
  await program.ended;
  rmSync(directory, { recursive: true, force: true });
});

const path = (name: string): string => join(directory, name);
const connect = (...capabilities: string[]): Promise<TestClient> =>
  TestClient.connect(path("qmp.sock"), capabilities);
const genericError = (desc: string) => ({ error: { class: "GenericError", desc } });
const dumpArguments = (name: string, more: object = {}) => ({
  paging: false,
  protocol: `file:${path(name)}`,
  ...more,
});

function makeFifo(name: string): string {
  execFileSync("mkfifo", [path(name)]);
  return path(name);
}

/** Keeps a FIFO open that nobody reads, until it is read to its end. */
function holdFifo(name: string) {
  const fd = openSync(makeFifo(name), constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    async read(): Promise<Buffer> {
      const options = { encoding: "buffer", maxBuffer: 2 * DUMP_BYTES } as const;
      const { stdout } = await promisify(execFile)("cat", [path(name)], options);
      closeSync(fd);
      return stdout;
    },
    close: () => closeSync(fd),
  };
}

describe("pmemsave", () => {
  const save = async (client: TestClient, val: number | bigint, size: number) => {
    const filename = path("physical");
    client.send(
      `{"execute": "pmemsave", "arguments": {"val": ${val}, "size": ${size}, "filename": "${filename}"}}`,
    );
    expect(await client.reply()).toEqual({ return: {} });
    return readFileSync(filename);
  };

  it("writes what is there, and zeros where nothing is", async () => {
    const client = await connect();
    expect((await save(client, 0x1_0000, MARKER.length)).toString("latin1")).toBe(MARKER);
    const counted = await save(client, 0x1_3000, 4096);
    expect(counted.findIndex((byte, index) => byte !== index % 256)).toBe(-1);
    // Firmware, the end of memory and the hole behind it, above 4 GiB, and the last addresses of 64 bits.
    expect((await save(client, 0xf_0000, 16)).equals(Buffer.alloc(16))).toBe(false);
    for (const hole of [BigInt(MEMORY_BYTES) - 8n, 2n ** 40n, -8n])
      expect((await save(client, hole, 16)).equals(Buffer.alloc(16))).toBe(true);
    expect((await save(client, 0, 0)).length).toBe(0);
    client.destroy();
  });

  it("writes all memory, while the guest goes on", async () => {
    const client = await connect();
    const all = await save(client, 0, MEMORY_BYTES + 4096);
    expect(all.length).toBe(MEMORY_BYTES + 4096);
    expect(all.toString("latin1", 0x1_0000, 0x1_0000 + MARKER.length)).toBe(MARKER);
    const ticks = async () => (await save(client, 0x1_0024, 4)).readUInt32LE(0);
    expect(await ticks()).toBeGreaterThanOrEqual(all.readUInt32LE(0x1_0024));
    const before = await ticks();
    await until(async () => expect(await ticks()).toBeGreaterThan(before));
    client.destroy();
  });

  it("refuses a size that is negative, or more than can be copied at one moment", async () => {
    const client = await connect();
    for (const size of [-1, 2 ** 31 + 1, 2 ** 62]) {
      expect(await client.execute("pmemsave", { val: 0, size, filename: path("refused") })).toEqual(
        genericError("Parameter 'size' expects a number of bytes from 0 to 2147483648"),
      );
    }
    expect(existsSync(path("refused"))).toBe(false);
    client.destroy();
  });

  it("tells what is wrong with its file, and leaves one that was there in its place", async () => {
    const client = await connect();
    const attempt = (filename: string) => client.execute("pmemsave", { val: 0, size: 65_536, filename });
    expect(await attempt(path("no/file"))).toEqual(
      genericError(`Could not open '${path("no/file")}': No such file or directory`),
    );
    expect(await attempt(directory)).toEqual(genericError(`Could not open '${directory}': Is a directory`));
    expect(await attempt("/dev/full")).toEqual(
      genericError("Unable to write to file: No space left on device"),
    );
    expect(statSync("/dev/full").isCharacterDevice()).toBe(true);
    client.destroy();
  });

  it("writes over a longer file", async () => {
    const client = await connect();
    writeFileSync(path("physical"), "x".repeat(100_000));
    expect((await save(client, 0x1_0000, 5)).toString()).toBe("qmpd ");
    client.destroy();
  });
});

describe("memsave", () => {
  const save = (client: TestClient, val: number, size: number, more: object = {}) =>
    client.execute("memsave", { val, size, filename: path("virtual"), ...more });

  it("writes what the CPU sees, across pages that lie apart", async () => {
    const client = await connect();
    expect(await save(client, SECOND_PAGE - 16, 32, { "cpu-index": 0 })).toEqual({ return: {} });
    expect([...readFileSync(path("virtual")).subarray(16)]).toEqual(
      Array.from({ length: 16 }, (_, at) => at),
    );
    // An address has 32 bits.
    expect(await save(client, 2 ** 32 + PAGE, MARKER.length)).toEqual({ return: {} });
    expect(readFileSync(path("virtual"), "latin1")).toBe(MARKER);
    client.destroy();
  });

  it("refuses memory that is not mapped, and leaves no file", async () => {
    const client = await connect();
    rmSync(path("virtual"), { force: true });
    expect(await save(client, UNMAPPED - 16, 32)).toEqual(
      genericError("Invalid addr 0x00000000c0001ff0/size 32 specified"),
    );
    expect(await save(client, -1, 1)).toEqual(
      genericError("Invalid addr 0xffffffffffffffff/size 1 specified"),
    );
    expect(await save(client, PAGE, 2 ** 30)).toEqual(
      genericError("Invalid addr 0x00000000c0000000/size 1073741824 specified"),
    );
    expect(existsSync(path("virtual"))).toBe(false);
    for (const index of [1, -1]) {
      expect(await save(client, PAGE, 1, { "cpu-index": index })).toEqual(
        genericError("Parameter 'cpu-index' expects a CPU number"),
      );
    }
    client.destroy();
  });
});

describe("dump-guest-memory", () => {
  it("writes a core of the registers and all memory", async () => {
    const client = await connect();
    client.send({ execute: "dump-guest-memory", arguments: dumpArguments("core") });
    const result = { status: "completed", completed: DUMP_BYTES, total: DUMP_BYTES };
    expect(await client.take(2)).toMatchObject([
      { event: "DUMP_COMPLETED", data: { result } },
      { return: {} },
    ]);
    expect(await client.execute("query-dump")).toEqual({ return: result });
    const core = readCore(readFileSync(path("core")));
    expect(core.loads.map(({ virtual, physical, bytes }) => [virtual, physical, bytes.length])).toEqual([
      [0, 0, 0xa_0000],
      [0xc_0000, 0xc_0000, MEMORY_BYTES - 0xc_0000],
      [0xe000_0000, 0xe000_0000, VIDEO_BYTES],
    ]);
    expect(memoryOfCore(core, 0x1_0000, MARKER.length)?.toString("latin1")).toBe(MARKER);
    expect(core.notes.map(({ name }) => name)).toEqual(["CORE", "QEMU"]);
    // It runs in its ROM, with paging.
    expect((core.notes[0]?.bytes.readUInt32LE(72 + 12 * 4) ?? 0) >>> 16).toBe(0xf);
    expect((core.notes[1]?.bytes.readUInt32LE(392) ?? 0) >>> 31).toBe(1);
    expect(statSync(path("core")).mode & 0o777).toBe(0o600);
    client.destroy();
  });

  it("with paging, has memory where the page tables map it", async () => {
    const client = await connect();
    expect(await client.execute("dump-guest-memory", dumpArguments("core", { paging: true }))).toEqual({
      return: {},
    });
    const core = readCore(readFileSync(path("core")));
    expect(memoryOfCore(core, PAGE, MARKER.length)?.toString("latin1")).toBe(MARKER);
    expect(memoryOfCore(core, SECOND_PAGE, 3)).toEqual(Buffer.of(0, 1, 2));
    expect(memoryOfCore(core, UNMAPPED, 1)).toBeUndefined();
    expect(memoryOfCore(core, 0x1_0000, MARKER.length)?.toString("latin1")).toBe(MARKER);
    client.destroy();
  });

  it("writes a part of memory, by its physical addresses", async () => {
    const client = await connect();
    const part = { begin: 0x1_0000, length: 0x1000 };
    await client.execute("dump-guest-memory", dumpArguments("part", { paging: true, ...part }));
    const { loads } = readCore(readFileSync(path("part")));
    expect(loads.map(({ virtual, physical, bytes }) => [virtual, physical, bytes.length])).toEqual([
      [0x1_0000, 0x1_0000, 0x1000],
      [PAGE, 0x1_0000, 0x1000],
    ]);
    expect(await client.execute("query-dump")).toEqual({
      return: { status: "completed", completed: 0x1000, total: 0x1000 },
    });
    client.destroy();
  });

  it.skipIf(readelfMissing() !== undefined)("writes what readelf reads without a complaint", async () => {
    const client = await connect();
    await client.execute("dump-guest-memory", dumpArguments("core", { paging: true }));
    const text = readelf("--wide", "--file-header", "--program-headers", "--notes", path("core"));
    expect(text).toMatch(/Class: +ELF32/);
    expect(text).toMatch(/Type: +CORE/);
    expect(text).toMatch(/Machine: +Intel 80386/);
    expect(text).toMatch(/LOAD +0x\w+ 0xc0000000 0x00010000 0x01000 0x01000/);
    expect(text).toMatch(/CORE +0x00000090\s+NT_PRSTATUS/);
    client.destroy();
  });

  it.each([
    [{ format: "kdump-zlib", paging: true }, "kdump-compressed format doesn't support paging or filter"],
    [{ format: "win-dmp", begin: 1 }, "kdump-compressed format doesn't support paging or filter"],
    [{ format: "kdump-zlib" }, "kdump-zlib is not available now"],
    [{ format: "kdump-lzo" }, "kdump-lzo is not available now"],
    [{ format: "kdump-snappy" }, "kdump-snappy is not available now"],
    [{ format: "win-dmp" }, "Windows dump is only available for x86-64"],
    [{ begin: 1 }, "Parameter 'length' is missing"],
    [{ length: 1 }, "Parameter 'begin' is missing"],
    [{ protocol: "tcp:1" }, "Invalid parameter 'protocol'"],
    [{ protocol: "file" }, "Invalid parameter 'protocol'"],
    [{ protocol: "fd:core" }, "File descriptor named 'core' has not been found"],
    [{ protocol: "file:" }, "Could not open '': No such file or directory"],
    [{ begin: 0, length: 0 }, "Invalid parameter 'length'"],
    [{ begin: 0, length: -1 }, "Invalid parameter 'length'"],
    [{ begin: -1, length: 1 }, "Invalid parameter 'begin'"],
    [{ begin: 0xa_0000, length: 16 }, "dump: no guest memory to dump"],
    [{ begin: 2 ** 40, length: 16 }, "dump: no guest memory to dump"],
    [{ protocol: "file:/dev/full" }, "dump: failed to save memory: No space left on device"],
  ])("refuses %j, and leaves no file", async (args, desc) => {
    const client = await connect();
    for (const detach of [false, true]) {
      client.send({ execute: "dump-guest-memory", arguments: dumpArguments("refused", { ...args, detach }) });
      // That the disk is full is known too late for the reply, when the dump is detached.
      const isLate = detach && desc.endsWith("device");
      expect(await client.reply()).toEqual(isLate ? { return: {} } : genericError(desc));
      if (isLate)
        expect(await client.next()).toMatchObject({ event: "DUMP_COMPLETED", data: { error: desc } });
    }
    expect(existsSync(path("refused"))).toBe(false);
    client.destroy();
  });

  it("tells of a dump that fails while it is written", async () => {
    const client = await connect();
    const part = { begin: 0, length: 0x1000, protocol: "file:/dev/full" };
    client.send({ execute: "dump-guest-memory", arguments: dumpArguments("", part) });
    const failed = { status: "failed", completed: 0, total: 0x1000 };
    expect(await client.take(2)).toMatchObject([
      {
        event: "DUMP_COMPLETED",
        data: { result: failed, error: "dump: failed to save memory: No space left on device" },
      },
      genericError("dump: failed to save memory: No space left on device"),
    ]);
    expect(await client.execute("query-dump")).toEqual({ return: failed });
    client.destroy();
  });

  it("is a core alone: no other format is to be had", async () => {
    const client = await connect();
    expect(await client.execute("query-dump-guest-memory-capability")).toEqual({
      return: { formats: ["elf"] },
    });
    client.destroy();
  });

  it("waits for another one that is not detached", async () => {
    const [first, second] = [await connect("async"), await connect()];
    const fifo = holdFifo("first");
    first.send({
      execute: "dump-guest-memory",
      arguments: { paging: false, protocol: `file:${path("first")}` },
      id: 1,
    });
    await until(async () =>
      expect(await first.execute("query-dump", undefined, "q")).toMatchObject({
        return: { total: DUMP_BYTES },
      }),
    );
    second.send({
      execute: "dump-guest-memory",
      arguments: dumpArguments("second", { begin: 0, length: 4096 }),
    });
    await until(async () => {
      const { return: sessions } = await first.execute("query-sessions", undefined, "s");
      expect(JSON.stringify(sessions)).toContain('"state":"waiting"');
    });
    const whole = await fifo.read();
    expect(memoryOfCore(readCore(whole), 0x1_0000, MARKER.length)?.toString("latin1")).toBe(MARKER);
    expect(await first.reply()).toMatchObject({ return: {}, id: 1 });
    expect(await second.reply()).toEqual({ return: {} });
    expect(readCore(readFileSync(path("second"))).loads.length).toBe(1);
    first.destroy();
    second.destroy();
  });
});

describe("a detached dump", () => {
  it("goes on without its client, is told of, and keeps others out", async () => {
    const fifo = holdFifo("detached");
    const client = await connect();
    const args = { paging: false, protocol: `file:${path("detached")}`, detach: true };
    expect(await client.execute("dump-guest-memory", args)).toEqual({ return: {} });
    client.destroy();
    const other = await connect();
    const { return: active } = await other.execute("query-dump");
    expect(active).toMatchObject({ status: "active", total: DUMP_BYTES });
    for (const detach of [true, false]) {
      expect(await other.execute("dump-guest-memory", dumpArguments("second", { detach }))).toEqual(
        genericError("There is a dump in process, please wait."),
      );
    }
    // Its file is its own, too.
    other.send({ execute: "screendump", arguments: { filename: path("detached") } });
    const third = await connect();
    await until(async () =>
      expect(JSON.stringify(await third.execute("query-sessions"))).toContain('"waiting"'),
    );
    const whole = await fifo.read();
    expect(memoryOfCore(readCore(whole), 0x1_0000, MARKER.length)?.toString("latin1")).toBe(MARKER);
    const result = { status: "completed", completed: DUMP_BYTES, total: DUMP_BYTES };
    expect(await third.next()).toMatchObject({ event: "DUMP_COMPLETED", data: { result } });
    expect(await third.execute("query-dump")).toEqual({ return: result });
    // The FIFO's reader has gone by then.
    expect(await other.reply()).toMatchObject({ error: { class: "GenericError" } });
    other.destroy();
    third.destroy();
  });

  it("ends with the machine, and leaves no file", async () => {
    const place = mkdtempSync(join(tmpdir(), "qmpd-memory-end-"));
    // Each piece waits until the test has seen the file.
    const preload = `const fs = require("node:fs");
      const write = fs.writeSync;
      if (!require("node:worker_threads").isMainThread) fs.writeSync = (...args) => {
        while (!fs.existsSync(${JSON.stringify(join(place, "go"))}))
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        return write(...args);
      };`;
    const ending = new Program(place, { args: ["--machine", "pc", "--memory", "64"], preload });
    await ending.ready();
    const client = await TestClient.connect(join(place, "qmp.sock"), []);
    const protocol = `file:${join(place, "core")}`;
    expect(await client.execute("dump-guest-memory", { paging: false, protocol, detach: true })).toEqual({
      return: {},
    });
    expect(existsSync(join(place, "core"))).toBe(true);
    expect(await client.execute("quit")).toEqual({ return: {} });
    writeFileSync(join(place, "go"), "");
    expect(await ending.ended).toMatchObject({ status: 0 });
    expect(existsSync(join(place, "core"))).toBe(false);
    rmSync(place, { recursive: true });
  });
});

describe("a copy of memory", () => {
  it("C6: tells how long the guest stood still, in the progress and in the log", async () => {
    const client = await connect("async");
    const fifo = holdFifo("progress");
    client.send({
      execute: "pmemsave",
      arguments: { val: 0, size: MEMORY_BYTES, filename: path("progress") },
      id: "save",
    });
    const event = await client.next();
    expect(event).toMatchObject({
      event: "COMMAND_PROGRESS",
      data: { id: "save", command: "pmemsave", current: 0, total: MEMORY_BYTES },
    });
    const pausedUs = (event.data as { "paused-us": number })["paused-us"];
    expect(pausedUs).toBeGreaterThan(0);
    const { return: sessions } = await client.execute("query-sessions", undefined, "look");
    const [command] = (sessions as { commands: object[] }[]).flatMap(({ commands }) => commands);
    expect(command).toMatchObject({ id: "save", progress: { total: MEMORY_BYTES, "paused-us": pausedUs } });
    expect((await fifo.read()).length).toBe(MEMORY_BYTES);
    expect(await client.reply()).toMatchObject({ return: {}, id: "save" });
    expect(program.stderr).toContain(`"command":"pmemsave","bytes":${MEMORY_BYTES},"pausedUs":${pausedUs}`);
    client.destroy();
  });

  it("C4, C7: is given up in time anywhere in its course, and no new file is left", async () => {
    const client = await connect("async");
    const waits: number[] = [];
    for (let round = 0; round < 40; round++) {
      const [execute, args] =
        round % 2 === 0
          ? ["dump-guest-memory", dumpArguments("cancelled", { paging: true })]
          : ["pmemsave", { val: 0, size: MEMORY_BYTES, filename: path("cancelled") }];
      client.send({ execute, arguments: args, id: round });
      // A little later each time: before the copy, in it, in the writing.
      const dueMs = performance.now() + 3 * round;
      while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
      const startMs = performance.now();
      client.send({ execute: "cancel-command", arguments: { id: round }, id: "cancel" });
      const replies = new Map([await client.reply(), await client.reply()].map((line) => [line.id, line]));
      if (replies.get("cancel")?.error === undefined) {
        waits.push(performance.now() - startMs);
        expect(replies.get(round)).toEqual({ id: round, error: CANCELLED });
        // A file that is still being opened after 25 ms is not waited for: it goes as soon as it is there.
        await until(() => expect(existsSync(path("cancelled"))).toBe(false));
      } else {
        expect(replies.get(round)).toEqual({ return: {}, id: round }); // It had ended first.
        rmSync(path("cancelled"));
      }
    }
    expect(waits.length).toBeGreaterThan(5);
    waits.sort((a, b) => a - b);
    expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(CANCEL_P99_MS);
    client.destroy();
  });

  it("C4: is given up when its client has gone", async () => {
    const client = await connect("async");
    const fifo = holdFifo("gone");
    client.send({
      execute: "pmemsave",
      arguments: { val: 0, size: MEMORY_BYTES, filename: path("gone") },
      id: 1,
    });
    await client.next(); // Its progress: it is written.
    client.destroy();
    const other = await connect();
    await until(async () =>
      expect(JSON.stringify(await other.execute("query-sessions"))).not.toContain("pmemsave"),
    );
    fifo.close();
    other.destroy();
  });

  it("gives its memory back", async () => {
    const residentBytes = (): number =>
      Number(readFileSync(`/proc/${program.child.pid}/statm`, "latin1").split(" ")[1]) * 4096;
    const client = await connect();
    const save = () => client.execute("pmemsave", { val: 0, size: MEMORY_BYTES, filename: path("again") });
    await save();
    const beforeBytes = residentBytes();
    for (let round = 0; round < 6; round++) expect(await save()).toEqual({ return: {} });
    expect(residentBytes() - beforeBytes).toBeLessThan(3 * MEMORY_BYTES);
    client.destroy();
  });
});

it("leaves an unwritable folder as it is", async () => {
  const folder = path("closed");
  execFileSync("mkdir", [folder]);
  chmodSync(folder, 0o500);
  const client = await connect();
  const reply = await client.execute("pmemsave", { val: 0, size: 1, filename: join(folder, "file") });
  // Nobody is kept out who is root.
  if (process.getuid?.() !== 0) {
    expect(reply).toEqual(genericError(`Could not open '${join(folder, "file")}': Permission denied`));
    expect(readdirSync(folder)).toEqual([]);
  }
  chmodSync(folder, 0o700);
  client.destroy();
});

it("a machine without memory answers as QEMU's does", async () => {
  const place = mkdtempSync(join(tmpdir(), "qmpd-memory-none-"));
  const none = new Program(place, { args: ["--machine", "none"] });
  await none.ready();
  const client = await TestClient.connect(join(place, "qmp.sock"), []);
  const filename = join(place, "file");
  expect(await client.execute("query-memory-size-summary")).toEqual({
    return: { "base-memory": 0, "plugged-memory": 0 },
  });
  expect(await client.execute("query-dump")).toEqual({ return: { status: "none", completed: 0, total: 0 } });
  expect(await client.execute("pmemsave", { val: 5, size: 16, filename })).toEqual({ return: {} });
  expect(readFileSync(filename)).toEqual(Buffer.alloc(16));
  rmSync(filename);
  expect(await client.execute("memsave", { val: 0, size: 16, filename })).toEqual(
    genericError("Parameter 'cpu-index' expects a CPU number"),
  );
  expect(await client.execute("dump-guest-memory", { paging: false, protocol: `file:${filename}` })).toEqual(
    genericError("dump: no guest memory to dump"),
  );
  expect(await client.execute("query-dump")).toMatchObject({ return: { status: "failed" } });
  expect(existsSync(filename)).toBe(false);
  client.destroy();
  none.kill("SIGTERM");
  expect(await none.ended).toMatchObject({ status: 0 });
  rmSync(place, { recursive: true });
});
