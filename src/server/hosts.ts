/**
 * The machine hosts of a service: one for all test machines, which do nothing by themselves, and one for each PC,
 * since a guest can crash its emulator and must not take another with it.
 */

import type { MachineType } from "../offload/contract.ts";
import { MachineHost } from "../offload/machine-host.ts";
import type { ThreadEntries } from "./threads.ts";

/** A host, and what ends it together with the machine that it was given for. */
export interface HostShare {
  readonly host: MachineHost;
  close(): Promise<void>;
}

export class Hosts {
  readonly #threads: ThreadEntries;
  readonly #onThreadGone: (error: unknown) => void;
  readonly #shared: MachineHost | undefined;
  /** Started before they are asked for: a thread comes up while the rest of the program is loaded. */
  readonly #waiting: MachineHost[];
  readonly #own = new Set<MachineHost>();

  /** Starts the threads that machines of these types need.  `onThreadGone` is told when one has died. */
  constructor(types: readonly MachineType[], threads: ThreadEntries, onThreadGone: (error: unknown) => void) {
    this.#threads = threads;
    this.#onThreadGone = onThreadGone;
    this.#shared = types.some((type) => type !== "pc") ? this.#start(threads.machine) : undefined;
    this.#waiting = types.filter((type) => type === "pc").map(() => this.#start(threads.pc));
  }

  /** The host for one machine of this type. */
  hostFor(type: MachineType): HostShare {
    if (type !== "pc" && this.#shared !== undefined) return { host: this.#shared, close: async () => {} };
    const host = this.#waiting.pop() ?? this.#start(this.#threads.pc);
    this.#own.add(host);
    const close = (): Promise<void> => {
      this.#own.delete(host);
      return host.close();
    };
    return { host, close };
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    const hosts = [...this.#waiting, ...this.#own];
    if (this.#shared !== undefined) hosts.push(this.#shared);
    await Promise.all(hosts.map((host) => host.close()));
  }

  #start(workerUrl: URL): MachineHost {
    return new MachineHost({ workerUrl, onThreadGone: this.#onThreadGone });
  }
}
