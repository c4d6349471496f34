/** Making a folder with those above it. */

import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes `folder` unless it is there, and those above it.  Throws the system's error.
 *
 * Not `recursive` of Node.js: that tries for ever where a system refuses with ENOENT though the folder above is there, as
 * Linux does below /proc (seen with 20.20).
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    const above = dirname(resolve(folder));
    const isAboveMissing = statSync(above, { throwIfNoEntry: false }) === undefined;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || !isAboveMissing) throw error;
    makeFolder(above, mode);
    mkdirSync(folder, mode);
  }
}
