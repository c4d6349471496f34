/**
 * One machine of a service: the emulated machine, its monitor, and the clients that its endpoints hand on.
 *
 *     preconfig ---x-exit-preconfig---> running ---quit, stop---> announced ---> ending ---> ended
 *         '------------------- quit, stop ---------------------------^
 *
 * `announced`: SHUTDOWN is told, and the reply of the `quit` that asked for it is on its way.
 */

import { randomInt } from "node:crypto";
import type { MachineControl } from "../commands/machine-control.ts";
import { EventHub } from "../monitor/event-hub.ts";
import { Monitor } from "../monitor/monitor.ts";
import type { MachineEvent, MachineHandle } from "../offload/contract.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type { PluginHost } from "../plugin/host.ts";
import type { VersionInfo } from "../qapi/generated/control.ts";
import { JsonStreamer } from "../qjson/streamer.ts";
import type { JsonObject } from "../qjson/value.ts";
import { ResourceTable } from "../qmp/resources.ts";
import type { Budget } from "../util/budget.ts";
import { systemClock } from "../util/clock.ts";
import { SHUTDOWN_GRACE_MS } from "../util/limits.ts";
import type { TurnQueue } from "../util/turn-queue.ts";
import { buildCommands } from "./commands.ts";
import type { MachineOptions, ServiceLimits } from "./config.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Hosts } from "./hosts.ts";
import { SerialEnd } from "./serial-end.ts";

/** Where a service's notes go.  A pino logger fits. */
export interface ServiceLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the machines of a service share. */
export interface SharedParts {
  readonly hosts: Hosts;
  /** Starts the pool, if it has not been started. */
  readonly pool: () => Promise<WorkerPool>;
  /** Undefined: no machine has any. */
  readonly plugins: PluginHost | undefined;
  readonly inputBudget: Budget;
  readonly slices: TurnQueue;
  readonly outputBudget: Budget;
  readonly limits: ServiceLimits;
  /** As `query-version` answers it. */
  readonly version: VersionInfo;
  readonly log: ServiceLog;
  readonly newSessionId: () => number;
}

/** Why a machine ends, as SHUTDOWN tells it. */
export type EndedReason = "host-qmp-quit" | "host-signal" | "host-error";

type ShutdownEvent = Extract<MachineEvent, { kind: "shutdown" }>;

/** Rate limited events (rule E2).  Source: QEMU's monitor. */
const THROTTLED_EVENTS = Object.fromEntries(
  ["RTC_CHANGE", "WATCHDOG", "BALLOON_CHANGE"].map((event) => [event, () => ""]),
);

export class MachineService implements MachineControl {
  readonly name: string | undefined;
  readonly handle: MachineHandle;
  readonly serial: SerialEnd | undefined;
  readonly #options: MachineOptions;
  readonly #endpoints: Endpoints;
  readonly #hub: EventHub;
  readonly #monitor: Monitor;
  readonly #closeCommands: () => Promise<void>;
  readonly #closeHost: () => Promise<void>;
  #state: "preconfig" | "running" | "announced" | "ending" | "ended";
  #resolveEnding: () => void = () => {};
  readonly ending = new Promise<void>((resolve) => {
    this.#resolveEnding = resolve;
  });
  #resolveEnded: () => void = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve;
  });

  /** Makes the machine, which runs at once unless the options say otherwise, and takes over its endpoints. */
  constructor(options: MachineOptions, endpoints: Endpoints, shared: SharedParts) {
    const hub = new EventHub({ clock: systemClock, nextTurn: setImmediate, throttled: THROTTLED_EVENTS });
    const isPaused = options.stopped === true || options.preconfig === true;
    this.#options = options;
    this.#endpoints = endpoints;
    this.name = options.name;
    const { host, close } = shared.hosts.hostFor(options.machine.type);
    this.#closeHost = close;
    this.handle = host.createMachine(options.machine, isPaused ? "prelaunch" : "running", (event) =>
      this.#happened(event),
    );
    if (this.handle.hasSerialPort) {
      this.serial = new SerialEnd(options.serial ?? { kind: "ringbuf" }, (error) =>
        shared.log.error({ err: error }, "a connection could not be accepted"),
      );
      this.serial.attach(this.handle);
    }
    this.#hub = hub;
    this.#state = options.preconfig ? "preconfig" : "running";
    const resources = new ResourceTable();
    const unreadSeed = randomInt(2 ** 32);
    const commands = buildCommands({
      machine: this,
      options,
      version: shared.version,
      pool: shared.pool,
      resources,
      plugins: shared.plugins,
    });
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
      isPreconfig: () => this.#state === "preconfig",
      nextTurn: setImmediate,
      slices: shared.slices,
      newReader: () => new JsonStreamer({ unreadSeed }),
      newSessionId: shared.newSessionId,
      sessionClosed: () => this.#sessionClosed(),
    });
    endpoints.attach((chardev) => void this.#monitor.accept(chardev));
  }

  /** Addresses that clients connect to. */
  get endpoints(): readonly string[] {
    return this.#endpoints.addresses;
  }

  /** Settles when the machine has been made.  Rejects when it cannot be. */
  async ready(): Promise<void> {
    await Promise.all([this.handle.consoles(), this.serial?.listen()]);
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
    this.#endpoints.close();
    this.serial?.close();
    await this.#monitor.stop(SHUTDOWN_GRACE_MS);
    await this.#closeCommands();
    // A machine whose thread is dying has nothing left to destroy.
    await this.handle.destroy().catch(() => undefined);
    await this.#closeHost();
    this.#state = "ended";
    this.#resolveEnded();
  }

  /** SHUTDOWN is told once, by whoever ends the machine first. */
  #announceEnd(reason: string, guest = false): void {
    if (this.#state !== "preconfig" && this.#state !== "running") return;
    this.#state = "announced";
    this.emit("SHUTDOWN", { guest, reason });
  }

  /** A guest that switches its machine off ends it, as `quit` does. */
  #switchedOff({ reason, guest, isEnd }: ShutdownEvent): void {
    if (!isEnd) return this.emit("SHUTDOWN", { guest, reason });
    this.#announceEnd(reason, guest);
    setImmediate(() => void this.stop("host-signal"));
  }

  /** When nobody can come any more. */
  #sessionClosed(): void {
    if (this.#endpoints.isSingleUse) void this.stop("host-signal");
  }

  #happened(event: MachineEvent): void {
    switch (event.kind) {
      case "stop":
        return this.emit("STOP");
      case "resume":
        return this.emit("RESUME");
      case "reset":
        return this.emit("RESET", { guest: event.guest, reason: event.reason });
      case "powerdown":
        return this.emit("POWERDOWN");
      case "shutdown":
        return this.#switchedOff(event);
      case "guest-panicked":
        return this.emit("GUEST_PANICKED", { action: "pause" });
      case "tray-moved":
        return this.emit("DEVICE_TRAY_MOVED", {
          device: event.drive,
          id: event.devicePath,
          "tray-open": event.isOpen,
        });
    }
  }
}
