/**
 * A connection to a machine thread: a worker, and its interface over comlink.
 *
 * A comlink call to a worker that has ended never settles by itself.  Here every call in flight is
 * rejected, and so is every later one, with `WorkerGoneError`.
 */

import { Worker } from "node:worker_threads";
import { wrap } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { MachineNews, MachineThread } from "./contract.ts";
import { WorkerGoneError } from "./worker-gone.ts";

export interface MachineThreadConnection {
  readonly api: MachineThread;
  /** `listener` is told what the thread tells unasked, in one order with the answers to calls. */
  onNews(listener: (news: MachineNews) => void): void;
  /** Resolves when the thread has ended, for whatever reason, just before the calls in flight reject. */
  readonly gone: Promise<WorkerGoneError>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/**
 * Starts a thread from the built file `workerUrl`.  Rejects with `WorkerGoneError` when it ends before it
 * has answered for the first time.
 */
export async function connectMachineThread(workerUrl: URL): Promise<MachineThreadConnection> {
  const worker = new Worker(workerUrl);
  const calls = new CallsInFlight();
  const gone = new Promise<WorkerGoneError>((resolve) => {
    let cause: unknown;
    worker.once("error", (error) => {
      cause = error;
    });
    worker.once("exit", (exitCode) => {
      const error = new WorkerGoneError(`the machine thread has ended with exit code ${exitCode}`, { cause });
      resolve(error);
      calls.rejectAll(error);
    });
  });
  const api = guard(wrap<MachineThread>(nodeEndpoint(worker)), calls);
  await api.ready();
  return {
    api,
    gone,
    onNews(listener) {
      // Comlink takes no notice of what has no `id`.
      worker.on("message", (message: object) => {
        if ("news" in message) listener(message as MachineNews);
      });
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** The calls that a thread has not answered yet. */
class CallsInFlight {
  readonly #rejects = new Set<(error: WorkerGoneError) => void>();
  #gone: WorkerGoneError | undefined;

  track<T>(call: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#gone !== undefined) return reject(this.#gone);
      this.#rejects.add(reject);
      call()
        .finally(() => this.#rejects.delete(reject))
        .then(resolve, reject);
    });
  }

  rejectAll(error: WorkerGoneError): void {
    this.#gone = error;
    for (const reject of this.#rejects) reject(error);
    this.#rejects.clear();
  }
}

type RemoteMethod = (...args: readonly unknown[]) => Promise<unknown>;

/** The same interface, with every call tracked. */
function guard(remote: object, calls: CallsInFlight): MachineThread {
  return new Proxy(remote, {
    get(target, name) {
      if (name === "then") return undefined; // No promise: an async function may answer this object.
      const method: RemoteMethod = Reflect.get(target, name);
      return (...args: readonly unknown[]) => calls.track(() => method(...args));
    },
  }) as MachineThread;
}
