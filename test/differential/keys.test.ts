/**
 * Keys, as a guest sees them: the demo guest writes down each byte that its keyboard sends, on QEMU's PC and on this
 * program's.  The bytes are the same for every name and every number of a key, pressed and let go.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaInfo } from "../../src/qapi/generated/introspection.ts";
import { TestClient } from "../support/client.ts";
import { GUEST_PAGE, GUEST_SCANCODES, GUEST_WORDS, ROM_FOLDER } from "../support/demo-guest.ts";
import { eventually, PcService } from "../support/pc-service.ts";
import { qemuMissing, type ServerProcess, startServerProcess } from "../support/qemu.ts";

const NUMBERS = 0x102;
/** Sent last, and looked for: a guest may be slow.  Two, as the key that is tested may be one of them. */
const LAST = { keys: [0x01, 0x02].map((data) => ({ type: "number", data })), bytes: " 01 81 02 82" };

type Key = { readonly type: string; readonly data: string | number };

interface Guest {
  /** Presses and lets go, in one call each. */
  send(key: Key, isDown: boolean): Promise<void>;
  count(): Promise<number>;
  scancodes(start: number): Promise<string>;
}

function keyNames(): string[] {
  const isKeys = ({ values }: { values?: readonly string[] }) => values?.includes("bracket_left") === true;
  const found = (schemaInfo({ QTEST: false }) as { values?: readonly string[] }[]).find(isKeys);
  return [...(found?.values ?? [])];
}

async function press(guest: Guest, keys: readonly Key[]): Promise<string> {
  const start = await guest.count();
  for (const key of keys) await guest.send(key, true);
  for (const key of keys.toReversed()) await guest.send(key, false);
  for (const key of LAST.keys) for (const isDown of [true, false]) await guest.send(key, isDown);
  let bytes = "";
  await eventually(async () => {
    bytes = ` ${await guest.scancodes(start)}`;
    expect(bytes.endsWith(LAST.bytes)).toBe(true);
  });
  return bytes.slice(0, -LAST.bytes.length).trim();
}

const sendTo = (client: TestClient) => async (key: Key, down: boolean) => {
  const reply = await client.execute("input-send-event", { events: [{ type: "key", data: { down, key } }] });
  expect(reply).toEqual({ return: {} });
};

describe.skipIf(qemuMissing())("keys", () => {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-keys-"));
  let qemu: ServerProcess;
  let pc: PcService;
  let theirs: Guest;
  let ours: Guest;
  const clients: TestClient[] = [];

  beforeAll(async () => {
    const socket = join(directory, "qemu.sock");
    const rom = fileURLToPath(new URL("demo.bin", ROM_FOLDER));
    const args = [
      "-machine",
      "pc",
      "-m",
      "16",
      "-nodefaults",
      "-vga",
      "std",
      "-display",
      "none",
      "-bios",
      rom,
    ];
    qemu = await startServerProcess(
      "qemu-system-x86_64",
      [...args, "-qmp", `unix:${socket},server=on,wait=off`],
      [socket],
      () => {},
    );
    const qemuClient = await TestClient.connect(socket, []);
    pc = await PcService.start();
    const client = await pc.connect();
    clients.push(qemuClient, client);
    const filename = join(directory, "page");
    const page = async (): Promise<Buffer> => {
      await qemuClient.execute("pmemsave", { val: GUEST_PAGE, size: 512, filename });
      return readFileSync(filename);
    };
    theirs = {
      send: sendTo(qemuClient),
      count: async () => (await page()).readUInt32LE(GUEST_WORDS.scancodes),
      async scancodes(start) {
        const bytes = await page();
        const count = bytes.readUInt32LE(GUEST_WORDS.scancodes) - start;
        return Array.from({ length: count }, (_, index) =>
          bytes.toString("hex", GUEST_SCANCODES + ((start + index) % 256)).slice(0, 2),
        ).join(" ");
      },
    };
    ours = {
      send: sendTo(client),
      count: () => pc.word("scancodes"),
      scancodes: (start) => pc.scancodes(start),
    };
    await pc.said("Type help and press Enter.");
    await eventually(async () => expect((await page()).readUInt32LE(GUEST_WORDS.ticks)).toBeGreaterThan(2));
  }, 30_000);
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await Promise.all([qemu.stop(), pc.stop()]);
    rmSync(directory, { recursive: true, force: true });
  });

  const both = async (...keys: Key[]) => {
    const [expected, bytes] = [await press(theirs, keys), await press(ours, keys)];
    return { expected, bytes };
  };

  it("of every name send what QEMU's do", { timeout: 120_000 }, async () => {
    const names = keyNames();
    expect(names.length).toBe(150);
    const silent: string[] = [];
    for (const data of names) {
      const { expected, bytes } = await both({ type: "qcode", data });
      expect(`${data}: ${bytes}`).toBe(`${data}: ${expected}`);
      if (bytes === "") silent.push(data);
    }
    expect(silent.join(" ")).toBe(
      "unmapped menu again props undo front copy open paste find cut lf help lang1 lang2",
    );
  });

  it("of every number send what QEMU's do", { timeout: 120_000 }, async () => {
    let heard = 0;
    for (const data of [...Array.from({ length: NUMBERS }, (_, number) => number), -1, 2 ** 32 + 30]) {
      const { expected, bytes } = await both({ type: "number", data });
      expect(`${data}: ${bytes}`).toBe(`${data}: ${expected}`);
      if (bytes !== "") heard++;
    }
    expect(heard).toBeGreaterThan(130);
  });

  it("that are older than their place send what QEMU's do, whatever is held", {
    timeout: 60_000,
  }, async () => {
    for (const held of ["ctrl", "ctrl_r", "shift", "shift_r", "alt", "alt_r", "meta_l"]) {
      for (const data of ["pause", "print", "sysrq"]) {
        const { expected, bytes } = await both({ type: "qcode", data: held }, { type: "qcode", data });
        expect(`${held}-${data}: ${bytes}`).toBe(`${held}-${data}: ${expected}`);
      }
    }
    const keys = ["alt", "ctrl", "print"].map((data) => ({ type: "qcode", data }));
    const { expected, bytes } = await both(...keys);
    expect(bytes).toBe(expected);
  });
});
