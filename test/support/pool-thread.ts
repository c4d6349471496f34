/**
 * Pool threads, also such as tests can kill or hold up.  A thread runs a built file: `npm run build` comes first.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The entry that the service uses. */
export const poolWorkerUrl = new URL("../../dist/workers/pool.js", import.meta.url);

/**
 * An entry like the service's, but for what `source` exports instead.  It has `real`, the service's entry, at
 * hand.
 */
export function createPoolWorker(source: string): { readonly workerUrl: URL; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-pool-"));
  const path = join(directory, "entry.mjs");
  writeFileSync(
    path,
    `import * as real from ${JSON.stringify(poolWorkerUrl.href)};
     export * from ${JSON.stringify(poolWorkerUrl.href)};
     ${source}`,
  );
  return { workerUrl: pathToFileURL(path), remove: () => rmSync(directory, { recursive: true }) };
}
