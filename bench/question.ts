/**
 * What a benchmark is: a question that a row or two of figures answers, and what the figures should be.
 *
 * Fairness, where there is an opponent: all servers run, and they get the same request bytes in turn, for at least
 * three rounds; a ratio is the median of the rounds' ratios, so that what the machine does beside falls on all.
 */

import { type QemuOptions, type ServerProcess, startQemu } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import {
  GENERATOR_CPU_SHARE_MAX,
  type GeneratorReport,
  type GeneratorTask,
  median,
  runLoad,
} from "./load.ts";

/** Our server, real QEMU, and floors: echoes that read the same bytes and write the same bytes. */
export type Side = "qmpd" | "qemu" | "C echo" | "Node echo";

/** A line of the table: times in milliseconds, processor time in microseconds a command. */
export interface Row {
  readonly subject: string;
  readonly side: Side;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly serverCpuUs: number;
  readonly generatorCpuShare: number;
  readonly note?: string;
}

/** A figure held against what it should be. */
export interface Verdict {
  readonly subject: string;
  readonly figure: string;
  /** Least and greatest of the rounds. */
  readonly spread?: string;
  /** Undefined: it stands there for comparison. */
  readonly target: string | undefined;
  /** As far as the figure goes: see {@link outcomeOf} for one that the generator has set the pace of. */
  readonly met: boolean;
  /** Of one run to another: a generator that is too slow may make it better as well as worse. */
  readonly isRatio?: true;
  /** Of the busiest run behind the figure. */
  readonly generatorCpuShare?: number;
}

export interface Settings {
  readonly againstQemu: boolean;
  /** Short runs, to see that everything works; the figures mean little. */
  readonly quick: boolean;
}

export interface Answer {
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  ask(settings: Settings): Promise<Answer>;
}

/** The servers of a question; a side that is not there is left out of it. */
export type Contenders = { readonly qmpd: ServerProcess } & {
  readonly [side in Exclude<Side, "qmpd">]?: ServerProcess | undefined;
};

/** Starts the servers, and stops them whatever happens. */
export async function withContenders<T>(
  settings: Settings,
  options: { readonly qmpd: readonly string[]; readonly qemu: QemuOptions },
  run: (contenders: Contenders) => Promise<T>,
): Promise<T> {
  const qmpd = await startQmpd({ args: options.qmpd });
  try {
    const qemu = settings.againstQemu ? await startQemu(options.qemu) : undefined;
    try {
      return await run({ qmpd, qemu });
    } finally {
      await qemu?.stop();
    }
  } finally {
    await qmpd.stop();
  }
}

type Load = Omit<GeneratorTask, "sockets" | "serverPid" | "warmUpMs" | "durationMs">;

export interface Comparison {
  readonly subject: string;
  readonly load: Load;
  /** How long a round lasts, where the usual time is too short. */
  readonly durationMs?: number;
  readonly targets?: readonly Target[];
  /** Looks at what a run left behind; its answer is the row's note. */
  readonly after?: (side: Side) => string | undefined;
}

/** What our figure should be: at most or at least so much, or so many times that of `against`. */
export interface Target {
  readonly figure: FigureName;
  readonly against?: Side;
  readonly limit: { readonly most: number } | { readonly least: number };
}

type FigureName = keyof typeof FIGURES;

/** What is read out of a round, and how it is written. */
const FIGURES = {
  rate: { of: rateOf, text: (value: number) => `${value.toFixed(0)}/s` },
  p50: {
    of: ({ p50Us }: GeneratorReport) => p50Us / 1000,
    text: (value: number) => `${value.toFixed(2)} ms`,
  },
  "CPU a command": { of: serverCpuUsOf, text: (value: number) => `${value.toFixed(1)} us` },
} as const;

/** Puts the same load on all contenders in turn. */
export async function compare(
  settings: Settings,
  contenders: Contenders,
  comparison: Comparison,
): Promise<Answer> {
  const notes: Partial<Record<Side, string>> = {};
  const turns: Partial<Record<Side, () => Promise<GeneratorReport>>> = {};
  for (const [name, server] of Object.entries(contenders)) {
    if (server === undefined) continue;
    const side = name as Side;
    turns[side] = async () => {
      const times = timesOf(settings, comparison.durationMs);
      const task = { ...comparison.load, ...times, sockets: server.sockets, serverPid: server.pid };
      const report = await runLoad(task);
      const note = comparison.after?.(side);
      if (note !== undefined) notes[side] = note;
      return report;
    };
  }
  const reports = await takeTurns(settings, turns);
  const sides = Object.keys(reports) as Side[];
  return {
    rows: sides.map((side) => rowOf(comparison.subject, side, reports[side] ?? [], notes[side])),
    verdicts: (comparison.targets ?? []).flatMap((target) => judge(comparison.subject, target, reports)),
  };
}

/** Runs what is there in turn, round after round. */
export async function takeTurns<Name extends string>(
  settings: Settings,
  turns: Readonly<Partial<Record<Name, () => Promise<GeneratorReport>>>>,
): Promise<Partial<Record<Name, GeneratorReport[]>>> {
  const reports: Partial<Record<Name, GeneratorReport[]>> = {};
  for (let round = 0; round < roundsOf(settings); round++) {
    for (const name of Object.keys(turns) as Name[]) {
      const report = await turns[name]?.();
      if (report !== undefined) reports[name] = [...(reports[name] ?? []), report];
    }
  }
  return reports;
}

export function roundsOf({ quick }: Settings): number {
  return quick ? 1 : 3;
}

export function timesOf(
  { quick }: Settings,
  durationMs = 3_000,
): { readonly warmUpMs: number; readonly durationMs: number } {
  return quick ? { warmUpMs: 200, durationMs: Math.min(durationMs, 600) } : { warmUpMs: 1_000, durationMs };
}

/** The row of the median round. */
export function rowOf(subject: string, side: Side, reports: readonly GeneratorReport[], note?: string): Row {
  const byRate = reports.toSorted((a, b) => rateOf(a) - rateOf(b));
  const report = byRate[byRate.length >> 1];
  if (report === undefined) throw new Error("no round was run");
  const isGeneratorBusy = report.generatorCpuShare > GENERATOR_CPU_SHARE_MAX;
  const remarks = [note, isGeneratorBusy ? "the generator is the bottleneck" : undefined];
  const remark = remarks.filter((text) => text !== undefined).join("; ");
  return {
    subject,
    side,
    perSecond: rateOf(report),
    p50Ms: report.p50Us / 1000,
    p99Ms: report.p99Us / 1000,
    p999Ms: report.p999Us / 1000,
    serverCpuUs: serverCpuUsOf(report),
    generatorCpuShare: report.generatorCpuShare,
    ...(remark === "" ? {} : { note: remark }),
  };
}

function rateOf(report: GeneratorReport): number {
  return (report.commands * 1000) / report.elapsedMs;
}

function serverCpuUsOf(report: GeneratorReport): number {
  return report.serverCpuUs / report.commands;
}

/** Nothing, where the opponent is not there. */
function judge(
  subject: string,
  { figure, against, limit }: Target,
  reports: Partial<Record<Side, readonly GeneratorReport[]>>,
): Verdict[] {
  const { of, text } = FIGURES[figure];
  const ours = reports.qmpd ?? [];
  if (against === undefined) {
    return [verdictOf({ subject, values: ours.map(of), text, limit, reports: ours, what: figure })];
  }
  const theirs = reports[against];
  if (theirs === undefined) return [];
  return [ratioVerdict({ subject, figure, ours, theirs, against, limit })];
}

/** Our rounds against those of an opponent, paired. */
export function ratioVerdict(ratio: {
  readonly subject: string;
  readonly figure: FigureName;
  readonly ours: readonly GeneratorReport[];
  readonly theirs: readonly GeneratorReport[];
  readonly against: string;
  readonly limit: Target["limit"];
}): Verdict {
  const { subject, figure, ours, theirs, against, limit } = ratio;
  const { of } = FIGURES[figure];
  const values = ours.flatMap((report, round) => {
    const opponent = theirs[round];
    if (opponent === undefined) return [];
    // Where nothing was answered there is nothing to divide by, and nothing to divide.
    const isMeasured = report.commands > 0 && opponent.commands > 0;
    return [isMeasured ? of(report) / of(opponent) : Number.NaN];
  });
  const name = against === "qemu" ? "QEMU's" : against;
  return verdictOf({
    subject,
    values,
    text: (value) => `${value.toFixed(2)}x`,
    limit,
    reports: [...ours, ...theirs],
    what: `${figure} to ${name}`,
    isRatio: true,
  });
}

/** Figures of the rounds against a limit, which is not met where a round has none (NaN). */
export function verdictOf(found: {
  readonly subject: string;
  readonly values: readonly number[];
  readonly text: (value: number) => string;
  readonly limit: Target["limit"];
  readonly reports?: readonly GeneratorReport[];
  /** What the values are, where the subject does not say. */
  readonly what?: string;
  readonly isRatio?: true;
}): Verdict {
  const { subject, values, text, limit, reports = [], what, isRatio } = found;
  const isMeasured = values.every(Number.isFinite);
  const value = isMeasured ? median(values) : Number.NaN;
  const share = Math.max(0, ...reports.map(({ generatorCpuShare }) => generatorCpuShare));
  const isReached = "most" in limit ? value <= limit.most : value >= limit.least;
  const bound = "most" in limit ? `at most ${text(limit.most)}` : `at least ${text(limit.least)}`;
  return {
    subject,
    figure: isMeasured ? text(value) : "nothing was answered in a round",
    ...(isMeasured && values.length > 1
      ? { spread: `${text(Math.min(...values))} to ${text(Math.max(...values))}` }
      : {}),
    target: what === undefined ? bound : `${what} ${bound}`,
    met: isReached,
    ...(isRatio === undefined ? {} : { isRatio }),
    ...(reports.length === 0 ? {} : { generatorCpuShare: share }),
  };
}

/** One answer of several. */
export function join(answers: readonly Answer[]): Answer {
  return {
    rows: answers.flatMap((answer) => answer.rows),
    verdicts: answers.flatMap((answer) => answer.verdicts),
  };
}

export const QUERY_STATUS = '{"execute": "query-status"}\n';
