/**
 * `npm run generate`: makes `src/qapi/generated/` of `schema/`, and the generated code of the examples of theirs.
 * Only files that change are written.  With `--check` nothing is: the exit status tells whether the generated files
 * are those of the schemas.
 */

import { compile, IN_A_PLUGIN } from "../qapi/compiler/compile.ts";
import { QapiSchemaError } from "../qapi/compiler/source.ts";
import { readSchemaFile, updateFolder } from "./schema-files.ts";

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

function main(args: readonly string[]): number {
  const check = args.includes("--check");
  try {
    let status = 0;
    for (const { schema, folder, placement } of TARGETS) {
      const changes = updateFolder(folder, compile(schema, readSchemaFile, placement), { check });
      for (const [path, change] of changes)
        console.log(check ? `${path} would be ${change}` : `${path} ${change}`);
      if (!check || changes.size === 0) continue;
      console.error(`${folder} is not what ${schema} says: run \`npm run generate\` and commit the result.`);
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
