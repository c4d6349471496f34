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

  /** Starts the thread.  Rejects with `WorkerGoneError` when it does not come up. */
  static async start(options: MachineHostOptions): Promise<MachineHost> {
    return new MachineHost(options, await connectMachineThread(options.workerUrl));
  }

  private constructor(options: MachineHostOptions, connection: MachineThreadConnection) {
    this.#options = options;
    this.#thread = Promise.resolve(connection);
    this.#watch(connection);
  }

  /** Rejects when `config` does not describe a machine.  `listener` is told of all events, in order. */
  async createMachine(
    config: MachineConfig,
    initialState: MachineRunState,
    listener: MachineListener,
  ): Promise<MachineHandle> {
    const { api } = await this.#thread;
    const { machine, consoles } = await api.create(config, initialState);
    const hosted = new HostedMachine(this, config, consoles, listener, machine, initialState);
    this.#machines.add(hosted);
    return hosted;
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
      for (const machine of this.#machines) machine.lost();
      this.#thread = this.#replace();
      this.#options.onThreadGone(error);
    });
  }

  async #replace(): Promise<MachineThreadConnection> {
    try {
      const connection = await connectMachineThread(this.#options.workerUrl);
      for (const machine of this.#machines) await machine.recreate(connection.api);
      this.#watch(connection);
      return connection;
    } catch (error) {
      this.#options.onThreadGone(error);
      throw error;
    }
  }
}

class HostedMachine implements MachineHandle {
  readonly config: MachineConfig;
  readonly consoles: readonly ConsoleDescription[];
  readonly #host: MachineHost;
  readonly #listener: MachineListener;
  /** Its number in the thread that runs now. */
  #number: number;
  #runState: MachineRunState;

  constructor(
    host: MachineHost,
    config: MachineConfig,
    consoles: readonly ConsoleDescription[],
    listener: MachineListener,
    number: number,
    runState: MachineRunState,
  ) {
    this.#host = host;
    this.config = config;
    this.consoles = consoles;
    this.#listener = listener;
    this.#number = number;
    this.#runState = runState;
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

  async capture(console: number, reuse: WebAssembly.Memory | undefined): Promise<CapturedFrame> {
    return (await this.#host.thread()).capture(this.#number, console, reuse);
  }

  async qomList(path: string): Promise<MachineResult<readonly QomProperty[]>> {
    return (await this.#host.thread()).qomList(this.#number, path);
  }

  async qomGet(path: string, property: string): Promise<MachineResult<QomValue>> {
    return (await this.#host.thread()).qomGet(this.#number, path, property);
  }

  async qomSet(path: string, property: string, value: QomValue): Promise<MachineResult<void>> {
    return (await this.#host.thread()).qomSet(this.#number, path, property, value);
  }

  async qomListTypes(implementing: string | undefined, abstract: boolean): Promise<readonly QomTypeInfo[]> {
    return (await this.#host.thread()).qomListTypes(implementing, abstract);
  }

  async destroy(): Promise<void> {
    const thread = await this.#host.thread();
    // Not before: a machine that is forgotten is not made anew, and its number would be another's.
    this.#host.forget(this);
    await thread.destroy(this.#number);
  }

  /** The thread has died. */
  lost(): void {
    const ran = this.#runState === "running";
    this.#runState = "internal-error";
    if (ran) this.#listener({ kind: "stop" });
  }

  async recreate(thread: MachineThread): Promise<void> {
    this.#number = (await thread.create(this.config, "internal-error")).machine;
  }

  async #control(verb: "cont" | "stop" | "reset" | "powerdown"): Promise<MachineResult<void>> {
    const thread = await this.#host.thread();
    const result = await thread[verb](this.#number);
    if (!result.ok) return result;
    this.#runState = result.value.runState;
    for (const event of result.value.events) this.#listener(event);
    return { ok: true, value: undefined };
  }
}
