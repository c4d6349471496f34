/**
 * One run: threads are started, connected, told when, and what they measured is put together.
 *
 *     connecting ---all connected---> ramp ---> measure ---time up, all sent, or `signal`---> drain ---> result
 *
 * With light and heavy commands in a mix, the heavy ones rest now and then, so that light ones are measured without
 * them in the same run; not in a run that counts, where a seed has to give the same commands each time.
 */

import { cpus } from "node:os";
import { Worker } from "node:worker_threads";
import { endpointText } from "../chardev/connect.ts";
import type { Ending, FromThread, ToThread } from "./contract.ts";
import { joinEndings } from "./endings.ts";
import { createHeavyCounters, HeavyWatch } from "./heavy-watch.ts";
import { LoadError } from "./load-error.ts";
import { checkOpenFiles } from "./open-files.ts";
import type { LoadPlan } from "./plan.ts";
import { type GeneratorResult, type Interval, type LoadResult, RESULT_FORMAT } from "./result.ts";
import type { ServerFigures } from "./server-figures.ts";
import { type SecondTally, Tally } from "./tally.ts";

/** Above this share of a core, a thread of the generator may set the pace. */
export const GENERATOR_CPU_SHARE_MAX = 0.85;
/** Above this share of the time without a core, what is measured is the computer's want of cores as well. */
const GENERATOR_WAIT_SHARE_MAX = 0.25;
/** Heavy commands are sent for a while, then rest: until all are answered, and as long again without any. */
const HEAVY_WORK_MS = 1500;
const HEAVY_REST_MS = 500;
const HEAVY_POLL_MS = 20;
const LIVE_PERIOD_MS = 1000;

export interface Progress {
  readonly elapsedMs: number;
  /** 0 to 1. */
  readonly share: number;
  /** The last second that is complete. */
  readonly interval: Interval;
  /** All is sent, and replies are missing: how long they are waited for if none comes. */
  readonly patienceMs: number | undefined;
}

export interface RunOptions {
  /** Entry of a load thread, built. */
  readonly threadEntry: URL;
  readonly server: string;
  /** What the mix is called, for the result. */
  readonly mix: readonly string[];
  /** Ends the run early, in order: what was measured is the result.  When all is sent, as `giveUp`. */
  readonly signal?: AbortSignal;
  /** Ends the wait for replies: those that have not come are lost. */
  readonly giveUp?: AbortSignal;
  readonly figures?: ServerFigures | undefined;
  readonly onProgress?: (progress: Progress) => void;
  /** Called for each second after the ramp, at the end, in order: for who keeps the histograms. */
  readonly onSecond?: (second: SecondTally, startMs: number) => void;
}

/** Runs a plan.  Rejects with {@link LoadError} when it cannot be run. */
export async function runPlan(plan: LoadPlan, options: RunOptions): Promise<LoadResult> {
  checkOpenFiles(plan);
  const run = new Run(plan, options);
  try {
    return await run.run();
  } finally {
    await run.end();
  }
}

class Run {
  readonly #plan: LoadPlan;
  readonly #options: RunOptions;
  readonly #workers: Worker[] = [];
  readonly #tally: Tally;
  readonly #endings: Ending[] = [];
  readonly #heavy = createHeavyCounters();
  readonly #timers = new Set<NodeJS.Timeout>();
  #heavyTimer: NodeJS.Timeout | undefined;
  #connected = 0;
  #done = 0;
  #startedAt = new Date();
  #startMs = 0;
  #serverCpuMs: number | undefined;
  #wake: () => void = () => {};
  #failure: Error | undefined;

  constructor(plan: LoadPlan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#tally = new Tally(plan.commands, plan.threads);
  }

  async run(): Promise<LoadResult> {
    const { threads, rampMs, end } = this.#plan;
    const { signal, giveUp, figures } = this.#options;
    const wake = (): void => this.#wake();
    for (const each of [signal, giveUp]) each?.addEventListener("abort", wake);
    for (let thread = 0; thread < threads; thread++) this.#startThread(thread);
    await this.#until(() => this.#connected === threads || signal?.aborted === true);
    if (this.#connected < threads) throw new LoadError("it was interrupted before anything was measured");
    if (rampMs > 0) {
      this.#start();
      await this.#until(() => signal?.aborted === true, rampMs);
    }
    // Before anything that counts is sent: a server under load may take its time to tell.
    const cpuBefore = await figures?.cpuMs();
    if (rampMs === 0) this.#start();
    this.#tell({ kind: "measure" });
    if (end.kind === "duration") {
      this.#alternateHeavy();
      await this.#until(() => this.#done === threads || signal?.aborted === true, end.ms);
    } else {
      await this.#until(() => this.#done === threads || signal?.aborted === true);
    }
    clearInterval(this.#heavyTimer);
    this.#tell({ kind: "stop" });
    const isInterrupted = signal?.aborted === true;
    const isOver = (): boolean => this.#endings.length === threads;
    const hasEnough = (): boolean => giveUp?.aborted === true || (signal?.aborted === true && !isInterrupted);
    await this.#until(() => isOver() || hasEnough());
    if (!isOver()) this.#tell({ kind: "give up" });
    await this.#until(isOver);
    // Of all replies that count, also those that came late: a slow command has taken its time before it is answered.
    this.#serverCpuMs = usedMs(cpuBefore, await figures?.cpuMs());
    for (const each of [signal, giveUp]) each?.removeEventListener("abort", wake);
    return this.#result(isInterrupted);
  }

  #start(): void {
    this.#startMs = performance.now();
    this.#startedAt = new Date();
    this.#tell({ kind: "start" });
    if (this.#options.onProgress !== undefined || this.#options.figures !== undefined) this.#startLive();
  }

  async end(): Promise<void> {
    clearInterval(this.#heavyTimer);
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  // ---- Threads ----

  #startThread(thread: number): void {
    const worker = new Worker(this.#options.threadEntry);
    this.#workers.push(worker);
    worker.on("message", (message: FromThread) => this.#receive(thread, message));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new LoadError("a load thread has ended before its time")));
    const task: ToThread = { kind: "task", task: { plan: this.#plan, thread, heavy: this.#heavy } };
    worker.postMessage(task);
  }

  #tell(message: ToThread): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }

  #receive(thread: number, message: FromThread): void {
    switch (message.kind) {
      case "connected":
        this.#connected++;
        break;
      case "sample":
        this.#tally.add(thread, message.sample);
        return;
      case "done":
        this.#done++;
        break;
      case "ended":
        this.#endings.push(message.ending);
        break;
      case "failed":
        return this.#fail(new LoadError(message.message));
    }
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Waits until `enough` holds, or the time is up.  Rejects when a thread has failed. */
  async #until(enough: () => boolean, ms?: number): Promise<void> {
    let isUp = false;
    const timer =
      ms === undefined
        ? undefined
        : setTimeout(() => {
            isUp = true;
            this.#wake();
          }, ms);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        if (enough() || isUp) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  // ---- Heavy commands in turns ----

  #alternateHeavy(): void {
    const { commands } = this.#plan;
    if (!commands.some(({ isHeavy }) => isHeavy) || commands.every(({ isHeavy }) => isHeavy)) return;
    const watch = new HeavyWatch(this.#heavy);
    let isWork = true;
    let untilMs = performance.now() + HEAVY_WORK_MS;
    const turn = (): void => {
      const nowMs = performance.now();
      // A rest counts from when the last heavy command was answered.
      if (!isWork && watch.inFlight > 0) untilMs = nowMs + HEAVY_REST_MS;
      if (nowMs < untilMs) return;
      isWork = !isWork;
      untilMs = nowMs + (isWork ? HEAVY_WORK_MS : HEAVY_REST_MS);
      this.#tell({ kind: "heavy", allowed: isWork });
    };
    this.#heavyTimer = setInterval(turn, HEAVY_POLL_MS);
  }

  // ---- While it runs ----

  #startLive(): void {
    const { onProgress, figures } = this.#options;
    let cpuMs: number | undefined;
    let atMs = performance.now();
    const tick = async (): Promise<void> => {
      if (figures !== undefined) {
        const now = await figures.read();
        const nowMs = performance.now();
        const used = usedMs(cpuMs, now.cpuMs);
        const share = used && used / (nowMs - atMs);
        cpuMs = now.cpuMs;
        atMs = nowMs;
        this.#tally.addServer(share, now.loopDelayMs);
      }
      const interval = this.#tally.lastInterval();
      if (interval === undefined || onProgress === undefined) return;
      const patienceMs = this.#tally.patienceMs();
      onProgress({
        elapsedMs: performance.now() - this.#startMs,
        share: this.#share(),
        interval,
        patienceMs,
      });
    };
    // A little after the threads, which tell their samples every second too.
    const begin = setTimeout(() => {
      void tick();
      this.#timers.add(setInterval(() => void tick(), LIVE_PERIOD_MS));
    }, LIVE_PERIOD_MS * 1.15);
    this.#timers.add(begin);
  }

  #share(): number {
    const { end, rampMs } = this.#plan;
    if (end.kind === "count") return Math.min(1, this.#tally.replies / end.commands);
    return Math.min(1, (performance.now() - this.#startMs) / (rampMs + end.ms));
  }

  // ---- The result ----

  #result(isInterrupted: boolean): LoadResult {
    const plan = this.#plan;
    const tally = this.#tally;
    tally.seconds.sort((a, b) => a.number - b.number || PHASE_ORDER[a.phase] - PHASE_ORDER[b.phase]);
    for (const second of tally.seconds) {
      if (second.phase !== "ramp") this.#options.onSecond?.(second, tally.startMs);
    }
    const total = tally.total();
    const { count, latencyUs } = tally.connects();
    const { unsent, ...endings } = joinEndings(this.#endings);
    return {
      format: RESULT_FORMAT,
      startedAt: this.#startedAt.toISOString(),
      machine: { cpus: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version },
      endpoints: plan.endpoints.map(endpointText),
      server: this.#options.server,
      settings: {
        clients: plan.clients,
        inFlight: plan.inFlight,
        threads: plan.threads,
        seed: plan.seed,
        capabilities: plan.capabilities,
        ratePerSecond: plan.ratePerSecond,
        thinkMs: plan.thinkMs,
        reconnectsPerSecond: plan.reconnectsPerSecond,
        slowReaders: plan.slowReaders,
        mix: this.#options.mix,
      },
      durationMs: tally.durationMs,
      isInterrupted,
      total,
      commands: tally.commandResults(),
      connectUs: latencyUs,
      connects: count,
      ...endings,
      arrivals: plan.ratePerSecond === undefined ? undefined : { scheduled: tally.arrivals, unsent },
      headOfLine: tally.headOfLine(),
      generator: generatorOf(tally),
      serverCpuUsPerReply:
        this.#serverCpuMs === undefined || total.replies === 0
          ? undefined
          : (this.#serverCpuMs * 1000) / total.replies,
      intervals: tally.intervals(),
    };
  }
}

/** Undefined: it is not known.  A server that was started anew counts from nothing. */
function usedMs(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined || after < before ? undefined : after - before;
}

const PHASE_ORDER = { ramp: 0, measure: 1, drain: 2 } as const;

function generatorOf(tally: Tally): GeneratorResult {
  const threads = tally.threadLoads();
  const busiest = Math.max(...threads.map(({ cpuShare }) => cpuShare));
  const longestWait = Math.max(...threads.map(({ waitShare }) => waitShare ?? 0));
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  let limit: string | undefined;
  if (busiest > GENERATOR_CPU_SHARE_MAX) {
    limit =
      `the generator was the limit: one of its threads used ${percent(busiest)} of a core: ` +
      `the server may be faster than this (try --threads ${threads.length + 1})`;
  } else if (longestWait > GENERATOR_WAIT_SHARE_MAX) {
    limit =
      `the computer was the limit: the generator waited for a core ${percent(longestWait)} of the time, ` +
      "and latencies contain that";
  }
  return { threads, limit };
}
