/**
 * The whole way: a word goes in by send-key, and is found in the picture of the screen, and at the serial port.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TestClient } from "../support/client.ts";
import { readScreen } from "../support/guest-screen.ts";
import { Program } from "../support/program.ts";

let directory: string;
let program: Program;
let client: TestClient;
let printed = "";

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-typing-"));
  program = new Program(directory, {
    args: ["--machine", "pc", "--serial", "unix:serial.sock", "--stopped"],
  });
  await program.ready();
  const socket = createConnection(join(directory, "serial.sock"));
  printed = "";
  socket.on("data", (bytes) => {
    printed += bytes.toString("latin1");
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  client = await TestClient.connect(join(directory, "qmp.sock"), ["async"]);
  await client.execute("cont");
  await says("Type help and press Enter.");
});
afterEach(async () => {
  client.destroy();
  program.kill("SIGTERM");
  await program.ended;
  rmSync(directory, { recursive: true, force: true });
});

const says = (text: string) => vi.waitFor(() => expect(printed).toContain(text), 5_000);
const key = (data: string) => ({ type: "qcode", data });

async function screen(): Promise<string[]> {
  const filename = join(directory, "screen.ppm");
  expect(await client.execute("screendump", { filename }, "screen")).toEqual({ return: {}, id: "screen" });
  return readScreen(readFileSync(filename));
}

it("a word that is typed is on the screen and at the serial port, and the guest does what it says", async () => {
  const typed = [..."about"].map((letter) => [letter]);
  const presses = [
    ["shift", "h"],
    ["caps_lock"],
    ["i"],
    ["caps_lock"],
    ["shift", "1"],
    ["ctrl", "u"],
    ...typed,
  ];
  presses.forEach((names, id) => {
    client.send({ execute: "send-key", id, arguments: { keys: names.map(key), "hold-time": 10 } });
  });
  // They were sent together, and are typed one after the other.
  const ids: unknown[] = [];
  while (ids.length < presses.length) ids.push((await client.reply()).id);
  expect(ids).toEqual(presses.map((_, id) => id));
  await says("> HI!");
  await says("about");
  // Behind it is the cursor.
  expect(await screen()).toContainEqual(expect.stringMatching(/^> about\??$/));
  await client.execute("send-key", { keys: [key("ret")], "hold-time": 10 }, "enter");
  await says("16 MiB");
  expect((await screen()).join("\n")).toMatch(/^> about\n[^>]*16 MiB[^>]*\n> \??$/m);
});
