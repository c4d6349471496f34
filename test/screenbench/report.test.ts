/** The table, the notes and the chart of a result that is made up. */

import { expect, it } from "vitest";
import { parseSize } from "../../src/screenbench/cases.ts";
import { ratesChart } from "../../src/screenbench/chart.ts";
import {
  BENCH_FORMAT,
  type BenchResult,
  type Round,
  type ServerResult,
} from "../../src/screenbench/result.ts";
import { withRatios } from "../../src/screenbench/rounds.ts";
import { notesOf, summaryText, tableRows } from "../../src/screenbench/summary.ts";

const round = (perSecond: number, limit?: Round["limit"]): Round => ({
  perSecond,
  latencyUs: undefined,
  cpuUsPerPicture: 1500,
  generatorCpuShare: 0.1,
  generatorWaitShare: 0,
  limit,
  errors: 0,
  unanswered: 0,
  faults: 0,
});

function server(name: string, rounds: readonly Round[], bytes: number, size: string): ServerResult {
  const { width, height } = parseSize(size);
  return {
    text: name,
    name,
    rounds,
    verified: {
      pictures: 4,
      freshPictures: 0,
      size: { width, height },
      bytes,
      stillHash: "same",
      faultCount: 0,
      faultExamples: [],
    },
    skipped: undefined,
    ratio: undefined,
  };
}

function resultOf(
  servers: (size: string) => readonly ServerResult[],
  sizes = ["720p", "1080p"],
): BenchResult {
  return {
    format: BENCH_FORMAT,
    startedAt: "2026-01-01T00:00:00.000Z",
    machine: { cpus: 2, model: "<cpu>", node: "v20" },
    command: "qmpd bench screendump",
    roundMs: 3000,
    cases: sizes.map((size) => ({
      dumpCase: {
        scene: { size: parseSize(size), device: "VGA" },
        format: "png",
        crowd: { count: 1, consoles: "own" },
        target: "tmpfs",
      },
      servers: withRatios(servers(size)),
    })),
    failures: [],
  };
}

const OURS = [round(90), round(100), round(80)];
const THEIRS = [round(10), round(10), round(10)];

it("shows the median of the rounds' ratios with their spread, and the ratio of sizes", () => {
  const result = resultOf((size) => [
    server("ours", OURS, 120_000, size),
    server("theirs", THEIRS, 100_000, size),
  ]);
  const [ours, theirs] = tableRows(result);
  expect(ours).toEqual([
    ...["png 720p VGA, 1 client, tmpfs", "ours", "90", "-", "-", "120 KB", "1.5 ms", "4"],
    ...["9x", "8 to 10", "1.20x"],
  ]);
  expect(theirs?.slice(0, 3)).toEqual(["", "theirs", "10"]);
  expect(summaryText(result)).toContain("verified: 16 pictures decoded, whole and of the right size\n");
});

it("flags a picture that is too large, and compares no sizes of different pixels", () => {
  const large = resultOf((size) => [
    server("ours", OURS, 151_000, size),
    server("theirs", THEIRS, 100_000, size),
  ]);
  expect(tableRows(large)[0]?.at(-1)).toBe("1.51x TOO LARGE");
  const other = resultOf((size) => {
    const theirs = server("theirs", THEIRS, 100_000, size);
    return [
      server("ours", OURS, 120_000, size),
      { ...theirs, verified: theirs.verified && { ...theirs.verified, stillHash: "other" } },
    ];
  });
  expect(tableRows(other)[0]?.at(-1)).toBe("");
  expect(notesOf(other)[1]).toMatch(/: the servers do not show the same pixels, so sizes are not compared$/);
});

it("says when the generator or the computer was the limit, what was not measured, and what was wrong", () => {
  const result = resultOf(
    (size) => [
      server("a", [round(10, "generator")], 1, size),
      server("b", [round(10, "computer")], 1, size),
      { ...server("c", [], 1, size), verified: undefined, skipped: "it has no screendump-data" },
      { ...server("d", [{ ...round(10), errors: 2 }], 1, size) },
    ],
    ["1080p"],
  );
  const label = "png 1080p VGA, 1 client, tmpfs";
  expect(notesOf(result)).toEqual([
    "ratio: pictures a second to those of d, median and spread of 1 round in turn",
    `not measured: ${label}, c: it has no screendump-data`,
    `${label}, a: the generator was the limit: the server may be faster than this`,
    `${label}, b: the computer was the limit: the generator waited for a core, and latencies contain that`,
    "generator: at most 10 % of a core",
    `WRONG: ${label}, d: 2 replies were errors`,
  ]);
});

it("tells of cases that failed, and of replies that did not come", () => {
  const result = resultOf((size) => [server("a", [{ ...round(10), unanswered: 3 }], 1, size)], ["1080p"]);
  expect(notesOf({ ...result, failures: ["png 4K VGA: qemu did not start"] }).slice(-2)).toEqual([
    "FAILED: png 4K VGA: qemu did not start",
    "WRONG: png 1080p VGA, 1 client, tmpfs, a: no reply came to 3: the connection ended, or waiting for them was given up after the time of a round",
  ]);
});

it("draws the names of many lines that are one, apart and inside the chart", () => {
  const names = Array.from({ length: 30 }, (_, index) => `server-${index}-`);
  const svg = ratesChart(resultOf((size) => names.map((name) => server(name, [round(10)], 1, size))));
  const height = Number(/ height="(\d+)"/.exec(svg)?.[1]);
  const name =
    /<g transform="translate\(10,(-?[\d.]+)\)"[^>]*><text transform="translate\([\d.]+,([\d.]+)\)"/g;
  const places = [...svg.matchAll(name)].map(([, moved, at]) => Number(moved) + Number(at));
  expect(places).toHaveLength(30);
  for (const [index, place] of places.entries()) {
    expect(place).toBeGreaterThan(0);
    expect(place).toBeLessThan(height);
    if (index > 0) expect(place - (places[index - 1] ?? 0)).toBeGreaterThan(14.9);
  }
});

it("draws a line for each server, with its name, in one file that loads nothing", () => {
  const svg = ratesChart(
    resultOf((size) => [server("ours", OURS, 120_000, size), server("theirs", THEIRS, 100_000, size)]),
  );
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).toMatch(/^<svg [^>]*><title>Pictures a second by size<\/title>/);
  expect(svg).not.toMatch(/<script|<image|\bhref=|url\(/);
  for (const text of ["ours: png", "theirs: png", "720p", "1080p", "pictures a second"])
    expect(svg).toContain(text);
  expect(svg.match(/<circle /g)).toHaveLength(4);
  expect(svg.match(/<path [^>]*d="M/g)?.length).toBeGreaterThanOrEqual(2);
});
