/** How `qmpd serve` ends: in order, or in spite of a thread that is stuck. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Place, threadScript, WAIT_FOR_GO } from "../support/program.ts";

/** A second more than it may take: the process has to be noticed, too. */
const HARD_END_MS = 3_000;

let place: Place;

beforeEach(() => {
  place = new Place();
});

afterEach(() => place.remove());

describe.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s", (signal) => {
  it("ends a service with status 0 and removes its socket", async () => {
    const program = place.start();
    await program.ready();
    program.kill(signal);
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(existsSync(place.path("qmp.sock"))).toBe(false);
  });

  it("ends a service that still starts, with status 0", async () => {
    const program = place.start({ preload: threadScript(place, WAIT_FOR_GO) });
    await place.until("qmp.sock", true);
    program.kill(signal);
    await place.until("qmp.sock", false);
    writeFileSync(place.path("go"), "");
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stdout).toBe("");
  });
});

const scriptMissing = spawnSync("script", ["--version"], { stdio: "ignore" }).status !== 0;
if (scriptMissing) console.warn("skipped: script (util-linux) is not installed");

describe.skipIf(scriptMissing)("a terminal", () => {
  it.each(["SIGHUP", "SIGTERM"] as const)("that has gone is no reason to crash at %s", async (signal) => {
    const command = `tty >${place.path("tty")}.new; mv ${place.path("tty")}.new ${place.path("tty")}; sleep 60`;
    const terminal = spawn("script", ["-qc", command, "/dev/null"], { stdio: "ignore" });
    await place.until("tty", true);
    const name = readFileSync(place.path("tty"), "utf8").trim();
    const fd = openSync(name, constants.O_RDWR | constants.O_NOCTTY);
    const program = place.start({ stdio: [fd, fd, fd] });
    closeSync(fd);
    const client = await place.connect();
    terminal.kill("SIGKILL");
    await once(terminal, "close");
    program.kill(signal);
    expect(await program.ended).toEqual({ status: null, signal: "SIGHUP" });
    expect(existsSync(place.path("qmp.sock"))).toBe(false);
    client.destroy();
  });
});

describe("a stuck thread", () => {
  it("in an endless loop at the start does not outlive the end by much", async () => {
    const program = place.start({ preload: threadScript(place, "for (;;);") });
    await place.until("qmp.sock", true);
    const toldMs = performance.now();
    program.kill("SIGTERM");
    await place.until("qmp.sock", false);
    expect(await program.ended).toEqual({ status: null, signal: "SIGKILL" });
    expect(performance.now() - toldMs).toBeLessThan(HARD_END_MS);
    expect(program.stderr).toContain("the service does not end");
  });

  it("inside the kernel does not outlive quit by much", async () => {
    spawnSync("mkfifo", [place.path("fifo")]);
    const preload = threadScript(
      place,
      `setInterval(() => {
        if (!fs.existsSync(path("go"))) return;
        fs.writeFileSync(path("stuck"), "");
        fs.openSync(path("fifo"), "r");
      }, 2).unref();`,
    );
    const program = place.start({ preload });
    await program.ready();
    writeFileSync(place.path("go"), "");
    await place.until("stuck", true);
    const client = await place.connect();
    const toldMs = performance.now();
    expect(await client.execute("quit")).toEqual({ return: {} });
    expect(await program.ended).toEqual({ status: null, signal: "SIGKILL" });
    expect(performance.now() - toldMs).toBeLessThan(HARD_END_MS);
    expect(existsSync(place.path("qmp.sock"))).toBe(false);
    client.destroy();
  });

  it("is not waited for when SIGINT comes again", async () => {
    const program = place.start({ preload: threadScript(place, "for (;;);") });
    await place.until("qmp.sock", true);
    program.kill("SIGINT");
    await place.until("qmp.sock", false);
    program.kill("SIGINT");
    expect(await program.ended).toEqual({ status: null, signal: "SIGKILL" });
    expect(program.stderr).not.toContain("does not end");
  });
});

describe("a machine on standard input and output", () => {
  const args = ["--qmp", "stdio", "--log-level", "error"];

  it("C4: answers what was sent and ends with its client", async () => {
    const program = place.start({ args, stdio: ["pipe", "pipe", "pipe"] });
    program.child.stdin?.end('{"execute": "qmp_capabilities"} {"execute": "query-status", "id": 1}');
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stdout.split("\r\n").slice(1)).toEqual([
      '{"return": {}}',
      '{"return": {"running": true, "singlestep": false, "status": "running"}, "id": 1}',
      "",
    ]);
  });

  it("ends when there is no input at all", async () => {
    const program = place.start({ args });
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stdout).toMatch(/^\{"QMP": .*\}\r\n$/);
  });

  it("goes on when it has another endpoint", async () => {
    const program = place.start({ args: [...args, "--qmp", "unix:qmp.sock"] });
    const client = await place.connect();
    let sessions: unknown[];
    do sessions = (await client.execute("query-sessions")).return as unknown[];
    while (sessions.length > 1);
    client.send({ execute: "quit" });
    expect(await program.ended).toEqual({ status: 0, signal: null });
    client.destroy();
  });
});
