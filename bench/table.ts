/** Answers as people read them: a table in the terminal, and the table of README.md. */

import { readFileSync, writeFileSync } from "node:fs";

import { GENERATOR_CPU_SHARE_MAX } from "./load.ts";
import type { Answer, Question, Row, Verdict } from "./question.ts";

const COLUMNS: readonly { readonly head: string; readonly cell: (row: Row) => string }[] = [
  { head: "", cell: (row) => row.subject },
  { head: "server", cell: (row) => row.side },
  { head: "/s", cell: (row) => row.perSecond.toFixed(row.perSecond < 100 ? 1 : 0) },
  { head: "p50 ms", cell: (row) => row.p50Ms.toFixed(3) },
  { head: "p99 ms", cell: (row) => row.p99Ms.toFixed(3) },
  { head: "p99.9 ms", cell: (row) => row.p999Ms.toFixed(3) },
  { head: "CPU us/cmd", cell: (row) => row.serverCpuUs.toFixed(row.serverCpuUs < 100 ? 1 : 0) },
  { head: "generator", cell: (row) => `${(row.generatorCpuShare * 100).toFixed(0)} %` },
  { head: "", cell: (row) => row.note ?? "" },
];

export function formatAnswer(question: Question, answer: Answer): string {
  const lines = [`${question.name}: ${question.asks}`];
  if (answer.rows.length > 0) {
    const cells = [
      COLUMNS.map(({ head }) => head),
      ...answer.rows.map((row) => COLUMNS.map(({ cell }) => cell(row))),
    ];
    const widths = COLUMNS.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
    for (const line of cells)
      lines.push(`  ${line.map((text, index) => pad(text, index, widths)).join("  ")}`.trimEnd());
  }
  for (const verdict of answer.verdicts) {
    const { subject, figure, spread, target } = verdict;
    const range = spread === undefined ? "" : ` (${spread})`;
    const against = target === undefined ? "" : `; target: ${target}`;
    lines.push(
      `  ${outcomeOf(verdict).padEnd(7)}  ${subject}: ${figure}${range}${against}${generatorText(verdict)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Where the generator has set the pace, a ratio says nothing, and a floor or ceiling that was missed says nothing of the server.
 * One that was met is met all the same: with a faster generator the figure could only be better.
 */
export function outcomeOf({
  met,
  target,
  isRatio,
  generatorCpuShare = 0,
}: Pick<Verdict, "met" | "target" | "isRatio" | "generatorCpuShare">): "met" | "MISSED" | "INVALID" | "" {
  if (target === undefined) return "";
  if (generatorCpuShare > GENERATOR_CPU_SHARE_MAX && (isRatio === true || !met)) return "INVALID";
  return met ? "met" : "MISSED";
}

/** Told where it matters. */
function generatorText({ generatorCpuShare = 0 }: Verdict): string {
  if (generatorCpuShare <= GENERATOR_CPU_SHARE_MAX) return "";
  return `; the generator took ${(generatorCpuShare * 100).toFixed(0)} % of a core`;
}

/** Words to the left, figures to the right. */
function pad(text: string, index: number, widths: readonly number[]): string {
  const width = widths[index] ?? 0;
  return index < 2 || index === COLUMNS.length - 1 ? text.padEnd(width) : text.padStart(width);
}

const BEGIN = "<!-- table: begin -->";
const END = "<!-- table: end -->";

/** Throws when the file has no place for a table. */
export function checkTableFile(file: string): void {
  split(file);
}

/** Replaces what stands between the marks of a file. */
export function writeTable(file: string, caption: string, verdicts: readonly Verdict[]): void {
  const [before, after] = split(file);
  writeFileSync(file, `${before}${BEGIN}\n\n${markdownTable(caption, verdicts)}\n${END}${after}`);
}

export function markdownTable(caption: string, verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => {
    const { subject, figure, spread = "", target = "", generatorCpuShare } = verdict;
    const generator = generatorCpuShare === undefined ? "" : `${(generatorCpuShare * 100).toFixed(0)} %`;
    return [subject, target, figure, spread, generator, outcomeOf(verdict)];
  });
  const lines = [
    ["work", "target", "median", "spread", "generator", "outcome"],
    ["---", "---", "---", "---", "---", "---"],
    ...rows,
  ];
  return `${caption}\n\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function split(file: string): [before: string, after: string] {
  const [before, rest] = readFileSync(file, "utf8").split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no ${BEGIN} and ${END}`);
  return [before, after];
}
