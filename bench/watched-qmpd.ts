/** Our server with a watch on its event loop: see loop-delay.ts, which is loaded into it. */

import { join, resolve } from "node:path";
import type { ServerProcess } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import type { LoopDelay } from "./loop-delay.ts";
import { askServerProcess } from "./told.ts";

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
  return { server, readLoopDelay: () => askServerProcess(server, file) };
}
