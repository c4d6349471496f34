/** What a benchmark found: plain data, as it is saved in `screendump.json`. */

import type { Latency } from "../loadgen/result.ts";
import type { DumpCase } from "./cases.ts";
import type { VerifierResult } from "./verifier.ts";

export const BENCH_FORMAT = "qmpd-bench-screendump 1";

/** Ours may be larger than the opponent's by at most this factor: a faster encoder may just compress less. */
export const PNG_SIZE_RATIO_MAX = 1.5;

export interface Round {
  readonly perSecond: number;
  readonly latencyUs: Latency | undefined;
  readonly cpuUsPerPicture: number | undefined;
  /** Of the busiest thread of the generator: shares of a core, and of the time without one. */
  readonly generatorCpuShare: number;
  readonly generatorWaitShare: number | undefined;
  /** Who set the pace, if not the server. */
  readonly limit: "generator" | "computer" | undefined;
  readonly errors: number;
  /** Had no reply when the connection ended, or waiting for them was given up after the time of the round; see `Patience`. */
  readonly unanswered: number;
  /** Replies that were doubled, foreign and the like. */
  readonly faults: number;
}

/** Against the server that was named last, in the same rounds. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Of the pictures' sizes, where both show the same pixels. */
  readonly pictureSize: number | undefined;
}

export interface ServerResult {
  /** As it was named on the command line, and as the server names itself. */
  readonly text: string;
  readonly name: string;
  readonly rounds: readonly Round[];
  readonly verified: VerifierResult | undefined;
  /** Why it was not measured. */
  readonly skipped: string | undefined;
  readonly ratio: Ratio | undefined;
}

export interface CaseResult {
  readonly dumpCase: DumpCase;
  readonly servers: readonly ServerResult[];
}

export interface BenchResult {
  readonly format: typeof BENCH_FORMAT;
  readonly startedAt: string;
  readonly machine: { readonly cpus: number; readonly model: string; readonly node: string };
  readonly command: string;
  readonly roundMs: number;
  readonly cases: readonly CaseResult[];
  /** Cases that ended before their time, and why. */
  readonly failures: readonly string[];
}

/** What no server may do: in words. */
export function faultsOf({ name, rounds, verified }: ServerResult): string[] {
  const errors = rounds.reduce((sum, round) => sum + round.errors, 0);
  const unanswered = rounds.reduce((sum, round) => sum + round.unanswered, 0);
  const faults = rounds.reduce((sum, round) => sum + round.faults, 0);
  const found = [...(verified?.faultExamples ?? [])];
  const more = (verified?.faultCount ?? 0) - found.length;
  if (more > 0) found.push(`${more} further pictures were wrong`);
  if (errors > 0) found.push(`${errors} replies were errors`);
  if (unanswered > 0) {
    found.push(
      `no reply came to ${unanswered}: the connection ended, or waiting for them was given up after the time of a round`,
    );
  }
  if (faults > 0) {
    found.push(`${faults} replies were doubled, foreign or unreadable, or a connection was closed`);
  }
  return found.map((text) => `${name}: ${text}`);
}
