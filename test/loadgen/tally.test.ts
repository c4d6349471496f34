/** Samples of threads, put together to seconds. */

import { expect, it } from "vitest";
import type { Sample } from "../../src/loadgen/contract.ts";
import { Tally } from "../../src/loadgen/tally.ts";

const COMMAND = {
  label: "query-status",
  name: "query-status",
  weight: 1,
  lane: "in order",
  isHeavy: false,
  head: "",
  tail: "",
} as const;

function sample(
  startMs: number,
  endMs: number,
  replies: number,
  us = 100,
  phase: Sample["phase"] = "measure",
): Sample {
  return {
    phase,
    startMs,
    endMs,
    commands: [
      {
        latencies: Float64Array.from([us, replies]),
        besideHeavy: new Float64Array(0),
        sent: replies,
        errors: new Map(),
        firstError: undefined,
      },
    ],
    connects: new Float64Array(0),
    inFlight: 3,
    patienceMs: undefined,
    arrivals: 0,
    waiting: 0,
    load: { cpuShare: 0.1, waitShare: 0, loopDelayMs: 0 },
  };
}

it("tells the rate of a second whose samples are parts of it", () => {
  const tally = new Tally([COMMAND], 1);
  tally.add(0, sample(0, 1000, 500, 100, "ramp"));
  tally.add(0, sample(1000, 1020, 20));
  tally.add(0, sample(1020, 2000, 980));
  expect(tally.lastInterval()).toMatchObject({ ratePerSecond: 1000, replies: 1000 });
});

it("tells the last second of which all threads have told", () => {
  const tally = new Tally([COMMAND], 2);
  tally.add(0, sample(0, 1000, 100));
  tally.add(1, sample(0, 1000, 200));
  tally.add(0, sample(1000, 2000, 100));
  expect(tally.lastInterval()).toMatchObject({ ratePerSecond: 300, inFlight: 6 });
});

it("has no percentile above the greatest value", () => {
  const tally = new Tally([COMMAND], 1);
  tally.add(0, sample(0, 1000, 10, 43_584));
  const { latencyUs } = tally.total();
  expect(latencyUs).toMatchObject({ p50: latencyUs?.max, p999: latencyUs?.max });
  expect(tally.total().curve.at(-1)?.[1]).toBe(latencyUs?.max);
});

it("keeps of a second what came in it alone, as a run may last for days", () => {
  const before = process.memoryUsage().arrayBuffers;
  const tally = new Tally([COMMAND], 1);
  for (let second = 0; second < 1000; second++) tally.add(0, sample(second * 1000, second * 1000 + 1000, 5));
  expect(tally.seconds.length).toBe(1000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  expect(tally.lastInterval()).toMatchObject({ replies: 5, latencyUs: { p50: 100 } });
});

it("does not take what the end of the run leaves of a second for one", () => {
  const tally = new Tally([COMMAND], 1);
  tally.add(0, sample(0, 200, 50));
  expect(tally.lastInterval()).toMatchObject({ replies: 50 });
  tally.add(0, sample(200, 1000, 50));
  tally.add(0, sample(1000, 1002, 0));
  expect(tally.lastInterval()).toMatchObject({ ratePerSecond: 100 });
});
