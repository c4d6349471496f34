/**
 * Files around the schema compiler, which reads through a function and writes none: schemas in, generated
 * code out.  Only what changes is written, and nothing that somebody wrote is overwritten or removed.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { getSystemErrorMap } from "node:util";
import { makeFolder } from "../files/make-folder.ts";

/** How every generated file begins, whatever it is made from. */
const BANNER = /^\/\*\*\n \* Generated from .* by `.*`: change the schema, not this file\.\n/;

/** Reads a schema's file.  An error's message is the reason alone, as messages end with it. */
export function readSchemaFile(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new Error(reasonOf(cause), { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error("It is not UTF-8 text", { cause });
  }
}

/** The system's words for an error: "No such file or directory". */
export function reasonOf(error: unknown): string {
  // The one that libuv words in a way of its own.
  if (error instanceof Error && "code" in error && error.code === "EISDIR") return "Is a directory";
  const errno = error instanceof Error && "errno" in error ? Number(error.errno) : 0;
  const reason = getSystemErrorMap().get(errno)?.[1];
  return reason === undefined ? String(error) : `${reason[0]?.toUpperCase()}${reason.slice(1)}`;
}

export type FileChange = "written" | "removed";

/** A file of the folder is somebody's own, and generated code would have to take its place. */
export class NotGeneratedError extends Error {
  override readonly name = "NotGeneratedError";
}

/**
 * Makes `folder` hold exactly the generated `files`, and answers what that takes, by path.  With `check` it
 * only answers.  Files that were not generated stay; one that is in the way throws `NotGeneratedError`.
 */
export function updateFolder(
  folder: string,
  files: ReadonlyMap<string, string>,
  { check }: { readonly check: boolean },
): Map<string, FileChange> {
  const present = new Map<string, string>();
  if (!check) makeFolder(folder);
  for (const name of generatedNames(folder, files, check)) {
    present.set(name, readFileSync(`${folder}/${name}`, "utf8"));
  }
  const changes = new Map<string, FileChange>();
  for (const [name, text] of files) {
    const before = present.get(name);
    if (before === text) continue;
    const path = `${folder}/${name}`;
    if (before !== undefined && !BANNER.test(before)) {
      throw new NotGeneratedError(`${path} was not generated: it is not overwritten`);
    }
    changes.set(path, "written");
  }
  for (const [name, text] of present) {
    if (!files.has(name) && BANNER.test(text)) changes.set(`${folder}/${name}`, "removed");
  }
  if (!check) carryOut(folder, files, changes);
  return changes;
}

/** TypeScript files that are there.  A folder that a check does not find has none. */
function generatedNames(folder: string, files: ReadonlyMap<string, string>, check: boolean): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".ts") || files.has(name));
  } catch (error) {
    if (check && error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function carryOut(
  folder: string,
  files: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, FileChange>,
): void {
  for (const [name, text] of files) {
    const path = `${folder}/${name}`;
    if (changes.has(path)) writeFileSync(path, text);
  }
  for (const [path, change] of changes) if (change === "removed") rmSync(path);
}
