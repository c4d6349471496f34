/**
 * Reads what `--out` has written again.  People edit files, and disks cut them short: each member is looked at before a
 * comparison relies on it, and the first that is wrong is told by its place in the file.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FAULT_KINDS } from "./contract.ts";
import { LoadError } from "./load-error.ts";
import { RUN_FILE } from "./output.ts";
import {
  type CommandInterval,
  type CommandResult,
  type GeneratorResult,
  type HeadOfLine,
  type Interval,
  type Latency,
  type LoadResult,
  RESULT_FORMAT,
} from "./result.ts";

const SHOWN_CHARS_MAX = 40;

/** Throws a sentence for people that begins with `place`. */
type Check = (value: unknown, place: string) => void;
/** A member that is new in a result does not compile until it is looked at here. */
type MemberChecks<Type> = { readonly [Name in keyof Required<Type>]: Check };

/** The folder, or its `run.json`.  Throws {@link LoadError}. */
export function readRun(place: string): LoadResult {
  const file = place.endsWith(".json") ? place : join(place, RUN_FILE);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new LoadError(`cannot read a run from ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return checkedRun(text);
  } catch (error) {
    const why = (error as Error).message.replaceAll(/\s+/g, " ");
    throw new LoadError(
      `${file} is no run as 'qmpd load --out' saves it: ${why}; measure again, or compare another run`,
      { cause: error },
    );
  }
}

function checkedRun(text: string): LoadResult {
  if (text.trim() === "") throw new Error("it is empty");
  const run: unknown = JSON.parse(text);
  const { format } = objectOf(run, "all of it");
  if (format === undefined) throw new Error("it does not say its format");
  if (format !== RESULT_FORMAT) {
    throw new Error(`its format is ${shown(format)}, and this program reads ${shown(RESULT_FORMAT)}`);
  }
  RUN(run, "");
  return run as LoadResult;
}

// ---- What a value may be ----

/** No figure of a run is below zero.  JSON has no NaN, but an exponent may make an infinity. */
const figure: Check = (value, place) => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    fail(place, "a number from 0 on", value);
};

const string: Check = (value, place) => {
  if (typeof value !== "string") fail(place, "a string", value);
};

const boolean: Check = (value, place) => {
  if (typeof value !== "boolean") fail(place, "true or false", value);
};

function optional(check: Check): Check {
  return (value, place) => {
    if (value !== undefined) check(value, place);
  };
}

function oneOf(...words: readonly string[]): Check {
  return (value, place) => {
    if (!words.some((word) => word === value)) fail(place, words.map(shown).join(" or "), value);
  };
}

function members<Type>(checks: MemberChecks<Type>): Check {
  const entries = Object.entries<Check>(checks);
  return (value, place) => {
    const object = objectOf(value, place);
    for (const [name, check] of entries) check(object[name], place === "" ? name : `${place}.${name}`);
  };
}

function record(check: Check): Check {
  return (value, place) => {
    for (const [name, member] of Object.entries(objectOf(value, place))) check(member, `${place}.${name}`);
  };
}

function list(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) return fail(place, "a list", value);
    for (const [index, element] of value.entries()) check(element, `${place}[${index}]`);
  };
}

function objectOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(place, "an object", value);
  return value as Readonly<Record<string, unknown>>;
}

function fail(place: string, expected: string, value: unknown): never {
  throw new Error(
    value === undefined ? `${place} is missing` : `${place} has to be ${expected}, and is ${shown(value)}`,
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}...` : text;
}

// ---- What a run has ----

const LATENCY = optional(
  members<Latency>({
    min: figure,
    mean: figure,
    p50: figure,
    p90: figure,
    p99: figure,
    p999: figure,
    max: figure,
  }),
);

const COMMAND = members<CommandResult>({
  label: string,
  name: string,
  isHeavy: boolean,
  replies: figure,
  ratePerSecond: figure,
  errors: record(figure),
  firstError: optional(string),
  latencyUs: LATENCY,
  curve: list(list(figure)),
});

const INTERVAL = members<Interval>({
  phase: oneOf("ramp", "measure", "drain"),
  atMs: figure,
  durationMs: figure,
  replies: figure,
  ratePerSecond: figure,
  errors: figure,
  inFlight: figure,
  waiting: figure,
  latencyUs: LATENCY,
  commands: optional(
    list(members<CommandInterval>({ replies: figure, ratePerSecond: figure, latencyUs: LATENCY })),
  ),
  generatorCpuShare: figure,
  generatorLoopDelayMs: figure,
  serverCpuShare: optional(figure),
  serverLoopDelayMs: optional(figure),
});

const HEAD_OF_LINE = members<HeadOfLine>({
  light: list(string),
  heavy: list(string),
  besideCount: figure,
  aloneCount: figure,
  besideUs: LATENCY,
  aloneUs: LATENCY,
  p50Ratio: optional(figure),
  p99Ratio: optional(figure),
});

const RUN = members<LoadResult>({
  format: string,
  startedAt: string,
  machine: members<LoadResult["machine"]>({ cpus: figure, model: string, node: string }),
  endpoints: list(string),
  server: string,
  settings: members<LoadResult["settings"]>({
    clients: figure,
    inFlight: figure,
    threads: figure,
    seed: figure,
    capabilities: list(string),
    ratePerSecond: optional(figure),
    thinkMs: figure,
    reconnectsPerSecond: figure,
    slowReaders: figure,
    mix: list(string),
  }),
  durationMs: figure,
  isInterrupted: boolean,
  total: COMMAND,
  commands: list(COMMAND),
  connectUs: LATENCY,
  connects: figure,
  reconnects: figure,
  events: members<LoadResult["events"]>({
    total: figure,
    byName: record(figure),
    perClientMin: optional(figure),
    perClientMax: optional(figure),
  }),
  slowReaders: members<LoadResult["slowReaders"]>({ replies: figure, closed: figure }),
  arrivals: optional(members<LoadResult["arrivals"] & object>({ scheduled: figure, unsent: figure })),
  faults: members<LoadResult["faults"]>(
    Object.fromEntries(FAULT_KINDS.map((kind) => [kind, figure])) as MemberChecks<LoadResult["faults"]>,
  ),
  faultExamples: list(string),
  headOfLine: optional(HEAD_OF_LINE),
  generator: members<GeneratorResult>({
    threads: list(
      members<GeneratorResult["threads"][number]>({
        cpuShare: figure,
        waitShare: optional(figure),
        loopDelayMs: figure,
      }),
    ),
    limit: optional(string),
  }),
  serverCpuUsPerReply: optional(figure),
  intervals: list(INTERVAL),
});
