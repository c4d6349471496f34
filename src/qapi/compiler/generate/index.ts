/**
 * Pass 4, generators: a checked schema to TypeScript.
 *
 * One file for each module of the schema that defines anything, and `commands.ts`, `events.ts`,
 * `introspection.ts`, `conditions.ts` for what spans modules.
 */

import type { Schema } from "../model.ts";
import { QapiSchemaError, type SourceLocation } from "../source.ts";
import { COMMANDS_MODULE, writeCommandList, writeCommands } from "./commands.ts";
import { CONDITIONS_MODULE, writeConditions } from "./conditions.ts";
import { writeEvents } from "./events.ts";
import { writeIntrospection } from "./introspection.ts";
import { GeneratedModule, IN_THIS_PROJECT, moduleOf, type Placement } from "./module.ts";
import { planOf, References } from "./references.ts";
import { writeArgType, writeType } from "./types.ts";
import { unmarshalledTypes, writeUnmarshal } from "./unmarshal.ts";

const EVENTS_MODULE = "events";
const INTROSPECTION_MODULE = "introspection";
const OWN_MODULES = [COMMANDS_MODULE, EVENTS_MODULE, INTROSPECTION_MODULE, CONDITIONS_MODULE];

export type { Placement } from "./module.ts";

/** Names of generated files, and their text. */
export type GeneratedFiles = ReadonlyMap<string, string>;

/** `placement`: where the files are going to stand. */
export function generate(schema: Schema, placement: Placement = IN_THIS_PROJECT): GeneratedFiles {
  refuseTakenNames(schema);
  const plan = planOf(schema);
  const [main = ""] = schema.files;
  const used = unmarshalledTypes(schema);
  const modules: GeneratedModule[] = [];
  const start = (name: string, source: string): References => {
    const module = new GeneratedModule(name, source, placement);
    modules.push(module);
    return new References(module, plan);
  };
  for (const file of schema.files) {
    const to = start(moduleOf(file), file);
    const here = ({ location }: { location: SourceLocation }): boolean => location.file === file;
    for (const type of schema.types.filter(here)) {
      writeType(to, type);
      if (used.has(type)) writeUnmarshal(to, type);
    }
    for (const owner of [...schema.events, ...schema.commands].filter(here)) {
      writeArgType(to, owner);
      if (owner.arg?.implicit === "arg") writeUnmarshal(to, owner.arg);
    }
    writeCommands(to, schema.commands.filter(here), file);
  }
  const names = modules.map(({ name }) => name);
  writeCommandList(start(COMMANDS_MODULE, main), schema, names);
  if (schema.events.length > 0) writeEvents(start(EVENTS_MODULE, main), schema);
  writeIntrospection(start(INTROSPECTION_MODULE, main), schema);
  writeConditions(start(CONDITIONS_MODULE, main).module, schema);
  return new Map(
    modules.filter((module) => !module.isEmpty).map((module) => [`${module.name}.ts`, module.text()]),
  );
}

/** Two files of one name would be one module, and some names are the generator's own. */
function refuseTakenNames({ files }: Schema): void {
  const taken = new Set(OWN_MODULES);
  for (const file of files) {
    const name = moduleOf(file);
    if (taken.has(name)) {
      throw new QapiSchemaError({ file, line: 1, includedFrom: undefined }, `module name '${name}' is taken`);
    }
    taken.add(name);
  }
}
