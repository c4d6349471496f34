/**
 * Pass 4, unmarshalling: for each type that arguments, results and event data lead to, the function that
 * checks a value of the wire and makes the type of it.
 *
 * The functions are straight-line code with QEMU's order of checks: members in the schema's order, a
 * union's base before its branch, then what is left over.
 */

import {
  type AlternateType,
  type EnumType,
  jsonTypeOf,
  type Member,
  type ObjectType,
  type Schema,
  type SchemaType,
} from "../model.ts";
import { access, bracket, indent, key } from "./module.ts";
import { type DefinedType, definedTypeName, type References } from "./references.ts";

/** The only name of a QAPI member that every object of JavaScript has by inheritance. */
const INHERITED_NAME = "constructor";

const PARAMETERS = ["input: Input", "at: string", "name: string | number"];

/** Types whose functions are called: a base and a branch are read by the type that has them. */
export function unmarshalledTypes({ commands, events }: Schema): Set<DefinedType> {
  const found = new Set<DefinedType>();
  const visit = (type: SchemaType | undefined): void => {
    if (type === undefined || type.meta === "built-in") return;
    if (type.meta === "array") return visit(type.element);
    if (found.has(type)) return;
    found.add(type);
    if (type.meta === "alternate") {
      for (const branch of type.branches) visit(branch.type);
    } else if (type.meta !== "enum") {
      const branches = type.variants?.branches ?? [];
      const members = [...type.members, ...branches.flatMap((branch) => branch.type.members)];
      for (const member of members) visit(member.type);
    }
  };
  for (const command of commands) {
    visit(command.arg);
    visit(command.returns);
  }
  for (const event of events) visit(event.arg);
  return found;
}

export function writeUnmarshal(to: References, type: DefinedType): void {
  const name = definedTypeName(type);
  to.runtime("Input");
  const header = bracket(`export function unmarshal${name}(`, PARAMETERS, `): ${name} {`);
  to.module.add(`${header}\n${indent(body(to, type))}}`);
}

function body(to: References, type: DefinedType): string {
  switch (type.meta) {
    case "enum":
      return enumBody(to, type);
    case "alternate":
      return alternateBody(to, type);
    case "struct":
      return structBody(to, type);
    case "union":
      return unionBody(to, type);
  }
}

function enumBody(to: References, { values }: EnumType): string {
  const cases = values.map(({ name }) => `case ${JSON.stringify(name)}:\n`).join("");
  const found = values.length === 0 ? "" : `${cases}  return input;\n`;
  const otherwise = `default:\n  throw ${to.runtime("wrongValue")}(input, at, name);\n`;
  return `switch (input) {\n${indent(found + otherwise)}}\n`;
}

function alternateBody(to: References, { name, branches }: AlternateType): string {
  const tests = branches.map(
    ({ type }) => `if (${formTest(to, type)}) return ${to.unmarshalCall(type, "input", "at", "name")};\n`,
  );
  const wrong = `throw ${to.runtime("wrongAlternative")}(input, at, name, ${JSON.stringify(name)});\n`;
  return `${tests.join("")}${wrong}`;
}

/** Whether `input` has the form of a branch's values. */
function formTest(to: References, type: SchemaType): string {
  switch (jsonTypeOf(type)) {
    case "array":
      return "Array.isArray(input)";
    case "null":
      return "input === null";
    case "object":
      return `${to.runtime("isJsonObject")}(input)`;
    case "number":
    case "int":
      return `${to.runtime("isJsonNumber")}(input)`;
    case "boolean":
      return 'typeof input === "boolean"';
    default:
      return 'typeof input === "string"';
  }
}

/** What every object begins with. */
function objectStart(to: References): string {
  return (
    `const object = ${to.runtime("asObject")}(input, at, name);\n` +
    `const path = ${to.runtime("pathOf")}(at, name);\n`
  );
}

function structBody(to: References, type: ObjectType): string {
  const start = `const result = {} as ${to.runtime("Mutable")}<${definedTypeName(type)}>;\n`;
  const members = readMembers(to, type.members, "result", 2);
  return `${objectStart(to)}${start}${members}${refuseOthers(to, type.members)}return result;\n`;
}

function unionBody(to: References, type: ObjectType): string {
  const { variants, base } = type;
  if (variants === undefined || base === undefined) return "";
  const tag = variants.tag.name;
  const cases = variants.branches.map((branch) => {
    const value = JSON.stringify(branch.name);
    const shape = `Extract<${definedTypeName(type)}, { ${key(tag)}: ${value} }>`;
    const statements =
      `const result = base as ${to.runtime("Mutable")}<${shape}>;\n` +
      readMembers(to, branch.type.members, "result", 6) +
      `${refuseOthers(to, [...base.members, ...branch.type.members])}return result;\n`;
    return `case ${value}: {\n${indent(statements)}}\n`;
  });
  const start = `const base = {} as ${to.runtime("Mutable")}<${to.type(base)}>;\n`;
  const members = readMembers(to, base.members, "base", 2);
  const branches = `switch (${access("base", tag)}) {\n${indent(cases.join(""))}}\n`;
  return `${objectStart(to)}${start}${members}${branches}`;
}

/** Statements that read `members` of `object` into `target`, in lines that begin at `column`. */
function readMembers(to: References, members: readonly Member[], target: string, column: number): string {
  return members
    .map((member) => {
      const name = JSON.stringify(member.name);
      const value =
        member.name === INHERITED_NAME
          ? `${to.runtime("ownMember")}(object, ${name})`
          : access("object", member.name);
      const [called, ...args] = to.isByteString(member)
        ? [to.runtime("asText"), value, "path", name]
        : to.unmarshalParts(member.type, value, "path", name);
      const open = `${access(target, member.name)} = ${called}(`;
      if (!member.optional) return `${bracket(open, args, ");", { column })}\n`;
      const line = bracket(`if (${value} !== undefined) ${open}`, args, ");", { column });
      if (!line.includes("\n")) return `${line}\n`;
      const assignment = bracket(open, args, ");", { column: column + 2 });
      return `if (${value} !== undefined) {\n${indent(assignment)}\n}\n`;
    })
    .join("");
}

/** A statement that refuses every member of `object` but `members`. */
function refuseOthers(to: References, members: readonly Member[]): string {
  const refuse = `throw ${to.runtime("unexpected")}(path, member);`;
  if (members.length === 0) return `for (const member in object) ${refuse}\n`;
  const cases = members.map(({ name }) => `case ${JSON.stringify(name)}:\n`).join("");
  const choices = `${cases}  break;\ndefault:\n  ${refuse}\n`;
  return `for (const member in object) {\n${indent(`switch (member) {\n${indent(choices)}}\n`)}}\n`;
}
