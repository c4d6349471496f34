/**
 * Pass 4, types: each type of the schema as a TypeScript type.
 *
 *   schema                    TypeScript
 *   enum                      a union of strings
 *   struct                    an object type; an optional member is an optional property
 *   union                     a union of object types, told apart by the tag
 *   alternate                 a union of its branches' types
 *   int, int64                Int64, which is number | bigint; a smaller integer is a number
 *   uint64, size              Uint64, the same
 *
 * A part with a condition stands there whether it holds or not; a member with one may be missing.  Members
 * keep the names of the wire, and types are aliases and not interfaces, so that a result is a JSON value as
 * it is.
 */

import type { Doc } from "../doc.ts";
import type { AlternateType, Command, EnumType, Event, ObjectType } from "../model.ts";
import { conditionNote, type DefinedType } from "./conditions.ts";
import { docComment, memberComment, sideComment, valueLine } from "./documentation.ts";
import { bracket, indent, key } from "./module.ts";
import type { References } from "./references.ts";

export function writeType(to: References, type: DefinedType): void {
  switch (type.meta) {
    case "enum":
      return writeEnum(to, type);
    case "alternate":
      return writeAlternate(to, type);
    case "struct":
      return writeObject(to, type, type.doc, docComment(type));
    case "union":
      return writeUnion(to, type);
  }
}

/** The arguments of a command or the data of an event, where they are written out there. */
export function writeArgType(to: References, { meta, name, arg, doc }: Command | Event): void {
  if (arg?.implicit !== "arg") return;
  const what = meta === "command" ? "Arguments of the command" : "Data of the event";
  writeObject(to, arg, doc, sideComment(arg, `${what} \`${name}\`.`));
}

function writeEnum(to: References, type: EnumType): void {
  const values = type.values.map(({ name }) => JSON.stringify(name));
  const described = type.values.map((value) => valueLine(type.doc, value)).filter((line) => line !== "");
  to.module.add(`${docComment(type, described.join("\n"))}${alias(to.nameOf(type), values)}`);
}

function writeAlternate(to: References, type: AlternateType): void {
  const branches = [...new Set(type.branches.map((branch) => to.type(branch.type)))];
  to.module.add(`${docComment(type)}${alias(to.nameOf(type), branches)}`);
}

/** `export type name = one | another;` */
function alias(name: string, alternatives: readonly string[]): string {
  if (alternatives.length === 0) return `export type ${name} = never;`;
  const line = bracket(`export type ${name} = `, [alternatives.join(" | ")], ";");
  return line.includes("\n") ? `export type ${name} =\n  | ${alternatives.join("\n  | ")};` : line;
}

/** `memberDoc` describes the members: a command's documentation those of its arguments. */
function writeObject(to: References, type: ObjectType, memberDoc: Doc | undefined, doc: string): void {
  const own = type.localMembers.map((member) => {
    const optional = member.optional || member.condition !== undefined ? "?" : "";
    const property = `readonly ${key(member.name)}${optional}: ${to.memberType(member)};\n`;
    return indent(`${memberComment(memberDoc, member)}${property}`);
  });
  const parts = type.base === undefined ? [] : [to.type(type.base)];
  if (own.length > 0) parts.push(`{\n${own.join("")}}`);
  if (parts.length === 0) parts.push(to.runtime("NoMembers"));
  to.module.add(`${doc}export type ${to.nameOf(type)} = ${parts.join(" & ")};`);
}

function writeUnion(to: References, type: ObjectType): void {
  const { variants, base } = type;
  if (variants === undefined || base === undefined) return;
  if (base.implicit === "base") {
    writeObject(to, base, type.doc, sideComment(base, `Members of every \`${type.name}\`.`));
  }
  const conditions: string[] = [];
  const branches = variants.branches.map(({ name, type: branch, condition }) => {
    if (condition !== undefined) conditions.push(`- \`${name}\`: ${conditionNote(condition)}`);
    const tag = `{ readonly ${key(variants.tag.name)}: ${JSON.stringify(name)} }`;
    const parts = [to.type(base), tag];
    if (branch.members.length > 0) parts.push(to.type(branch));
    return `  | (${parts.join(" & ")})`;
  });
  const doc = docComment(type, conditions.join("\n"));
  to.module.add(`${doc}export type ${to.nameOf(type)} =\n${branches.join("\n")};`);
}
