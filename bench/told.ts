/**
 * What a server tells of itself beside QMP: on SIGUSR2, what was preloaded into it (`node --import`) writes a file.
 *
 * The file is renamed to its name when it is whole, and that is what whoever asked waits for.
 */

import { existsSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isMainThread } from "node:worker_threads";
import type { ServerProcess } from "../test/support/qemu.ts";

const ANSWER_MS_MAX = 20_000;

/** In the server: tells what `told` answers.  Worker threads load it too, and tell nothing. */
export function tellOnSignal(file: string, told: () => object): void {
  if (!isMainThread) return;
  process.on("SIGUSR2", () => {
    writeFileSync(`${file}.new`, JSON.stringify(told()));
    renameSync(`${file}.new`, file);
  });
}

/** Asks a server that tells into `file`.  Rejects when it has ended, or does not tell. */
export async function askServerProcess<Told extends object>(
  { pid, exited }: Pick<ServerProcess, "pid" | "exited">,
  file: string,
): Promise<Told> {
  rmSync(file, { force: true });
  const watcher = watch(dirname(file), { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  const told = new Promise<void>((resolve, reject) => {
    // Its removal is told too, and later than it was removed.
    watcher.on("change", (_, name) => name === basename(file) && existsSync(file) && resolve());
    watcher.on("close", () => reject(new Error("the server does not tell of itself")));
  });
  const ended = exited.then(() => {
    throw new Error("the server has ended");
  });
  try {
    process.kill(pid, "SIGUSR2");
    await Promise.race([told, ended]);
    return JSON.parse(readFileSync(file, "utf8")) as Told;
  } finally {
    watcher.close();
  }
}
