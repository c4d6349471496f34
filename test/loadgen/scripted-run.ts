/** Whole runs, with load threads, against servers with a script. */

import type { LoadPlan } from "../../src/loadgen/plan.ts";
import type { LoadResult } from "../../src/loadgen/result.ts";
import type { RunOptions } from "../../src/loadgen/run.ts";
import type { ServerFigures } from "../../src/loadgen/server-figures.ts";
import { type ScriptedRequest, ScriptedServer } from "./scripted-server.ts";

// The built one: threads are started from there.
const { runPlan } = (await import(
  "../../dist/src/loadgen/run.js" as string
)) as typeof import("../../src/loadgen/run.ts");
const { LOAD_THREAD_ENTRY } = (await import(
  "../../dist/src/loadgen/thread-entry.js" as string
)) as typeof import("../../src/loadgen/thread-entry.ts");

export const LIGHT = {
  label: "query-status",
  name: "query-status",
  weight: 1,
  lane: "in order",
  isHeavy: false,
  head: '{"execute": "query-status", "id": ',
  tail: "}\r\n",
} as const;

/** A run against a server that answers so; it is closed afterwards. */
export async function load(
  answer: (request: ScriptedRequest) => void,
  changes: Partial<LoadPlan> = {},
  figures?: ServerFigures,
  options: Partial<RunOptions> = {},
): Promise<LoadResult> {
  const server = await new ScriptedServer(answer).listen();
  const plan: LoadPlan = {
    endpoints: [{ kind: "unix", path: server.path }],
    clients: 2,
    rampMs: 0,
    inFlight: 4,
    end: { kind: "count", commands: 200 },
    commands: [LIGHT],
    capabilities: [],
    thinkMs: 0,
    ratePerSecond: undefined,
    reconnectsPerSecond: 0,
    slowReaders: 0,
    seed: 1,
    threads: 1,
    ...changes,
  };
  try {
    return await runPlan(plan, {
      threadEntry: LOAD_THREAD_ENTRY,
      server: "a script",
      mix: [],
      figures,
      ...options,
    });
  } finally {
    server.close();
  }
}

/** The faults that there were. */
export function faults(result: LoadResult): Partial<LoadResult["faults"]> {
  return Object.fromEntries(Object.entries(result.faults).filter(([, count]) => count > 0));
}
