/**
 * The tests of the series "qmp: add async command type", over a real socket: a client that negotiates a
 * given list of capabilities sees exactly what the series promises.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestClient } from "../support/client.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";

let server: ServerProcess;
let directory = "";
let socket = "";

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-async-"));
  server = await startQmpd({
    args: ["--qtest", "--display", "VGA:640x480", "--display", "qxl:1024x768,id=video0,heads=2"],
  });
  socket = server.sockets[0] ?? "";
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const connect = (...capabilities: string[]): Promise<TestClient> => TestClient.connect(socket, capabilities);
const timeout = (duration: number, id?: unknown) => ({
  execute: "qtest-timeout",
  arguments: { duration },
  ...(id !== undefined && { id }),
});

describe("without async", () => {
  it("L2: answers two timeouts in the order of their requests", async () => {
    const client = await connect();
    client.send(timeout(0.2, "long"));
    client.send(timeout(0.01, "short"));
    expect(await client.take(2)).toEqual([
      { return: {}, id: "long" },
      { return: {}, id: "short" },
    ]);
    client.destroy();
  });

  it("L2: takes a screendump without an id, and answers when the file is complete", async () => {
    const client = await connect();
    const filename = join(directory, "plain.ppm");
    expect(await client.execute("screendump", { filename })).toEqual({ return: {} });
    expect(readFileSync(filename).subarray(0, 15).toString()).toBe("P6\n640 480\n255\n");
    expect(readFileSync(filename)).toHaveLength(15 + 640 * 480 * 3);
    client.destroy();
  });

  it("L1: a session's timeout does not hold up another session", async () => {
    const slow = await connect();
    const quick = await connect();
    slow.send(timeout(10));
    expect(await quick.execute("query-status", undefined, 1)).toMatchObject({ id: 1 });
    expect(slow.texts).toHaveLength(2); // Greeting and negotiation.
    slow.destroy();
    quick.destroy();
  });
});

describe("with async", () => {
  it("L3: answers the shorter of two timeouts first, each with its id", async () => {
    const client = await connect("async");
    client.send(timeout(0.2, "long"));
    client.send(timeout(0.01, "short"));
    expect(await client.take(2)).toEqual([
      { return: {}, id: "short" },
      { return: {}, id: "long" },
    ]);
    client.destroy();
  });

  it("L4: refuses an async command without an id", async () => {
    const client = await connect("async");
    expect(await client.execute("qtest-timeout", { duration: 0 })).toEqual({
      error: { class: "GenericError", desc: "An async command requires an 'id'" },
    });
    client.destroy();
  });

  it("L3: answers query-status while a screendump is under way, and the screendump with its id", async () => {
    const client = await connect("async");
    const filename = join(directory, "async.png");
    client.send({ execute: "screendump", arguments: { filename, format: "png", device: "video0" }, id: 1 });
    client.send({ execute: "query-status", id: 2 });
    expect((await client.take(2)).map(({ id }) => id)).toEqual([2, 1]);
    expect(readFileSync(filename).subarray(1, 4).toString()).toBe("PNG");
    client.destroy();
  });

  it("C3: tells nobody but the caller that a command ended", async () => {
    const caller = await connect("async");
    const other = await connect("async");
    caller.send(timeout(0.01, 1));
    await caller.next();
    await other.execute("query-status");
    expect(other.texts).toHaveLength(3);
    caller.destroy();
    other.destroy();
  });

  it("C5: cancels a command in flight, which is answered once", async () => {
    const client = await connect("async");
    client.send(timeout(60, "victim"));
    client.send({ execute: "cancel-command", arguments: { id: "victim" }, id: 2 });
    const lines = await client.take(2);
    expect(lines).toContainEqual({ return: {}, id: 2 });
    expect(lines).toContainEqual({
      id: "victim",
      error: { class: "GenericError", desc: "Command cancelled" },
    });
    client.destroy();
  });

  it("C4, C6: cancels the commands of a client that disconnects, as query-sessions shows", async () => {
    const observer = await connect("async");
    const client = await connect("async");
    client.send(timeout(60, "orphan"));
    const inFlight = async (): Promise<string[]> => {
      const { return: sessions } = await observer.execute("query-sessions");
      return (sessions as { commands: { command: string }[] }[]).flatMap(({ commands }) =>
        commands.map(({ command }) => command),
      );
    };
    while ((await inFlight()).length === 0);
    expect(await inFlight()).toEqual(["qtest-timeout"]);
    client.destroy();
    while ((await inFlight()).length > 0);
    observer.destroy();
  });

  it("C6: tells the progress of a command to its own session, and query-sessions shows it", async () => {
    const client = await connect("async");
    const other = await connect("async");
    client.send(timeout(60, "slow"));
    expect(await client.next()).toMatchObject({
      event: "COMMAND_PROGRESS",
      data: { id: "slow", command: "qtest-timeout", current: 1000, total: 60000 },
    });
    const { return: sessions } = await other.execute("query-sessions");
    expect(JSON.stringify(sessions)).toContain('"progress":{"current":1000,"total":60000}');
    expect(other.texts.some((text) => text.includes("COMMAND_PROGRESS"))).toBe(false);
    client.destroy();
    other.destroy();
  });

  it("C4: runs and answers what had arrived before a half-close, then closes", async () => {
    const client = await connect("async");
    client.send(timeout(0.05, 1));
    client.halfClose();
    expect(await client.next()).toEqual({ return: {}, id: 1 });
    await client.until(() => false); // Until the server closes.
    expect(client.closed).toBe(true);
  });

  it("L5: refuses an id in flight, and takes it again after its reply", async () => {
    const client = await connect("async");
    client.send(timeout(0.05, 1));
    expect(await client.execute("query-status", undefined, 1)).toMatchObject({ id: 1, error: {} });
    expect(await client.next()).toEqual({ return: {}, id: 1 });
    expect(await client.execute("query-status", undefined, 1)).toMatchObject({ id: 1, return: {} });
    client.destroy();
  });
});

describe("screendump", () => {
  const errors: readonly [string, object, object][] = [
    [
      "'head' without 'device'",
      { head: 0 },
      { class: "GenericError", desc: "'head' must be specified together with 'device'" },
    ],
    ["an unknown device", { device: "nope" }, { class: "DeviceNotFound", desc: "Device 'nope' not found" }],
    [
      "a head that the device has not",
      { device: "video0", head: 2 },
      { class: "GenericError", desc: "Device video0 (head 2) is not bound to a QemuConsole" },
    ],
    [
      "a file that cannot be written",
      { filename: "/nonexistent/x.ppm" },
      { class: "GenericError", desc: "failed to open file '/nonexistent/x.ppm': No such file or directory" },
    ],
    [
      "a directory",
      { filename: "/tmp" },
      { class: "GenericError", desc: "failed to open file '/tmp': Is a directory" },
    ],
  ];
  it.each(errors)("D5: rejects %s as QEMU does", async (_, args, error) => {
    const client = await connect();
    const filename = join(directory, "never.ppm");
    expect(await client.execute("screendump", { filename, ...args })).toEqual({ error });
    expect(existsSync(filename)).toBe(false);
    client.destroy();
  });

  it("D6: returns the picture in the reply, the same as in a file", async () => {
    const client = await connect();
    await client.execute("stop"); // The same frame twice.
    const filename = join(directory, "same.png");
    await client.execute("screendump", { filename, format: "png" });
    const { return: picture } = await client.execute("screendump-data", { format: "png" }, 3);
    expect(picture).toMatchObject({ width: 640, height: 480, format: "png" });
    const { data } = picture as { data: string };
    expect(Buffer.from(data, "base64").equals(readFileSync(filename))).toBe(true);
    await client.execute("cont");
    client.destroy();
  });

  it("R1: writes two pictures to one file one after the other, each whole", async () => {
    const client = await connect("async");
    const filename = join(directory, "both.ppm");
    for (let id = 0; id < 8; id++) {
      client.send({ execute: "screendump", arguments: { filename, device: "video0", head: id % 2 }, id });
    }
    const replies = await client.take(8);
    expect(replies.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(readFileSync(filename)).toHaveLength(16 + 1024 * 768 * 3);
    client.destroy();
  });
});

describe("the end", () => {
  it("SIGTERM: tells clients, answers what is in flight as cancelled, and exits with 0 in time", async () => {
    const own = await startQmpd({ args: ["--qtest"] });
    const client = await TestClient.connect(own.sockets[0] ?? "", ["async"]);
    client.send(timeout(60, 1));
    client.send({ execute: "query-status", id: 2 });
    await client.next();
    const startMs = performance.now();
    process.kill(own.pid, "SIGTERM");
    expect(await client.next()).toMatchObject({
      event: "SHUTDOWN",
      data: { guest: false, reason: "host-signal" },
    });
    expect(await client.reply()).toMatchObject({ id: 1, error: { desc: "Command cancelled" } });
    expect(await own.exited).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(existsSync(own.sockets[0] ?? "")).toBe(false);
    await own.stop();
  });

  it("quit: answers after SHUTDOWN, and exits with 0", async () => {
    const own = await startQmpd({ args: [] });
    const client = await TestClient.connect(own.sockets[0] ?? "", []);
    client.send({ execute: "quit", id: 1 });
    expect(await client.next()).toMatchObject({ event: "SHUTDOWN", data: { reason: "host-qmp-quit" } });
    expect(await client.next()).toEqual({ return: {}, id: 1 });
    expect(await own.exited).toBe(0);
    await own.stop();
  });
});
