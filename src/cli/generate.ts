/**
 * `npm run generate`: makes `src/qapi/generated/` of `schema/`.  Only files that change are written.
 * With `--check` nothing is: the exit status tells whether the generated files are those of the schema.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { getSystemErrorMap } from "node:util";
import { compile } from "../qapi/compiler/compile.ts";
import { QapiSchemaError } from "../qapi/compiler/source.ts";

const SCHEMA_FILE = "schema/qapi-schema.json";
const OUTPUT_FOLDER = "src/qapi/generated";

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

/** What stands in the way of `OUTPUT_FOLDER` being the schema's; carried out unless `check`. */
function generate(check: boolean): Map<string, Change> {
  const files = compile(SCHEMA_FILE, readSchemaFile);
  const changes = new Map<string, Change>();
  if (!check) mkdirSync(OUTPUT_FOLDER, { recursive: true });
  const present = new Set(readdirSync(OUTPUT_FOLDER));
  for (const [name, text] of files) {
    const path = `${OUTPUT_FOLDER}/${name}`;
    if (present.delete(name) && readFileSync(path, "utf8") === text) continue;
    changes.set(path, "written");
    if (!check) writeFileSync(path, text);
  }
  for (const name of present) {
    const path = `${OUTPUT_FOLDER}/${name}`;
    changes.set(path, "removed");
    if (!check) rmSync(path);
  }
  return changes;
}

function main(args: readonly string[]): number {
  const check = args.includes("--check");
  try {
    const changes = generate(check);
    for (const [path, change] of changes)
      console.log(check ? `${path} would be ${change}` : `${path} ${change}`);
    if (!check || changes.size === 0) return 0;
    console.error(
      `${OUTPUT_FOLDER} is not what ${SCHEMA_FILE} says: run \`npm run generate\` and commit the result.`,
    );
    return 1;
  } catch (error) {
    if (!(error instanceof QapiSchemaError)) throw error;
    console.error(error.message);
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
