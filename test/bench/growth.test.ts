import { describe, expect, it } from "vitest";
import { judgeGrowth } from "../../bench/growth.ts";

const NOISE = { share: 0.02, slack: 0.5 };

describe("growth of what a service holds", () => {
  it("is told where each slice leaves something behind", () => {
    const samples = Array.from({ length: 20 }, (_, slice) => 10 + slice * 0.2);
    expect(judgeGrowth(samples, NOISE)).toMatchObject({ early: 12, hasGrown: true });
  });

  it("is not told of noise, nor of a first slice that warms up", () => {
    expect(judgeGrowth([5, 10, 10.3, 9.8, 10.2, 9.9, 10.1, 10.2], NOISE).hasGrown).toBe(false);
  });

  it("is told of one handle more, where nothing is noise", () => {
    const exact = { share: 0, slack: 0 };
    expect(judgeGrowth([30, 31, 31, 31, 32, 32], exact)).toEqual({
      early: 31,
      late: 32,
      limit: 31,
      hasGrown: true,
    });
    expect(judgeGrowth([30, 31, 31, 31, 32, 31], exact).hasGrown).toBe(false);
  });

  it("needs samples enough to tell", () => {
    expect(() => judgeGrowth([1, 2, 3], NOISE)).toThrow("4 samples are needed");
  });
});
