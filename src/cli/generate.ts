/**
 * `npm run generate`: makes `src/qapi/generated/` of `schema/`.  Only files that change are written.
 * With `--check` nothing is: the exit status tells whether the generated files are those of the schema.
 */

import { compile } from "../qapi/compiler/compile.ts";
import { QapiSchemaError } from "../qapi/compiler/source.ts";
import { readSchemaFile, updateFolder } from "./schema-files.ts";

const SCHEMA_FILE = "schema/qapi-schema.json";
const OUTPUT_FOLDER = "src/qapi/generated";

function main(args: readonly string[]): number {
  const check = args.includes("--check");
  try {
    const changes = updateFolder(OUTPUT_FOLDER, compile(SCHEMA_FILE, readSchemaFile), { check });
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
