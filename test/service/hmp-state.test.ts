/** The human monitor's commands for memory, snapshots and media, on a PC with disks, over a real socket. */

import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Place } from "../support/program.ts";

const PROMPT = "(qemu) ";

let place: Place;
let socket: Socket;
let text: string;
let changed: () => void;

beforeEach(async () => {
  place = new Place();
  for (const name of ["d.img", "c.iso", "other.iso"]) {
    writeFileSync(place.path(name), "");
    truncateSync(place.path(name), 2 ** 20);
  }
  mkdirSync(place.path("snapshots"));
  const disks = ["--snapshot", "--hda", "d.img", "--cdrom", "c.iso", "--snapshots", "snapshots"];
  const program = place.start({ args: ["--machine", "pc", "--monitor", "unix:hmp.sock", ...disks] });
  await program.ready();
  text = "";
  changed = () => {};
  socket = createConnection(place.path("hmp.sock"));
  socket.on("data", (bytes) => {
    text += bytes.toString();
    changed();
  });
  await read();
});
afterEach(async () => {
  socket.destroy();
  await place.remove();
});

async function read(): Promise<string> {
  while (!text.endsWith(PROMPT)) {
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
  }
  const output = text.slice(0, -PROMPT.length).replaceAll("\r\n", "\n");
  text = "";
  return output;
}

async function run(line: string): Promise<string> {
  socket.write(`${line}\n`);
  return (await read()).slice(line.length + 1);
}

it("saves the machine, replaces, loads and deletes what it saved, and leaves no job", async () => {
  expect(await run("info snapshots")).toBe("There is no snapshot available.\n");
  for (const line of ["savevm one", "savevm", "savevm one", "loadvm one"]) expect(await run(line)).toBe("");
  const listed = (await run("info snapshots"))
    .split("\n")
    .map((line) => line.split(/ +/).slice(0, 2).join(" "));
  expect(listed.slice(1)).toEqual(["ID TAG", expect.stringMatching(/^-- vm-\d{14}$/), "-- one", ""]);
  expect(await run("loadvm bar")).toBe("Error: Snapshot 'bar' does not exist in one or more devices\n");
  expect(await run("delvm bar")).toBe("");
  expect(await run("delvm one")).toBe("");
  expect(await run("loadvm one")).toBe("Error: Snapshot 'one' does not exist in one or more devices\n");
  expect(await run("info jobs")).toBe("No active jobs\n");
});

it("brings memory back with a snapshot that is loaded", async () => {
  await run("stop");
  const before = await run("xp/1xw 0x10024");
  await run("savevm now");
  await run("cont");
  while ((await run("xp/1xw 0x10024")) === before);
  await run("stop");
  await run("loadvm now");
  expect(await run("xp/1xw 0x10024")).toBe(before);
});

it("exchanges media, and tells of them as QEMU does", async () => {
  const cdrom = (file: string): RegExp =>
    new RegExp(
      `^ide1-cd0 \\(.*\\): ${file} \\(raw, read-only\\)\n {4}Attached to: {6}/machine/.*\n {4}Removable device: not locked, tray closed\n`,
    );
  expect(await run("info block ide1-cd0")).toMatch(cdrom("c.iso"));
  expect(await run("eject ide1-cd0")).toBe("");
  expect(await run("info block ide1-cd0")).toMatch(/^ide1-cd0: \[not inserted\]\n.*\n.*tray open\n$/);
  expect(await run("change ide1-cd0 other.iso")).toBe("");
  expect(await run("info block ide1-cd0")).toMatch(cdrom("other.iso"));
  expect(await run("change ide1-cd0 none.iso")).toBe(
    "Error: Could not open 'none.iso': No such file or directory\n",
  );
  expect(await run("eject nothing")).toBe("Error: Device 'nothing' not found\n");
});

it("saves memory to files", async () => {
  expect(await run(`pmemsave 0x13000 256 "${place.path("physical")}"`)).toBe("");
  expect([...readFileSync(place.path("physical")).subarray(0, 4)]).toEqual([0, 1, 2, 3]);
  expect(await run(`memsave 0xc0001000 16 "${place.path("virtual")}"`)).toBe("");
  expect([...readFileSync(place.path("virtual"))].slice(-2)).toEqual([14, 15]);
  expect(await run(`memsave 0xd0000000 16 "${place.path("none")}"`)).toBe(
    "Error: Invalid addr 0x00000000d0000000/size 16 specified\n",
  );
  expect(existsSync(place.path("none"))).toBe(false);
  expect(await run(`dump-guest-memory ${place.path("core")} 0x10000 4096`)).toBe("");
  expect(readFileSync(place.path("core")).subarray(1, 4).toString()).toBe("ELF");
});
