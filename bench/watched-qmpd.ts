/** Our server with a watch on its event loop: see loop-delay.ts, which is loaded into it. */

import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ServerProcess } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import type { LoopDelay } from "./loop-delay.ts";

const ANSWER_MS_MAX = 5_000;
const POLL_MS = 5;

export interface WatchedServer {
  readonly server: ServerProcess;
  /** What was seen since it was asked last. */
  readLoopDelay(): Promise<LoopDelay>;
}

/** `directory` is the caller's, and outlasts the server. */
export async function startWatchedQmpd(directory: string, args: readonly string[]): Promise<WatchedServer> {
  const file = join(directory, "loop-delay.json");
  const server = await startQmpd({
    args,
    nodeArgs: ["--import", resolve("dist/bench/loop-delay.js")],
    env: { QMPD_LOOP_DELAY_FILE: file },
  });
  return { server, readLoopDelay: () => readLoopDelay(server, file) };
}

async function readLoopDelay(server: ServerProcess, file: string): Promise<LoopDelay> {
  rmSync(file, { force: true });
  process.kill(server.pid, "SIGUSR2");
  const endMs = performance.now() + ANSWER_MS_MAX;
  while (performance.now() < endMs) {
    try {
      return JSON.parse(readFileSync(file, "utf8")) as LoopDelay;
    } catch {
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
  }
  throw new Error("the server does not tell its loop delay");
}
