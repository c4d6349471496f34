/**
 * What a server's `query-qmp-schema` says, for people: commands by name, their arguments, and types.
 *
 * The answer is any server's, so nothing of it is taken for granted: what is not understood is a value of any type.
 */

import { isJsonObject, type JsonObject, type JsonValue } from "../qjson/value.ts";
import { visibleInLine } from "../util/visible.ts";

export interface Member {
  readonly name: string;
  readonly type: SchemaType;
  readonly optional: boolean;
  readonly features: readonly string[];
}

export type ScalarName = "str" | "int" | "number" | "bool" | "null";

export type SchemaType =
  | { readonly kind: "scalar"; readonly name: ScalarName }
  | { readonly kind: "any" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "array"; readonly element: SchemaType }
  | { readonly kind: "alternate"; readonly choices: readonly SchemaType[] }
  | ObjectType;

export interface ObjectType {
  readonly kind: "object";
  readonly members: readonly Member[];
  /** The member whose value decides which further members there are. */
  readonly tag: string | undefined;
  /** The further members for a value of the tag. */
  variant(value: string): readonly Member[];
}

export interface CommandInfo {
  readonly name: string;
  readonly args: ObjectType;
  readonly returns: SchemaType;
  readonly isAsync: boolean;
  readonly allowOob: boolean;
  readonly features: readonly string[];
}

const ANY: SchemaType = { kind: "any" };
const NO_MEMBERS: ObjectType = { kind: "object", members: [], tag: undefined, variant: () => [] };

const SCALARS: Readonly<Record<string, ScalarName>> = {
  string: "str",
  int: "int",
  number: "number",
  boolean: "bool",
  null: "null",
};

export class Introspection {
  readonly #entries = new Map<string, JsonObject>();
  /** Types refer to each other in circles: each is made when it is first looked at. */
  readonly #types = new Map<string, SchemaType>();
  /** All commands, sorted. */
  readonly commandNames: readonly string[];

  /** `answer`: what `query-qmp-schema` returned. */
  constructor(answer: JsonValue) {
    for (const entry of objects(answer)) this.#entries.set(text(entry.name), entry);
    const commands = [...this.#entries.values()].filter((entry) => entry["meta-type"] === "command");
    this.commandNames = commands.map(({ name }) => text(name)).sort();
  }

  command(name: string): CommandInfo | undefined {
    const entry = this.#entries.get(name);
    if (entry?.["meta-type"] !== "command") return undefined;
    const args = this.#type(entry["arg-type"]);
    return {
      name,
      args: args.kind === "object" ? args : NO_MEMBERS,
      returns: this.#type(entry["ret-type"]),
      isAsync: entry.async === true,
      allowOob: entry["allow-oob"] === true,
      features: texts(entry.features),
    };
  }

  #type(name: JsonValue | undefined): SchemaType {
    if (typeof name !== "string") return ANY;
    const known = this.#types.get(name);
    if (known !== undefined) return known;
    const entry = this.#entries.get(name);
    const type = entry === undefined ? ANY : this.#make(entry);
    this.#types.set(name, type);
    return type;
  }

  #make(entry: JsonObject): SchemaType {
    switch (entry["meta-type"]) {
      case "builtin": {
        const scalar = SCALARS[text(entry["json-type"])];
        return scalar === undefined ? ANY : { kind: "scalar", name: scalar };
      }
      case "enum": {
        const members = objects(entry.members).map(({ name }) => text(name));
        return { kind: "enum", values: members.length > 0 ? members : texts(entry.values) };
      }
      case "array": {
        const element = (): SchemaType => this.#type(entry["element-type"]);
        return {
          kind: "array",
          get element() {
            return element();
          },
        };
      }
      case "alternate": {
        const choices = (): SchemaType[] => objects(entry.members).map(({ type }) => this.#type(type));
        return {
          kind: "alternate",
          get choices() {
            return choices();
          },
        };
      }
      case "object":
        return this.#object(entry);
      default:
        return ANY;
    }
  }

  #object(entry: JsonObject): ObjectType {
    const members = (): Member[] => objects(entry.members).map((member) => this.#member(member));
    const variants = objects(entry.variants);
    return {
      kind: "object",
      get members() {
        return members();
      },
      tag: typeof entry.tag === "string" ? entry.tag : undefined,
      variant: (value) => {
        const type = this.#type(variants.find((variant) => variant.case === value)?.type);
        return type.kind === "object" ? type.members : [];
      },
    };
  }

  #member(member: JsonObject): Member {
    return {
      name: text(member.name),
      type: this.#type(member.type),
      optional: member.default !== undefined,
      features: texts(member.features),
    };
  }
}

/** The members of an object for what is given of it: those of the branch that its tag chooses are among them. */
export function membersFor(type: ObjectType, tagValue: string | undefined): readonly Member[] {
  return tagValue === undefined ? type.members : [...type.members, ...type.variant(tagValue)];
}

/** A type as people read it: `int`, `ppm|png`, `[str]`, `object`. */
export function typeText(type: SchemaType): string {
  switch (type.kind) {
    case "scalar":
      return type.name;
    case "enum":
      return type.values.join("|");
    case "array":
      return `[${typeText(type.element)}]`;
    case "alternate":
      return type.choices.map(typeText).join(" or ");
    case "any":
    case "object":
      return type.kind;
  }
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((element) => isJsonObject(element)) : [];
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value)
    ? value.filter((element) => typeof element === "string").map(visibleInLine)
    : [];
}

/** A name, which help and completion print: QAPI's have no control characters, which a terminal would obey. */
function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? visibleInLine(value) : "";
}
