/**
 * One machine of a service: the emulated machine, its monitor, and the clients that its endpoints hand on.
 *
 *     preconfig ---x-exit-preconfig---> running ---quit, stop---> announced ---> ending ---> ended
 *         '------------------- quit, stop ---------------------------^
 *
 * `announced`: SHUTDOWN is told, and the reply of the `quit` that asked for it is on its way.
 */

import { randomInt } from "node:crypto";
import type { CharacterDevice, MachineControl } from "../commands/machine-control.ts";
import { EventHub } from "../monitor/event-hub.ts";
import { Monitor, type MonitorLog } from "../monitor/monitor.ts";
import type { MachineEvent, MachineHandle } from "../offload/contract.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type { SnapshotStore } from "../offload/snapshot-store.ts";
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
import { HumanMonitors } from "./human-monitors.ts";
import { SerialEnd } from "./serial-end.ts";

/** Where a service's notes go.  A pino logger fits. */
export type ServiceLog = MonitorLog;

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
  /** For programs, and for people. */
  readonly #endpoints: Endpoints;
  readonly #humanEndpoints: Endpoints | undefined;
  readonly #hub: EventHub;
  readonly #monitor: Monitor;
  /** Undefined: the machine was given no directory for snapshots. */
  readonly #openSnapshots: (() => Promise<SnapshotStore>) | undefined;
  readonly #human: HumanMonitors;
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
  constructor(
    options: MachineOptions,
    endpoints: Endpoints,
    shared: SharedParts,
    humanEndpoints?: Endpoints,
  ) {
    const hub = new EventHub({ clock: systemClock, nextTurn: setImmediate, throttled: THROTTLED_EVENTS });
    const isPaused = options.stopped === true || options.preconfig === true;
    this.#options = options;
    this.#endpoints = endpoints;
    this.#humanEndpoints = humanEndpoints;
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
    this.#openSnapshots = snapshotOpener(options.snapshots, shared.pool);
    this.#hub = hub;
    this.#state = options.preconfig ? "preconfig" : "running";
    const resources = new ResourceTable();
    this.#human = new HumanMonitors({
      machine: this.handle,
      registry: () => commands.registry,
      resources,
      monitor: () => this.#monitor,
      isPreconfig: () => this.#state === "preconfig",
      newSessionId: shared.newSessionId,
      clientClosed: () => this.#clientClosed(),
      defect: (error, line) =>
        shared.log.error(
          { err: error, line },
          "a line of the human monitor failed by a defect of this program",
        ),
    });
    const unreadSeed = randomInt(2 ** 32);
    const commands = buildCommands({
      machine: this,
      options,
      version: shared.version,
      pool: shared.pool,
      resources,
      humanMonitor: this.#human,
      plugins: shared.plugins,
      snapshotStore: this.#openSnapshots,
      onDefect: (error) => shared.log.error({ err: error }, "a job failed by a defect of this program"),
      log: shared.log,
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
      sessionClosed: () => this.#clientClosed(),
    });
    endpoints.attach((chardev) => void this.#monitor.accept(chardev));
    humanEndpoints?.attach((chardev) => void this.#human.accept(chardev));
  }

  /** Addresses that clients connect to. */
  get endpoints(): readonly string[] {
    return this.#endpoints.addresses;
  }

  /** Those of the human monitor. */
  get humanEndpoints(): readonly string[] {
    return this.#humanEndpoints?.addresses ?? [];
  }

  /** Settles when the machine has been made.  Rejects when it cannot be. */
  async ready(): Promise<void> {
    const snapshots = this.#openSnapshots?.().then((store) => store.check());
    await Promise.all([this.handle.consoles(), this.serial?.listen(), snapshots]);
    await this.#human.load();
  }

  // ---- What commands ask ----

  get monitorDevices(): readonly CharacterDevice[] {
    return [...this.endpoints, ...this.humanEndpoints].map((address, index) => ({
      label: `compat_monitor${index}`,
      filename: address === "stdio" ? address : `${address},server=on`,
    }));
  }

  emit(event: string, data?: JsonObject): void {
    this.#hub.emit(event, data);
    this.#human.told(event, data);
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
    this.#humanEndpoints?.close();
    this.serial?.close();
    await Promise.all([this.#monitor.stop(SHUTDOWN_GRACE_MS), this.#human.stop(SHUTDOWN_GRACE_MS)]);
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
  #clientClosed(): void {
    const canReturn = !this.#endpoints.isSingleUse || this.#humanEndpoints?.isSingleUse === false;
    if (!canReturn) void this.stop("host-signal");
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

/** Loaded by those who have such a directory. */
function snapshotOpener(
  directory: string | undefined,
  pool: () => Promise<WorkerPool>,
): (() => Promise<SnapshotStore>) | undefined {
  if (directory === undefined) return undefined;
  let opened: Promise<SnapshotStore> | undefined;
  return () => {
    opened ??= import("../offload/snapshot-store.ts").then(
      ({ SnapshotStore }) => new SnapshotStore(directory, pool, Date.now),
    );
    return opened;
  };
}
