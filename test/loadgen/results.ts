/** Results as runs have them, for tests of what is made of results. */

import type { CommandResult, Latency, LoadResult } from "../../src/loadgen/result.ts";

export function latency(p50: number): Latency {
  return { min: 1, mean: p50, p50, p90: p50 * 2, p99: p50 * 4, p999: p50 * 8, max: p50 * 16 };
}

export function command(label: string, replies: number, p50: number, errors = 0): CommandResult {
  return {
    label,
    name: label,
    isHeavy: false,
    replies,
    ratePerSecond: replies,
    errors: errors === 0 ? {} : { GenericError: errors },
    firstError: undefined,
    latencyUs: replies === 0 ? undefined : latency(p50),
    curve: [
      [0, p50],
      [90, p50 * 2],
    ],
  };
}

/** One second long. */
export function result(commands: readonly CommandResult[], changes: Partial<LoadResult> = {}): LoadResult {
  const [first = command("none", 0, 0)] = commands;
  return {
    format: "qmpd-load 1",
    startedAt: "2026-01-01T00:00:00.000Z",
    machine: { cpus: 1, model: "a processor", node: "v20" },
    endpoints: ["unix:a"],
    server: "a server",
    settings: {
      clients: 1,
      inFlight: 1,
      threads: 1,
      seed: 1,
      capabilities: [],
      ratePerSecond: undefined,
      thinkMs: 0,
      reconnectsPerSecond: 0,
      slowReaders: 0,
      mix: ["query-status:1"],
    },
    durationMs: 1000,
    isInterrupted: false,
    total: { ...first, label: "all" },
    commands,
    connectUs: latency(10),
    connects: 1,
    reconnects: 0,
    events: { total: 0, byName: {}, perClientMin: 0, perClientMax: 0 },
    slowReaders: { replies: 0, closed: 0 },
    arrivals: undefined,
    faults: { lost: 0, doubled: 0, foreign: 0, misordered: 0, unreadable: 0, disconnected: 0 },
    faultExamples: [],
    headOfLine: undefined,
    generator: { threads: [{ cpuShare: 0.1, waitShare: 0, loopDelayMs: 1 }], limit: undefined },
    serverCpuUsPerReply: undefined,
    intervals: [],
    ...changes,
  };
}
