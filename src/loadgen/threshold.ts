/**
 * What a run has to reach: `p99<5ms`, `rate>=1000`, `errors<1%`, `screendump:p99<500ms`, `head-of-line<1.5`.
 *
 * What was not measured does not reach anything: a threshold for a command that had no reply is missed.
 */

import { UsageError } from "./load-error.ts";
import type { LoadPlan } from "./plan.ts";
import { type CommandResult, errorCount, type LoadResult } from "./result.ts";
import { figureText, percentText, readTimeMs, timeText } from "./units.ts";

export interface Threshold {
  readonly text: string;
  /** A label of the mix; undefined: all commands together. */
  readonly command: string | undefined;
  readonly figure: Figure;
  readonly operator: Operator;
  /** Microseconds, a second, a share, a count or a ratio, as the figure is. */
  readonly value: number;
  readonly isShare: boolean;
}

export interface Verdict {
  readonly text: string;
  /** The figure as measured, for people. */
  readonly found: string;
  readonly isMet: boolean;
}

const LATENCIES = {
  min: "min",
  mean: "mean",
  p50: "p50",
  p90: "p90",
  p99: "p99",
  "p99.9": "p999",
  max: "max",
} as const;
const OTHERS = ["rate", "errors", "unsent", "head-of-line"] as const;
const FIGURES = [...Object.keys(LATENCIES), ...OTHERS].join(", ");

type Figure = keyof typeof LATENCIES | (typeof OTHERS)[number];
type Operator = "<" | "<=" | ">" | ">=";

const HOLDS: Readonly<Record<Operator, (found: number, value: number) => boolean>> = {
  "<": (found, value) => found < value,
  "<=": (found, value) => found <= value,
  ">": (found, value) => found > value,
  ">=": (found, value) => found >= value,
};

/** Throws {@link UsageError}. */
export function parseThreshold(text: string): Threshold {
  const [, command, figure = "", operator = "", value = ""] =
    /^(?:(.+):)?\s*([a-z][\w.-]*)\s*(<=|>=|<|>)\s*(\S+)$/.exec(text.trim()) ?? [];
  if (!isFigure(figure)) {
    throw new UsageError(
      `--threshold: '${text}' is none: write FIGURE<VALUE, as in p99<5ms, with one of ${FIGURES}; COMMAND:p99<5ms is for one command`,
    );
  }
  if (command !== undefined && (figure === "unsent" || figure === "head-of-line")) {
    throw new UsageError(`--threshold: '${text}': ${figure} is of the whole run, not of one command`);
  }
  const [number, isShare] = parseValue(figure, value, text);
  if (operator === "<" && number === 0) {
    throw new UsageError(`--threshold: '${text}': nothing is below 0; <= takes 0 itself`);
  }
  return { text: text.trim(), command, figure, operator: operator as Operator, value: number, isShare };
}

function parseValue(figure: Figure, value: string, text: string): [number, boolean] {
  if (isLatency(figure)) {
    const ms = readTimeMs(value);
    if (ms === undefined) throw new UsageError(`--threshold: '${text}': '${value}' is no time such as 5ms`);
    return [ms * 1000, false];
  }
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value) ?? [];
  const isShare = percent === "%";
  if (number === undefined || (isShare && figure !== "errors" && figure !== "unsent")) {
    throw new UsageError(`--threshold: '${text}': '${value}' is no value for ${figure}`);
  }
  return [isShare ? Number(number) / 100 : Number(number), isShare];
}

/** Throws {@link UsageError} for what a run of this plan cannot measure: it would be missed, however long it takes. */
export function checkThresholds(
  thresholds: readonly Threshold[],
  { commands, ratePerSecond }: Pick<LoadPlan, "commands" | "ratePerSecond">,
): void {
  const labels = commands.map(({ label }) => label);
  const hasBoth = [true, false].every((heavy) => commands.some(({ isHeavy }) => isHeavy === heavy));
  for (const { text, command, figure } of thresholds) {
    if (figure === "unsent" && ratePerSecond === undefined) {
      throw new UsageError(`--threshold: '${text}': arrivals are those of --rate, which is not given`);
    }
    if (figure === "head-of-line" && !hasBoth) {
      throw new UsageError(
        `--threshold: '${text}': it takes light and heavy commands, and the mix has one sort`,
      );
    }
    if (command !== undefined && !labels.includes(command)) {
      throw new UsageError(
        `--threshold: '${text}': the mix has no '${command}'; it has ${labels.join(", ")}`,
      );
    }
  }
}

export function judge(threshold: Threshold, result: LoadResult): Verdict {
  const { text, command, operator, value } = threshold;
  const of = command === undefined ? result.total : result.commands.find(({ label }) => label === command);
  const found = of && figureOf(threshold, of, result);
  if (found === undefined) return { text, found: "not measured", isMet: false };
  return { text, found: foundText(threshold, found), isMet: HOLDS[operator](found, value) };
}

function figureOf(
  { figure, isShare }: Threshold,
  command: CommandResult,
  { arrivals, headOfLine }: LoadResult,
): number | undefined {
  if (isLatency(figure)) return command.latencyUs?.[LATENCIES[figure]];
  switch (figure) {
    case "rate":
      return command.ratePerSecond;
    case "errors":
      if (command.replies === 0) return undefined;
      return isShare ? errorCount(command) / command.replies : errorCount(command);
    case "unsent":
      return arrivals && (isShare ? shareOf(arrivals.unsent, arrivals.scheduled) : arrivals.unsent);
    case "head-of-line":
      return headOfLine?.p99Ratio;
  }
}

function shareOf(count: number, all: number): number | undefined {
  return all === 0 ? undefined : count / all;
}

function foundText({ figure, isShare }: Threshold, found: number): string {
  if (isLatency(figure)) return timeText(found);
  return isShare ? percentText(found) : figureText(found);
}

function isLatency(figure: string): figure is keyof typeof LATENCIES {
  return Object.hasOwn(LATENCIES, figure);
}

function isFigure(figure: string): figure is Figure {
  return isLatency(figure) || (OTHERS as readonly string[]).includes(figure);
}
