/**
 * The serial port's socket: peers that come and leave, over real connections, and a guest in the test's hand, which does not
 * read for a while.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { MachineHandle } from "../../src/offload/contract.ts";
import type { SerialListener } from "../../src/offload/hosted-pc.ts";
import { SerialEnd } from "../../src/server/serial-end.ts";

const PEERS_WAITING_MAX = 4;
/** What is kept, and a piece more: a socket is read in pieces of 64 KiB. */
const KEPT_BYTES_MAX = (256 + 64) * 1024;

/** Reads what it is given once `reads` is called. */
class Guest {
  #text = "";
  #read: (() => void) | undefined;
  #isReading = false;
  #tell: SerialListener = () => {};
  readonly handle = {
    onSerialOutput: (listener: SerialListener) => {
      this.#tell = listener;
    },
    serialWrite: async (bytes: Uint8Array) => {
      if (!this.#isReading) await new Promise<void>((resolve) => (this.#read = resolve));
      this.#text += Buffer.from(bytes).toString("latin1");
      return { ok: true, value: undefined } as const;
    },
  } as unknown as MachineHandle;

  reads(): void {
    this.#isReading = true;
    this.#read?.();
  }

  says(text: string): void {
    void this.tells(Buffer.from(text));
  }

  /** Settles when what it says has been taken. */
  async tells(bytes: Uint8Array): Promise<void> {
    await this.#tell(bytes);
  }

  get text(): string {
    return this.#text;
  }
}

let directory: string;
let end: SerialEnd;
let guest: Guest;
const sockets: Socket[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-serial-"));
  const endpoint = { kind: "unix", path: join(directory, "serial.sock") } as const;
  end = new SerialEnd({ kind: "socket", endpoint }, (error) => expect.unreachable(String(error)));
  guest = new Guest();
  end.attach(guest.handle);
  await end.listen();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  end.close();
  rmSync(directory, { recursive: true, force: true });
});

async function plugIn() {
  const socket = createConnection(join(directory, "serial.sock"));
  sockets.push(socket);
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, text: () => text };
}

const isConnected = () => !end.filename.startsWith("disconnected:");

/** Numbers, so that what is missing or out of order shows. */
const counted = (bytes: number) =>
  Array.from({ length: bytes / 8 }, (_, index) => `${String(index).padStart(7, "0")},`).join("");

it("keeps what a peer that has left sent, ahead of what the next one sends", async () => {
  const sent = counted(160_000);
  const first = await plugIn();
  await new Promise<void>((resolve) => first.socket.write(sent, () => resolve()));
  first.socket.destroy();
  await vi.waitFor(() => expect(isConnected()).toBe(false));
  const second = await plugIn();
  second.socket.write("second");
  await vi.waitFor(() => expect(isConnected()).toBe(true));
  guest.says("to the second");
  await vi.waitFor(() => expect(second.text()).toBe("to the second"));
  guest.reads();
  await vi.waitFor(() => expect(guest.text.endsWith("second")).toBe(true));
  expect(guest.text === `${sent}second`).toBe(true);
});

it("is free for the next peer when one that sent more than is kept has left", async () => {
  const first = await plugIn();
  // More than is kept and the kernel holds: some of it never leaves the peer.
  const sent = counted(2_000_000);
  first.socket.write(sent);
  const second = await plugIn();
  await vi.waitFor(() => expect(isConnected()).toBe(true));
  guest.says("to the first");
  await vi.waitFor(() => expect(first.text()).toBe("to the first"));
  first.socket.destroy();
  second.socket.write("second");
  await vi.waitFor(() => {
    guest.says("?");
    expect(second.text()).toContain("?");
  });
  guest.reads();
  await vi.waitFor(() => expect(guest.text.endsWith("second")).toBe(true));
  const ofFirst = guest.text.slice(0, -"second".length);
  expect(sent.startsWith(ofFirst)).toBe(true);
  expect(ofFirst.length).toBeGreaterThan(200_000);
  expect(ofFirst.length).toBeLessThanOrEqual(KEPT_BYTES_MAX);
});

it("lets others wait until a peer has left, up to a limit", async () => {
  const first = await plugIn();
  const waiting: Awaited<ReturnType<typeof plugIn>>[] = [];
  for (let count = 0; count < PEERS_WAITING_MAX; count++) waiting.push(await plugIn());
  const refused = await plugIn();
  await new Promise((resolve) => refused.socket.once("close", resolve));
  guest.reads();
  waiting[0]?.socket.write("next");
  first.socket.write("first,");
  await vi.waitFor(() => expect(guest.text).toBe("first,"));
  guest.says("to the first");
  await vi.waitFor(() => expect(first.text()).toBe("to the first"));
  expect(waiting[0]?.text()).toBe("");
  first.socket.destroy();
  await vi.waitFor(() => expect(guest.text).toBe("first,next"));
  guest.says("to the next");
  await vi.waitFor(() => expect(waiting[0]?.text()).toBe("to the next"));
});

it("takes all that the guest said while the peer did not read, once it does", async () => {
  const peer = await plugIn();
  await vi.waitFor(() => expect(isConnected()).toBe(true));
  peer.socket.pause();
  // The first is more than the kernel and the transport hold; the guest goes on until its port is told to be busy.
  const said = [counted(4_000_000), counted(16_000), counted(16_000)];
  let takenCount = 0;
  for (const text of said) void guest.tells(Buffer.from(text)).then(() => takenCount++);
  peer.socket.resume();
  await vi.waitFor(() => expect(peer.text() === said.join("")).toBe(true));
  await vi.waitFor(() => expect(takenCount).toBe(said.length));
});

it("takes what the guest said to a peer that leaves without having read it", async () => {
  const peer = await plugIn();
  await vi.waitFor(() => expect(isConnected()).toBe(true));
  peer.socket.pause();
  const taken = [4_000_000, 16_000].map((bytes) => guest.tells(Buffer.from(counted(bytes))));
  peer.socket.destroy();
  await Promise.all(taken);
});
