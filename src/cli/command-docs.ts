/**
 * What this package's schema says about commands, for `help` in the shell: read from the schema's files when
 * somebody asks.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Doc } from "../qapi/compiler/doc.ts";
import { parseSchema, type SchemaObject, type SchemaValue } from "../qapi/compiler/parser.ts";
import type { CommandDoc } from "../shell/help.ts";

/** From the built tree, where the program runs. */
const SCHEMA_FILE = new URL("../../../schema/qapi-schema.json", import.meta.url);

interface Documented {
  readonly value: SchemaObject;
  readonly doc: Doc | undefined;
}

/** Looks commands up by name; undefined for one that this program does not have. */
export function commandDocs(schemaFile: URL = SCHEMA_FILE): (command: string) => CommandDoc | undefined {
  let known: ReadonlyMap<string, Documented> | undefined;
  return (command) => {
    known ??= readDefinitions(fileURLToPath(schemaFile));
    const definition = known.get(command);
    if (definition?.doc === undefined || !definition.value.has("command")) return undefined;
    const { doc, value } = definition;
    const data = value.get("data");
    const members = new Map(typeof data === "string" ? membersOf(data, known) : textsOf(doc));
    return { summary: paragraphs(doc.body.text), members, returns: sectionOf(doc, "Returns") };
  };
}

function readDefinitions(schemaFile: string): Map<string, Documented> {
  const { expressions } = parseSchema(schemaFile, (path) => readFileSync(path, "utf8"));
  const metas = ["command", "struct", "union", "enum", "alternate", "event"];
  return new Map(
    expressions.map(({ value, doc }) => {
      const name = metas.map((meta) => value.get(meta)).find((candidate) => typeof candidate === "string");
      return [String(name), { value, doc }];
    }),
  );
}

/** The members of a type that a command takes as its arguments, and of its base. */
function membersOf(type: SchemaValue, known: ReadonlyMap<string, Documented>): [string, string][] {
  const definition = typeof type === "string" ? known.get(type) : undefined;
  if (definition === undefined) return [];
  const base = definition.value.get("base");
  const inherited = base === undefined ? [] : membersOf(base, known);
  return [...inherited, ...(definition.doc === undefined ? [] : textsOf(definition.doc))];
}

function textsOf(doc: Doc): [string, string][] {
  return [...doc.members].map(([name, { text }]) => [name, paragraphs(text)]);
}

function sectionOf(doc: Doc, name: string): string | undefined {
  const text = doc.section(name);
  return text === undefined ? undefined : paragraphs(text);
}

/** As it is, without the marks of the schema language: `@name` is a name. */
function paragraphs(text: string): string {
  return text.trim().replace(/@([\w-]+)/g, "$1");
}
