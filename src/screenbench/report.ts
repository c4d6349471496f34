/** What `--out` writes: `screendump.json`, `report.html`, and the chart `dumps-per-second.svg`. */

import { writeOutputFiles } from "../loadgen/output-files.ts";
import { escapeHtml, STYLE, tableHtml } from "../loadgen/report.ts";
import { ratesChart } from "./chart.ts";
import { OUTPUT_FILES } from "./output-names.ts";
import type { BenchResult } from "./result.ts";
import { COLUMNS, notesOf, tableRows } from "./summary.ts";

/** The folder has to be there.  Throws an error for people when a file cannot be written. */
export function writeBench(folder: string, result: BenchResult): void {
  const chart = ratesChart(result);
  writeOutputFiles(folder, {
    [OUTPUT_FILES.data]: `${JSON.stringify(result, undefined, 2)}\n`,
    [OUTPUT_FILES.chart]: `${chart}\n`,
    [OUTPUT_FILES.report]: reportHtml(result, chart),
  });
}

function reportHtml(result: BenchResult, chart: string): string {
  const { startedAt, machine, command, roundMs } = result;
  const when = startedAt.slice(0, 19).replace("T", " ");
  const subtitle = `${when} UTC · ${machine.cpus} x ${machine.model}, Node.js ${machine.node} · rounds of ${roundMs / 1000} s`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Screendumps</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Screendumps</h1>
<p class="dim">${escapeHtml(subtitle)}</p>
<p class="dim">${escapeHtml(command)}</p>
<h2>Pictures a second, by size</h2>
<figure>${chart}</figure>
<h2>All figures</h2>
<div class="scroll">${tableHtml(COLUMNS, tableRows(result))}</div>
<h2>In words</h2>
${notesOf(result)
  .map((line) => `<p${/^(WRONG|FAILED)/.test(line) ? ' class="bad"' : ""}>${escapeHtml(line)}</p>`)
  .join("\n")}
</main>
</body>
</html>
`;
}
