/** Makes the programs in C that benchmarks run. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const programs = new Map<string, string>();
let directory: string | undefined;

/** Removes all programs.  Done when the process ends by itself; test runners end theirs with a signal. */
export function removePrograms(): void {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  directory = undefined;
  programs.clear();
}

process.once("exit", removePrograms);

/** The path of the program, made once, and there until this process ends.  Throws when it cannot be made. */
export function compile(source: string): string {
  const made = programs.get(source);
  if (made !== undefined) return made;
  directory ??= mkdtempSync(join(tmpdir(), "qmpd-bench-"));
  const program = join(directory, basename(source, ".c"));
  const args = ["-O2", "-Wall", "-Wextra", "-o", program, resolve(source)];
  try {
    execFileSync("cc", args, { stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = isMissing ? "there is no cc: install a C compiler, gcc or clang" : "cc failed";
    throw new Error(`${source} could not be compiled: ${reason}`, { cause: error });
  }
  programs.set(source, program);
  return program;
}
