/**
 * A PC that runs the demo guest, or firmware that takes orders, with clients at a real socket, and with its memory in
 * the test's hand: what the demo guest has noticed stands at the addresses that docs/guest.md promises.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { defaultLimits } from "../../src/server/config.ts";
import { Endpoints } from "../../src/server/endpoints.ts";
import { Hosts } from "../../src/server/hosts.ts";
import { MachineService } from "../../src/server/machine-service.ts";
import { pcConfig } from "../../src/server/pc-config.ts";
import { Budget } from "../../src/util/budget.ts";
import { TurnQueue } from "../../src/util/turn-queue.ts";
import { TestClient } from "./client.ts";
import { GUEST_PAGE, GUEST_SCANCODES, GUEST_WORDS } from "./demo-guest.ts";
import { firmware, pcWorkerUrl } from "./pc.ts";

const PAGE_BYTES = 512;
const RING_BYTES = 256;

/** When `holds` no longer throws.  A guest takes its time where others want the processor too. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: 4_000, interval: 10 });
}

export class PcService {
  readonly directory: string;
  readonly #service: MachineService;
  readonly #hosts: Hosts;
  #printed = "";

  static async start(guest: "demo" | "orders" = "demo", workerUrl = pcWorkerUrl): Promise<PcService> {
    const directory = mkdtempSync(join(tmpdir(), "qmpd-pc-service-"));
    const bios = guest === "demo" ? undefined : join(directory, "bios.bin");
    if (bios !== undefined) writeFileSync(bios, firmware("orders"));
    const endpoint = { kind: "unix", path: join(directory, "qmp.sock") } as const;
    const endpoints = new Endpoints({
      endpoints: [endpoint],
      allowRemote: false,
      greeting: '{"QMP": {}}\r\n',
      onListening: () => {},
      onError: () => {},
    });
    await endpoints.listen();
    const threads = { machine: workerUrl, pc: workerUrl, pool: workerUrl };
    const hosts = new Hosts(["pc"], threads, () => {});
    const pc = pcConfig({ bios, memory: "2" });
    let sessions = 0;
    const service = new MachineService(
      { machine: { type: "pc", displays: [], pc }, qmp: [endpoint] },
      endpoints,
      {
        hosts,
        pool: () => Promise.reject(new Error("no pictures are made here")),
        plugins: undefined,
        inputBudget: new Budget(2 ** 20, setImmediate),
        outputBudget: new Budget(2 ** 20, setImmediate),
        slices: new TurnQueue(setImmediate),
        limits: defaultLimits(),
        version: { qemu: { major: 7, minor: 2, micro: 0 }, package: "" },
        log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
        newSessionId: () => ++sessions,
      },
    );
    const started = new PcService(directory, service, hosts);
    await service.ready();
    return started;
  }

  private constructor(directory: string, service: MachineService, hosts: Hosts) {
    this.directory = directory;
    this.#service = service;
    this.#hosts = hosts;
  }

  async stop(): Promise<void> {
    await this.#service.stop("host-signal");
    await this.#hosts.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  connect(capabilities: readonly string[] = []): Promise<TestClient> {
    return TestClient.connect(join(this.directory, "qmp.sock"), capabilities);
  }

  /** All that the serial port has said. */
  serial(): string {
    this.#printed += Buffer.from(this.#service.serial?.ringBuffer?.read(2 ** 20) ?? []).toString("latin1");
    return this.#printed;
  }

  async said(text: string): Promise<void> {
    await eventually(() => expect(this.serial()).toContain(text));
  }

  async word(name: keyof typeof GUEST_WORDS): Promise<number> {
    return (await this.#page()).getInt32(GUEST_WORDS[name], true);
  }

  /** Bytes of the keyboard that came after the first `start`, as hexadecimal digits. */
  async scancodes(start: number): Promise<string> {
    const page = await this.#page();
    const end = page.getUint32(GUEST_WORDS.scancodes, true);
    return Array.from({ length: end - start }, (_, index) =>
      page
        .getUint8(GUEST_SCANCODES + ((start + index) % RING_BYTES))
        .toString(16)
        .padStart(2, "0"),
    ).join(" ");
  }

  async #page(): Promise<DataView> {
    const into = new Uint8Array(new SharedArrayBuffer(PAGE_BYTES));
    expect(await this.#service.handle.copyMemory("physical", GUEST_PAGE, into)).toMatchObject({ ok: true });
    return new DataView(Uint8Array.from(into).buffer);
  }
}
