/**
 * The samples of all threads, put together: the totals of the run, and its seconds.
 *
 * Latencies are of replies that came in the measured part, and after its end; rates are of those that came in it.  What
 * happened in the ramp counts in the seconds alone.
 */

import { Float64Histogram } from "hdr-histogram-js";
import type { CommandSample, Counts, Sample, ThreadLoad } from "./contract.ts";
import { NameCounts } from "./name-counts.ts";
import type { PlannedCommand } from "./plan.ts";
import type { CommandResult, HeadOfLine, Interval, Latency } from "./result.ts";

const FIRST_HIGHEST_US = 1_000_000;
const DIGITS = 3;
const SECOND_MS = 1000;

export function createHistogram(): Float64Histogram {
  const histogram = new Float64Histogram(1, FIRST_HIGHEST_US, DIGITS);
  histogram.autoResize = true;
  return histogram;
}

class CommandTally {
  readonly command: PlannedCommand;
  readonly latencies = createHistogram();
  readonly besideHeavy = createHistogram();
  repliesInTime = 0;
  readonly errors = new NameCounts();
  #firstError: string | undefined;

  constructor(command: PlannedCommand) {
    this.command = command;
  }

  add(sample: CommandSample, isInTime: boolean): void {
    addCounts(this.latencies, sample.latencies);
    if (isInTime) this.repliesInTime += repliesOf(sample.latencies);
    addCounts(this.besideHeavy, sample.besideHeavy);
    this.errors.addAll(sample.errors);
    this.#firstError ??= sample.firstError;
  }

  result(durationMs: number): CommandResult {
    const { label, name, isHeavy } = this.command;
    return commandResult(
      { label, name, isHeavy, firstError: this.#firstError },
      this.latencies,
      this.repliesInTime,
      this.errors.toRecord(),
      durationMs,
    );
  }
}

/** A second of the run, while its samples come. */
export interface SecondTally {
  readonly phase: Sample["phase"];
  readonly number: number;
  /** By command: as they came. A histogram has thousands of places, most of them empty, and a run many seconds. */
  readonly latencies: readonly Counts[][];
  errors: number;
  /** By thread: the last word counts. */
  readonly inFlight: Map<number, number>;
  readonly waiting: Map<number, number>;
  readonly patienceMs: Map<number, number | undefined>;
  readonly spans: { readonly startMs: number; readonly endMs: number }[];
  readonly loads: ThreadLoad[];
  serverCpuShare?: number;
  serverLoopDelayMs?: number;
}

export class Tally {
  readonly #commands: readonly CommandTally[];
  readonly #threads: number;
  readonly #connects = createHistogram();
  readonly #loads = new Map<number, { load: ThreadLoad; ms: number }[]>();
  readonly seconds: SecondTally[] = [];
  /** When the first thread started, by the wall clock. */
  startMs = Number.POSITIVE_INFINITY;
  #measureStartMs = Number.POSITIVE_INFINITY;
  #measureEndMs = 0;
  arrivals = 0;
  replies = 0;

  constructor(commands: readonly PlannedCommand[], threads: number) {
    this.#commands = commands.map((command) => new CommandTally(command));
    this.#threads = threads;
  }

  get durationMs(): number {
    return Math.max(1, this.#measureEndMs - this.#measureStartMs);
  }

  add(thread: number, sample: Sample): void {
    const { phase, startMs, endMs } = sample;
    this.startMs = Math.min(this.startMs, startMs);
    if (phase !== "ramp") this.arrivals += sample.arrivals;
    addCounts(this.#connects, sample.connects);
    if (phase === "measure") {
      this.#measureStartMs = Math.min(this.#measureStartMs, startMs);
      this.#measureEndMs = Math.max(this.#measureEndMs, endMs);
      const loads = this.#loads.get(thread) ?? [];
      this.#loads.set(thread, loads);
      loads.push({ load: sample.load, ms: endMs - startMs });
    }
    const second = this.#secondOf(phase, (startMs + endMs) / 2);
    for (const [index, command] of sample.commands.entries()) {
      if (phase !== "ramp") this.#commands[index]?.add(command, phase === "measure");
      this.replies += repliesOf(command.latencies);
      if (command.latencies.length > 0) second.latencies[index]?.push(command.latencies);
      for (const count of command.errors.values()) second.errors += count;
    }
    second.inFlight.set(thread, sample.inFlight);
    second.waiting.set(thread, sample.waiting);
    second.patienceMs.set(thread, sample.patienceMs);
    second.spans.push({ startMs, endMs });
    second.loads.push(sample.load);
  }

  /** What is known of the server now belongs to the second that runs. */
  addServer(cpuShare: number | undefined, loopDelayMs: number | undefined): void {
    const second = this.seconds.at(-1);
    if (second === undefined) return;
    if (cpuShare !== undefined) second.serverCpuShare = cpuShare;
    if (loopDelayMs !== undefined) second.serverLoopDelayMs = loopDelayMs;
  }

  #secondOf(phase: Sample["phase"], middleMs: number): SecondTally {
    const number = Math.max(0, Math.floor((middleMs - this.startMs) / SECOND_MS));
    // Threads are about as far as one another: it is one of the last.
    for (let index = this.seconds.length - 1; index >= 0 && index > this.seconds.length - 10; index--) {
      const second = this.seconds[index];
      if (second?.number === number && second.phase === phase) return second;
    }
    const second: SecondTally = {
      phase,
      number,
      latencies: this.#commands.map(() => []),
      errors: 0,
      inFlight: new Map(),
      waiting: new Map(),
      patienceMs: new Map(),
      spans: [],
      loads: [],
    };
    this.seconds.push(second);
    return second;
  }

  commandResults(): CommandResult[] {
    return this.#commands.map((tally) => tally.result(this.durationMs));
  }

  total(): CommandResult {
    const latencies = createHistogram();
    const errors = new NameCounts();
    let replies = 0;
    for (const tally of this.#commands) {
      latencies.add(tally.latencies);
      replies += tally.repliesInTime;
      for (const [name, count] of Object.entries(tally.errors.toRecord())) errors.add(name, count);
    }
    return commandResult(
      { label: "all", name: "all", isHeavy: false, firstError: undefined },
      latencies,
      replies,
      errors.toRecord(),
      this.durationMs,
    );
  }

  connects(): { readonly count: number; readonly latencyUs: Latency | undefined } {
    return { count: this.#connects.totalCount, latencyUs: latencyOf(this.#connects) };
  }

  /** Undefined unless the mix has light and heavy commands. */
  headOfLine(): HeadOfLine | undefined {
    const light = this.#commands.filter(({ command }) => !command.isHeavy);
    const heavy = this.#commands.filter(({ command }) => command.isHeavy);
    if (light.length === 0 || heavy.length === 0) return undefined;
    const beside = createHistogram();
    const alone = createHistogram();
    for (const tally of light) {
      beside.add(tally.besideHeavy);
      alone.add(tally.latencies);
    }
    alone.subtract(beside);
    const besideUs = latencyOf(beside);
    const aloneUs = latencyOf(alone);
    const hasBoth = besideUs !== undefined && aloneUs !== undefined;
    return {
      light: light.map(({ command }) => command.label),
      heavy: heavy.map(({ command }) => command.label),
      besideCount: beside.totalCount,
      aloneCount: alone.totalCount,
      besideUs,
      aloneUs,
      p50Ratio: hasBoth ? besideUs.p50 / aloneUs.p50 : undefined,
      p99Ratio: hasBoth ? besideUs.p99 / aloneUs.p99 : undefined,
    };
  }

  /** By thread, over the measured part. */
  threadLoads(): ThreadLoad[] {
    return Array.from({ length: this.#threads }, (_, thread) => {
      const loads = this.#loads.get(thread) ?? [];
      const ms = loads.reduce((sum, load) => sum + load.ms, 0) || 1;
      const mean = (of: (load: ThreadLoad) => number): number =>
        loads.reduce((sum, { load, ms: part }) => sum + of(load) * part, 0) / ms;
      const isWaitKnown = loads.every(({ load }) => load.waitShare !== undefined);
      return {
        cpuShare: mean(({ cpuShare }) => cpuShare),
        waitShare: isWaitKnown ? mean(({ waitShare }) => waitShare ?? 0) : undefined,
        loopDelayMs: Math.max(0, ...loads.map(({ load }) => load.loopDelayMs)),
      };
    });
  }

  /** The last second of which all threads have told, or what there is of one. */
  lastInterval(): Interval | undefined {
    // What the end of a phase leaves of a second tells nothing.
    const isMost = (each: SecondTally): boolean => lengthMs(each, this.#threads) >= SECOND_MS / 2;
    const second = this.seconds.findLast((each) => this.#isTold(each) && isMost(each)) ?? this.#lastSecond();
    return second && intervalOf(second, this.startMs, this.#threads);
  }

  /** As far as that second tells: how long replies are waited for if none comes; undefined when none is missing. */
  patienceMs(): number | undefined {
    const known = [...(this.#lastSecond()?.patienceMs.values() ?? [])].filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  }

  #lastSecond(): SecondTally | undefined {
    const { seconds } = this;
    return seconds.findLast((second) => this.#isTold(second)) ?? seconds.at(-1);
  }

  #isTold({ inFlight }: SecondTally): boolean {
    return inFlight.size === this.#threads;
  }

  intervals(): Interval[] {
    return this.seconds.map((second) => intervalOf(second, this.startMs, this.#threads));
  }
}

/** How much of a second there is, as a mean of the threads. */
function lengthMs({ spans }: SecondTally, threads: number): number {
  return spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / threads;
}

function intervalOf(second: SecondTally, runStartMs: number, threads: number): Interval {
  const startMs = Math.min(...second.spans.map((span) => span.startMs));
  const endMs = Math.max(...second.spans.map((span) => span.endMs));
  const durationMs = Math.max(1, lengthMs(second, threads));
  const histograms = second.latencies.map(histogramOf);
  const all = histogramOf(second.latencies.flat());
  const replies = all.totalCount;
  const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
  const { serverCpuShare, serverLoopDelayMs } = second;
  return {
    phase: second.phase,
    atMs: Math.max(endMs, startMs) - runStartMs,
    durationMs,
    replies,
    ratePerSecond: (replies * 1000) / durationMs,
    errors: second.errors,
    inFlight: sum(second.inFlight.values()),
    waiting: sum(second.waiting.values()),
    latencyUs: latencyOf(all),
    commands: histograms.map((histogram) => ({
      replies: histogram.totalCount,
      ratePerSecond: (histogram.totalCount * 1000) / durationMs,
      latencyUs: latencyOf(histogram),
    })),
    generatorCpuShare: Math.max(...second.loads.map(({ cpuShare }) => cpuShare)),
    generatorLoopDelayMs: Math.max(...second.loads.map(({ loopDelayMs }) => loopDelayMs)),
    ...(serverCpuShare === undefined ? {} : { serverCpuShare }),
    ...(serverLoopDelayMs === undefined ? {} : { serverLoopDelayMs }),
  };
}

function repliesOf(counts: Counts): number {
  let sum = 0;
  for (let index = 1; index < counts.length; index += 2) sum += counts[index] ?? 0;
  return sum;
}

export function histogramOf(parts: readonly Counts[]): Float64Histogram {
  const histogram = createHistogram();
  for (const counts of parts) addCounts(histogram, counts);
  return histogram;
}

function addCounts(histogram: Float64Histogram, counts: Counts): void {
  for (let index = 0; index < counts.length; index += 2) {
    histogram.recordValueWithCount(counts[index] ?? 0, counts[index + 1] ?? 0);
  }
}

function latencyOf(histogram: Float64Histogram): Latency | undefined {
  if (histogram.totalCount === 0) return undefined;
  return {
    min: histogram.minNonZeroValue,
    mean: histogram.mean,
    p50: valueAt(histogram, 50),
    p90: valueAt(histogram, 90),
    p99: valueAt(histogram, 99),
    p999: valueAt(histogram, 99.9),
    max: histogram.maxValue,
  };
}

function commandResult(
  command: Pick<CommandResult, "label" | "name" | "isHeavy" | "firstError">,
  latencies: Float64Histogram,
  repliesInTime: number,
  errors: Readonly<Record<string, number>>,
  durationMs: number,
): CommandResult {
  return {
    ...command,
    replies: latencies.totalCount,
    ratePerSecond: (repliesInTime * 1000) / durationMs,
    errors,
    latencyUs: latencyOf(latencies),
    curve: curveOf(latencies),
  };
}

/** A percentile is the end of its bucket, which may lie beyond the greatest value. */
function valueAt(histogram: Float64Histogram, percentile: number): number {
  return Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
}

/** Ten points for each nine of the percentile, as far as there are values. */
function curveOf(histogram: Float64Histogram): [number, number][] {
  const points: [number, number][] = [];
  const most = histogram.totalCount;
  for (let step = 0; most > 0; step++) {
    const left = 10 ** (-step / 10);
    points.push([100 * (1 - left), valueAt(histogram, 100 * (1 - left))]);
    if (left * most < 1) break;
  }
  return points;
}
