/**
 * Machine threads, also such as tests can kill.  A thread runs a built file: `npm run build` comes first.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BroadcastChannel } from "node:worker_threads";

/** The entry that the service uses. */
export const machineWorkerUrl = new URL("../../dist/workers/machine.js", import.meta.url);

export interface MortalWorker {
  readonly workerUrl: URL;
  /** Ends the threads that were started from `workerUrl`, in the middle of what they do. */
  kill(): void;
  remove(): void;
}

/** An entry that is one of the service's own, and ends its thread when it is told to. */
export function createMortalWorker(entry = machineWorkerUrl): MortalWorker {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-worker-"));
  const channel = new BroadcastChannel(directory);
  channel.unref();
  const workerUrl = writeEntry(
    directory,
    `import { BroadcastChannel } from "node:worker_threads";
     new BroadcastChannel(${JSON.stringify(directory)}).onmessage = () => process.exit(7);
     await import(${JSON.stringify(entry.href)});`,
  );
  return {
    workerUrl,
    kill: () => channel.postMessage("end"),
    remove() {
      channel.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** An entry that ends as `source` says, before it can answer. */
export function createFailingWorker(source: string): { readonly workerUrl: URL; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-worker-"));
  return {
    workerUrl: writeEntry(directory, source),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

function writeEntry(directory: string, source: string): URL {
  const path = join(directory, "entry.mjs");
  writeFileSync(path, source);
  return pathToFileURL(path);
}
