/** Runs the generator as a process of its own, and knows how a server is asked about itself. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { compile } from "./compile.ts";

export interface GeneratorTask {
  readonly sockets: readonly string[];
  /** Connections, spread over the sockets in turn. */
  readonly clients: number;
  /** Requests of each client that wait for their replies; one, unless replies are measured. */
  readonly inFlightPerClient: number;
  /** Lines with their ends.  They go round, in this order; `{client}` in them is the client's number. */
  readonly requests: readonly string[];
  readonly warmUpMs: number;
  readonly durationMs: number;
  /**
   * `reply`: from a request to its reply.  `last-event`: from a request of the first client to the event
   * that it causes at the last of all clients, one request at a time.  `nothing`: the clients are idle.
   * `cycle`: each client connects, is greeted, negotiates, has its requests answered, leaves, and comes again.
   * `accept`: how long it takes until all clients have connected and are greeted; they stay until the end.
   */
  readonly measure: "reply" | "last-event" | "nothing" | "cycle" | "accept";
  /** The requests are refused, and an error is what each should be answered with. */
  readonly isRefused?: true;
  readonly serverPid: number;
  /** Processes that share the clients evenly; one, unless it alone would set the pace. */
  readonly generators?: number;
}

export interface GeneratorReport {
  /** In the measured time; of `cycle` and `accept`, clients. */
  readonly commands: number;
  readonly elapsedMs: number;
  /** Exact, of all commands; zero where there are none. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** Of the server process, all its threads, while the load ran. */
  readonly serverCpuUs: number;
  /** Share of one core that the generator itself took. */
  readonly generatorCpuShare: number;
}

const SOURCE = "bench/generator.c";

/** A share of a core above which the generator, and not the server, may set the pace. */
export const GENERATOR_CPU_SHARE_MAX = 0.85;

/**
 * Puts a load on a server.  Of several generators, the report has the sum of what they did, and the worst of their
 * percentiles and of their own shares of a core.  Rejects as `runGenerator` does.
 */
export async function runLoad(task: GeneratorTask, whenWarm?: () => unknown): Promise<GeneratorReport> {
  const { generators = 1 } = task;
  const shared = { ...task, clients: task.clients / generators };
  const runs = Array.from({ length: generators }, (_, index) =>
    runGenerator(shared, index === 0 ? whenWarm : undefined),
  );
  return joinReports(await Promise.all(runs));
}

function joinReports(reports: readonly GeneratorReport[]): GeneratorReport {
  const all = (key: keyof GeneratorReport): number[] => reports.map((report) => report[key]);
  const worst = (key: keyof GeneratorReport): number => Math.max(...all(key));
  const sum = (key: keyof GeneratorReport): number => all(key).reduce((a, b) => a + b, 0);
  return {
    commands: sum("commands"),
    // Each has seen the whole server, all the time.
    elapsedMs: sum("elapsedMs") / reports.length,
    serverCpuUs: sum("serverCpuUs") / reports.length,
    p50Us: worst("p50Us"),
    p99Us: worst("p99Us"),
    p999Us: worst("p999Us"),
    generatorCpuShare: worst("generatorCpuShare"),
  };
}

/**
 * Runs one generator.  `whenWarm` runs while the load is on, its result is thrown away.  Rejects with what was
 * wrong: a server that answers otherwise than the task says, or closes a connection, or there is no `cc`.
 */
async function runGenerator(task: GeneratorTask, whenWarm?: () => unknown): Promise<GeneratorReport> {
  const { measure, clients, inFlightPerClient, warmUpMs, durationMs, isRefused = false } = task;
  const numbers = [clients, inFlightPerClient, warmUpMs, durationMs, Number(isRefused), task.serverPid];
  const child = spawn(compile(SOURCE), [measure, ...numbers.map(String), ...task.sockets]);
  const ended = once(child, "close");
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  // It may end before it has read everything: then its status says why.
  child.stdin.on("error", () => {});
  for (const request of task.requests) child.stdin.write(request);
  child.stdin.end();
  let report: GeneratorReport | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line === "warm") whenWarm?.();
    else report = JSON.parse(line) as GeneratorReport;
  });
  const [code, signal] = await ended;
  if (code === 0 && report !== undefined) return report;
  throw new Error(`the load generator ended with ${signal ?? `status ${code}`}: ${complaint.trim()}`);
}

export function rssBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(line?.[1]) * 1024;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
