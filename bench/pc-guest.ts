/**
 * PCs that run the demo guest, all in one server.  A guest is told over its serial port what to do, and its page of memory
 * tells whether it does: a load that is not there would look good.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connect, type QmpClient } from "../src/client/index.ts";
import { GUEST_PAGE, GUEST_WORDS } from "../test/support/demo-guest.ts";
import { type ServerProcess, startServerProcess } from "../test/support/qemu.ts";
import { serverEnvironment } from "../test/support/qmpd.ts";

const PROGRAM = "dist/src/cli/qmpd.js";
/** In MiB. */
export const GUEST_MEMORY = 16;
const BOOTED = /Type help and press Enter\.[^>]*> $/;
const SAID_LENGTH_MAX = 512;
const WORD_BYTES = 4;
/** Eight of them boot on two cores, in threads that are nice. */
const WAIT_MS_MAX = 30_000;
const POLL_MS = 10;

/** Commands of the guest that go on, and what counts up then: a word of its page, or the bytes of its serial port. */
const WORKS = {
  paint: "frames",
  modes: "modeChanges",
  busy: "busy",
  deaf: "busy",
  flood: "serial",
} as const satisfies Record<string, keyof typeof GUEST_WORDS | "serial">;

export type Work = keyof typeof WORKS;

export interface PcServer extends Pick<ServerProcess, "pid"> {
  /** In memory; it is gone afterwards. */
  readonly directory: string;
}

/** Starts a server with `count` PCs, whose guests are at their prompts, and stops it whatever happens. */
export async function withPcs<T>(
  count: number,
  run: (server: PcServer, guests: readonly [Guest, ...Guest[]]) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync("/dev/shm/qmpd-bench-");
  const places = Array.from({ length: count }, (_, index) => ({
    qmp: join(directory, `qmp${index}.sock`),
    serial: join(directory, `serial${index}.sock`),
  }));
  const machines = places.map(({ qmp, serial }, index) => ({
    name: `pc${index}`,
    memory: GUEST_MEMORY,
    // What a guest says while nobody is connected is lost.
    stopped: true,
    qmp: [`unix:${qmp}`],
    serial: `unix:${serial}`,
  }));
  const config = join(directory, "machines.yaml");
  writeFileSync(config, JSON.stringify({ machines }));
  const server = await startServerProcess(
    process.execPath,
    [PROGRAM, "serve", "--config", config],
    places.map(({ qmp }) => qmp),
    () => rmSync(directory, { recursive: true, force: true }),
    serverEnvironment(),
  );
  const guests: Guest[] = [];
  try {
    for (const { qmp, serial } of places) guests.push(await Guest.connect(qmp, serial, directory));
    await Promise.all(guests.map((guest) => guest.boot()));
    const [first, ...others] = guests;
    if (first === undefined) throw new Error("a server has one PC at least");
    return await run({ pid: server.pid, directory }, [first, ...others]);
  } finally {
    await Promise.all(guests.map((guest) => guest.leave()));
    await server.stop();
  }
}

export class Guest {
  /** Of the machine's monitor. */
  readonly socket: string;
  readonly client: QmpClient;
  readonly #serial: Socket;
  readonly #wordFile: string;
  #said = "";
  #saidBytes = 0;

  static async connect(socket: string, serialSocket: string, directory: string): Promise<Guest> {
    const serial = createConnection({ path: serialSocket });
    await new Promise<void>((resolve, reject) => serial.once("connect", resolve).once("error", reject));
    return new Guest(socket, await connect(`unix:${socket}`), serial, join(directory, "word"));
  }

  private constructor(socket: string, client: QmpClient, serial: Socket, wordFile: string) {
    this.socket = socket;
    this.client = client;
    this.#serial = serial;
    this.#wordFile = wordFile;
    serial.on("error", () => {}); // The server has gone: whoever asks it something is told.
    serial.on("data", (bytes) => {
      this.#saidBytes += bytes.length;
      this.#said = (this.#said + bytes.toString("latin1")).slice(-SAID_LENGTH_MAX);
    });
  }

  /** Lets a PC that is stopped run until its guest is at the prompt. */
  async boot(): Promise<void> {
    this.#said = "";
    await this.client.execute("cont");
    await until(() => BOOTED.test(this.#said), "the guest has no prompt");
  }

  /** Ends whatever the guest does. */
  async reset(): Promise<void> {
    await this.client.execute("stop");
    await this.client.execute("system_reset");
    await this.boot();
  }

  /** Has the guest do something that goes on; resolves when it is at it. */
  async begin(work: Work): Promise<void> {
    const before = await this.progress(work);
    this.#serial.write(`${work}\r`);
    // The command is echoed: that is no flood yet.
    const least = WORKS[work] === "serial" ? SAID_LENGTH_MAX : 1;
    await until(async () => (await this.progress(work)) - before >= least, `the guest does not ${work}`);
  }

  /** How much of it has been done so far. */
  async progress(work: Work): Promise<number> {
    const counter = WORKS[work];
    if (counter === "serial") return this.#saidBytes;
    const val = GUEST_PAGE + GUEST_WORDS[counter];
    await this.client.execute("pmemsave", { val, size: WORD_BYTES, filename: this.#wordFile });
    return readFileSync(this.#wordFile).readUInt32LE();
  }

  /** Runs `load` while the guest is at work, and tells how much of it a second was done meanwhile.  Throws where none was. */
  async during<T>(
    work: Work,
    load: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly perSecond: number }> {
    const [startedMs, before] = [performance.now(), await this.progress(work)];
    const result = await load();
    const done = (await this.progress(work)) - before;
    if (done <= 0) throw new Error(`the guest has ceased to ${work}`);
    return { result, perSecond: (done * 1000) / (performance.now() - startedMs) };
  }

  async leave(): Promise<void> {
    this.#serial.destroy();
    await this.client.close();
  }
}

async function until(holds: () => boolean | Promise<boolean>, complaint: string): Promise<void> {
  const endMs = performance.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`${complaint} within ${WAIT_MS_MAX / 1000} s`);
    await wait(POLL_MS);
  }
}
