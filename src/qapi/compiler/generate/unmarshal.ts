/**
 * Pass 4, unmarshalling: for each type that arguments, results and event data lead to, the function that
 * checks a value of the wire and makes the type of it.
 *
 * The functions are straight-line code with QEMU's order of checks: members in the schema's order, a
 * union's base before its branch, then what is left over.  A part whose condition does not hold is refused
 * as one that the schema has not.
 */

import type { Condition } from "../definitions.ts";
import {
  type AlternateType,
  type Branch,
  type EnumType,
  jsonTypeOf,
  type Member,
  type ObjectType,
  type Schema,
  type SchemaType,
  type Variants,
} from "../model.ts";
import { conditionExpression, conditionTerm, type DefinedType } from "./conditions.ts";
import { access, bracket, indent, key } from "./module.ts";
import type { References } from "./references.ts";

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
  for (const { arg, returns } of commands) {
    visit(arg);
    visit(returns);
  }
  for (const event of events) visit(event.arg);
  return found;
}

export function writeUnmarshal(to: References, type: DefinedType): void {
  const name = to.nameOf(type);
  to.runtime("Input");
  const parameters = [...PARAMETERS, ...(to.isConditional(type) ? [to.conditionsParameter()] : [])];
  const header = bracket(`export function unmarshal${name}(`, parameters, `): ${name} {`);
  to.module.add(`${header}\n${indent(body(to, type))}}`);
}

/** `statements`, run only where `condition` holds. */
function where(
  condition: Condition | undefined,
  statements: (column: number) => string,
  column: number,
): string {
  if (condition === undefined) return statements(column);
  return `if (${conditionExpression(condition)}) {\n${indent(statements(column + 2))}}\n`;
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
  const refuse = `throw ${to.runtime("wrongValue")}(input, at, name);\n`;
  const always = values.filter(({ condition }) => condition === undefined);
  const found = always.length === 0 ? "" : `${caseLabels(always)}  return input;\n`;
  const sometimes = values.map(({ name, condition }) => {
    if (condition === undefined) return "";
    const statements = `if (${conditionExpression(condition)}) return input;\n${refuse}`;
    return `case ${JSON.stringify(name)}:\n${indent(statements)}`;
  });
  return `switch (input) {\n${indent(`${found}${sometimes.join("")}default:\n  ${refuse}`)}}\n`;
}

function caseLabels(parts: readonly { readonly name: string }[]): string {
  return parts.map(({ name }) => `case ${JSON.stringify(name)}:\n`).join("");
}

function alternateBody(to: References, { name, branches }: AlternateType): string {
  const tests = branches.map(({ type, condition }) => {
    const asked = condition === undefined ? "" : `${conditionTerm(condition)} && `;
    const call = to.unmarshalCall(type, "input", "at", "name");
    return `if (${asked}${formTest(to, type)}) return ${call};\n`;
  });
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
  const start = `const result = {} as ${to.runtime("Mutable")}<${to.nameOf(type)}>;\n`;
  const members = readMembers(to, type.members, "result", 2);
  return `${objectStart(to)}${start}${members}${refuseOthers(to, type.members)}return result;\n`;
}

function unionBody(to: References, type: ObjectType): string {
  const { variants, base } = type;
  if (variants === undefined || base === undefined) return "";
  const tag = variants.tag.name;
  const cases = variants.branches.map((branch) => {
    const value = JSON.stringify(branch.name);
    const shape = `Extract<${to.nameOf(type)}, { ${key(tag)}: ${value} }>`;
    const statements =
      refuseBranch(to, variants, branch) +
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

/** A statement for a branch that may be missing while its tag's value is there: that is not accepted then. */
function refuseBranch(to: References, { tag }: Variants, { name, condition }: Branch): string {
  const value = tag.type.meta === "enum" ? tag.type.values.find((each) => each.name === name) : undefined;
  if (condition === undefined || JSON.stringify(condition) === JSON.stringify(value?.condition)) return "";
  const wrong = `${to.runtime("wrongValue")}(${access("base", tag.name)}, path, ${JSON.stringify(tag.name)})`;
  return `if (${conditionExpression({ not: condition })}) throw ${wrong};\n`;
}

/** Statements that read `members` of `object` into `target`, in lines that begin at `column`. */
function readMembers(to: References, members: readonly Member[], target: string, column: number): string {
  return members
    .map((member) => where(member.condition, (inner) => readMember(to, member, target, inner), column))
    .join("");
}

function readMember(to: References, member: Member, target: string, column: number): string {
  const name = JSON.stringify(member.name);
  // A name that every object of JavaScript has by inheritance: `constructor`, and `toString` and the like.
  const value =
    member.name in Object.prototype
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
}

/** A statement that refuses every member of `object` but `members`. */
function refuseOthers(to: References, members: readonly Member[]): string {
  const refuse = `throw ${to.runtime("unexpected")}(path, member);`;
  const walk = `for (const member in ${to.runtime("firstMembers")}(object))`;
  if (members.length === 0) return `${walk} ${refuse}\n`;
  const always = members.filter(({ condition }) => condition === undefined);
  const known = always.length === 0 ? "" : `${caseLabels(always)}  break;\n`;
  const sometimes = members.map(({ name, condition }) => {
    if (condition === undefined) return "";
    const statements = `if (${conditionExpression(condition)}) break;\n${refuse}\n`;
    return `case ${JSON.stringify(name)}:\n${indent(statements)}`;
  });
  const choices = `${known}${sometimes.join("")}default:\n  ${refuse}\n`;
  return `${walk} {\n${indent(`switch (member) {\n${indent(choices)}}\n`)}}\n`;
}
