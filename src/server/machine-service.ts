/**
 * One machine of a service: the emulated machine, its monitor, and the endpoints that lead there.
 *
 *     preconfig ---x-exit-preconfig---> running ---quit, stop---> announced ---> ending ---> ended
 *         '------------------- quit, stop ---------------------------^
 *
 * `announced`: SHUTDOWN is told, and the reply of the `quit` that asked for it is on its way.
 */

import type { ChardevServer } from "../chardev/listen.ts";
import { listenTcp, listenUnix } from "../chardev/listen.ts";
import { createStdioChardev } from "../chardev/stdio.ts";
import type { MachineControl } from "../commands/machine-control.ts";
import { EventHub } from "../monitor/event-hub.ts";
import { Monitor } from "../monitor/monitor.ts";
import type { MachineEvent, MachineHandle } from "../offload/contract.ts";
import type { MachineHost } from "../offload/machine-host.ts";
import type { WorkerPool } from "../offload/pool.ts";
import { JsonStreamer } from "../qjson/streamer.ts";
import type { JsonObject } from "../qjson/value.ts";
import { ResourceTable } from "../qmp/resources.ts";
import type { Budget } from "../util/budget.ts";
import { systemClock } from "../util/clock.ts";
import { SHUTDOWN_GRACE_MS } from "../util/limits.ts";
import { buildCommands } from "./commands.ts";
import type { Endpoint, MachineOptions, ServiceLimits } from "./config.ts";
import { QEMU_VERSION, readVersion } from "./version.ts";

/** Where a service's notes go.  A pino logger fits. */
export interface ServiceLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the machines of a service share. */
export interface SharedParts {
  readonly host: MachineHost;
  /** Starts the pool, if it has not been started. */
  readonly pool: () => Promise<WorkerPool>;
  readonly inputBudget: Budget;
  readonly outputBudget: Budget;
  readonly limits: ServiceLimits;
  readonly allowRemote: boolean;
  readonly log: ServiceLog;
  readonly newSessionId: () => number;
}

/** Why a machine ends, as SHUTDOWN tells it. */
export type EndedReason = "host-qmp-quit" | "host-signal" | "host-error";

/** Rate limited events (rule E2).  Source: QEMU's monitor. */
const THROTTLED_EVENTS = Object.fromEntries(
  ["RTC_CHANGE", "WATCHDOG", "BALLOON_CHANGE"].map((event) => [event, () => ""]),
);

const EVENT_NAMES: Readonly<Record<MachineEvent["kind"], string>> = {
  stop: "STOP",
  resume: "RESUME",
  reset: "RESET",
  powerdown: "POWERDOWN",
};

export class MachineService implements MachineControl {
  readonly name: string | undefined;
  readonly handle: MachineHandle;
  readonly #options: MachineOptions;
  readonly #shared: SharedParts;
  readonly #hub: EventHub;
  readonly #monitor: Monitor;
  readonly #closeCommands: () => Promise<void>;
  readonly #servers: ChardevServer[] = [];
  readonly #endpoints: string[] = [];
  #state: "preconfig" | "running" | "announced" | "ending" | "ended";
  #resolveEnding: () => void = () => {};
  readonly ending = new Promise<void>((resolve) => {
    this.#resolveEnding = resolve;
  });
  #resolveEnded: () => void = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve;
  });

  /** Makes the machine, which runs at once unless the options say otherwise. */
  constructor(options: MachineOptions, shared: SharedParts) {
    const hub = new EventHub({ clock: systemClock, nextTurn: setImmediate, throttled: THROTTLED_EVENTS });
    const isPaused = options.stopped === true || options.preconfig === true;
    this.#options = options;
    this.#shared = shared;
    this.name = options.name;
    this.handle = shared.host.createMachine(options.machine, isPaused ? "prelaunch" : "running", (event) =>
      emitMachineEvent(hub, event),
    );
    this.#hub = hub;
    this.#state = options.preconfig ? "preconfig" : "running";
    const version = { qemu: QEMU_VERSION, package: `qmpd ${readVersion()}` };
    const resources = new ResourceTable();
    const commands = buildCommands({ machine: this, options, version, pool: shared.pool, resources });
    this.#closeCommands = commands.close;
    this.#monitor = new Monitor({
      registry: commands.registry,
      resources,
      hub,
      clock: systemClock,
      log: shared.log,
      limits: shared.limits,
      inputBudget: shared.inputBudget,
      outputBudget: shared.outputBudget,
      version,
      isPreconfig: () => this.#state === "preconfig",
      nextTurn: setImmediate,
      newReader: () => new JsonStreamer(),
      newSessionId: shared.newSessionId,
      sessionClosed: () => this.#sessionClosed(),
    });
  }

  /** Listens on all endpoints.  Rejects with what was wrong. */
  async listen(): Promise<void> {
    for (const endpoint of this.#options.qmp) await this.#listen(endpoint);
  }

  /** Addresses that clients connect to. */
  get endpoints(): readonly string[] {
    return this.#endpoints;
  }

  // ---- What commands ask ----

  emit(event: string, data?: JsonObject): void {
    this.#hub.emit(event, data);
  }

  get isPreconfig(): boolean {
    return this.#state === "preconfig";
  }

  async exitPreconfig(): Promise<void> {
    this.#state = "running";
    if (this.#options.stopped !== true) await this.handle.cont();
  }

  /** The reply of the command that asks is sent first: the end begins in a later turn. */
  quit(): void {
    this.#announceEnd("host-qmp-quit");
    setImmediate(() => void this.stop("host-qmp-quit"));
  }

  // ---- What the service asks ----

  async stop(reason: EndedReason): Promise<void> {
    this.#announceEnd(reason);
    if (this.#state !== "announced") return this.ended;
    this.#state = "ending";
    this.#resolveEnding();
    for (const server of this.#servers) server.close();
    await this.#monitor.stop(SHUTDOWN_GRACE_MS);
    await this.#closeCommands();
    // A machine whose thread is dying has nothing left to destroy.
    await this.handle.destroy().catch(() => undefined);
    this.#state = "ended";
    this.#resolveEnded();
  }

  /** SHUTDOWN is told once, by whoever ends the machine first. */
  #announceEnd(reason: EndedReason): void {
    if (this.#state !== "preconfig" && this.#state !== "running") return;
    this.#state = "announced";
    this.emit("SHUTDOWN", { guest: false, reason });
  }

  /** When nobody can come any more: standard input and output are one client's, once. */
  #sessionClosed(): void {
    if (this.#options.qmp.every(({ kind }) => kind === "stdio")) void this.stop("host-signal");
  }

  async #listen(endpoint: Endpoint): Promise<void> {
    const { log, allowRemote } = this.#shared;
    if (endpoint.kind === "stdio") {
      this.#endpoints.push("stdio");
      this.#monitor.accept(createStdioChardev());
      return;
    }
    const listener = {
      connect: (chardev: Parameters<Monitor["accept"]>[0]) => void this.#monitor.accept(chardev),
      error: (error: Error) => log.error({ err: error }, "a connection could not be accepted"),
    };
    const server =
      endpoint.kind === "unix"
        ? await listenUnix(endpoint.path, listener)
        : await listenTcp({ host: endpoint.host, port: endpoint.port, allowRemote }, listener);
    // Told to stop meanwhile.
    if (this.#state === "ending" || this.#state === "ended") return server.close();
    this.#servers.push(server);
    this.#endpoints.push(server.address);
    log.info({ endpoint: server.address, machine: this.name }, "listening");
  }
}

function emitMachineEvent(hub: EventHub, event: MachineEvent): void {
  if (event.kind === "reset") hub.emit(EVENT_NAMES.reset, { guest: event.guest, reason: event.reason });
  else hub.emit(EVENT_NAMES[event.kind]);
}
