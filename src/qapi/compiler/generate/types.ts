/**
 * Pass 4, types: each type of the schema as a TypeScript type.
 *
 *   schema                    TypeScript
 *   enum                      a union of strings
 *   struct                    an object type; an optional member is an optional property
 *   union                     a union of object types, told apart by the tag
 *   alternate                 a union of its branches' types
 *   int, int64, uint64, size  number | bigint; a smaller integer is a number
 *
 * Members keep the names of the wire, and types are aliases and not interfaces, so that a result is a JSON
 * value as it is.
 */

import type { Doc } from "../doc.ts";
import type { AlternateType, Command, EnumType, Event, ObjectType } from "../model.ts";
import { bracket, codeNames, docComment, indent, key, memberComment } from "./module.ts";
import { type DefinedType, definedTypeName, type References } from "./references.ts";

export function writeType(to: References, type: DefinedType): void {
  switch (type.meta) {
    case "enum":
      return writeEnum(to, type);
    case "alternate":
      return writeAlternate(to, type);
    case "struct":
      return writeObject(to, type, type.doc);
    case "union":
      return writeUnion(to, type);
  }
}

/** The arguments of a command or the data of an event, where they are written out there. */
export function writeArgType(to: References, { meta, name, arg, doc }: Command | Event): void {
  if (arg?.implicit !== "arg") return;
  const what = meta === "command" ? "Arguments of the command" : "Data of the event";
  writeObject(to, arg, doc, `${what} \`${name}\`.`);
}

function writeEnum(to: References, type: EnumType): void {
  const values = type.values.map(({ name }) => JSON.stringify(name));
  const described = type.values.flatMap(({ name }) => {
    const text = type.doc?.members.get(name)?.text.trim();
    return text === undefined ? [] : [`- \`${name}\`: ${codeNames(text).replace(/\s*\n\s*/g, "\n  ")}`];
  });
  const doc = docComment(type.doc, type.location, described.join("\n"));
  to.module.add(`${doc}${alias(definedTypeName(type), values)}`);
}

function writeAlternate(to: References, type: AlternateType): void {
  const branches = type.branches.map((branch) => to.type(branch.type));
  to.module.add(`${docComment(type.doc, type.location)}${alias(definedTypeName(type), branches)}`);
}

/** `export type name = one | another;` */
function alias(name: string, alternatives: readonly string[]): string {
  if (alternatives.length === 0) return `export type ${name} = never;`;
  const line = bracket(`export type ${name} = `, [alternatives.join(" | ")], ";");
  return line.includes("\n") ? `export type ${name} =\n  | ${alternatives.join("\n  | ")};` : line;
}

/** `memberDoc` describes the members: a command's documentation those of its arguments. */
function writeObject(to: References, type: ObjectType, memberDoc: Doc | undefined, about = ""): void {
  const own = type.localMembers.map((member) => {
    const optional = member.optional ? "?" : "";
    const property = `readonly ${key(member.name)}${optional}: ${to.memberType(member)};\n`;
    return indent(`${memberComment(memberDoc, member.name)}${property}`);
  });
  const parts = type.base === undefined ? [] : [to.type(type.base)];
  if (own.length > 0) parts.push(`{\n${own.join("")}}`);
  if (parts.length === 0) parts.push(to.runtime("NoMembers"));
  const doc = docComment(type.doc, type.location, about);
  to.module.add(`${doc}export type ${definedTypeName(type)} = ${parts.join(" & ")};`);
}

function writeUnion(to: References, type: ObjectType): void {
  const { variants, base } = type;
  if (variants === undefined || base === undefined) return;
  if (base.implicit === "base") writeObject(to, base, type.doc, `Members of every \`${type.name}\`.`);
  const branches = variants.branches.map((branch) => {
    const tag = `{ readonly ${key(variants.tag.name)}: ${JSON.stringify(branch.name)} }`;
    const parts = [to.type(base), tag];
    if (branch.type.members.length > 0) parts.push(to.type(branch.type));
    return `  | (${parts.join(" & ")})`;
  });
  const doc = docComment(type.doc, type.location);
  to.module.add(`${doc}export type ${definedTypeName(type)} =\n${branches.join("\n")};`);
}
