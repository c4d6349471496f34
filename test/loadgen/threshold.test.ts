/** Thresholds: how they are written, and when they are met. */

import { describe, expect, it } from "vitest";
import { checkThresholds, judge, parseThreshold } from "../../src/loadgen/threshold.ts";
import { command, latency, result } from "./results.ts";

const run = result([command("query-status", 1000, 500, 20), command("x", 0, 0)], {
  arrivals: { scheduled: 2000, unsent: 10 },
  headOfLine: {
    light: ["query-status"],
    heavy: ["x"],
    besideCount: 1,
    aloneCount: 1,
    besideUs: latency(20),
    aloneUs: latency(10),
    p50Ratio: 2,
    p99Ratio: 2,
  },
});

function plan(...labels: string[]): Parameters<typeof checkThresholds>[1] {
  const lane = "in order" as const;
  const commands = labels.map((label) => ({
    ...{ label, name: label, weight: 1, lane, isHeavy: label === "heavy", head: "", tail: "" },
  }));
  return { commands, ratePerSecond: undefined };
}

describe("are met or missed", () => {
  it.each([
    ["p99<5ms", true, "2 ms"],
    ["p99<2ms", false, "2 ms"],
    ["p99<=2ms", true, "2 ms"],
    ["p99.9 < 1s", true, "4 ms"],
    ["query-status:p50<400us", false, "500 us"],
    ["rate>=1000", true, "1,000"],
    ["rate>1000", false, "1,000"],
    ["errors<1%", false, "2 %"],
    ["errors<=20", true, "20"],
    ["unsent<1%", true, "0.5 %"],
    ["unsent<=0", false, "10"],
    ["head-of-line<1.5", false, "2"],
    ["x:p99<1h", false, "not measured"],
    ["x:errors<1%", false, "not measured"],
  ])("%s", (text, isMet, found) => {
    expect(judge(parseThreshold(text), run)).toEqual({ text, found, isMet });
  });

  it("what was not measured is missed", () => {
    const other = result([command("a", 10, 1)]);
    for (const text of ["unsent<1", "head-of-line<9"]) {
      expect(judge(parseThreshold(text), other)).toMatchObject({ isMet: false, found: "not measured" });
    }
    const unanswered = result([command("a", 0, 0)]);
    for (const text of ["a:errors<1", "a:errors<1%", "a:p99<1s"]) {
      expect(judge(parseThreshold(text), unanswered)).toMatchObject({ isMet: false, found: "not measured" });
    }
  });
});

describe("are refused", () => {
  it.each([
    "p99",
    "p98<5ms",
    "p99=5ms",
    "p99<5",
    "rate>5ms",
    "rate>5%",
    "x:unsent<1",
    "errors<-1",
    "<5ms",
    "errors<0",
    "p99<0ms",
    "unsent<0%",
  ])("%s", (text) => {
    expect(() => parseThreshold(text)).toThrow("--threshold: '");
  });

  it("for a command that the mix does not have", () => {
    const threshold = parseThreshold("y:p99<5ms");
    expect(() => checkThresholds([threshold], plan("a", "b"))).toThrow("the mix has no 'y'; it has a, b");
  });

  it.each([
    ["unsent<1", plan("a"), "arrivals are those of --rate, which is not given"],
    ["head-of-line<2", plan("a"), "it takes light and heavy commands"],
    ["head-of-line<2", plan("heavy"), "it takes light and heavy commands"],
  ])("where the run cannot measure it: %s", (text, of, message) => {
    const threshold = parseThreshold(text);
    expect(() => checkThresholds([threshold], of)).toThrow(message);
    checkThresholds([threshold], { ...plan("a", "heavy"), ratePerSecond: 100 });
  });
});
