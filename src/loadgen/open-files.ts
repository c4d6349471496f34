/** Whether this process may have as many connections as a run needs. */

import { readFileSync } from "node:fs";
import { LOAD_SPARE_FILES } from "../util/limits.ts";
import { LoadError } from "./load-error.ts";
import { clientsTotal, type LoadPlan } from "./plan.ts";

/** Tells beforehand that there are not enough file descriptors, and what to do.  Throws {@link LoadError}. */
export function checkOpenFiles(plan: LoadPlan): void {
  const needed = clientsTotal(plan) + LOAD_SPARE_FILES;
  const limit = openFilesMax();
  if (limit === undefined || needed <= limit) return;
  throw new LoadError(
    `${clientsTotal(plan)} clients need ${needed} open files, and this process may have ${limit}: ` +
      `run 'ulimit -n ${needed}' in this shell first (as root, or after raising the hard limit, where it is refused); ` +
      "the server needs as many",
  );
}

function openFilesMax(): number | undefined {
  try {
    // Node.js has raised the soft limit to the hard one at its start.
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined; // Another system: connecting will tell.
  }
}
