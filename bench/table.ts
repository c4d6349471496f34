/** Prints an answer as a table for people. */

import type { Answer, Question, Row } from "./question.ts";

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
  for (const { subject, figure, target, met } of answer.verdicts) {
    lines.push(`  ${met ? "met   " : "MISSED"}  ${subject}: ${figure}; target: ${target}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Words to the left, figures to the right. */
function pad(text: string, index: number, widths: readonly number[]): string {
  const width = widths[index] ?? 0;
  return index < 2 || index === COLUMNS.length - 1 ? text.padEnd(width) : text.padStart(width);
}
