/** Files that a long run writes at its end: whether they can be written is seen at its beginning. */

import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../files/make-folder.ts";
import { LoadError } from "./load-error.ts";

/** Makes the folder, and sees that files of these names can be written there.  Throws {@link LoadError}. */
export function makeOutputFolder(folder: string, names: readonly string[]): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw new LoadError(`--out ${folder}: ${(error as Error).message}`, { cause: error });
  }
  for (const name of names) checkOutputFile(join(folder, name), folder);
}

/** Sees that a file can be written, and leaves it as it is.  Throws {@link LoadError}; `out` is the option's value. */
export function checkOutputFile(file: string, out = file): void {
  try {
    const there = statSync(file, { throwIfNoEntry: false });
    // To open a FIFO would be to wait for its reader.
    if (there !== undefined && !there.isFile() && !there.isDirectory()) return;
    closeSync(openSync(file, "a"));
    if (there === undefined) rmSync(file);
  } catch (error) {
    throw new LoadError(`--out ${out}: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes all files or none: those of an earlier run are replaced when all are whole.  Throws {@link LoadError}. */
export function writeOutputFiles(folder: string, textByName: Readonly<Record<string, string>>): void {
  const files = Object.entries(textByName).map(([name, text]) => ({ file: join(folder, name), text }));
  try {
    for (const { file, text } of files) writeFileSync(whileWritten(file), text);
    for (const { file } of files) renameSync(whileWritten(file), file);
  } catch (error) {
    for (const { file } of files) rmSync(whileWritten(file), { force: true });
    throw cannotWrite(folder, error);
  }
}

/** Throws {@link LoadError}. */
export function writeOutputFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

function whileWritten(file: string): string {
  return `${file}.new`;
}

function cannotWrite(out: string, error: unknown): LoadError {
  return new LoadError(`--out ${out}: what was measured cannot be written: ${(error as Error).message}`, {
    cause: error,
  });
}
