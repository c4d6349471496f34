/** The command line of `qmpd serve`: what it refuses, what it says, and how the machine is when a client comes. */

import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Place, threadScript, WAIT_FOR_GO } from "../support/program.ts";

let place: Place;

beforeEach(() => {
  place = new Place();
});

afterEach(() => place.remove());

describe("refuses, with status 1 and the reason,", () => {
  it.each([
    ["one path twice", ["--qmp", "unix:a", "--qmp", "unix:./a"], "two endpoints are unix:"],
    ["stdio twice", ["--qmp", "stdio", "stdio"], "two endpoints are stdio"],
    ["a limit beyond a timer", ["--limit", "stalled-peer-ms=3000000000"], "is at most 2147483000"],
    ["too many threads", ["--workers", "65"], "use a number from 1 to 64"],
    ["heads that are no number", ["--display", "VGA:640x480,heads=abc"], "'heads=abc'"],
    ["a display that cannot be", ["--display", "VGA:1x1"], "320x200"],
    ["a file that is not there", ["--config", "none.yaml"], "cannot read none.yaml"],
    ["--config beside --machine", ["--config", "a", "--machine", "none"], "--config and --machine exclude"],
    ["--config beside --workers", ["--config", "a", "--workers", "2"], "--config and --workers exclude"],
    [
      "--config beside --allow-remote",
      ["--config", "a", "--allow-remote"],
      "--config and --allow-remote exclude",
    ],
  ])("%s", async (_, args, reason) => {
    const program = place.start({ args });
    expect(await program.ended).toEqual({ status: 1, signal: null });
    const line = program.stderr.split("\n").find((text) => text.startsWith("qmpd: "));
    expect(line).toContain(reason);
  });
});

it.each([
  ["an option", ["--limit", "none=1"]],
  ["a display", ["--machine", "test", "--display", "VGA:1x1"]],
])("tells where help is after a mistake of %s", async (_, args) => {
  const program = place.start({ args });
  await program.ended;
  expect(program.stderr).toMatch(/^qmpd: .*\n\(qmpd serve --help tells more\)\n$/m);
});

it.each([
  ["an address", ["--qmp", "unix:none/qmp.sock"]],
  ["a configuration file", ["--config", "none.yaml"]],
])("does not where %s is the trouble", async (_, args) => {
  const program = place.start({ args });
  await program.ended;
  expect(program.stderr).toMatch(/^qmpd: .*\n$/m);
  expect(program.stderr).not.toContain("--help");
});

it("tells which one of several machines cannot be", async () => {
  const machines =
    '[{ name: vm1, qmp: ["unix:a"] }, { name: vm2, qmp: ["unix:b"], displays: ["VGA:640x480"] }]';
  writeFileSync(place.path("machines.yaml"), `machines: ${machines}`);
  const program = place.start({ args: ["--config", "machines.yaml"] });
  await program.ended;
  expect(program.stderr).toMatch(/^qmpd: machine vm2: machine type 'pc' takes no display: type test does$/m);
});

it("suggests what the machine can do", async () => {
  const program = place.start({ args: ["--machine", "none", "--preconfig"] });
  await program.ready();
  expect(program.stdout).not.toContain("screendump");
  const suggested = program.stdout.split("\n").filter((line) => line.startsWith("  {"));
  const client = await place.connect();
  for (const line of suggested.slice(1)) {
    client.send(JSON.parse(line));
    let answer = await client.next();
    while ("event" in answer) answer = await client.next();
    expect(answer).toMatchObject({ return: expect.anything() });
  }
  expect(suggested).toHaveLength(4);
  client.destroy();
});

it("says why a thread does not start", async () => {
  const program = place.start({ preload: threadScript(place, 'throw new Error("out of threads");') });
  expect(await program.ended).toEqual({ status: 1, signal: null });
  expect(program.stderr).toMatch(/^qmpd: .*out of threads$/m);
});

it("shows the address that a client can use, where any port was asked for", async () => {
  const program = place.start({ args: ["--qmp", "tcp:127.0.0.1:0"] });
  await program.ready();
  const [, port = ""] = /machine \(no name\): tcp:127\.0\.0\.1:(\d+)\n/.exec(program.stdout) ?? [];
  expect(Number(port)).toBeGreaterThan(0);
  expect(program.stdout).toContain(`socat - TCP:127.0.0.1:${port}\n`);
});

describe("a client that comes before the machine's thread is there", () => {
  it.each([
    ["running", []],
    ["prelaunch", ["--stopped"]],
  ])("finds the machine %s, and no event that nobody asked for follows", async (status, args) => {
    place.start({ args, preload: threadScript(place, WAIT_FOR_GO) });
    const client = await place.connect();
    expect(await client.execute("query-status")).toMatchObject({ return: { status } });
    writeFileSync(place.path("go"), "");
    // A question to the thread: what it had to say before has been said.
    client.send({ execute: "qom-list", arguments: { path: "/" } });
    expect(await client.next()).toMatchObject({ return: expect.any(Array) });
    expect(await client.execute("query-status")).toMatchObject({ return: { status } });
    client.destroy();
  });
});

it("x-exit-preconfig starts the machine, and RESUME tells so", async () => {
  const program = place.start({ args: ["--preconfig"] });
  await program.ready();
  const client = await place.connect();
  client.send({ execute: "x-exit-preconfig" });
  expect(await client.next()).toMatchObject({ event: "RESUME" });
  expect(await client.next()).toEqual({ return: {} });
  client.destroy();
});
