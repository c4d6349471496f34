/**
 * The human monitor of one machine: behind `human-monitor-command`, and for those who connect to its endpoints.
 * Loaded at the start, behind all that is needed sooner: later there may be no file descriptor left to load it with, and
 * Node.js does not try twice.
 */

import type { Chardev } from "../chardev/chardev.ts";
import { KEY_NAMES } from "../commands/key-codes.ts";
import type { HumanMonitorPort } from "../commands/misc.ts";
import { fromThread, machineValue } from "../commands/results.ts";
import type { HmpMachine, JobStatusWatch } from "../hmp/command.ts";
import type { HumanClients } from "../hmp/human-clients.ts";
import type { HumanMonitor } from "../hmp/human-monitor.ts";
import type { MachineHandle } from "../offload/contract.ts";
import type { HumanMonitorCommandArg } from "../qapi/generated/misc.ts";
import type { JsonObject } from "../qjson/value.ts";
import type { CommandContext, MonitorInfo } from "../qmp/context.ts";
import type { CommandRegistry } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import { systemClock } from "../util/clock.ts";

export interface HumanMonitorsOptions {
  readonly machine: MachineHandle;
  readonly registry: () => CommandRegistry;
  readonly resources: ResourceTable;
  readonly monitor: () => MonitorInfo;
  readonly isPreconfig: () => boolean;
  readonly newSessionId: () => number;
  /** One of those who had connected has gone. */
  readonly clientClosed: () => void;
  /** A line has failed by a defect of this program. */
  readonly defect: (error: unknown, line: string) => void;
}

interface Loaded {
  readonly human: HumanMonitor;
  readonly clients: HumanClients;
}

interface Watch {
  readonly id: string;
  readonly status: string;
  readonly reached: () => void;
}

export class HumanMonitors implements HumanMonitorPort {
  readonly #options: HumanMonitorsOptions;
  #loaded: Promise<Loaded> | undefined;
  readonly #watches = new Set<Watch>();
  #isStopping = false;

  constructor(options: HumanMonitorsOptions) {
    this.#options = options;
  }

  async run(args: HumanMonitorCommandArg, context: CommandContext): Promise<string> {
    const { human } = await this.load();
    return human.run(args, context);
  }

  /** Takes in a client that has been shown the prompt. */
  async accept(chardev: Chardev): Promise<void> {
    // Where it cannot be loaded, the start fails.
    const loaded = await this.load().catch(() => undefined);
    if (loaded === undefined || this.#isStopping) chardev.destroy();
    else loaded.clients.accept(chardev);
  }

  /** The machine has told an event. */
  told(event: string, data: JsonObject | undefined): void {
    if (event !== "JOB_STATUS_CHANGE") return;
    for (const { id, status, reached } of this.#watches) {
      if (data?.id === id && data.status === status) reached();
    }
  }

  /** As that of a monitor's sessions. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const loaded = await this.#loaded?.catch(() => undefined);
    await loaded?.clients.stop(graceMs);
  }

  /** Rejects when a module cannot be loaded. */
  load(): Promise<Loaded> {
    this.#loaded ??= this.#loadNow();
    return this.#loaded;
  }

  async #loadNow(): Promise<Loaded> {
    const { machine, registry, resources, isPreconfig, monitor, newSessionId, clientClosed, defect } =
      this.#options;
    const [{ HumanMonitor }, { HumanClients }] = await Promise.all([
      import("../hmp/human-monitor.ts"),
      import("../hmp/human-clients.ts"),
    ]);
    const human = new HumanMonitor({
      registry,
      resources,
      machine: shownMachine(machine),
      isPreconfig,
      nextTurn: setImmediate,
      jobStatus: (id, status) => this.#watch(id, status),
      nowMs: Date.now,
    });
    const clients = new HumanClients({
      human,
      monitor: monitor(),
      keyNames: KEY_NAMES,
      clock: systemClock,
      nextTurn: setImmediate,
      newSessionId,
      clientClosed,
      defect,
    });
    return { human, clients };
  }

  #watch(id: string, status: string): ReturnType<JobStatusWatch> {
    let reach = (): void => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const watch: Watch = { id, status, reached: reach };
    this.#watches.add(watch);
    return { reached, close: () => void this.#watches.delete(watch) };
  }
}

function shownMachine(handle: MachineHandle): HmpMachine {
  return {
    async registers() {
      const result = await fromThread(handle.registers());
      return result.ok ? result.value : undefined;
    },
    mappedRanges: async (countMax) => machineValue(await fromThread(handle.mappedRanges(countMax))),
    async copyMemory(space, address, into) {
      const result = await fromThread(handle.copyMemory(space, address, into));
      return result.ok;
    },
  };
}
