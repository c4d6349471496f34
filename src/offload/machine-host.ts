/**
 * The machine host: one machine thread, the machines in it, and what happens when it dies.
 *
 *     thread runs ---dies---> replacing ---machines made anew---> thread runs
 *                                 '------dies again, or a machine cannot be made---> failed
 *
 * What the dead thread emulated is lost.  Its machines stop (STOP, where one ran) and are in `internal-error`,
 * as QEMU's are after a failure of the emulation: a reset makes them usable again.  Calls in flight reject;
 * calls that come while the thread is replaced wait for the new one.  A thread that dies while it is
 * started is not replaced again: from then on every call rejects.
 *
 * Invariant: a machine is made once in each thread.  Those that the dead thread had are made by the
 * replacement, before it is there for anybody; those that come meanwhile make themselves once it is.
 */

import type {
  CapturedFrame,
  ConsoleDescription,
  MachineConfig,
  MachineEvent,
  MachineHandle,
  MachineResult,
  MachineRunState,
  MachineThread,
  QomProperty,
  QomTypeInfo,
  QomValue,
} from "./contract.ts";
import { connectMachineThread, type MachineThreadConnection } from "./remote.ts";

export interface MachineHostOptions {
  /** The thread's entry: a built file. */
  readonly workerUrl: URL;
  /** The thread has died, or its replacement could not be started.  For the log. */
  onThreadGone(error: unknown): void;
}

export type MachineListener = (event: MachineEvent) => void;

export class MachineHost {
  readonly #options: MachineHostOptions;
  readonly #machines = new Set<HostedMachine>();
  /** Rejects once a replacement has failed. */
  #thread: Promise<MachineThreadConnection>;
  #isClosed = false;

  /** Starts the thread.  Machines can be made at once; their calls wait for it. */
  constructor(options: MachineHostOptions) {
    this.#options = options;
    this.#thread = unlessAwaited(this.#start());
  }

  /** Settles when the thread is there.  Rejects with `WorkerGoneError` when it does not come up. */
  async ready(): Promise<void> {
    await this.#thread;
  }

  /** `config` has been checked.  `listener` is told of all events, in order. */
  createMachine(
    config: MachineConfig,
    initialState: MachineRunState,
    listener: MachineListener,
  ): MachineHandle {
    const machine = new HostedMachine(this, config, initialState, listener);
    this.#machines.add(machine);
    machine.create(this.thread(), initialState);
    return machine;
  }

  /** Ends the thread and all its machines. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = await this.#thread.catch(() => undefined);
    await connection?.close();
  }

  /** The running thread's interface, once there is one. */
  async thread(): Promise<MachineThread> {
    return (await this.#thread).api;
  }

  forget(machine: HostedMachine): void {
    this.#machines.delete(machine);
  }

  #watch(connection: MachineThreadConnection): void {
    connection.gone.then((error) => {
      if (this.#isClosed) return;
      const lost = [...this.#machines];
      for (const machine of lost) machine.lost();
      this.#thread = unlessAwaited(this.#replace(lost));
      this.#options.onThreadGone(error);
    });
  }

  async #start(): Promise<MachineThreadConnection> {
    const connection = await connectMachineThread(this.#options.workerUrl);
    this.#watch(connection);
    return connection;
  }

  async #replace(lost: readonly HostedMachine[]): Promise<MachineThreadConnection> {
    let connection: MachineThreadConnection | undefined;
    try {
      connection = await connectMachineThread(this.#options.workerUrl);
      const thread = Promise.resolve(connection.api);
      const kept = lost.filter((machine) => this.#machines.has(machine));
      await Promise.all(kept.map((machine) => machine.create(thread, "internal-error")));
      this.#watch(connection);
      return connection;
    } catch (error) {
      await connection?.close();
      if (!this.#isClosed) this.#options.onThreadGone(error);
      throw error;
    }
  }
}

/** Whoever awaits `promise` is told of its failure; that nobody does is no defect. */
function unlessAwaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

class HostedMachine implements MachineHandle {
  readonly config: MachineConfig;
  readonly #host: MachineHost;
  readonly #listener: MachineListener;
  /** What it is in the thread that runs now. */
  #created: ReturnType<MachineThread["create"]> = new Promise(() => {});
  #runState: MachineRunState;

  constructor(
    host: MachineHost,
    config: MachineConfig,
    runState: MachineRunState,
    listener: MachineListener,
  ) {
    this.#host = host;
    this.config = config;
    this.#runState = runState;
    this.#listener = listener;
  }

  /** Makes it in `thread`, for the first time or anew. */
  create(thread: Promise<MachineThread>, state: MachineRunState): Promise<unknown> {
    this.#created = unlessAwaited(thread.then((api) => api.create(this.config, state)));
    return this.#created;
  }

  get runState(): MachineRunState {
    return this.#runState;
  }

  cont(): Promise<MachineResult<void>> {
    return this.#control("cont");
  }

  stop(): Promise<MachineResult<void>> {
    return this.#control("stop");
  }

  reset(): Promise<MachineResult<void>> {
    return this.#control("reset");
  }

  powerdown(): Promise<MachineResult<void>> {
    return this.#control("powerdown");
  }

  async consoles(): Promise<readonly ConsoleDescription[]> {
    await this.#host.thread();
    return (await this.#created).consoles;
  }

  async capture(console: number, reuse: WebAssembly.Memory | undefined): Promise<CapturedFrame> {
    const [thread, machine] = await this.#inThread();
    return thread.capture(machine, console, reuse);
  }

  async qomList(path: string): Promise<MachineResult<readonly QomProperty[]>> {
    const [thread, machine] = await this.#inThread();
    return thread.qomList(machine, path);
  }

  async qomGet(path: string, property: string): Promise<MachineResult<QomValue>> {
    const [thread, machine] = await this.#inThread();
    return thread.qomGet(machine, path, property);
  }

  async qomSet(path: string, property: string, value: QomValue): Promise<MachineResult<void>> {
    const [thread, machine] = await this.#inThread();
    return thread.qomSet(machine, path, property, value);
  }

  async qomListTypes(implementing: string | undefined, abstract: boolean): Promise<readonly QomTypeInfo[]> {
    return (await this.#host.thread()).qomListTypes(implementing, abstract);
  }

  async destroy(): Promise<void> {
    // Forgotten not before: a machine that is forgotten is not made anew, and its number would be another's.
    const [thread, machine] = await this.#inThread().finally(() => this.#host.forget(this));
    await thread.destroy(machine);
  }

  /** The thread has died. */
  lost(): void {
    const ran = this.#runState === "running";
    this.#runState = "internal-error";
    if (ran) this.#listener({ kind: "stop" });
  }

  /** The thread first: when it is replaced, the machine is made anew before it is there. */
  async #inThread(): Promise<readonly [MachineThread, number]> {
    const thread = await this.#host.thread();
    return [thread, (await this.#created).machine];
  }

  async #control(verb: "cont" | "stop" | "reset" | "powerdown"): Promise<MachineResult<void>> {
    const [thread, machine] = await this.#inThread();
    const result = await thread[verb](machine);
    if (!result.ok) return result;
    this.#runState = result.value.runState;
    for (const event of result.value.events) this.#listener(event);
    return { ok: true, value: undefined };
  }
}
