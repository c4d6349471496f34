/**
 * What a benchmark is: a question that a row or two of figures answers.
 *
 * Fairness, where real QEMU is the opponent: both servers run, and they get the same request bytes in
 * turn, for at least three rounds; a ratio is the median of the rounds' ratios, so that what the machine
 * does beside falls on both.
 */

import { type QemuOptions, type ServerProcess, startQemu } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import type { GeneratorReport, GeneratorTask } from "./generator.ts";
import { GENERATOR_CPU_SHARE_MAX, median, runLoad } from "./load.ts";

export type Side = "qmpd" | "qemu";

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
  readonly target: string;
  readonly met: boolean;
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

export interface Contenders {
  readonly qmpd: ServerProcess;
  readonly qemu: ServerProcess | undefined;
}

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

export interface Comparison {
  readonly subject: string;
  readonly load: Omit<GeneratorTask, "sockets" | "serverPid" | "warmUpMs" | "durationMs">;
  /** How long a round lasts, where the usual time is too short. */
  readonly durationMs?: number;
  /** The least ratio of commands a second, ours to QEMU's, that was aimed at. */
  readonly ratioMin?: number;
  /** Looks at what a run left behind; its answer is the row's note. */
  readonly after?: (side: Side) => string | undefined;
}

/** Puts the same load on both servers in turn. */
export async function compare(
  settings: Settings,
  contenders: Contenders,
  comparison: Comparison,
): Promise<Answer> {
  const rounds = settings.quick ? 1 : 3;
  const reports: Record<Side, GeneratorReport[]> = { qmpd: [], qemu: [] };
  const notes: Partial<Record<Side, string>> = {};
  for (let round = 0; round < rounds; round++) {
    for (const side of ["qmpd", "qemu"] as const) {
      const server = contenders[side];
      if (server === undefined) continue;
      const times = timesOf(settings, comparison);
      const task = { ...comparison.load, ...times, sockets: server.sockets, serverPid: server.pid };
      reports[side].push(await runLoad(task));
      const note = comparison.after?.(side);
      if (note !== undefined) notes[side] = note;
    }
  }
  const rows = (["qmpd", "qemu"] as const)
    .filter((side) => reports[side].length > 0)
    .map((side) => rowOf(comparison.subject, side, reports[side], notes[side]));
  return { rows, verdicts: ratioVerdicts(comparison, reports, rows) };
}

function timesOf(
  { quick }: Settings,
  { durationMs = 3_000 }: Comparison,
): { warmUpMs: number; durationMs: number } {
  return quick ? { warmUpMs: 200, durationMs: Math.min(durationMs, 600) } : { warmUpMs: 1_000, durationMs };
}

/** The row of the median round. */
export function rowOf(subject: string, side: Side, reports: readonly GeneratorReport[], note?: string): Row {
  const byRate = reports.toSorted((a, b) => rateOf(a) - rateOf(b));
  const report = byRate[byRate.length >> 1];
  if (report === undefined) throw new Error("no round was run");
  const invalid = report.generatorCpuShare > GENERATOR_CPU_SHARE_MAX;
  const remarks = [note, invalid ? "INVALID: the generator is the bottleneck" : undefined];
  const remark = remarks.filter((text) => text !== undefined).join("; ");
  return {
    subject,
    side,
    perSecond: rateOf(report),
    p50Ms: report.p50Us / 1000,
    p99Ms: report.p99Us / 1000,
    p999Ms: report.p999Us / 1000,
    serverCpuUs: report.serverCpuUs / report.commands,
    generatorCpuShare: report.generatorCpuShare,
    ...(remark === "" ? {} : { note: remark }),
  };
}

function rateOf(report: GeneratorReport): number {
  return (report.commands * 1000) / report.elapsedMs;
}

function ratioVerdicts(
  { subject, ratioMin }: Comparison,
  reports: Record<Side, readonly GeneratorReport[]>,
  rows: readonly Row[],
): Verdict[] {
  if (ratioMin === undefined || reports.qemu.length === 0) return [];
  const ratios = reports.qmpd.map((report, round) => {
    const opponent = reports.qemu[round];
    return opponent === undefined ? Number.NaN : rateOf(report) / rateOf(opponent);
  });
  const ratio = median(ratios);
  const range = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
  const valid = rows.every((row) => row.generatorCpuShare <= GENERATOR_CPU_SHARE_MAX);
  return [
    {
      subject,
      figure: `${ratio.toFixed(1)}x QEMU (${range} in ${ratios.length} rounds)`,
      target: `at least ${ratioMin}x`,
      met: valid && ratio >= ratioMin,
    },
  ];
}

/** One answer of several. */
export function join(answers: readonly Answer[]): Answer {
  return {
    rows: answers.flatMap((answer) => answer.rows),
    verdicts: answers.flatMap((answer) => answer.verdicts),
  };
}

export const QUERY_STATUS = '{"execute": "query-status"}\n';
