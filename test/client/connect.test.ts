/** The client over real sockets: this project's server, real QEMU, a server that resets. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { qemuMissing, startQemu } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { QEMU_GREETING } from "../support/scripted-server.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-connect-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A server that does `serve` with each connection. */
async function listen(name: string, serve: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, serve);
  await new Promise<void>((resolve) => server.listen(join(directory, name), resolve));
  return server;
}

describe("an endpoint", () => {
  it.each([
    ["stdio", "CLIENT_ARGUMENT", "'stdio' is no endpoint to connect to: write unix:PATH or tcp:HOST:PORT"],
    [
      "vm.sock",
      "CLIENT_ARGUMENT",
      "'vm.sock' is no endpoint to connect to: write unix:PATH or tcp:HOST:PORT",
    ],
    ["unix:DIR/none", "CHARDEV_CONNECT", "unix:DIR/none: there is no such socket: is the server running?"],
    ["tcp:127.0.0.1:1", "CHARDEV_CONNECT", "tcp:127.0.0.1:1: nobody listens there: is the server running?"],
    ["unix:DIR/file", "CHARDEV_CONNECT", "unix:DIR/file: there is a file of that name, and it is no socket"],
    ["unix:\0nobody", "CHARDEV_CONNECT", "unix:\0nobody: nobody listens there: is the server running?"],
  ])("that is %s is refused with what to do", async (endpoint, code, message) => {
    writeFileSync(join(directory, "file"), "");
    await expect(connect(endpoint.replace("DIR", directory))).rejects.toMatchObject({
      code,
      message: message.replace("DIR", directory),
    });
  });

  it("that takes the connection and is silent is given up in time", async () => {
    const server = await listen("silent", () => {});
    const endpoint = `unix:${join(directory, "silent")}`;
    await expect(connect(endpoint, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "CLIENT_TIMEOUT",
      message: `${endpoint}: no greeting within 50 ms: is another client connected? QEMU serves one at a time`,
    });
    server.close();
  });

  it("that resets in the middle of a command fails it with the system's error as the cause", async () => {
    const server = createServer((socket) => {
      socket.write(QEMU_GREETING);
      socket.on("data", (bytes) => {
        if (String(bytes).includes("qmp_capabilities")) socket.write('{"return": {}, "id": 1}\r\n');
        else socket.resetAndDestroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const client = await connect(`tcp:127.0.0.1:${port}`);
    await expect(client.execute("query-status")).rejects.toMatchObject({
      code: "CLIENT_CLOSED",
      cause: { code: "CLIENT_CLOSED", cause: { code: "ECONNRESET" } },
    });
    server.close();
  });
});

describe("this project's server", () => {
  it("runs 64 commands at once, cancels one, and hands over a large picture", async () => {
    const server = await startQmpd({ args: ["--qtest", "--display", "VGA:1920x1080"] });
    try {
      const client = await connect(`unix:${server.sockets[0]}`, { capabilities: ["oob", "async"] });
      const controller = new AbortController();
      const slow = client.execute("qtest-timeout", { duration: 60 }, { signal: controller.signal });
      const quick = Array.from({ length: 64 }, () => client.execute("query-name"));
      const picture = (await client.execute("screendump-data", { format: "ppm" })) as { data: string };
      expect(picture.data.length).toBe(Math.ceil((1920 * 1080 * 3 + "P6\n1920 1080\n255\n".length) / 3) * 4);
      expect(await Promise.all(quick)).toEqual(Array(64).fill({}));
      controller.abort();
      await expect(slow).rejects.toMatchObject({
        code: "CLIENT_ABORTED",
        cause: { desc: "Command cancelled" },
      });
      await client.execute("quit");
      expect(await client.closed).toMatchObject({ code: "CLIENT_CLOSED" });
    } finally {
      await server.stop();
    }
  });

  it("that is killed fails commands in flight", async () => {
    const server = await startQmpd({ args: ["--qtest"] });
    const client = await connect(`unix:${server.sockets[0]}`, { capabilities: ["async"] });
    const slow = client.execute("qtest-timeout", { duration: 60 });
    await client.execute("query-name");
    process.kill(server.pid, "SIGKILL");
    await expect(slow).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await server.stop();
  });
});

describe.skipIf(qemuMissing() !== undefined)("real QEMU", () => {
  it("negotiates oob, answers in order, and has its large schema read", async () => {
    const server = await startQemu();
    try {
      const client = await connect(`unix:${server.sockets[0]}`, { capabilities: ["oob"] });
      const events: string[] = [];
      client.events.subscribe(({ event }) => events.push(event));
      const answers = await Promise.all([
        client.execute("query-status"),
        client.execute("query-qmp-schema"),
        client.execute("x-no-such-command").catch((error) => error),
      ]);
      expect(answers[0]).toMatchObject({ running: true });
      expect((answers[1] as unknown[]).length).toBeGreaterThan(900);
      expect(answers[2]).toMatchObject({ errorClass: "CommandNotFound" });
      await client.execute("stop");
      expect(events).toEqual(["STOP"]);
      await client.execute("cont");
      await client.close();
      const again = await connect(`unix:${server.sockets[0]}`);
      expect(await again.execute("query-status")).toMatchObject({ running: true });
      await again.close();
    } finally {
      await server.stop();
    }
  });

  it("does not offer async, and the error says so", async () => {
    const server = await startQemu();
    try {
      await expect(connect(`unix:${server.sockets[0]}`, { capabilities: ["async"] })).rejects.toMatchObject({
        code: "CLIENT_CAPABILITY",
        message: expect.stringContaining("does not offer the capability async (it offers: oob)"),
      });
    } finally {
      await server.stop();
    }
  });
});
