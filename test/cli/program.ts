/** `qmpd` as people run it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

export const PROGRAM = resolve("dist/src/cli/qmpd.js");

export interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** In `folder`; a process of its own, as a scripted server may be in this one. */
export async function qmpd(
  args: readonly string[],
  folder: string,
  interruptAfterMs?: number,
): Promise<Output> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
  });
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
    // The first line of the live view: the run is on its way.
    if (interruptAfterMs !== undefined) setTimeout(() => child.kill("SIGINT"), interruptAfterMs);
  });
  const [status] = await once(child, "close");
  return { status, stdout, stderr };
}
