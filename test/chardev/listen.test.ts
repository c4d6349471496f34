import { spawnSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listenTcp, listenUnix } from "../../src/chardev/listen.ts";
import { Endpoint, temporaryDirectory } from "./harness.ts";

const nobody = { connect: () => {}, error: () => {} };

/** Leaves a socket file behind that nobody listens on, as a process does that was killed. */
function leaveStaleSocket(path: string): void {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
  expect(existsSync(path)).toBe(true);
}

describe("a unix listener", () => {
  it("makes its socket with mode 0600, whatever the umask, and leaves the umask alone", async () => {
    const path = join(temporaryDirectory(), "qmp.sock");
    const before = process.umask(0);
    try {
      await Endpoint.unix(path);
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("replaces a stale socket", async () => {
    const path = join(temporaryDirectory(), "qmp.sock");
    leaveStaleSocket(path);
    const endpoint = await Endpoint.unix(path);
    const { client, served } = await endpoint.connect();
    client.write("hello");
    await served.received("hello");
  });

  it("replaces a stale socket once, when two find it at the same time: the other is refused", async () => {
    for (let round = 0; round < 5; round++) {
      const path = join(temporaryDirectory(), "qmp.sock");
      leaveStaleSocket(path);
      const both = await Promise.allSettled([listenUnix(path, nobody), listenUnix(path, nobody)]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(existsSync(path)).toBe(true);
      for (const listening of both) if (listening.status === "fulfilled") listening.value.close();
    }
  });

  it("refuses a live socket and says that it is in use; the other goes on", async () => {
    const path = join(temporaryDirectory(), "qmp.sock");
    const first = await Endpoint.unix(path);
    await expect(listenUnix(path, nobody)).rejects.toMatchObject({
      name: "ChardevError",
      code: "CHARDEV_IN_USE",
      message: `unix:${path} is in use by another process: stop that one, or choose another path`,
    });
    // The first connection is the other listener's question whether anybody is there.
    const { client, served } = await first.connect();
    expect(served.chardev.peer).toBe(`unix:${path}`);
    client.destroy();
  });

  it("never replaces a file that is no socket", async () => {
    const path = join(temporaryDirectory(), "qmp.sock");
    writeFileSync(path, "precious");
    await expect(listenUnix(path, nobody)).rejects.toThrow("it is no socket");
    expect(statSync(path).size).toBe(8);
  });

  it("removes its socket when it closes; connections go on", async () => {
    const path = join(temporaryDirectory(), "qmp.sock");
    const endpoint = await Endpoint.unix(path);
    const { client, served } = await endpoint.connect();
    endpoint.server.close();
    endpoint.server.close();
    expect(existsSync(path)).toBe(false);
    client.write("still here");
    await served.received("still here");
  });

  it("says what is wrong with a path: too long, no directory", async () => {
    const directory = temporaryDirectory();
    await expect(listenUnix(join(directory, "x".repeat(108)), nobody)).rejects.toThrow(
      "the path is too long: the system allows 107 bytes",
    );
    await expect(listenUnix(join(directory, "no", "qmp.sock"), nobody)).rejects.toThrow(
      `there is no directory ${join(directory, "no")}`,
    );
  });

  it("takes the longest path that the system allows", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "x".repeat(106 - directory.length));
    expect(path).toHaveLength(107);
    const { client } = await (await Endpoint.unix(path)).connect();
    expect(client.connecting).toBe(false);
  });
});

describe("a TCP listener", () => {
  it("tells the port it was given", async () => {
    const endpoint = await Endpoint.tcp();
    expect(endpoint.server.address).toMatch(/^tcp:127\.0\.0\.1:[1-9]\d*$/);
  });

  it.each(["0.0.0.0", "::", "192.0.2.1"])("refuses %s without allowRemote, and says how", async (host) => {
    const where = { host, port: 0, allowRemote: false };
    await expect(listenTcp(where, nobody)).rejects.toThrow("add --allow-remote");
  });

  it("listens on any address with allowRemote", async () => {
    const server = await listenTcp({ host: "0.0.0.0", port: 0, allowRemote: true }, nobody);
    expect(server.address).toMatch(/^tcp:0\.0\.0\.0:/);
    server.close();
  });

  it("says that a port is in use, and that an address is not of this machine", async () => {
    const endpoint = await Endpoint.tcp();
    const port = Number(endpoint.server.address.split(":").at(-1));
    const where = { host: "127.0.0.1", port, allowRemote: false };
    await expect(listenTcp(where, nobody)).rejects.toMatchObject({ code: "CHARDEV_IN_USE" });
    const remote = { host: "192.0.2.1", port: 0, allowRemote: true };
    await expect(listenTcp(remote, nobody)).rejects.toThrow("this machine has no such address");
  });
});
