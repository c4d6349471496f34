/** A run in words and a table, for the terminal. */

import { type CommandResult, errorCount, faultCount, type LoadResult } from "./result.ts";
import { figureText, percentText, timeText } from "./units.ts";

const COLUMNS = ["command", "replies", "per second", "p50", "p90", "p99", "p99.9", "max", "errors"];

export function summaryText(result: LoadResult): string {
  const { settings } = result;
  const lines = [
    `${result.server}: ${plural(settings.clients, "client")}, ${settings.inFlight} in flight each, ` +
      `${loopText(result)}, ${figureText(result.durationMs / 1000)} s${result.isInterrupted ? ", interrupted" : ""}`,
    "",
    ...table([COLUMNS, ...rowsOf(result)]),
    "",
    ...summaryNotes(result),
  ];
  return `${lines.join("\n")}\n`;
}

function loopText({ settings: { ratePerSecond, thinkMs } }: LoadResult): string {
  if (ratePerSecond !== undefined) return `${figureText(ratePerSecond)} arrivals a second`;
  return thinkMs > 0 ? `closed loop with ${figureText(thinkMs)} ms between` : "closed loop";
}

function rowsOf({ commands, total }: LoadResult): string[][] {
  return [...commands.map(rowOf), ...(commands.length > 1 ? [rowOf(total)] : [])];
}

function rowOf(result: CommandResult): string[] {
  const { latencyUs } = result;
  const latencies =
    latencyUs === undefined
      ? ["-", "-", "-", "-", "-"]
      : [latencyUs.p50, latencyUs.p90, latencyUs.p99, latencyUs.p999, latencyUs.max].map(timeText);
  const replies = result.replies.toLocaleString("en-US");
  return [result.label, replies, figureText(result.ratePerSecond), ...latencies, String(errorCount(result))];
}

/** What a table does not tell. */
export function summaryNotes(result: LoadResult): string[] {
  return [
    ...errorLines(result),
    ...headOfLineLines(result),
    ...arrivalLines(result),
    ...connectionLines(result),
    ...eventLines(result),
    ...generatorLines(result),
    checkLine(result),
    ...result.faultExamples.map((example) => `  ${example}`),
  ];
}

function errorLines({ total, commands }: LoadResult): string[] {
  if (errorCount(total) === 0) return [];
  const byCommand = commands
    .filter((command) => errorCount(command) > 0)
    .map(({ label, errors, firstError }) => {
      const classes = Object.entries(errors).map(([name, count]) => `${count} ${name}`);
      return `${label} ${classes.join(", ")}${firstError === undefined ? "" : ` (the first: ${firstError})`}`;
    });
  return [`errors: ${byCommand.join("; ")}`];
}

function headOfLineLines({ headOfLine }: LoadResult): string[] {
  if (headOfLine === undefined) return [];
  const { besideUs, aloneUs, p50Ratio, p99Ratio, besideCount, aloneCount } = headOfLine;
  if (besideUs === undefined || aloneUs === undefined || p50Ratio === undefined || p99Ratio === undefined) {
    const missing = besideUs === undefined ? "beside a heavy command" : "without a heavy command";
    return [`head of line: no light command was answered ${missing}, so there is nothing to compare`];
  }
  return [
    `head of line: light commands beside heavy ones p50 ${timeText(besideUs.p50)}, p99 ${timeText(besideUs.p99)}` +
      ` (${besideCount.toLocaleString("en-US")} replies);`,
    `  without p50 ${timeText(aloneUs.p50)}, p99 ${timeText(aloneUs.p99)} (${aloneCount.toLocaleString("en-US")}):` +
      ` ${figureText(p50Ratio)}x and ${figureText(p99Ratio)}x`,
  ];
}

function arrivalLines({ arrivals }: LoadResult): string[] {
  if (arrivals === undefined) return [];
  const { scheduled, unsent } = arrivals;
  const share = scheduled === 0 ? "" : ` (${percentText(unsent / scheduled)})`;
  const what = unsent === 0 ? "all were sent" : `${unsent.toLocaleString("en-US")} could not be sent${share}`;
  return [`arrivals: ${scheduled.toLocaleString("en-US")} fell due, ${what}`];
}

function connectionLines({ connectUs, connects, reconnects, slowReaders, settings }: LoadResult): string[] {
  const lines = [];
  if (connectUs !== undefined) {
    const again = reconnects === 0 ? "" : `, ${reconnects} of them made anew`;
    lines.push(
      `connections: ${connects}${again}; until ready p50 ${timeText(connectUs.p50)}, p99 ${timeText(connectUs.p99)}`,
    );
  }
  if (settings.slowReaders > 0) {
    const { replies, closed } = slowReaders;
    lines.push(
      `slow readers: ${settings.slowReaders}, ${closed} closed by the server, ${replies} replies read`,
    );
  }
  return lines;
}

function eventLines({ events }: LoadResult): string[] {
  if (events.total === 0) return [];
  const names = Object.entries(events.byName).map(([name, count]) => `${name} ${count}`);
  const { total, perClientMin: least, perClientMax: most } = events;
  const each = least === most ? `${least} at each client` : `${least} to ${most} at a client`;
  return [`events: ${total}${least === undefined ? "" : `, ${each}`} (${names.join(", ")})`];
}

function generatorLines({ generator, serverCpuUsPerReply }: LoadResult): string[] {
  const shares = generator.threads.map(({ cpuShare }) => percentText(cpuShare)).join(", ");
  const delay = Math.max(...generator.threads.map(({ loopDelayMs }) => loopDelayMs));
  const waits = generator.threads.map(({ waitShare }) => waitShare ?? 0);
  const lines = [
    `generator: ${shares} of a core, ${percentText(Math.max(...waits))} of the time without one, ` +
      `at worst ${figureText(delay)} ms late`,
  ];
  if (generator.limit !== undefined) lines.push(generator.limit);
  if (serverCpuUsPerReply !== undefined) {
    lines.push(`server: ${figureText(serverCpuUsPerReply)} us of processor time a reply`);
  }
  return lines;
}

function checkLine(result: LoadResult): string {
  if (faultCount(result) === 0)
    return "checked: each reply has its request, each request one reply, in an order that is legal";
  const kinds = Object.entries(result.faults).filter(([, count]) => count > 0);
  return `WRONG: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(", ")}`;
}

/** Columns as wide as they have to be; the first is text, the others are figures. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
