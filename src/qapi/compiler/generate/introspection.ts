/**
 * Pass 4, introspection: what `query-qmp-schema` answers, as an array.
 *
 * Commands and events come first, in the schema's order, then the types that they lead to, in the order in
 * which they were met.  Types of the schema have numbers for names: their names are no part of the interface.
 * Built-in types keep theirs, all integers are `int`, an array of T is `[T]`.  What has a condition is listed
 * where that holds.
 */

import type { Condition, FeatureDefinition } from "../definitions.ts";
import {
  BUILTIN_TYPES,
  type Command,
  type Event,
  type ObjectType,
  type Schema,
  type SchemaType,
} from "../model.ts";
import { conditionExpression, holdsWith } from "./conditions.ts";
import { bracket, indent, key } from "./module.ts";
import type { References } from "./references.ts";

type Value = string | boolean | null | readonly Item[] | Entry;
type Entry = { readonly [name: string]: Value | undefined };

/** An item of a list, and when it is there. */
class Item {
  readonly value: Value;
  readonly condition: Condition | undefined;

  constructor(value: Value, condition: Condition | undefined) {
    this.value = value;
    this.condition = condition;
  }
}

const INDENT_COLUMNS = 2;

/** The type of an entry, where the schema defines it. */
const ENTRY_TYPE = "SchemaInfo";

export function writeIntrospection(to: References, schema: Schema): void {
  const defined = schema.types.find(({ name }) => name === ENTRY_TYPE);
  const type = defined === undefined ? to.runtime("JsonObject") : to.type(defined);
  const entries = new Introspection().entries(schema);
  const body = `const entries: ${type}[] = [];\n${runs(entries).map(printRun).join("")}return entries;`;
  const parameter = /\bconditions\./.test(body) ? to.conditionsParameter() : "";
  to.module.add(
    "/** All that a client can send and get, and the types that these lead to. */\n" +
      `export function schemaInfo(${parameter}): ${type}[] {\n${indent(body)}\n}`,
  );
}

export type IntrospectionValue =
  | string
  | boolean
  | null
  | readonly IntrospectionValue[]
  | { readonly [name: string]: IntrospectionValue };

/** What `query-qmp-schema` answers where exactly these conditions hold. */
export function introspect(schema: Schema, conditions: ReadonlySet<string>): IntrospectionValue[] {
  return plainValues(new Introspection().entries(schema), conditions);
}

function plainValues(items: readonly Item[], conditions: ReadonlySet<string>): IntrospectionValue[] {
  return items
    .filter(({ condition }) => condition === undefined || holdsWith(condition, conditions))
    .map(({ value }) => plainValue(value, conditions));
}

function plainValue(value: Value, conditions: ReadonlySet<string>): IntrospectionValue {
  if (Array.isArray(value)) return plainValues(value as readonly Item[], conditions);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, plainValue(member ?? null, conditions)]),
  );
}

/** Neighbours that are there under the same condition.  One list of all would have a type too large for tsc. */
function runs(items: readonly Item[]): Item[][] {
  const found: Item[][] = [];
  for (const item of items) {
    const last = found.at(-1);
    if (last !== undefined && sameCondition(last[0]?.condition, item.condition)) last.push(item);
    else found.push([item]);
  }
  return found;
}

function sameCondition(one: Condition | undefined, other: Condition | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function printRun(run: readonly Item[]): string {
  const condition = run[0]?.condition;
  const column = condition === undefined ? 6 : 8;
  const push = `entries.push(\n${run.map(({ value }) => `${indent(print(value, column))},\n`).join("")});\n`;
  return condition === undefined ? push : `if (${conditionExpression(condition)}) {\n${indent(push)}}\n`;
}

class Introspection {
  readonly #numbers = new Map<SchemaType | undefined, string>();
  /** Types that entries have named, by that name; the list grows while it is gone through. */
  readonly #used = new Map<string, SchemaType | undefined>();

  entries(schema: Schema): Item[] {
    const roots: (Command | Event)[] = [...schema.commands, ...schema.events].sort(
      (a, b) => order(schema, a) - order(schema, b),
    );
    const entries = roots.map(
      (root) => new Item(root.meta === "command" ? this.#command(root) : this.#event(root), root.condition),
    );
    for (const [name, type] of this.#used) {
      entries.push(new Item(this.#type(name, type), conditionOf(type)));
    }
    return entries;
  }

  #command({ name, features, arg, returns, flags }: Command): Entry {
    return {
      name,
      "meta-type": "command",
      ...featureNames(features),
      "arg-type": this.#use(arg),
      "ret-type": this.#use(returns),
      ...(flags.allowOob && { "allow-oob": true }),
      ...(flags.async && { async: true }),
    };
  }

  #event({ name, features, arg }: Event): Entry {
    return { name, "meta-type": "event", ...featureNames(features), "arg-type": this.#use(arg) };
  }

  /** The name of `type`, which is described from now on.  No type is the object without members. */
  #use(type: SchemaType | undefined): string {
    const name = this.#name(type);
    if (!this.#used.has(name)) this.#used.set(name, type);
    return name;
  }

  #name(type: SchemaType | undefined): string {
    if (type?.meta === "built-in") return BUILTIN_TYPES[type.name] === "int" ? "int" : type.name;
    if (type?.meta === "array") return `[${this.#name(type.element)}]`;
    const known = isEmpty(type) ? undefined : type;
    let number = this.#numbers.get(known);
    if (number === undefined) {
      number = String(this.#numbers.size);
      this.#numbers.set(known, number);
    }
    return number;
  }

  #type(name: string, type: SchemaType | undefined): Entry {
    if (type === undefined || isEmpty(type)) return { name, "meta-type": "object", members: [] };
    switch (type.meta) {
      case "built-in":
        return { name, "meta-type": "builtin", "json-type": BUILTIN_TYPES[type.name] };
      case "array":
        return { name, "meta-type": "array", "element-type": this.#use(type.element) };
      case "enum":
        return {
          name,
          "meta-type": "enum",
          ...featureNames(type.features),
          members: type.values.map(
            ({ name, features, condition }) => new Item({ name, ...featureNames(features) }, condition),
          ),
          values: type.values.map(({ name, condition }) => new Item(name, condition)),
        };
      case "alternate":
        return {
          name,
          "meta-type": "alternate",
          ...featureNames(type.features),
          members: type.branches.map(({ type, condition }) => new Item({ type: this.#use(type) }, condition)),
        };
      case "struct":
      case "union":
        return this.#object(name, type);
    }
  }

  #object(name: string, type: ObjectType): Entry {
    const { variants } = type;
    return {
      name,
      "meta-type": "object",
      ...featureNames(type.features),
      members: type.members.map(({ name, type, optional, features, condition }) => {
        const used = this.#use(type);
        return new Item(
          { name, type: used, ...(optional && { default: null }), ...featureNames(features) },
          condition,
        );
      }),
      ...(variants !== undefined && {
        tag: variants.tag.name,
        variants: variants.branches.map(
          ({ name, type, condition }) => new Item({ case: name, type: this.#use(type) }, condition),
        ),
      }),
    };
  }
}

/** An array is there when its elements' type is; a built-in type always. */
function conditionOf(type: SchemaType | undefined): Condition | undefined {
  if (type === undefined || type.meta === "built-in") return undefined;
  return type.meta === "array" ? conditionOf(type.element) : type.condition;
}

/** Made by the compiler, and without members: every such type is the same one. */
function isEmpty(type: SchemaType | undefined): boolean {
  return (
    type === undefined || (type.meta === "struct" && type.implicit !== undefined && type.members.length === 0)
  );
}

function featureNames(features: readonly FeatureDefinition[]): { features?: Item[] } {
  if (features.length === 0) return {};
  return { features: features.map(({ name, condition }) => new Item(name, condition)) };
}

/** The place of a command or event among the definitions. */
function order({ files }: Schema, { location }: Command | Event): number {
  return files.indexOf(location.file) * 1e6 + location.line;
}

/** `value` as TypeScript, in a line that begins at `column`. */
function print(value: Value, column: number): string {
  if (Array.isArray(value)) {
    return bracket(
      "[",
      value.map((item: Item) => printItem(item, column + INDENT_COLUMNS)),
      "]",
      { column },
    );
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => {
    const start = `${key(name)}: `;
    return `${start}${print(member ?? null, column + INDENT_COLUMNS + start.length)}`;
  });
  return bracket("{", members, "}", { pad: " ", column });
}

function printItem({ value, condition }: Item, column: number): string {
  if (condition === undefined) return print(value, column);
  return `...(${conditionExpression(condition)} ? [${print(value, column)}] : [])`;
}
