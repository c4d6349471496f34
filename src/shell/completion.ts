/**
 * What can stand where somebody pressed Tab: a command, the name of an argument, a value of it.
 */

import {
  type CommandInfo,
  type Introspection,
  membersFor,
  type ObjectType,
  type SchemaType,
} from "./introspection.ts";
import { isJsonLine } from "./requests.ts";
import { cutWords, type Word } from "./words.ts";

/** What may follow, and the end of the line that it takes the place of: what readline asks for. */
export type Completion = readonly [candidates: string[], replaced: string];

const OWN_COMMANDS = ["help"];

/** `line`: what is typed up to the cursor. */
export function complete(line: string, schema: Introspection | undefined): Completion {
  if (schema === undefined || isJsonLine(line)) return [[], line];
  const { words, open } = cutWords(line);
  if (open !== undefined) return [[], line];
  const current = /\s$|^$/.test(line) ? undefined : words.at(-1);
  const before = current === undefined ? words : words.slice(0, -1);
  const typed = current === undefined ? "" : line.slice(current.start);
  const [command, ...given] = before;
  if (command === undefined) return matching([...OWN_COMMANDS, ...schema.commandNames], typed, " ");
  if (command.text === "help")
    return given.length > 0 ? [[], typed] : matching(schema.commandNames, typed, "");
  const info = schema.command(command.text);
  return info === undefined ? [[], typed] : completeArgument(typed, given, info);
}

function matching(names: readonly string[], typed: string, end: string): Completion {
  return [names.filter((name) => name.startsWith(typed)).map((name) => name + end), typed];
}

function completeArgument(typed: string, given: readonly Word[], info: CommandInfo): Completion {
  const equals = typed.indexOf("=");
  const key = equals < 0 ? typed : typed.slice(0, equals);
  const path = key.split(".");
  if (equals >= 0) {
    const type = typeAt(info.args, path, given);
    return type === undefined ? [[], typed] : completeValue(typed, equals + 1, type);
  }
  const prefix = key.slice(0, key.lastIndexOf(".") + 1);
  const place = typeAt(info.args, path.slice(0, -1), given);
  const object = place && objectOf(place);
  const members = object === undefined ? [] : membersFor(object, tagGiven(object, prefix, given));
  const used = new Set(given.map((word) => word.text.slice(0, word.text.indexOf("="))));
  const free = members.filter((member) => !used.has(prefix + member.name));
  return matching(
    free.flatMap((member) => joints(member.type).map((joint) => prefix + member.name + joint)),
    typed,
    "",
  );
}

/** `start`: where the value begins in what is typed. */
function completeValue(typed: string, start: number, type: SchemaType): Completion {
  const isList = type.kind === "array";
  const values = valuesOf(isList ? type.element : type);
  const before = typed.slice(0, isList ? Math.max(start, typed.lastIndexOf(",") + 1) : start);
  return matching(
    values.map((value) => before + value),
    typed,
    isList ? "" : " ", // Another element may follow.
  );
}

/** The type of what a key leads to, by what is given of the tags on the way. */
function typeAt(type: SchemaType, path: readonly string[], given: readonly Word[]): SchemaType | undefined {
  let place = type;
  let prefix = "";
  for (const part of path) {
    const next = partOf(place, part, prefix, given);
    if (next === undefined) return undefined;
    place = next;
    prefix += `${part}.`;
  }
  return place;
}

/** The type of a member, or of an element by its number. */
function partOf(
  type: SchemaType,
  part: string,
  prefix: string,
  given: readonly Word[],
): SchemaType | undefined {
  if (type.kind === "array") return /^\d+$/.test(part) ? type.element : undefined;
  const object = objectOf(type);
  const members = object === undefined ? [] : membersFor(object, tagGiven(object, prefix, given));
  return members.find(({ name }) => name === part)?.type;
}

function tagGiven({ tag }: ObjectType, prefix: string, given: readonly Word[]): string | undefined {
  if (tag === undefined) return undefined;
  const start = `${prefix}${tag}=`;
  return given.find(({ text }) => text.startsWith(start))?.text.slice(start.length);
}

function objectOf(type: SchemaType): ObjectType | undefined {
  if (type.kind === "object") return type;
  if (type.kind === "alternate") return type.choices.find((choice) => choice.kind === "object");
  return undefined;
}

/** What may follow the name of an argument. */
function joints(type: SchemaType): readonly string[] {
  if (type.kind === "object") return ["."];
  return objectOf(type) === undefined ? ["="] : ["=", "."];
}

function valuesOf(type: SchemaType): readonly string[] {
  switch (type.kind) {
    case "enum":
      return type.values;
    case "scalar":
      return type.name === "bool" ? ["true", "false"] : [];
    case "alternate":
      return type.choices.flatMap(valuesOf);
    default:
      return [];
  }
}
