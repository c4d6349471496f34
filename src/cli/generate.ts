/**
 * `npm run generate`: makes `src/qapi/generated/` of `schema/`, and the generated code of the examples of theirs.
 * Only files that change are written.  With `--check` nothing is: the exit status tells whether the generated files
 * are those of the schemas.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { getSystemErrorMap } from "node:util";
import { compile, IN_A_PLUGIN } from "../qapi/compiler/compile.ts";
import { QapiSchemaError } from "../qapi/compiler/source.ts";

interface Target {
  readonly schema: string;
  readonly folder: string;
  /** Undefined: this project. */
  readonly placement?: typeof IN_A_PLUGIN;
}

const TARGETS: readonly Target[] = [
  { schema: "schema/qapi-schema.json", folder: "src/qapi/generated" },
  {
    schema: "examples/hash-file/hash-file.json",
    folder: "examples/hash-file/generated",
    placement: IN_A_PLUGIN,
  },
];

type Change = "written" | "removed";

function readSchemaFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const errno = cause instanceof Error && "errno" in cause ? Number(cause.errno) : 0;
    const reason = getSystemErrorMap().get(errno)?.[1] ?? String(cause);
    throw new Error(reason, { cause });
  }
}

/** What stands in the way of the folder being the schema's; carried out unless `check`. */
function generate({ schema, folder, placement }: Target, check: boolean): Map<string, Change> {
  const files = compile(schema, readSchemaFile, placement);
  const changes = new Map<string, Change>();
  if (!check) mkdirSync(folder, { recursive: true });
  const present = new Set(readdirSync(folder));
  for (const [name, text] of files) {
    const path = `${folder}/${name}`;
    if (present.delete(name) && readFileSync(path, "utf8") === text) continue;
    changes.set(path, "written");
    if (!check) writeFileSync(path, text);
  }
  for (const name of present) {
    const path = `${folder}/${name}`;
    changes.set(path, "removed");
    if (!check) rmSync(path);
  }
  return changes;
}

function main(args: readonly string[]): number {
  const check = args.includes("--check");
  try {
    let status = 0;
    for (const target of TARGETS) {
      const changes = generate(target, check);
      for (const [path, change] of changes)
        console.log(check ? `${path} would be ${change}` : `${path} ${change}`);
      if (!check || changes.size === 0) continue;
      console.error(
        `${target.folder} is not what ${target.schema} says: run \`npm run generate\` and commit the result.`,
      );
      status = 1;
    }
    return status;
  } catch (error) {
    if (!(error instanceof QapiSchemaError)) throw error;
    console.error(error.message);
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
