/** What `--out` writes: `run.json`, `latency.hlog` and `report.html`, into a folder that is made if it is not there. */

import { HistogramLogWriter } from "hdr-histogram-js";
import { writeOutputFiles } from "./output-files.ts";
import type { PlannedCommand } from "./plan.ts";
import type { LoadResult } from "./result.ts";
import { histogramOf, type SecondTally } from "./tally.ts";
import type { Verdict } from "./threshold.ts";

export const RUN_FILE = "run.json";
const LOG_FILE = "latency.hlog";
const REPORT_FILE = "report.html";
/** What a run writes, the page for people first. */
export const RUN_FILES = [REPORT_FILE, RUN_FILE, LOG_FILE] as const;
const US_PER_MS = 1000;

/** An HDR histogram log: a line a second and command; values are microseconds, the column of maxima milliseconds. */
export class HistogramLog {
  readonly #lines: string[] = [];
  readonly #writer = new HistogramLogWriter((text) => this.#lines.push(text));
  readonly #commands: readonly PlannedCommand[];

  constructor(commands: readonly PlannedCommand[]) {
    this.#commands = commands;
  }

  add(second: SecondTally, runStartMs: number): void {
    if (this.#lines.length === 0) this.#begin(runStartMs);
    const startSec = (Math.min(...second.spans.map(({ startMs }) => startMs)) - runStartMs) / 1000;
    const endSec = (Math.max(...second.spans.map(({ endMs }) => endMs)) - runStartMs) / 1000;
    for (const [index, counts] of second.latencies.entries()) {
      if (counts.length === 0) continue;
      const histogram = histogramOf(counts);
      // A tag ends at a comma or a blank.
      histogram.tag = (this.#commands[index]?.label ?? "").replaceAll(/[\s,]+/g, "_");
      this.#writer.outputIntervalHistogram(histogram, startSec, endSec, US_PER_MS);
    }
  }

  get text(): string {
    return this.#lines.join("");
  }

  #begin(runStartMs: number): void {
    this.#writer.outputLogFormatVersion();
    this.#writer.outputComment(`[StartTime: ${(runStartMs / 1000).toFixed(3)} (seconds since epoch)]`);
    this.#writer.outputLegend();
  }
}

/** Rejects with `LoadError`. */
export async function writeOutput(
  folder: string,
  result: LoadResult,
  verdicts: readonly Verdict[],
  log: HistogramLog,
): Promise<void> {
  // The charts' library takes half a second to load.
  const { reportHtml } = await import("./report.ts");
  writeOutputFiles(folder, {
    [RUN_FILE]: `${JSON.stringify({ ...result, thresholds: verdicts }, undefined, 2)}\n`,
    [LOG_FILE]: log.text,
    [REPORT_FILE]: reportHtml(result, verdicts),
  });
}
