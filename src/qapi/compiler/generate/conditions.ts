/**
 * Pass 4, conditions: what `if` becomes.
 *
 * Whether a condition holds is known when commands are bound to their handlers, and not before: the
 * generated code is the same everywhere, and asks an object with a member for each condition.  A
 * definition that is not there is not bound, or not listed.  A part of a type (a member, a value, a
 * branch) that is not there is refused like one that the schema never had; so the functions of such
 * types, and of the types that lead to them, take the conditions as a last argument.  All others do not.
 */

import type { Condition } from "../definitions.ts";
import type { AlternateType, EnumType, ObjectType, Schema, SchemaType } from "../model.ts";
import type { GeneratedModule } from "./module.ts";

export const CONDITIONS_MODULE = "conditions";

/** A type that the schema defines: any but the built-in ones and arrays. */
export type DefinedType = EnumType | ObjectType | AlternateType;

interface Part {
  readonly condition: Condition | undefined;
  readonly type?: SchemaType;
}

/** `condition` as an expression over the generated `Conditions`. */
export function conditionExpression(condition: Condition): string {
  return expression(condition, (name) => `conditions.${name}`);
}

/** As {@link conditionExpression}, to stand beside `&&`. */
export function conditionTerm(condition: Condition): string {
  return isJoined(condition) ? `(${conditionExpression(condition)})` : conditionExpression(condition);
}

/** `condition` in a comment. */
export function conditionNote(condition: Condition): string {
  return `only where \`${expression(condition, (name) => name)}\``;
}

function expression(condition: Condition, print: (name: string) => string): string {
  const term = (each: Condition): string =>
    isJoined(each) ? `(${expression(each, print)})` : expression(each, print);
  if (typeof condition === "string") return print(condition);
  if ("not" in condition) return `!${term(condition.not)}`;
  return "all" in condition ? condition.all.map(term).join(" && ") : condition.any.map(term).join(" || ");
}

/** Whether `condition` holds where exactly those named in `conditions` do. */
export function holdsWith(condition: Condition, conditions: ReadonlySet<string>): boolean {
  if (typeof condition === "string") return conditions.has(condition);
  if ("not" in condition) return !holdsWith(condition.not, conditions);
  const holds = (each: Condition): boolean => holdsWith(each, conditions);
  return "all" in condition ? condition.all.every(holds) : condition.any.some(holds);
}

/** Whether `condition` has operators between terms. */
function isJoined(condition: Condition): boolean {
  if (typeof condition === "string" || "not" in condition) return false;
  return ("all" in condition ? condition.all : condition.any).length > 1;
}

/** Names of the conditions in `condition`. */
function conditionNames(condition: Condition): string[] {
  if (typeof condition === "string") return [condition];
  if ("not" in condition) return conditionNames(condition.not);
  return ("all" in condition ? condition.all : condition.any).flatMap(conditionNames);
}

/** The module that names the conditions; empty where the schema has none. */
export function writeConditions(module: GeneratedModule, schema: Schema): void {
  const names = conditionsOf(schema);
  if (names.length === 0) return;
  const members = names.map((name) => `  readonly ${name}: boolean;\n`);
  module.add(
    "/** The conditions that the schema's `if` clauses ask for: whether each holds in this process. */\n" +
      `export interface Conditions {\n${members.join("")}}`,
  );
}

/** Names of all conditions that a schema asks for, sorted. */
export function conditionsOf(schema: Schema): string[] {
  const found = new Set<string>();
  const note = ({ condition }: { readonly condition: Condition | undefined }): void => {
    for (const name of condition === undefined ? [] : conditionNames(condition)) found.add(name);
  };
  const notePart = (part: Part & { readonly features?: readonly Part[] }): void => {
    note(part);
    for (const feature of part.features ?? []) note(feature);
  };
  for (const definition of [...schema.commands, ...schema.events, ...schema.types]) notePart(definition);
  for (const type of definedTypes(schema)) for (const part of partsOf(type)) notePart(part);
  return [...found].sort();
}

/** Types whose values are not the same in every process: one of their parts, or of those within, has a condition. */
export function conditionalTypes(schema: Schema): ReadonlySet<DefinedType> {
  const users = new Map<DefinedType, DefinedType[]>();
  const found = new Set<DefinedType>();
  for (const user of definedTypes(schema)) {
    for (const { condition, type } of partsOf(user)) {
      if (condition !== undefined) found.add(user);
      const used = type === undefined ? undefined : definedTypeIn(type);
      if (used !== undefined) users.set(used, [...(users.get(used) ?? []), user]);
    }
  }
  // The set grows while it is gone through: who uses one of these is one of these.
  for (const type of found) for (const user of users.get(type) ?? []) found.add(user);
  return found;
}

/** The type itself, or what an array of it, or of arrays of it, consists of. */
export function definedTypeIn(type: SchemaType): DefinedType | undefined {
  if (type.meta === "array") return definedTypeIn(type.element);
  return type.meta === "built-in" ? undefined : type;
}

/** Those with a definition of their own, and those of arguments that are written out where they are used. */
function definedTypes({ types, commands, events }: Schema): DefinedType[] {
  const args = [...commands, ...events].flatMap(({ arg }) => (arg?.implicit === "arg" ? [arg] : []));
  return [...types, ...args];
}

function partsOf(type: DefinedType): readonly Part[] {
  switch (type.meta) {
    case "enum":
      return type.values;
    case "alternate":
      return type.branches;
    case "struct":
    case "union": {
      const branches = type.variants?.branches ?? [];
      return [...type.members, ...branches, ...branches.flatMap((branch) => branch.type.members)];
    }
  }
}
