/**
 * A machine of a machine thread, as the main thread holds it.
 *
 * What the thread tells arrives in one order, answers to calls among it, so that the listener knows of an
 * event before the verb that caused it is settled (rule L8).
 */

import { BareMachine } from "./bare-machine.ts";
import type {
  CapturedFrame,
  ConsoleDescription,
  MachineConfig,
  MachineEvent,
  MachineHandle,
  MachineNews,
  MachineResult,
  MachineRunState,
  MachineThread,
  QomProperty,
  QomTypeInfo,
  QomValue,
  VerbOutcome,
} from "./contract.ts";
import type { WorkerGoneError } from "./worker-gone.ts";

export type MachineListener = (event: MachineEvent) => void;

/** What a machine needs of its host. */
export interface HostPort {
  /** The interface of the thread that runs, once there is one. */
  thread(): Promise<MachineThread>;
  /** The machine has ended. */
  forget(machine: HostedMachine): void;
}

/** Whoever awaits `promise` is told of its failure; that nobody does is no defect. */
export function unlessAwaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

export class HostedMachine extends BareMachine implements MachineHandle {
  readonly config: MachineConfig;
  readonly #host: HostPort;
  readonly #listener: MachineListener;
  /** What it is in the thread that runs now. */
  #created: ReturnType<MachineThread["create"]> = new Promise(() => {});
  #number: number | undefined;
  #runState: MachineRunState;
  #threadAbort = new AbortController();

  constructor(host: HostPort, config: MachineConfig, runState: MachineRunState, listener: MachineListener) {
    super();
    this.#host = host;
    this.config = config;
    this.#runState = runState;
    this.#listener = listener;
  }

  /** Its number in the thread that runs, once it is made there. */
  get number(): number | undefined {
    return this.#number;
  }

  /** Makes it in `thread`, for the first time or anew. */
  create(thread: Promise<MachineThread>, state: MachineRunState): Promise<unknown> {
    this.#number = undefined;
    const created = thread.then(async (api) => {
      const answer = await api.create(this.config, state);
      this.#number = answer.machine;
      return answer;
    });
    this.#created = unlessAwaited(created);
    return created;
  }

  get runState(): MachineRunState {
    return this.#runState;
  }

  get threadSignal(): AbortSignal {
    return this.#threadAbort.signal;
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
    const [thread, machine] = await this.inThread();
    return thread.capture(machine, console, reuse);
  }

  async qomList(path: string): Promise<MachineResult<readonly QomProperty[]>> {
    const [thread, machine] = await this.inThread();
    return thread.qomList(machine, path);
  }

  async qomGet(path: string, property: string): Promise<MachineResult<QomValue>> {
    const [thread, machine] = await this.inThread();
    return thread.qomGet(machine, path, property);
  }

  async qomSet(path: string, property: string, value: QomValue): Promise<MachineResult<void>> {
    const [thread, machine] = await this.inThread();
    return thread.qomSet(machine, path, property, value);
  }

  async qomListTypes(implementing: string | undefined, abstract: boolean): Promise<readonly QomTypeInfo[]> {
    return (await this.#host.thread()).qomListTypes(implementing, abstract);
  }

  async destroy(): Promise<void> {
    // Forgotten not before: a machine that is forgotten is not made anew, and its number would be another's.
    const [thread, machine] = await this.inThread().finally(() => this.#host.forget(this));
    await thread.destroy(machine);
  }

  /** What the thread told unasked.  To be called in the order in which it came. */
  told(news: MachineNews): void {
    if (news.news === "outcome") this.#happened(news.outcome);
  }

  /** The thread has died. */
  lost(error: WorkerGoneError): void {
    const ran = this.#runState === "running";
    this.#runState = "internal-error";
    const abort = this.#threadAbort;
    this.#threadAbort = new AbortController();
    abort.abort(error);
    if (ran) this.#listener({ kind: "stop" });
  }

  /** The thread first: when it is replaced, the machine is made anew before it is there. */
  protected async inThread(): Promise<readonly [MachineThread, number]> {
    const thread = await this.#host.thread();
    return [thread, (await this.#created).machine];
  }

  async #control(verb: "cont" | "stop" | "reset" | "powerdown"): Promise<MachineResult<void>> {
    const [thread, machine] = await this.inThread();
    const result = await thread[verb](machine);
    if (!result.ok) return result;
    this.#happened(result.value);
    return { ok: true, value: undefined };
  }

  #happened({ runState, events }: VerbOutcome): void {
    this.#runState = runState;
    for (const event of events) this.#listener(event);
  }
}
