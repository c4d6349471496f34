/**
 * The report of a run: one page of HTML that needs nothing else, no script and no network, with its charts inside.
 */

import { type LineChart, latencyChart, lineChart, percentileChart } from "./charts.ts";
import { type CommandResult, errorCount, faultCount, type LoadResult } from "./result.ts";
import { summaryNotes } from "./summary.ts";
import type { Verdict } from "./threshold.ts";
import { figureText, timeText } from "./units.ts";

export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2024; --dim: #60646c; --line: #dcdfe4; --card: #f7f8fa; --bad: #c62a2f; --good: #18794e; }
@media (prefers-color-scheme: dark) {
  :root { --back: #15171a; --text: #edeef0; --dim: #a1a7b0; --line: #33373d; --card: #1d2024; --bad: #ff8589; --good: #4cc38a; }
}
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 17px; margin: 40px 0 8px; }
p { margin: 4px 0; } .dim { color: var(--dim); } .bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); font-weight: 600; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 24px 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.card b { display: block; font-size: 21px; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
figure { margin: 0; } svg { max-width: 100%; height: auto; overflow: visible; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--dim); margin: 0 0 4px; }
.legend i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: 4px; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 0 32px; }
`;

/** What is left over of a second at the end has no rate worth showing. */
const SHOWN_INTERVAL_MS_MIN = 300;

export function reportHtml(result: LoadResult, verdicts: readonly Verdict[]): string {
  const title = `Load on ${result.server}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="dim">${escapeHtml(subtitle(result))}</p>
${cards(result)}
${verdictHtml(result, verdicts)}
<h2>By command</h2>
<div class="scroll">${commandTable(result)}</div>
${charts(result)}
<h2>In words</h2>
${summaryNotes(result)
  .map((line) => `<p>${escapeHtml(line)}</p>`)
  .join("\n")}
<h2>How it was run</h2>
<div class="scroll">${settingsTable(result)}</div>
</main>
</body>
</html>
`;
}

function subtitle({ startedAt, machine, endpoints, isInterrupted }: LoadResult): string {
  const [first = ""] = endpoints;
  const where = endpoints.length === 1 ? first : `${first} and ${endpoints.length - 1} more`;
  return `${where} · ${startedAt.slice(0, 19).replace("T", " ")} UTC · ${machine.cpus} x ${machine.model}, Node.js ${machine.node}${isInterrupted ? " · interrupted" : ""}`;
}

function cards(result: LoadResult): string {
  const { total } = result;
  const latency = total.latencyUs;
  const cells = [
    ["replies a second", figureText(total.ratePerSecond)],
    ["p50", latency ? timeText(latency.p50) : "-"],
    ["p99", latency ? timeText(latency.p99) : "-"],
    ["p99.9", latency ? timeText(latency.p999) : "-"],
    ["errors", figureText(errorCount(total))],
  ];
  const ratio = result.headOfLine?.p99Ratio;
  if (ratio !== undefined) cells.push(["p99 beside heavy ones", `${figureText(ratio)}x`]);
  const html = cells.map(
    ([name = "", value = ""]) =>
      `<div class="card"><b>${escapeHtml(value)}</b><span class="dim">${escapeHtml(name)}</span></div>`,
  );
  return `<div class="cards">${html.join("")}</div>`;
}

function verdictHtml(result: LoadResult, verdicts: readonly Verdict[]): string {
  const lines: string[] = [];
  if (faultCount(result) > 0) {
    const kinds = Object.entries(result.faults).filter(([, count]) => count > 0);
    const text = kinds.map(([kind, count]) => `${count} ${kind}`).join(", ");
    lines.push(`<p class="bad">Replies were wrong: ${escapeHtml(text)}</p>`);
  }
  if (result.generator.limit !== undefined) {
    lines.push(`<p class="bad">${escapeHtml(result.generator.limit)}</p>`);
  }
  for (const { text, found, isMet } of verdicts) {
    const word = isMet ? '<span class="good">met</span>' : '<span class="bad">missed</span>';
    lines.push(`<p>${word} ${escapeHtml(text)} <span class="dim">(${escapeHtml(found)})</span></p>`);
  }
  return lines.join("\n");
}

function commandTable({ commands, total }: LoadResult): string {
  const head = ["command", "replies", "per second", "p50", "p90", "p99", "p99.9", "max", "errors"];
  const rows = commands.length > 1 ? [...commands, total] : commands;
  return tableHtml(head, rows.map(commandRow));
}

function commandRow(command: CommandResult): string[] {
  const latency = command.latencyUs;
  const times =
    latency === undefined
      ? ["-", "-", "-", "-", "-"]
      : [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(timeText);
  return [
    command.label,
    command.replies.toLocaleString("en-US"),
    figureText(command.ratePerSecond),
    ...times,
    String(errorCount(command)),
  ];
}

function settingsTable({ settings, durationMs }: LoadResult): string {
  const rows = Object.entries({ ...settings, durationMs })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, Array.isArray(value) ? value.join("; ") || "none" : String(value)]);
  return tableHtml(["setting", "value"], rows);
}

export function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table><thead>${cells(head, "th")}</thead><tbody>${rows.map((row) => cells(row, "td")).join("")}</tbody></table>`;
}

function charts(result: LoadResult): string {
  const measured = result.intervals.filter(
    ({ phase, durationMs }) => phase !== "drain" && durationMs >= SHOWN_INTERVAL_MS_MIN,
  );
  const byPercentile = figureHtml("Latency by percentile", percentileChart(result));
  if (measured.length === 0) {
    return `${byPercentile}\n<p class="dim">The run was too short for charts over time.</p>`;
  }
  const at = measured.map(({ atMs }) => atMs / 1000);
  const percent = (values: readonly (number | undefined)[]): (number | undefined)[] =>
    values.map((value) => value && value * 100);
  const parts = [
    figureHtml("Latency over time", latencyChart(measured)),
    byPercentile,
    figureHtml(
      "Rate",
      lineChart({
        unit: "replies a second",
        at,
        lines: [{ name: "replies", values: measured.map(({ ratePerSecond }) => ratePerSecond) }],
      }),
    ),
    figureHtml(
      "In flight",
      lineChart({
        unit: "commands",
        at,
        lines: [
          { name: "in flight", values: measured.map(({ inFlight }) => inFlight) },
          ...(result.arrivals === undefined
            ? []
            : [{ name: "arrived, not sent", values: measured.map(({ waiting }) => waiting) }]),
        ],
      }),
    ),
    figureHtml(
      "Processor time",
      lineChart({
        unit: "percent of a core",
        at,
        lines: [
          {
            name: "generator, busiest thread",
            values: percent(measured.map((interval) => interval.generatorCpuShare)),
          },
          {
            name: "server, all threads",
            values: percent(measured.map((interval) => interval.serverCpuShare)),
          },
        ],
      }),
    ),
    figureHtml(
      "Event loop delay",
      lineChart({
        unit: "milliseconds",
        at,
        lines: [
          { name: "generator, at worst", values: measured.map((interval) => interval.generatorLoopDelayMs) },
          { name: "server, p99", values: measured.map((interval) => interval.serverLoopDelayMs) },
        ],
      }),
    ),
  ];
  return `<div class="two">${parts.join("\n")}</div>`;
}

function figureHtml(title: string, { svg, legend }: LineChart): string {
  const keys = legend.map(
    ({ name, color }) => `<span><i style="background:${color}"></i>${escapeHtml(name)}</span>`,
  );
  return `<section><h2>${escapeHtml(title)}</h2><figure><div class="legend">${keys.join("")}</div>${svg}</figure></section>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
