/**
 * The schema's compiler: a row of passes, each with a file that tells what comes in and what is guaranteed.
 *
 *     files --parser--> expressions --expressions--> definitions --schema--> Schema --generate--> TypeScript
 *
 * `generate/` also makes a manual of a Schema, and the answer to `query-qmp-schema`; `compare/` holds two such
 * answers against each other.
 *
 * It reads files through a function and writes none.  Every mistake in the schema is a `QapiSchemaError`.
 */

import { checkExpressions } from "./expressions.ts";
import { type GeneratedFiles, generate, type Placement } from "./generate/index.ts";
import type { Schema } from "./model.ts";
import { parseSchema, type ReadFile } from "./parser.ts";
import { checkSchema } from "./schema.ts";

export { IN_A_PLUGIN } from "./generate/module.ts";

/** Reads and checks a schema.  `file` is the main one, as `readFile` and messages name it. */
export function loadSchema(file: string, readFile: ReadFile): Schema {
  const parsed = parseSchema(file, readFile);
  return checkSchema(checkExpressions(parsed), parsed);
}

/** Makes TypeScript of a schema: names of files, and their text.  It is for this project unless said otherwise. */
export function compile(file: string, readFile: ReadFile, placement?: Placement): GeneratedFiles {
  return generate(loadSchema(file, readFile), placement);
}
