/** What is read out of a turn of load. */

import { expect, it } from "vitest";
import type { LoadResult } from "../../src/loadgen/result.ts";
import { roundOf } from "../../src/screenbench/rounds.ts";

const LATENCY = { min: 1, mean: 1, p50: 1, p90: 1, p99: 1, p999: 1, max: 1 };

/** `endMs`: when the last interval, that of what came after the time, ended. */
function loadOf(replies: number, errors: number, endMs: number): LoadResult {
  const faults = { lost: 2, doubled: 1, foreign: 0, misordered: 0, unreadable: 0, disconnected: 0 };
  const result: Partial<Record<keyof LoadResult, unknown>> = {
    total: { replies, errors: { GenericError: errors }, latencyUs: LATENCY },
    intervals: [
      { phase: "measure", atMs: 1000 },
      { phase: "drain", atMs: endMs },
    ],
    durationMs: 1000,
    generator: { threads: [{ cpuShare: 0.1, waitShare: 0.2 }], limit: undefined },
    faults,
  };
  return result as LoadResult;
}

it("has the pictures over the time until the last one had come, without the time that the generator lingers", () => {
  expect(roundOf(loadOf(20, 0, 1100)).perSecond).toBe(20);
  expect(roundOf(loadOf(20, 0, 2100)).perSecond).toBe(10);
});

it("counts no error as a picture, and tells what had no reply apart from wrong ones", () => {
  expect(roundOf(loadOf(20, 15, 1100))).toMatchObject({ perSecond: 5, errors: 15, unanswered: 2, faults: 1 });
});
