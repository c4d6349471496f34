/**
 * The machine host: one machine thread, the machines in it, and what happens when it dies.
 *
 *     thread runs ---dies---> replacing ---machines made anew---> thread runs
 *                               |   ^
 *        it dies, or a machine  |   | somebody asks
 *        cannot be made         v   |
 *                               failed
 *
 * What the dead thread emulated is lost.  Its machines stop (STOP, where one ran) and are in `internal-error`,
 * as QEMU's are after a failure of the emulation: a reset makes them usable again.  Calls in flight reject;
 * calls that come while the thread is replaced wait for the new one.  Where that fails, for want of files or memory
 * perhaps, they reject, and the next call has it tried once more: nothing is tried again and again unasked.
 *
 * Invariant: a machine is made once in each thread.  Those that the dead thread had are made by the
 * replacement, before it is there for anybody; those that come meanwhile make themselves once it is.
 */

import type { MachineConfig, MachineHandle, MachineRunState, MachineThread } from "./contract.ts";
import { HostedMachine, type HostPort, type MachineListener, unlessAwaited } from "./hosted-machine.ts";
import { HostedPc } from "./hosted-pc.ts";
import { connectMachineThread, type MachineThreadConnection } from "./remote.ts";

export interface MachineHostOptions {
  /** The thread's entry: a built file. */
  readonly workerUrl: URL;
  /** The thread has died, or its replacement could not be started.  For the log. */
  onThreadGone(error: unknown): void;
}

export class MachineHost implements HostPort {
  readonly #options: MachineHostOptions;
  readonly #machines = new Set<HostedMachine>();
  /** Rejects once a replacement has failed. */
  #thread: Promise<MachineThreadConnection>;
  /** Those that a replacement has failed to make anew. */
  #unmade: readonly HostedMachine[] | undefined;
  #isClosed = false;

  /** Starts the thread.  Machines can be made at once; their calls wait for it. */
  constructor(options: MachineHostOptions) {
    this.#options = options;
    this.#thread = unlessAwaited(this.#start());
  }

  /** `config` has been checked.  `listener` is told of all events, in order. */
  createMachine(
    config: MachineConfig,
    initialState: MachineRunState,
    listener: MachineListener,
  ): MachineHandle {
    const Hosted = config.type === "pc" ? HostedPc : HostedMachine;
    const machine = new Hosted(this, config, initialState, listener);
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
    if (this.#unmade !== undefined) {
      this.#thread = unlessAwaited(this.#replace(this.#unmade));
      this.#unmade = undefined;
    }
    return (await this.#thread).api;
  }

  forget(machine: HostedMachine): void {
    this.#machines.delete(machine);
  }

  #watch(connection: MachineThreadConnection): void {
    connection.onNews((news) => {
      // Looked up by its number in the thread that runs: one that is made anew has another.
      for (const machine of this.#machines) if (machine.number === news.machine) machine.told(news);
    });
    connection.gone.then((error) => {
      if (this.#isClosed) return;
      const lost = [...this.#machines];
      for (const machine of lost) machine.lost(error);
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
      if (!this.#isClosed) {
        this.#unmade = lost;
        this.#options.onThreadGone(error);
      }
      throw error;
    }
  }
}
