/**
 * Code that is generated for a test, in a folder of its own, and what TypeScript says of it.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { compile } from "../../src/qapi/compiler/compile.ts";

const root = resolve(import.meta.dirname, "../..");
const RUNTIME = join(root, "src/qapi/runtime");
const TSC_SECONDS_MAX = 120;

export interface GeneratedFolder {
  readonly path: string;
  /** How long the compiler took, from the schema's text to that of the code. */
  readonly compileMs: number;
  readonly fileCount: number;
  /** Loads a generated file. */
  load<T>(name: string): Promise<T>;
  /** What tsc complains of, under the project's own settings; empty when it does not. */
  typeErrors(): string;
  remove(): void;
}

/** Compiles the schema at `path`, which messages and comments name relative to its folder. */
export function generateInto(path: string): GeneratedFolder {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "qmpd-generated-")));
  const startMs = performance.now();
  const files = compile(basename(path), (name) => readFileSync(resolve(dirname(path), name), "utf8"), {
    runtime: { folder: relative(join(folder, "generated"), RUNTIME) },
    extension: ".ts",
    madeBy: "a test",
  });
  const compileMs = performance.now() - startMs;
  mkdirSync(join(folder, "generated"));
  for (const [name, text] of files) writeFileSync(join(folder, "generated", name), text);
  return {
    path: folder,
    compileMs,
    fileCount: files.size,
    load: (name) => import(/* @vite-ignore */ join(folder, "generated", name)),
    typeErrors: () => typeErrors(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function typeErrors(folder: string): string {
  const settings = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { noEmit: true, rootDir: "/", typeRoots: [join(root, "node_modules/@types")] },
    include: ["generated"],
  };
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
    encoding: "utf8",
    timeout: TSC_SECONDS_MAX * 1000,
    killSignal: "SIGKILL",
  });
  if (tsc.error !== undefined) return String(tsc.error);
  return tsc.status === 0 ? "" : `${tsc.stdout}${tsc.stderr}`;
}
