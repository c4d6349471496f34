/**
 * Real QEMU, as the oracle of tests and the opponent of benchmarks.
 *
 * Where it is not installed, `qemuMissing` says so and the caller skips with a visible notice; with
 * QMPD_REQUIRE_QEMU=1 that is an error instead.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { paintStill } from "../../src/machine/still.ts";
import { createSurface } from "../../src/machine/surface.ts";
import type { JsonValue } from "../../src/qjson/value.ts";

const QEMU = "qemu-system-x86_64";

/** Why QEMU cannot be used here, or `undefined`.  Throws when it has to be there. */
export function qemuMissing(): string | undefined {
  const { error, status } = spawnSync(QEMU, ["--version"], { stdio: "ignore" });
  if (error === undefined && status === 0) return undefined;
  const notice = `${QEMU} is not installed`;
  if (process.env.QMPD_REQUIRE_QEMU === "1") throw new Error(`${notice}, and QMPD_REQUIRE_QEMU is set`);
  console.warn(`skipped: ${notice}`);
  return notice;
}

/** A server process under test: this project's, or QEMU. */
export interface ServerProcess {
  /** QEMU serves one client a monitor at a time, so it has a socket for each client. */
  readonly sockets: readonly string[];
  readonly pid: number;
  /** From the start of the process to the greeting of the first monitor. */
  readonly startMs: number;
  /** From the start of the process to the first reply of that monitor. */
  readonly firstReplyMs: number;
  /** Settles with the exit status when the process has ended by itself or was stopped; null after a signal. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

export interface QemuOptions {
  /** By default exactly one: QEMU polls every monitor it has. */
  readonly monitors?: number;
  /** A VGA card of this size that shows the still picture of the test machine.  Without it: machine `none`. */
  readonly picture?: { readonly width: number; readonly height: number };
}

export async function startQemu({ monitors = 1, picture }: QemuOptions = {}): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-qemu-"));
  const sockets = Array.from({ length: monitors }, (_, index) => join(directory, `qmp${index}.sock`));
  const qtest = join(directory, "qtest.sock");
  const machine = picture === undefined ? ["-machine", "none"] : pictureArguments(qtest);
  const qmp = sockets.flatMap((path) => ["-qmp", `unix:${path},server=on,wait=off`]);
  const server = await startServerProcess(
    QEMU,
    [...machine, "-nodefaults", "-display", "none", ...qmp],
    sockets,
    () => rmSync(directory, { recursive: true, force: true }),
  );
  if (picture !== undefined) await showStill(qtest, picture.width, picture.height);
  return server;
}

/** What a fresh QEMU, machine `none`, answers to a command without arguments. */
export async function askQemu(command: string): Promise<JsonValue | undefined> {
  const server = await startQemu();
  const socket = createConnection({ path: server.sockets[0] ?? "" });
  try {
    await once(socket, "connect");
    socket.write(`{"execute": "qmp_capabilities"} {"execute": ${JSON.stringify(command)}}`);
    const lines: string[] = [];
    for await (const line of createInterface({ input: socket })) {
      lines.push(line);
      if (lines.length === 3) break;
    }
    return JSON.parse(lines[2] ?? "").return;
  } finally {
    socket.destroy();
    await server.stop();
  }
}

/**
 * Starts a server and waits for the first reply on its first socket.  `cleanup` runs when it has stopped, or
 * could not be started.
 */
export async function startServerProcess(
  command: string,
  args: readonly string[],
  sockets: readonly string[],
  cleanup: () => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ServerProcess> {
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-4096);
  });
  const exited = once(child, "exit").then(([status]) => status as number | null);
  // Whoever started it may be interrupted: nothing is left running then.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    // A server that hangs must not hang its test.
    const giveUp = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(giveUp);
    process.off("exit", kill);
    cleanup();
  };
  try {
    const client = await greeted(sockets[0] ?? "", child);
    const startMs = performance.now() - startedMs;
    client.write('{"execute": "qmp_capabilities"}\n');
    await Promise.race([once(client, "data"), exited]);
    const firstReplyMs = performance.now() - startedMs;
    client.destroy();
    return { sockets, pid: child.pid ?? 0, startMs, firstReplyMs, exited, stop };
  } catch (error) {
    await stop();
    throw new Error(`${command} did not start: ${complaints}`, { cause: error });
  }
}

/** Connects, again and again while nobody listens yet, until a line has come.  The client is the caller's. */
async function greeted(path: string, child: ChildProcess): Promise<Socket> {
  const endMs = performance.now() + 20_000;
  for (;;) {
    const client = await connected(path);
    if (client !== undefined) return client;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended");
    if (performance.now() > endMs) throw new Error("no greeting in 20 s");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once("data", () => resolve(socket));
    socket.on("error", () => resolve(undefined));
    socket.once("end", () => resolve(undefined));
  });
}

/** Stopped before its first instruction: the devices without a guest that would draw. */
function pictureArguments(qtest: string): string[] {
  return [
    ...["-accel", "tcg", "-S", "-machine", "pc", "-device", "VGA,vgamem_mb=64"],
    ...["-qtest", `unix:${qtest},server=on,wait=off`, "-qtest-log", "/dev/null"],
  ];
}

// Sources: PCI Local Bus 3.0, section 3.2.2.3.2; QEMU, docs/specs/standard-vga.rst; Bochs VBE extensions.
const PCI_ADDRESS_PORT = 0xcf8;
const PCI_DATA_PORT = 0xcfc;
const PCI_BAR0 = 0x10;
const PCI_COMMAND = 0x04;
const PCI_COMMAND_IO_AND_MEMORY = 0x3;
const VGA_SLOTS = [2, 1, 3, 4];
const VGA_DEVICE_ID = 0x1111_1234;
const VBE_INDEX_PORT = 0x1ce;
const VBE_DATA_PORT = 0x1cf;
const VBE_XRES = 1;
const VBE_YRES = 2;
const VBE_BPP = 3;
const VBE_ENABLE = 4;
const VBE_ENABLED_LFB = 0x41;
/** The I/O port that lets the card show palette entries: QEMU's VGA keeps the screen blank without it. */
const VGA_ATTRIBUTE_PORT = 0x3c0;
const VGA_ATTRIBUTE_SCREEN_ON = 0x20;
const FRAMEBUFFER_ADDRESS = 0xe000_0000;
const WRITE_BYTES = 1024 * 1024;

/** Plays the firmware and the driver of a VGA card: maps it, sets the mode, draws the still picture. */
async function showStill(path: string, width: number, height: number): Promise<void> {
  const qtest = await Qtest.connect(path);
  const slot = await findVga(qtest);
  await qtest.writePci(slot, PCI_BAR0, FRAMEBUFFER_ADDRESS);
  await qtest.writePci(slot, PCI_COMMAND, PCI_COMMAND_IO_AND_MEMORY);
  const mode = [
    [VBE_ENABLE, 0],
    [VBE_XRES, width],
    [VBE_YRES, height],
    [VBE_BPP, 32],
    [VBE_ENABLE, VBE_ENABLED_LFB],
  ] as const;
  for (const [register, value] of mode) {
    await qtest.send(`outw ${VBE_INDEX_PORT} ${register}`);
    await qtest.send(`outw ${VBE_DATA_PORT} ${value}`);
  }
  await qtest.send(`outb ${VGA_ATTRIBUTE_PORT} ${VGA_ATTRIBUTE_SCREEN_ON}`);
  const surface = createSurface(width, height);
  paintStill(surface);
  const pixels = Buffer.from(surface.pixels.buffer);
  for (let offset = 0; offset < pixels.length; offset += WRITE_BYTES) {
    const bytes = pixels.subarray(offset, offset + WRITE_BYTES);
    await qtest.send(`b64write ${FRAMEBUFFER_ADDRESS + offset} ${bytes.length} ${bytes.toString("base64")}`);
  }
  qtest.close();
}

async function findVga(qtest: Qtest): Promise<number> {
  for (const slot of VGA_SLOTS) if ((await qtest.readPci(slot, 0)) === VGA_DEVICE_ID) return slot;
  throw new Error("QEMU has no VGA card");
}

/** QEMU's qtest protocol: a command a line, an answer a line.  Source: QEMU, softmmu/qtest.c. */
class Qtest {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async connect(path: string): Promise<Qtest> {
    const socket = createConnection({ path });
    await once(socket, "connect");
    return new Qtest(socket);
  }

  /** Answers what follows `OK`. */
  async send(command: string): Promise<string> {
    this.#socket.write(`${command}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error("QEMU closed its qtest socket");
      if (value.startsWith("IRQ")) continue;
      if (!value.startsWith("OK")) throw new Error(`qtest: ${value} to ${command.slice(0, 80)}`);
      return value.slice(2).trim();
    }
  }

  async writePci(slot: number, register: number, value: number): Promise<void> {
    await this.send(`outl ${PCI_ADDRESS_PORT} ${pciAddress(slot, register)}`);
    await this.send(`outl ${PCI_DATA_PORT} ${value}`);
  }

  async readPci(slot: number, register: number): Promise<number> {
    await this.send(`outl ${PCI_ADDRESS_PORT} ${pciAddress(slot, register)}`);
    return Number(await this.send(`inl ${PCI_DATA_PORT}`));
  }

  close(): void {
    this.#socket.destroy();
  }
}

function pciAddress(slot: number, register: number): number {
  return 0x8000_0000 + (slot << 11) + register;
}
