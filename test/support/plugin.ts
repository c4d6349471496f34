/**
 * Plugins for tests, made as their authors make them: a schema is compiled, and TypeScript built.  They stand
 * inside the package, so that its name leads to it, in a folder that is not kept.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { compile, IN_A_PLUGIN } from "../../src/qapi/compiler/compile.ts";

const COMPILER = resolve("node_modules/.bin/tsc");

/** For hooks that build: the compiler shares the computer with whoever else works on it. */
export const BUILD_TIMEOUT_MS = 60_000;

/** What a project has whose files are for Node.js. */
const PROJECT = {
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    moduleDetection: "force",
    strict: true,
    types: ["node"],
  },
};

export interface PluginFolder {
  readonly folder: string;
  /** Writes a file that is no part of the build, and answers its path. */
  write(name: string, text: string): string;
  remove(): void;
}

/** A folder with the generated code of `schema`, and with `sources` (TypeScript, by their names), built. */
export function buildPlugin(
  schema: { readonly file: string; readonly text: string },
  sources: Readonly<Record<string, string>>,
): PluginFolder {
  const folder = mkdtempSync(resolve("dist", "plugin-"));
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  write(schema.file, schema.text);
  mkdirSync(join(folder, "generated"));
  const generated = compile(schema.file, (name) => readFileSync(join(folder, name), "utf8"), IN_A_PLUGIN);
  for (const [name, text] of generated) write(`generated/${name}`, text);
  for (const [name, text] of Object.entries(sources)) write(name, text);
  write("tsconfig.json", JSON.stringify(PROJECT));
  const { status, stdout } = spawnSync(COMPILER, ["-p", "."], { cwd: folder, encoding: "utf8" });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  if (status !== 0) {
    remove();
    throw new Error(`the plugin is not built: ${stdout}`);
  }
  return { folder, write, remove };
}
