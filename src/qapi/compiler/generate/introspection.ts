/**
 * Pass 4, introspection: what `query-qmp-schema` answers, as an array.
 *
 * Commands and events come first, in the schema's order, then the types that they lead to, in the order in
 * which they were met.  Types of the schema have numbers for names: their names are no part of the interface.
 * Built-in types keep theirs, all integers are `int`, an array of T is `[T]`.
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
import { CONDITIONS_MODULE, conditionExpression } from "./commands.ts";
import { bracket, type GeneratedModule, indent, key, moduleOf, typeNameOf } from "./module.ts";

type Value = string | boolean | null | readonly Value[] | { readonly [name: string]: Value | undefined };

const INDENT_COLUMNS = 2;

/** The type of an entry, where the schema defines it. */
const ENTRY_TYPE = "SchemaInfo";

export function writeIntrospection(module: GeneratedModule, schema: Schema): void {
  const always: string[] = [];
  const conditional = new Map<string, string[]>();
  for (const { value, condition } of new Introspection().entries(schema)) {
    const entry = `${indent(print(value, 4))},\n`;
    if (condition === undefined) {
      always.push(entry);
    } else {
      const expression = conditionExpression(condition);
      conditional.set(expression, [...(conditional.get(expression) ?? []), entry]);
    }
  }
  const defined = schema.types.find(({ name }) => name === ENTRY_TYPE);
  const type =
    defined === undefined
      ? module.runtime("JsonObject")
      : module.from(moduleOf(defined.location.file), typeNameOf(defined), "type");
  const parameter =
    conditional.size === 0 ? "" : `conditions: ${module.from(CONDITIONS_MODULE, "Conditions", "type")}`;
  const additions = [...conditional].map(
    ([expression, entries]) => `if (${expression}) {\n${indent(`entries.push(\n${entries.join("")});`)}\n}\n`,
  );
  const body = `const entries: ${type}[] = [\n${always.join("")}];\n${additions.join("")}return entries;`;
  module.add(
    "/** All that a client can send and get, and the types that these lead to. */\n" +
      `export function schemaInfo(${parameter}): ${type}[] {\n${indent(body)}\n}`,
  );
}

interface Entry {
  readonly value: { readonly [name: string]: Value | undefined };
  readonly condition: Condition | undefined;
}

class Introspection {
  readonly #numbers = new Map<SchemaType | undefined, string>();
  /** Types that entries have named, by that name; the list grows while it is gone through. */
  readonly #used = new Map<string, SchemaType | undefined>();

  entries(schema: Schema): Entry[] {
    const roots: (Command | Event)[] = [...schema.commands, ...schema.events].sort(
      (a, b) => order(schema, a) - order(schema, b),
    );
    const entries = roots.map((root) => ({
      value: root.meta === "command" ? this.#command(root) : this.#event(root),
      condition: root.condition,
    }));
    for (const [name, type] of this.#used) {
      entries.push({ value: this.#type(name, type), condition: conditionOf(type) });
    }
    return entries;
  }

  #command({ name, features, arg, returns, flags }: Command): Entry["value"] {
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

  #event({ name, features, arg }: Event): Entry["value"] {
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

  #type(name: string, type: SchemaType | undefined): Entry["value"] {
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
          members: type.values.map((value) => ({ name: value.name, ...featureNames(value.features) })),
          values: type.values.map((value) => value.name),
        };
      case "alternate":
        return {
          name,
          "meta-type": "alternate",
          ...featureNames(type.features),
          members: type.branches.map((branch) => ({ type: this.#use(branch.type) })),
        };
      case "struct":
      case "union":
        return this.#object(name, type);
    }
  }

  #object(name: string, type: ObjectType): Entry["value"] {
    const { variants } = type;
    return {
      name,
      "meta-type": "object",
      ...featureNames(type.features),
      members: type.members.map((member) => ({
        name: member.name,
        type: this.#use(member.type),
        ...(member.optional && { default: null }),
        ...featureNames(member.features),
      })),
      ...(variants !== undefined && {
        tag: variants.tag.name,
        variants: variants.branches.map((branch) => ({ case: branch.name, type: this.#use(branch.type) })),
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

function featureNames(features: readonly FeatureDefinition[]): { features?: string[] } {
  return features.length === 0 ? {} : { features: features.map(({ name }) => name) };
}

/** The place of a command or event among the definitions. */
function order({ files }: Schema, { location }: Command | Event): number {
  return files.indexOf(location.file) * 1e6 + location.line;
}

/** `value` as TypeScript, in a line that begins at `column`. */
function print(value: Value, column: number): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => print(item, column + INDENT_COLUMNS));
    return bracket("[", items, "]", { column });
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => {
    const start = `${key(name)}: `;
    return `${start}${print(member ?? null, column + INDENT_COLUMNS + start.length)}`;
  });
  return bracket("{", members, "}", { pad: " ", column });
}
