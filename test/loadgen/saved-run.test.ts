/** What is read again of a run that was saved, and what is said of one that was cut short or edited. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compareSaved, comparisonNotes } from "../../src/loadgen/compare.ts";
import { LoadError } from "../../src/loadgen/load-error.ts";
import type { LoadResult } from "../../src/loadgen/result.ts";
import { readRun } from "../../src/loadgen/saved-run.ts";
import { command, latency, result } from "./results.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qmpd-saved-run-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string): LoadResult {
  writeFileSync(join(folder, "run.json"), text);
  return readRun(folder);
}

/** One with all that a run may have. */
const RUN = result([command("q", 100, 10, 3), command("r", 0, 0)], {
  arrivals: { scheduled: 10, unsent: 3 },
  headOfLine: {
    ...{ light: ["q"], heavy: ["r"], besideCount: 1, aloneCount: 1, p50Ratio: 1, p99Ratio: 1 },
    ...{ besideUs: latency(1), aloneUs: latency(1) },
  },
  serverCpuUsPerReply: 5,
  intervals: [
    {
      ...{ phase: "measure", atMs: 1000, durationMs: 1000, replies: 100, ratePerSecond: 100, errors: 3 },
      ...{ inFlight: 1, waiting: 0, latencyUs: latency(10), generatorCpuShare: 0.1, generatorLoopDelayMs: 1 },
      ...{ serverCpuShare: 0.1, serverLoopDelayMs: 1 },
      commands: [{ replies: 100, ratePerSecond: 100, latencyUs: latency(10) }],
    },
  ],
});

/** A value of a run that is edited by hand. */
function edited(place: readonly (string | number)[], value: unknown): string {
  const run = JSON.parse(JSON.stringify(RUN)) as Record<string | number, unknown>;
  const last = place.at(-1) ?? "";
  const parent = place.slice(0, -1).reduce((at, name) => at[name] as typeof run, run);
  parent[last] = value;
  return JSON.stringify(run);
}

it("reads what was saved, from the folder or the file", () => {
  const saved: unknown = JSON.parse(JSON.stringify(RUN));
  expect(read(JSON.stringify(RUN))).toEqual(saved);
  expect(readRun(join(folder, "run.json"))).toEqual(saved);
  const least = result([command("q", 0, 0)], { connectUs: undefined });
  expect(read(JSON.stringify(least))).toEqual(JSON.parse(JSON.stringify(least)));
});

it.each([
  ["", "it is empty"],
  ["\n", "it is empty"],
  ["{}", "it does not say its format"],
  ["[]", "all of it has to be an object, and is a list"],
  ["null", "all of it has to be an object, and is null"],
  [JSON.stringify(RUN).slice(0, 300), "(Unterminated|Unexpected end|Expected).*"],
  [JSON.stringify(RUN).replace('"cpus":1', '"cpus":NaN'), "Unexpected token 'N', .* is not valid JSON"],
  ['{\n"a":\n\nx}', "Unexpected token 'x', .* is not valid JSON"],
  ['{"format": "qmpd-load 1"}', "startedAt is missing"],
  [edited(["format"], "qmpd-load 2"), 'its format is "qmpd-load 2", and this program reads "qmpd-load 1"'],
  [edited(["format"], 1), 'its format is 1, and this program reads "qmpd-load 1"'],
  [edited(["total"], undefined), "total is missing"],
  [edited(["total", "errors"], undefined), "total.errors is missing"],
  [edited(["total", "errors", "GenericError"], "3"), 'total.errors.GenericError has to be a number .*"3"'],
  [edited(["commands"], {}), "commands has to be a list, and is an object"],
  [edited(["commands", 1], null), "commands\\[1\\] has to be an object, and is null"],
  [edited(["commands", 0, "label"], 7), "commands\\[0\\].label has to be a string, and is 7"],
  [edited(["commands", 0, "latencyUs", "p99"], "NaN"), 'commands\\[0\\].latencyUs.p99 has to be .*"NaN"'],
  [edited(["commands", 0, "latencyUs", "p99"], -1), "commands\\[0\\].latencyUs.p99 has to be .* is -1"],
  [edited(["durationMs"], 0.125).replace("0.125", "1e999"), "durationMs has to be .* is Infinity"],
  [edited(["settings", "mix"], "q"), 'settings.mix has to be a list, and is "q"'],
  [
    edited(["intervals", 0, "phase"], "x".repeat(99)),
    'intervals\\[0\\].phase has to be "ramp" or .* "x+\\.\\.\\.',
  ],
  [
    edited(["intervals", 0, "commands"], [7]),
    "intervals\\[0\\].commands\\[0\\] has to be an object, and is 7",
  ],
  [edited(["faults", "lost"], undefined), "faults.lost is missing"],
  [edited(["generator", "limit"], false), "generator.limit has to be a string, and is false"],
])("says in one line what is wrong with a file: %#", (text, why) => {
  const begin = `^${join(folder, "run.json")} is no run as 'qmpd load --out' saves it: `;
  const end = "; measure again, or compare another run$";
  expect(() => read(text)).toThrow(LoadError);
  expect(() => read(text)).toThrow(new RegExp(begin + why + end));
});

it("says that nothing can be read where nothing is, or a folder", () => {
  mkdirSync(join(folder, "folder.json"), { recursive: true });
  expect(() => readRun(join(folder, "nothing"))).toThrow(
    /^cannot read a run from .*nothing\/run.json: ENOENT/,
  );
  expect(() => readRun(join(folder, "folder.json"))).toThrow(/^cannot read a run from .*folder.json: EISDIR/);
});

it("has lost no setting that tells two runs apart", () => {
  const closed = read(JSON.stringify(RUN));
  const open = read(edited(["settings", "ratePerSecond"], 500));
  const own = (notes: readonly string[]): readonly string[] => notes.filter((note) => note.includes("rate"));
  expect(own(comparisonNotes([closed], [open]))).toEqual(["the runs differ in ratePerSecond: none and 500"]);
  expect(own(comparisonNotes([open], [closed]))).toEqual(["the runs differ in ratePerSecond: 500 and none"]);
  expect(compareSaved(closed, open)[0]).toMatchObject({ subject: "all", ratio: 1 });
});
