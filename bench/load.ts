/** Runs the generator as a child process, and knows how a server is asked about itself. */

import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import type { GeneratorMessage, GeneratorReport, GeneratorTask } from "./generator.ts";

/** A share of a core above which the generator, and not the server, may set the pace. */
export const GENERATOR_CPU_SHARE_MAX = 0.85;

/** Puts a load on a server.  `whenWarm` runs while the load is on, its result is thrown away. */
export function runLoad(task: GeneratorTask, whenWarm?: () => unknown): Promise<GeneratorReport> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("./generator.js", import.meta.url), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    let report: GeneratorReport | undefined;
    child.on("message", (message: GeneratorMessage) => {
      if (message.kind === "warm") whenWarm?.();
      else report = message.report;
    });
    child.on("exit", (code) => {
      if (report !== undefined) resolve(report);
      else reject(new Error(`the generator ended with status ${code}`));
    });
    child.send(task);
  });
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
