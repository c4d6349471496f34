/** `qmpd serve` when it may open no more files, as when more clients come than its limit (`ulimit -n`) has room for. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Place } from "../support/program.ts";

let place: Place;

beforeEach(() => {
  place = new Place();
});

afterEach(() => place.remove());

it("answers what needs no file, and ends with status 0", async () => {
  const program = place.start({ args: ["--workers", "1"] });
  await program.ready();
  const client = await place.connect();
  // Its pool thread has started.
  expect(await client.execute("screendump", { filename: "/dev/null" })).toMatchObject({ return: {} });
  limitOpenFiles(program.child.pid, 3);
  const line = { "command-line": "info status" };
  expect(await client.execute("human-monitor-command", line)).toMatchObject({
    return: "VM status: running\r\n",
  });
  expect(await client.execute("screendump-data", { format: "png" })).toMatchObject({
    return: { format: "png" },
  });
  expect(await client.execute("screendump", { filename: place.path("x.ppm") })).toMatchObject({
    error: { desc: `failed to open file '${place.path("x.ppm")}': Too many open files` },
  });
  limitOpenFiles(program.child.pid, 1000);
  expect(await client.execute("screendump", { filename: place.path("x.ppm") })).toMatchObject({ return: {} });
  client.destroy();
  program.kill("SIGTERM");
  expect(await program.ended).toEqual({ status: 0, signal: null });
  expect(program.stderr).not.toContain('"level":50');
});

/** What is open stays so; nothing more is opened while there are as many. */
function limitOpenFiles(pid: number | undefined, count: number): void {
  const { status, stderr } = spawnSync("prlimit", [`--pid=${pid}`, `--nofile=${count}:`], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
}

it("ends with one line when it cannot open all of its own files", async () => {
  // As it is for clients that come while it starts, and are as many as its limit has room for.
  const preload = `const fs = require("node:fs");
    const { readFileSync } = fs;
    fs.readFileSync = (path, ...rest) => {
      if (!String(path).includes("/piscina/")) return readFileSync(path, ...rest);
      throw Object.assign(new Error("EMFILE: too many open files, open '" + path + "'"), { code: "EMFILE" });
    };`;
  const program = place.start({ preload });
  expect(await program.ended).toEqual({ status: 1, signal: null });
  expect(program.stderr).toMatch(/^qmpd: EMFILE: too many open files, open '.*piscina/m);
  expect(program.stderr).not.toContain("Node.js v");
  expect(existsSync(place.path("qmp.sock"))).toBe(false);
});
