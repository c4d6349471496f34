/** Two servers, or two runs, side by side. */

import { expect, it } from "vitest";
import { compareRounds, compareSaved, comparisonText } from "../../src/loadgen/compare.ts";
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

it("is a table", () => {
  const text = comparisonText(
    ["a", "b"],
    compareRounds([result([command("q", 100, 10)])], [result([command("q", 50, 20)])]),
  );
  expect(text.split("\n").slice(0, 6)).toEqual([
    "A  a",
    "B  b",
    "",
    "              A       B  A to B      spread",
    "q        100 /s   50 /s      2x      2 to 2",
    "q p50     10 us   20 us    0.5x  0.5 to 0.5",
  ]);
});
