/**
 * A service: one process's machines, the threads they share, and its orderly end.
 *
 *     startService ─▶ listening ─▶ running ─── stop, or the last machine's quit ───▶ ended
 *
 * Clients are greeted while the service still starts: what is needed to listen is loaded first, all else after
 * that, and the machine's thread starts on one core while the rest of the program is loaded on another.
 *
 * A machine ends with `quit`, or with the service; a service ends with its last machine (rule N0).
 */

import { checkMachineConfig, MachineConfigError } from "../machine/config.ts";
import type { WorkerPool } from "../offload/pool.ts";
import { WorkerGoneError } from "../offload/worker-gone.ts";
import type { PluginHost } from "../plugin/host.ts";
import { encodeGreeting, humanGreeting } from "../qmp/greeting.ts";
import {
  checkServiceConfig,
  defaultLimits,
  defaultWorkers,
  type MachineOptions,
  type ServiceConfig,
} from "./config.ts";
import { Endpoints } from "./endpoints.ts";
import type { Hosts } from "./hosts.ts";
import type { EndedReason, MachineService, ServiceLog, SharedParts } from "./machine-service.ts";
import { THREAD_ENTRIES, type ThreadEntries } from "./threads.ts";
import { readVersionInfo } from "./version.ts";

export type { EndedReason, ServiceLog };

/** The service could not be started: an endpoint is in use, a machine cannot be made.  The message is for people. */
export class ServiceStartError extends Error {
  override readonly name = "ServiceStartError";
  readonly code = "SERVICE_START";
}

export interface Service {
  /** The machines that run, with the addresses of their endpoints. */
  readonly machines: readonly {
    readonly name: string | undefined;
    readonly endpoints: readonly string[];
    /** Those of the human monitor. */
    readonly humanEndpoints: readonly string[];
  }[];
  /** Ends all machines: SHUTDOWN goes to every client; commands in flight get a second, then are cancelled. */
  stop(reason: EndedReason): Promise<void>;
  /** Settles when the last machine begins to end. */
  readonly ending: Promise<unknown>;
  /** Settles when the last machine and all threads have ended. */
  readonly ended: Promise<void>;
}

export interface StartOptions {
  /** Ends the start, while it lasts: its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Other entries than the program's own, for tests. */
  readonly threads?: ThreadEntries;
}

/** Of several machines, the message tells which one it is about.  Throws `MachineConfigError`. */
function checkMachines({ machines }: ServiceConfig): void {
  for (const [index, { machine, name }] of machines.entries()) {
    try {
      checkMachineConfig(machine);
    } catch (error) {
      if (!(error instanceof MachineConfigError) || machines.length === 1) throw error;
      const which = name ?? `${index + 1} of ${machines.length}`;
      throw new MachineConfigError(`machine ${which}: ${error.message}`, { cause: error });
    }
  }
}

/**
 * Starts a service.  Rejects with `ConfigError` or {@link ServiceStartError}, and leaves nothing running then.
 */
export async function startService(
  config: ServiceConfig,
  log: ServiceLog,
  { signal, threads = THREAD_ENTRIES }: StartOptions = {},
): Promise<Service> {
  checkServiceConfig(config);
  const workers = config.workers ?? defaultWorkers();
  const limits = { ...defaultLimits(), ...config.limits };
  const version = readVersionInfo();
  const open: {
    readonly options: MachineOptions;
    readonly endpoints: Endpoints;
    readonly humanEndpoints: Endpoints;
  }[] = [];
  const machines: MachineService[] = [];
  let hosts: Promise<Hosts> | undefined;
  let pool: Promise<WorkerPool> | undefined;
  let plugins: PluginHost | undefined;
  const close = async (): Promise<void> => {
    // What could not be started is the start's failure, which is told already.
    const nothing = (): void => {};
    await Promise.all([
      pool?.then((started) => started.close(), nothing),
      hosts?.then((started) => started.close(), nothing),
      plugins?.close(),
    ]);
    log.info({}, "service ended");
  };
  const abort = (): void => {
    // Their addresses are free at once, whatever the start still waits for.
    for (const { endpoints, humanEndpoints } of open) {
      endpoints.close();
      humanEndpoints.close();
    }
    for (const machine of machines) void machine.stop("host-signal");
  };
  signal?.addEventListener("abort", abort);
  try {
    checkMachines(config);
    plugins = await loadPlugins(config, () => loadPool(workers, log, threads));
    for (const options of config.machines) {
      signal?.throwIfAborted();
      const shared = {
        allowRemote: config.allowRemote === true,
        onListening: (endpoint: string) => log.info({ endpoint, machine: options.name }, "listening"),
        onError: (error: Error) => log.error({ err: error }, "a connection could not be accepted"),
      };
      const endpoints = new Endpoints({
        ...shared,
        endpoints: options.qmp,
        greeting: encodeGreeting(version),
      });
      const humanEndpoints = new Endpoints({
        ...shared,
        endpoints: options.monitor ?? [],
        greeting: humanGreeting(version),
        isForPeople: true,
      });
      open.push({ options, endpoints, humanEndpoints });
      await endpoints.listen();
      await humanEndpoints.listen();
    }
    hosts = loadHosts(config, log, threads);
    const [startedHosts, { MachineService }, { Budget }, { TurnQueue }] = await Promise.all([
      hosts,
      import("./machine-service.ts"),
      import("../util/budget.ts"),
      import("../util/turn-queue.ts"),
    ]);
    signal?.throwIfAborted();
    // The pool is started last, or with the first picture: nobody who connects should wait for it.
    const startPool = (): Promise<WorkerPool> => {
      pool ??= loadPool(workers, log, threads);
      return pool;
    };
    let sessions = 0;
    const shared: SharedParts = {
      hosts: startedHosts,
      pool: startPool,
      plugins,
      inputBudget: new Budget(limits.inputBudgetBytes, setImmediate),
      slices: new TurnQueue(setImmediate),
      outputBudget: new Budget(limits.outputBudgetBytes, setImmediate),
      limits,
      version,
      log,
      newSessionId: () => ++sessions,
    };
    for (const { options, endpoints, humanEndpoints } of open) {
      machines.push(new MachineService(options, endpoints, shared, humanEndpoints));
    }
    await Promise.all([...machines.map((machine) => machine.ready()), startPool()]);
    signal?.throwIfAborted();
  } catch (error) {
    for (const { endpoints, humanEndpoints } of open) {
      endpoints.close();
      humanEndpoints.close();
    }
    await Promise.all(machines.map((machine) => machine.stop("host-error")));
    await close();
    signal?.throwIfAborted();
    throw new ServiceStartError(startFault(error as Error), { cause: error });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const ended = Promise.all(machines.map((machine) => machine.ended)).then(close);
  log.info({ machines: machines.length, workers }, "service started");
  return {
    machines,
    ending: Promise.all(machines.map((machine) => machine.ending)),
    ended,
    async stop(reason) {
      for (const machine of machines) void machine.stop(reason);
      await ended;
    },
  };
}

/** A service without plugins loads nothing of them. */
async function loadPlugins(
  { machines }: ServiceConfig,
  startPool: () => Promise<WorkerPool>,
): Promise<PluginHost | undefined> {
  const sources = machines.flatMap((machine) => machine.plugins ?? []);
  if (sources.length === 0) return undefined;
  const { PluginHost } = await import("../plugin/host.ts");
  return PluginHost.load(sources, startPool);
}

/** That a thread has ended says little: why it did is what people need. */
function startFault(error: Error): string {
  const { message, cause } = error;
  return error instanceof WorkerGoneError && cause instanceof Error
    ? `${message}: ${cause.message}`
    : message;
}

async function loadHosts(
  { machines }: ServiceConfig,
  log: ServiceLog,
  threads: ThreadEntries,
): Promise<Hosts> {
  const { Hosts } = await import("./hosts.ts");
  return new Hosts(
    machines.map(({ machine }) => machine.type),
    threads,
    (error) => log.error({ err: error }, "the machine thread has ended; it is replaced"),
  );
}

async function loadPool(workers: number, log: ServiceLog, threads: ThreadEntries): Promise<WorkerPool> {
  const { WorkerPool } = await import("../offload/pool.ts");
  return new WorkerPool({
    workerUrl: threads.pool,
    threads: workers,
    onThreadGone: (error) => log.error({ err: error }, "a pool thread has ended; it is replaced"),
  });
}
