/**
 * A service: one process's machines, the threads they share, and its orderly end.
 *
 *     startService ─▶ running ─── stop, or the last machine's quit ───▶ ended
 *
 * A machine ends with `quit`, or with the service; a service ends with its last machine (rule N0).
 */

import { checkMachineConfig } from "../machine/config.ts";
import { MachineHost } from "../offload/machine-host.ts";
import type { WorkerPool } from "../offload/pool.ts";
import { Budget } from "../util/budget.ts";
import type { ServiceConfig } from "./config.ts";
import type { EndedReason, MachineService, ServiceLog, SharedParts } from "./machine-service.ts";
import { THREAD_ENTRIES, type ThreadEntries } from "./threads.ts";

export type { EndedReason, ServiceLog };

/** The service could not be started: an endpoint is in use, a machine cannot be made.  The message is for people. */
export class ServiceStartError extends Error {
  override readonly name = "ServiceStartError";
  readonly code = "ServiceStart";
}

export interface Service {
  /** The machines that run, with the addresses of their endpoints. */
  readonly machines: readonly { readonly name: string | undefined; readonly endpoints: readonly string[] }[];
  /** Ends all machines: SHUTDOWN goes to every client; commands in flight get a second, then are cancelled. */
  stop(reason: EndedReason): Promise<void>;
  /** Settles when the last machine and all threads have ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts a service.  Rejects with {@link ServiceStartError}, and leaves nothing running then.  `threads`: other
 * entries than the program's own, for tests.
 */
export async function startService(
  config: ServiceConfig,
  log: ServiceLog,
  threads: ThreadEntries = THREAD_ENTRIES,
): Promise<Service> {
  const machines = new Set<MachineService>();
  let host: MachineHost | undefined;
  let pool: Promise<WorkerPool> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([pool?.then((started) => started.close()), host?.close()]);
    log.info({}, "service ended");
  };
  try {
    for (const { machine } of config.machines) checkMachineConfig(machine);
    // The machine thread starts on one core while the rest of the program is loaded on another.
    host = new MachineHost({
      workerUrl: threads.machine,
      onThreadGone: (error) => log.error({ err: error }, "the machine thread has ended; it is replaced"),
    });
    const { MachineService } = await import("./machine-service.ts");
    // The pool is started last, or with the first picture: nobody who connects should wait for it.
    const startPool = (): Promise<WorkerPool> => {
      pool ??= loadPool(config, log, threads);
      return pool;
    };
    let sessions = 0;
    const shared: SharedParts = {
      host,
      pool: startPool,
      inputBudget: new Budget(config.limits.inputBudgetBytes),
      outputBudget: new Budget(config.limits.outputBudgetBytes),
      log,
      newSessionId: () => ++sessions,
    };
    for (const options of config.machines) machines.add(await MachineService.start(options, config, shared));
    await Promise.all([host.ready(), startPool()]);
  } catch (error) {
    await Promise.all([...machines].map((machine) => machine.stop("host-error")));
    await close();
    throw new ServiceStartError((error as Error).message, { cause: error });
  }
  const ended = Promise.all([...machines].map((machine) => machine.ended)).then(close);
  log.info({ machines: machines.size, workers: config.workers }, "service started");
  return {
    machines: [...machines],
    ended,
    async stop(reason) {
      for (const machine of machines) void machine.stop(reason);
      await ended;
    },
  };
}

async function loadPool(
  { workers }: ServiceConfig,
  log: ServiceLog,
  threads: ThreadEntries,
): Promise<WorkerPool> {
  const { WorkerPool } = await import("../offload/pool.ts");
  return new WorkerPool({
    workerUrl: threads.pool,
    threads: workers,
    onThreadGone: (error) => log.error({ err: error }, "a pool thread has ended; it is replaced"),
  });
}
