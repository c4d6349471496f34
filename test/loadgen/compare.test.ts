/** Two servers, or two runs, side by side. */

import { expect, it } from "vitest";
import { compareRounds, compareSaved, comparisonNotes, comparisonText } from "../../src/loadgen/compare.ts";
import type { Interval } from "../../src/loadgen/result.ts";
import { command, latency, result } from "./results.ts";

it("rounds: the ratio is the median of the rounds' ratios, its spread the least and the greatest", () => {
  const as = [100, 300, 200].map((rate) => result([command("q", rate, 10)]));
  const bs = [100, 100, 100].map((rate) => result([command("q", rate, 20)]));
  const [rate, p50] = compareRounds(as, bs);
  expect(rate).toEqual({
    subject: "q",
    unit: "per second",
    a: 200,
    b: 100,
    ratio: 2,
    ratioMin: 1,
    ratioMax: 3,
  });
  expect(p50).toMatchObject({ subject: "q p50", unit: "us", a: 10, b: 20, ratio: 0.5 });
});

it("leaves out what one side has not", () => {
  const a = result([command("q", 100, 10)], { serverCpuUsPerReply: 5 });
  const subjects = compareRounds([a], [result([command("q", 0, 0)])]).map(({ subject }) => subject);
  expect(subjects).toEqual(["q"]);
});

it("saved runs: the spread is that of their seconds, in order; those of the ramp apart", () => {
  const second = (rate: number, phase: Interval["phase"] = "measure"): Interval => ({
    phase,
    atMs: 0,
    durationMs: 1000,
    replies: rate,
    ratePerSecond: rate,
    errors: 0,
    inFlight: 1,
    waiting: 0,
    latencyUs: latency(rate),
    generatorCpuShare: 0,
    generatorLoopDelayMs: 0,
  });
  const a = result([command("q", 200, 10)], { intervals: [second(9000, "ramp"), second(100), second(400)] });
  const b = result([command("q", 100, 10)], { intervals: [second(200), second(100)] });
  expect(compareSaved(a, b)[0]).toMatchObject({ ratio: 2, ratioMin: 0.5, ratioMax: 4 });
});

it("saved runs: each command has a spread, and what is of the run as a whole has none", () => {
  const second = (rates: readonly number[]): Interval => ({
    ...{
      phase: "measure",
      atMs: 0,
      durationMs: 1000,
      replies: 1,
      ratePerSecond: 1,
      errors: 0,
      inFlight: 1,
      waiting: 0,
    },
    ...{ latencyUs: latency(1), generatorCpuShare: 0, generatorLoopDelayMs: 0 },
    commands: rates.map((rate) => ({ replies: rate, ratePerSecond: rate, latencyUs: latency(rate) })),
  });
  const commands = [command("q", 100, 10), command("r", 100, 10)];
  const a = result(commands, { intervals: [second([100, 30]), second([100, 80])], serverCpuUsPerReply: 4 });
  const b = result(commands, { intervals: [second([100, 10]), second([50, 10])], serverCpuUsPerReply: 2 });
  const bySubject = new Map(compareSaved(a, b).map((comparison) => [comparison.subject, comparison]));
  // The ratio of the run itself is a part of it.
  expect(bySubject.get("r")).toMatchObject({ ratio: 1, ratioMin: 1, ratioMax: 8 });
  expect(bySubject.get("q p99")).toMatchObject({ ratioMin: 1, ratioMax: 2 });
  expect(bySubject.get("server CPU a reply")).toMatchObject({ ratio: 2, ratioMin: undefined });
});

it("tells what the figures do not", () => {
  const a = result([command("q", 1000, 10, 20)]);
  const { settings } = a;
  const b = result([command("q", 100, 10)], {
    settings: { ...settings, clients: 4, seed: 7, ratePerSecond: 500 },
    arrivals: { scheduled: 10, unsent: 3 },
    generator: { ...a.generator, limit: "the generator was the limit" },
  });
  expect(comparisonNotes([a], [b])).toEqual([
    "the runs differ in clients: 1 and 4",
    "the runs differ in ratePerSecond: none and 500",
    "A: 20 of 1,000 replies are errors",
    "B: 3 arrivals could not be sent",
    "B: the generator was the limit",
  ]);
});

it("tells which run was interrupted", () => {
  const [a, b] = [
    result([command("q", 1000, 10)]),
    result([command("q", 1000, 10)], { isInterrupted: true }),
  ];
  expect(comparisonNotes([a], [b])).toEqual(["B: it was interrupted before its end"]);
});

it("tells of durations that differ, unless both runs had as many replies", () => {
  const [a, b] = [result([command("q", 1000, 10)]), result([command("q", 2000, 10)], { durationMs: 2010 })];
  expect(comparisonNotes([a], [b])).toEqual(["the runs differ in duration: 1 s and 2.01 s"]);
  expect(comparisonNotes([a], [{ ...b, durationMs: 1050 }])).toEqual([]);
  expect(comparisonNotes([a], [{ ...b, total: a.total }])).toEqual([]);
});

it("has no ratio to nothing", () => {
  const [rate] = compareRounds([result([command("q", 100, 10)])], [result([command("q", 0, 10)])]);
  expect(rate).toMatchObject({ a: 100, b: 0, ratio: undefined });
});

it("says so when there is nothing to compare", () => {
  const [a, b] = [result([command("q", 100, 10)]), result([command("r", 100, 10)])];
  expect(comparisonText(["a", "b"], compareSaved(a, b), [])).toBe(
    "A  a\nB  b\n\nnothing to compare: no command of A was answered on both sides\n",
  );
});

it("is a table", () => {
  const text = comparisonText(
    ["a", "b"],
    compareRounds([result([command("q", 100, 10)])], [result([command("q", 50, 20)])]),
    ["a note"],
  );
  expect(text.split("\n").filter((line) => !line.startsWith("q p99"))).toEqual([
    "A  a",
    "B  b",
    "",
    "              A       B  A to B  spread",
    "q        100 /s   50 /s      2x       -",
    "q p50     10 us   20 us    0.5x       -",
    "",
    "a note",
    "",
  ]);
});
