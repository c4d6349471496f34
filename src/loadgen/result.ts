/** What a run found: plain data, as it is saved in `run.json` and read again by `qmpd load compare`. */

import type { FaultKind } from "./contract.ts";

export const RESULT_FORMAT = "qmpd-load 1";

/** Microseconds. */
export interface Latency {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface CommandResult {
  readonly label: string;
  readonly name: string;
  readonly isHeavy: boolean;
  readonly replies: number;
  readonly ratePerSecond: number;
  /** Replies that are errors, by their class. */
  readonly errors: Readonly<Record<string, number>>;
  /** What the first one said, of the ramp too; undefined where there is none, and of all commands together. */
  readonly firstError: string | undefined;
  /** Undefined when there was no reply. */
  readonly latencyUs: Latency | undefined;
  /** Pairs of percentile and microseconds, for a curve. */
  readonly curve: readonly (readonly [number, number])[];
}

/** One command in a second of the run. */
export interface CommandInterval {
  readonly replies: number;
  readonly ratePerSecond: number;
  readonly latencyUs: Latency | undefined;
}

/** A second of the run. */
export interface Interval {
  readonly phase: "ramp" | "measure" | "drain";
  /** From the start of the run to the end of this second. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly replies: number;
  readonly ratePerSecond: number;
  readonly errors: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly latencyUs: Latency | undefined;
  /** In the order of the mix. */
  readonly commands?: readonly CommandInterval[];
  /** Of the busiest thread of the generator. */
  readonly generatorCpuShare: number;
  readonly generatorLoopDelayMs: number;
  /** Of the server, all its threads; where it can be known. */
  readonly serverCpuShare?: number;
  readonly serverLoopDelayMs?: number;
}

/** Light commands beside heavy ones, and without. */
export interface HeadOfLine {
  readonly light: readonly string[];
  readonly heavy: readonly string[];
  readonly besideCount: number;
  readonly aloneCount: number;
  readonly besideUs: Latency | undefined;
  readonly aloneUs: Latency | undefined;
  /** Beside to alone; undefined when one of them is missing. */
  readonly p50Ratio: number | undefined;
  readonly p99Ratio: number | undefined;
}

export interface GeneratorResult {
  readonly threads: readonly {
    readonly cpuShare: number;
    readonly waitShare: number | undefined;
    readonly loopDelayMs: number;
  }[];
  /** A sentence, when the generator or the computer, and not the server, set the pace. */
  readonly limit: string | undefined;
}

export interface LoadResult {
  readonly format: typeof RESULT_FORMAT;
  readonly startedAt: string;
  readonly machine: { readonly cpus: number; readonly model: string; readonly node: string };
  readonly endpoints: readonly string[];
  /** As the greeting says it: its `package`, or QEMU's version. */
  readonly server: string;
  readonly settings: {
    readonly clients: number;
    readonly inFlight: number;
    readonly threads: number;
    readonly seed: number;
    readonly capabilities: readonly string[];
    readonly ratePerSecond: number | undefined;
    readonly thinkMs: number;
    readonly reconnectsPerSecond: number;
    readonly slowReaders: number;
    readonly mix: readonly string[];
  };
  /** Of the measured part. */
  readonly durationMs: number;
  /** Before the end that was planned. */
  readonly isInterrupted: boolean;
  readonly total: CommandResult;
  readonly commands: readonly CommandResult[];
  readonly connectUs: Latency | undefined;
  readonly connects: number;
  readonly reconnects: number;
  readonly events: {
    readonly total: number;
    readonly byName: Readonly<Record<string, number>>;
    /** Fewest and most that one client had, of those that were connected all the time; undefined where none was. */
    readonly perClientMin: number | undefined;
    readonly perClientMax: number | undefined;
  };
  readonly slowReaders: { readonly replies: number; readonly closed: number };
  /** Open loop: arrivals that fell due, and those never sent. */
  readonly arrivals: { readonly scheduled: number; readonly unsent: number } | undefined;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly faultExamples: readonly string[];
  readonly headOfLine: HeadOfLine | undefined;
  readonly generator: GeneratorResult;
  /** Processor time of the server a reply, where it can be known. */
  readonly serverCpuUsPerReply: number | undefined;
  readonly intervals: readonly Interval[];
}

export function faultCount({ faults }: LoadResult): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

export function errorCount({ errors }: CommandResult): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}
