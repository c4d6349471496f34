/**
 * Two runs side by side, with ratios and their spread.
 *
 * Endpoints are loaded in turn, round after round, so that what the computer does beside falls on both: a ratio is the
 * median of the rounds' ratios, its spread the least and the greatest of them.  Of two saved runs there is one pair: the
 * spread is that of their seconds, paired in order.
 */

import type { Interval, Latency, LoadResult } from "./result.ts";
import { table } from "./summary.ts";
import { figureText, timeText } from "./units.ts";

export interface Comparison {
  readonly subject: string;
  readonly unit: "per second" | "us";
  readonly a: number;
  readonly b: number;
  /** A to B. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
}

type FigureOf = (result: LoadResult) => number | undefined;

const LATENCIES: readonly (readonly [string, keyof Latency])[] = [
  ["p50", "p50"],
  ["p99", "p99"],
  ["p99.9", "p999"],
];

/** Rounds of A and B, one of each in turn. */
export function compareRounds(as: readonly LoadResult[], bs: readonly LoadResult[]): Comparison[] {
  const [first] = as;
  if (first === undefined) return [];
  const comparisons: Comparison[] = [];
  const add = (subject: string, unit: Comparison["unit"], of: FigureOf): void => {
    const pairs = as.flatMap((a, round) => {
      const b = bs[round];
      const figures = [of(a), b && of(b)] as const;
      return figures[0] === undefined || figures[1] === undefined ? [] : [[figures[0], figures[1]] as const];
    });
    if (pairs.length === 0) return;
    comparisons.push(comparisonOf(subject, unit, pairs));
  };
  for (const subject of subjectsOf(first)) {
    const commandOf = (result: LoadResult): LoadResult["total"] | undefined =>
      subject === "all" ? result.total : result.commands.find(({ label }) => label === subject);
    add(subject, "per second", (result) => commandOf(result)?.ratePerSecond);
    for (const [name, key] of LATENCIES) {
      add(`${subject} ${name}`, "us", (result) => commandOf(result)?.latencyUs?.[key]);
    }
  }
  add("server CPU a reply", "us", (result) => result.serverCpuUsPerReply);
  return comparisons;
}

/** All together, and each command where there are several. */
function subjectsOf({ commands }: LoadResult): string[] {
  const labels = commands.map(({ label }) => label);
  return labels.length > 1 ? ["all", ...labels] : labels;
}

/** Two saved runs.  The spread of what has no seconds of its own is not known: it is the ratio itself. */
export function compareSaved(a: LoadResult, b: LoadResult): Comparison[] {
  const seconds = (result: LoadResult): Interval[] =>
    result.intervals.filter(({ phase, replies }) => phase === "measure" && replies > 0);
  const spreadOf = (of: (interval: Interval) => number | undefined): number[] => {
    const others = seconds(b);
    return seconds(a).flatMap((interval, index) => {
      const other = others[index];
      const figures = [of(interval), other && of(other)] as const;
      return figures[0] === undefined || figures[1] === undefined ? [] : [figures[0] / figures[1]];
    });
  };
  return compareRounds([a], [b]).map((comparison) => {
    const latency = LATENCIES.find(([name]) => comparison.subject === `${subjectsOf(a)[0]} ${name}`)?.[1];
    const isRate = comparison.subject === subjectsOf(a)[0];
    if (latency === undefined && !isRate) return comparison;
    const ratios = spreadOf((interval) =>
      latency === undefined ? interval.ratePerSecond : interval.latencyUs?.[latency],
    );
    return {
      ...comparison,
      ratioMin: Math.min(comparison.ratio, ...ratios),
      ratioMax: Math.max(comparison.ratio, ...ratios),
    };
  });
}

function comparisonOf(
  subject: string,
  unit: Comparison["unit"],
  pairs: readonly (readonly [number, number])[],
): Comparison {
  const ratios = pairs.map(([a, b]) => a / b);
  return {
    subject,
    unit,
    a: median(pairs.map(([a]) => a)),
    b: median(pairs.map(([, b]) => b)),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function comparisonText(names: readonly [string, string], comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ subject, unit, a, b, ratio, ratioMin, ratioMax }) => {
    const figure = (value: number): string => (unit === "us" ? timeText(value) : `${figureText(value)} /s`);
    const spread = `${figureText(ratioMin)} to ${figureText(ratioMax)}`;
    return [subject, figure(a), figure(b), `${figureText(ratio)}x`, spread];
  });
  const head = [
    `A  ${names[0]}`,
    `B  ${names[1]}`,
    "",
    ...table([["", "A", "B", "A to B", "spread"], ...rows]),
  ];
  return `${head.join("\n")}\n`;
}
