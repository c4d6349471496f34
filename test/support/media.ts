/** A service with a PC whose drives are tested, over a real socket; the guest tells what it sees of them. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { TestClient } from "./client.ts";
import { firmware } from "./pc.ts";
import { Program } from "./program.ts";

/** A whole program starts in each test, on a computer that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

let directory: string;
let program: Program | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-media-"));
  writeFileSync(file("bios.bin"), firmware("media"));
  writeFileSync(file("first.iso"), Buffer.alloc(32_768));
  writeFileSync(file("second.iso"), Buffer.alloc(65_536));
  writeFileSync(file("floppy.img"), Buffer.alloc(1_474_560));
  writeFileSync(file("disk.img"), Buffer.alloc(2 ** 20));
});
afterEach(async () => {
  program?.kill("SIGTERM");
  await program?.ended;
  program = undefined;
  rmSync(directory, { recursive: true, force: true });
});

export const file = (name: string): string => join(directory, name);
export const genericError = (desc: string) => ({ error: { class: "GenericError", desc } });

/** Ends with the test. */
export function start(...args: string[]): Program {
  program = new Program(directory, { args: ["--machine", "pc", ...args] });
  return program;
}

export async function serve(...args: string[]): Promise<TestClient> {
  await start("--bios", "bios.bin", "--memory", "2", "--serial", "unix:serial.sock", ...args).ready();
  return TestClient.connect(file("qmp.sock"), []);
}

/** Gives the guest orders, and waits for what it answers; that it has started is left out. */
export async function plugIn() {
  const socket = createConnection(file("serial.sock"));
  let said = "";
  let heard = (): void => {};
  socket.on("data", (bytes) => {
    said += bytes.toString("latin1").replaceAll("!", "");
    heard();
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  return async (orders: string): Promise<string> => {
    said = "";
    socket.write(orders);
    while (said.length < orders.length) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
    return said;
  };
}

export interface Drive {
  readonly device: string;
  readonly qdev: string;
  readonly locked: boolean;
  readonly tray_open?: boolean;
  readonly inserted?: { readonly file: string; readonly ro: boolean };
}

export async function drives(client: TestClient): Promise<Record<string, Drive>> {
  const { return: all } = (await client.execute("query-block")) as { return: Drive[] };
  return Object.fromEntries(all.map((drive) => [drive.device, drive]));
}
