/**
 * Two runs side by side, with ratios and their spread.
 *
 * Endpoints are loaded in turn, round after round, so that what the computer does beside falls on both: a ratio is the
 * median of the rounds' ratios, its spread the least and the greatest of them.  Of two saved runs there is one pair: the
 * spread is that of their seconds, paired in order, and what is of a run as a whole has none.
 */

import { type CommandInterval, errorCount, faultCount, type Latency, type LoadResult } from "./result.ts";
import { table } from "./summary.ts";
import { figureText, timeText } from "./units.ts";

export interface Comparison {
  readonly subject: string;
  readonly unit: "per second" | "us" | "ratio";
  readonly a: number;
  readonly b: number;
  /** A to B; undefined where B has none of it. */
  readonly ratio: number | undefined;
  /** The spread; undefined where there is one pair alone. */
  readonly ratioMin: number | undefined;
  readonly ratioMax: number | undefined;
}

/** What is left over of a second says little. */
const COMPARED_INTERVAL_MS_MIN = 500;

/** A run ends with its last replies, so that two as long as each other are not quite. */
const SAME_DURATION_RATIO_MAX = 1.1;

type Pair = readonly [a: number, b: number];
/** What a row of the table is, of a run, and where it can be told apart of each of its seconds. */
interface Subject {
  readonly subject: string;
  readonly unit: Comparison["unit"];
  of(result: LoadResult): number | undefined;
  ofSeconds?(result: LoadResult): (number | undefined)[];
}

const LATENCIES: readonly (readonly [string, keyof Latency])[] = [
  ["p50", "p50"],
  ["p99", "p99"],
  ["p99.9", "p999"],
];

/** Rounds of A and B, one of each in turn. */
export function compareRounds(as: readonly LoadResult[], bs: readonly LoadResult[]): Comparison[] {
  return subjectsOf(as[0]).flatMap(({ subject, unit, of }) => {
    const pairs = pairsOf(as.map(of), bs.map(of));
    if (pairs.length === 0) return [];
    const ratios = ratiosOf(pairs);
    const figures = { a: median(pairs.map(([a]) => a)), b: median(pairs.map(([, b]) => b)) };
    return [{ subject, unit, ...figures, ratio: finite(median(ratios)), ...spreadOf(ratios) }];
  });
}

/** Two saved runs. */
export function compareSaved(a: LoadResult, b: LoadResult): Comparison[] {
  const subjects = subjectsOf(a);
  return compareRounds([a], [b]).map((comparison) => {
    const ofSeconds = subjects.find(({ subject }) => subject === comparison.subject)?.ofSeconds;
    if (ofSeconds === undefined) return comparison;
    const ratios = ratiosOf(pairsOf(ofSeconds(a), ofSeconds(b)));
    // The percentile of a whole run may lie beyond those of its seconds.
    return {
      ...comparison,
      ...spreadOf(ratios.length < 2 ? [] : [...ratios, comparison.ratio ?? Number.NaN]),
    };
  });
}

/** All together, and each command where there are several. */
function subjectsOf(result: LoadResult | undefined): Subject[] {
  const labels = (result?.commands ?? []).map(({ label }) => label);
  const named = labels.length > 1 ? ["all", ...labels] : labels;
  return [
    ...named.flatMap(subjectsOfCommand),
    { subject: "beside heavy p99", unit: "us", of: ({ headOfLine }) => headOfLine?.besideUs?.p99 },
    { subject: "head of line p99", unit: "ratio", of: ({ headOfLine }) => headOfLine?.p99Ratio },
    { subject: "server CPU a reply", unit: "us", of: ({ serverCpuUsPerReply }) => serverCpuUsPerReply },
  ];
}

function subjectsOfCommand(label: string): Subject[] {
  const commandOf = ({ total, commands }: LoadResult): LoadResult["total"] | undefined =>
    label === "all" ? total : commands.find((command) => command.label === label);
  const secondsOf = ({ intervals, commands }: LoadResult): (CommandInterval | undefined)[] => {
    const index = commands.findIndex((command) => command.label === label);
    return intervals
      .filter(({ phase, durationMs }) => phase === "measure" && durationMs >= COMPARED_INTERVAL_MS_MIN)
      .map((interval) => (label === "all" || commands.length === 1 ? interval : interval.commands?.[index]));
  };
  return [
    {
      subject: label,
      unit: "per second",
      of: (result) => commandOf(result)?.ratePerSecond,
      ofSeconds: (result) => secondsOf(result).map((second) => second?.ratePerSecond),
    },
    ...LATENCIES.map(
      ([name, key]): Subject => ({
        subject: `${label} ${name}`,
        unit: "us",
        of: (result) => commandOf(result)?.latencyUs?.[key],
        ofSeconds: (result) => secondsOf(result).map((second) => second?.latencyUs?.[key]),
      }),
    ),
  ];
}

/** In order; what one side has not is left out. */
function pairsOf(as: readonly (number | undefined)[], bs: readonly (number | undefined)[]): Pair[] {
  return as.flatMap((a, index) => {
    const b = bs[index];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
}

function ratiosOf(pairs: readonly Pair[]): number[] {
  return pairs.map(([a, b]) => a / b);
}

function spreadOf(ratios: readonly number[]): Pick<Comparison, "ratioMin" | "ratioMax"> {
  const finites = ratios.filter((ratio) => Number.isFinite(ratio));
  return finites.length < 2
    ? { ratioMin: undefined, ratioMax: undefined }
    : { ratioMin: Math.min(...finites), ratioMax: Math.max(...finites) };
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** What makes the figures of two sides mean less than they seem to. */
export function comparisonNotes(as: readonly LoadResult[], bs: readonly LoadResult[]): string[] {
  return [...settingNotes(as[0], bs[0]), ...sideNotes("A", as), ...sideNotes("B", bs)];
}

function settingNotes(a: LoadResult | undefined, b: LoadResult | undefined): string[] {
  if (a === undefined || b === undefined) return [];
  const ofA: Readonly<Record<string, unknown>> = a.settings;
  const ofB: Readonly<Record<string, unknown>> = b.settings;
  // A setting that a run does not have is not in its file.
  const settings = Object.keys({ ...ofA, ...ofB })
    .map((name) => [name, settingText(ofA[name]), settingText(ofB[name])] as const)
    .filter(([name, textA, textB]) => name !== "seed" && textA !== textB)
    .map(([name, textA, textB]) => `the runs differ in ${name}: ${textA} and ${textB}`);
  return [...settings, ...durationNotes(a, b)];
}

/** Of two runs of as many commands the faster one is shorter: that is what they were to tell. */
function durationNotes(a: LoadResult, b: LoadResult): string[] {
  const [shorter, longer] = [a.durationMs, b.durationMs].sort((one, other) => one - other);
  if (a.total.replies === b.total.replies || (longer ?? 0) <= (shorter ?? 0) * SAME_DURATION_RATIO_MAX)
    return [];
  const [ofA, ofB] = [a, b].map(({ durationMs }) => `${figureText(durationMs / 1000)} s`);
  return [`the runs differ in duration: ${ofA} and ${ofB}`];
}

function settingText(value: unknown): string {
  return Array.isArray(value) ? value.join("; ") || "none" : String(value ?? "none");
}

function sideNotes(side: string, results: readonly LoadResult[]): string[] {
  const sum = (of: (result: LoadResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const count = (value: number): string => value.toLocaleString("en-US");
  const errors = sum(({ total }) => errorCount(total));
  const unsent = sum(({ arrivals }) => arrivals?.unsent ?? 0);
  const wrong = sum(faultCount);
  const limit = results.find(({ generator }) => generator.limit !== undefined)?.generator.limit;
  return [
    ...(results.some(({ isInterrupted }) => isInterrupted) ? ["it was interrupted before its end"] : []),
    ...(wrong > 0 ? [`WRONG: ${count(wrong)} replies or connections`] : []),
    ...(errors > 0
      ? [`${count(errors)} of ${count(sum(({ total }) => total.replies))} replies are errors`]
      : []),
    ...(unsent > 0 ? [`${count(unsent)} arrivals could not be sent`] : []),
    ...(limit === undefined ? [] : [limit]),
  ].map((note) => `${side}: ${note}`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function comparisonText(
  names: readonly [string, string],
  comparisons: readonly Comparison[],
  notes: readonly string[],
): string {
  const rows = comparisons.map(({ subject, unit, a, b, ratio, ratioMin, ratioMax }) => {
    const figure = (value: number): string =>
      unit === "us" ? timeText(value) : `${figureText(value)}${unit === "ratio" ? "x" : " /s"}`;
    const spread =
      ratioMin === undefined || ratioMax === undefined
        ? "-"
        : `${figureText(ratioMin)} to ${figureText(ratioMax)}`;
    return [subject, figure(a), figure(b), ratio === undefined ? "-" : `${figureText(ratio)}x`, spread];
  });
  const lines = [
    `A  ${names[0]}`,
    `B  ${names[1]}`,
    "",
    ...(rows.length === 0
      ? ["nothing to compare: no command of A was answered on both sides"]
      : table([["", "A", "B", "A to B", "spread"], ...rows])),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
  return `${lines.join("\n")}\n`;
}
