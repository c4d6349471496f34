/**
 * Pass 4, generators: a checked schema to TypeScript.
 *
 * One file for each module of the schema that defines anything, and `commands.ts`, `events.ts`,
 * `introspection.ts` for what spans modules.  A condition (`if`) is asked when commands are bound to
 * handlers: `conditions.ts` names those that the schema uses.
 */

import type { Condition } from "../definitions.ts";
import type { Schema } from "../model.ts";
import { QapiSchemaError, type SourceLocation } from "../source.ts";
import {
  COMMANDS_MODULE,
  CONDITIONS_MODULE,
  conditionNames,
  writeCommandList,
  writeCommands,
} from "./commands.ts";
import { writeEvents } from "./events.ts";
import { writeIntrospection } from "./introspection.ts";
import { GeneratedModule, IN_THIS_PROJECT, moduleOf, type Placement } from "./module.ts";
import { References } from "./references.ts";
import { writeArgType, writeType } from "./types.ts";
import { unmarshalledTypes, writeUnmarshal } from "./unmarshal.ts";

const EVENTS_MODULE = "events";
const INTROSPECTION_MODULE = "introspection";
const OWN_MODULES = [COMMANDS_MODULE, EVENTS_MODULE, INTROSPECTION_MODULE, CONDITIONS_MODULE];

/** Names of generated files, and their text. */
export type GeneratedFiles = ReadonlyMap<string, string>;

export function generate(schema: Schema, placement: Placement = IN_THIS_PROJECT): GeneratedFiles {
  refuseTakenNames(schema);
  refuseConditionalParts(schema);
  const [main = ""] = schema.files;
  const used = unmarshalledTypes(schema);
  const modules: GeneratedModule[] = [];
  const start = (name: string, source: string): References => {
    const module = new GeneratedModule(name, source, placement);
    modules.push(module);
    return new References(module, schema);
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
  writeIntrospection(start(INTROSPECTION_MODULE, main).module, schema);
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

function writeConditions(module: GeneratedModule, schema: Schema): void {
  const used = [...schema.commands, ...schema.events, ...schema.types].flatMap(({ condition }) =>
    condition === undefined ? [] : conditionNames(condition),
  );
  if (used.length === 0) return;
  const members = [...new Set(used)].sort().map((name) => `  readonly ${name}: boolean;\n`);
  module.add(
    "/** The conditions that the schema's `if` clauses ask for: whether each holds in this process. */\n" +
      `export interface Conditions {\n${members.join("")}}`,
  );
}

/** A marshaller is the same in every process, so a part of a type cannot depend on a condition. */
function refuseConditionalParts({ commands, events, types }: Schema): void {
  const refuse = (condition: Condition | undefined, location: SourceLocation, part: string): void => {
    if (condition === undefined) return;
    throw new QapiSchemaError(
      location,
      `'if' of ${part} cannot be generated: only definitions have conditions`,
    );
  };
  for (const definition of [...commands, ...events, ...types]) {
    const { location, features } = definition;
    for (const feature of features) refuse(feature.condition, location, `feature '${feature.name}'`);
    const object = definition.meta === "command" || definition.meta === "event" ? definition.arg : definition;
    if (object === undefined) continue;
    if (object.meta === "enum") {
      for (const value of object.values) refuse(value.condition, location, `value '${value.name}'`);
    } else if (object.meta === "alternate") {
      for (const branch of object.branches) refuse(branch.condition, location, `branch '${branch.name}'`);
    } else {
      for (const member of object.members) refuse(member.condition, location, `member '${member.name}'`);
      for (const branch of object.variants?.branches ?? []) {
        refuse(branch.condition, location, `branch '${branch.name}'`);
      }
    }
  }
}
