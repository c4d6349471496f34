/** Where the servers write their pictures: a directory of ours in memory, or on a disk, that is removed at the end. */

import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoadError } from "../loadgen/load-error.ts";
import type { Target } from "./cases.ts";

const MEMORY_DIRECTORY = "/dev/shm";
/** Source: statfs(2), TMPFS_MAGIC. */
const TMPFS_TYPE = 0x0102_1994;

export interface Place {
  readonly directory: string;
  remove(): void;
}

/** Throws {@link LoadError} when there is no such place.  `disk`: a directory for files on a disk, by default that of temporary files. */
export function makePlace(target: Exclude<Target, "reply">, disk: string = tmpdir()): Place {
  const base = target === "tmpfs" ? MEMORY_DIRECTORY : disk;
  try {
    const isMemory = statfsSync(base).type === TMPFS_TYPE;
    if (isMemory !== (target === "tmpfs")) {
      const is = isMemory ? "is in memory: name another with --disk" : "is not in memory (tmpfs)";
      throw new LoadError(`--target ${target}: ${base} ${is}`);
    }
    const directory = mkdtempSync(join(base, "qmpd-screendumps-"));
    const removeFiles = (): void => rmSync(directory, { recursive: true, force: true });
    // The process may be ended in the middle, and memory is precious.
    process.once("exit", removeFiles);
    return {
      directory,
      remove() {
        process.off("exit", removeFiles);
        removeFiles();
      },
    };
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw new LoadError(`--target ${target}: ${(error as Error).message}`, { cause: error });
  }
}
