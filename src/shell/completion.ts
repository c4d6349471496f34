/**
 * What can stand where somebody pressed Tab: a command, the name of an argument, a value of it.
 */

import {
  type CommandInfo,
  type Introspection,
  type Member,
  membersFor,
  type ObjectType,
  type SchemaType,
} from "./introspection.ts";
import { cutWords, type Word } from "./words.ts";

/** What may follow, and the end of the line that it takes the place of: what readline asks for. */
export type Completion = readonly [candidates: string[], replaced: string];

const OWN_COMMANDS = ["help"];

/** `line`: what is typed up to the cursor. */
export function complete(line: string, schema: Introspection | undefined): Completion {
  if (schema === undefined || /^\s*[{[]/.test(line)) return [[], line];
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
  const path = (equals < 0 ? typed : typed.slice(0, equals)).split(".");
  const name = path.pop() ?? "";
  const prefix = path.map((part) => `${part}.`).join("");
  const members = membersAt(info.args, path, given);
  if (equals >= 0) {
    const type = members.find((member) => member.name === name)?.type;
    const values = type === undefined ? [] : valuesOf(type);
    return matching(
      values.map((value) => `${prefix}${name}=${value}`),
      typed,
      " ",
    );
  }
  const used = new Set(given.map((word) => word.text.slice(0, word.text.indexOf("="))));
  const free = members.filter((member) => !used.has(prefix + member.name));
  return matching(
    free.flatMap((member) => joints(member.type).map((joint) => prefix + member.name + joint)),
    typed,
    "",
  );
}

/** The members of the object that a key leads to, by what is given of its tags. */
function membersAt(type: ObjectType, path: readonly string[], given: readonly Word[]): readonly Member[] {
  let place: ObjectType = type;
  let prefix = "";
  for (;;) {
    const members = membersFor(place, tagGiven(place, prefix, given));
    const next = path[prefix === "" ? 0 : prefix.split(".").length - 1];
    if (next === undefined) return members;
    const member = members.find(({ name }) => name === next);
    const inner = member && objectOf(member.type);
    if (inner === undefined) return [];
    place = inner;
    prefix += `${next}.`;
  }
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
