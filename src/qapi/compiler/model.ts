/**
 * The checked schema: what the generators read.  Names have become the things they name; a type's members
 * stand flat, its base's first.
 */

import type { CommandDefinition, Condition, FeatureDefinition } from "./definitions.ts";
import type { Doc } from "./doc.ts";
import type { SourceLocation } from "./source.ts";

/** How a value looks on the wire, as introspection calls it. */
export type JsonType = "string" | "number" | "int" | "boolean" | "null" | "object" | "array" | "value";

export const BUILTIN_TYPES = {
  str: "string",
  number: "number",
  int: "int",
  int8: "int",
  int16: "int",
  int32: "int",
  int64: "int",
  uint8: "int",
  uint16: "int",
  uint32: "int",
  uint64: "int",
  size: "int",
  bool: "boolean",
  any: "value",
  null: "null",
} as const satisfies Readonly<Record<string, JsonType>>;

export type BuiltinName = keyof typeof BUILTIN_TYPES;

export interface BuiltinType {
  readonly meta: "built-in";
  readonly name: BuiltinName;
}

/** Where a thing was defined.  Types that the compiler makes of a command's `data` are `implicit`. */
interface Entity {
  readonly name: string;
  readonly location: SourceLocation;
  readonly doc: Doc | undefined;
  readonly condition: Condition | undefined;
  readonly features: readonly FeatureDefinition[];
}

export interface EnumType extends Entity {
  readonly meta: "enum";
  readonly values: readonly {
    readonly name: string;
    readonly condition: Condition | undefined;
    readonly features: readonly FeatureDefinition[];
  }[];
}

export interface ArrayType {
  readonly meta: "array";
  readonly element: SchemaType;
}

export interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: SchemaType;
  readonly condition: Condition | undefined;
  readonly features: readonly FeatureDefinition[];
  /** The type that brought it. */
  readonly definedIn: ObjectType;
}

export interface Branch {
  readonly name: string;
  readonly type: SchemaType;
  readonly condition: Condition | undefined;
}

/** A union's branches: one for each value of the tag, in the order of the schema, then those left out. */
export interface Variants {
  readonly tag: Member;
  readonly branches: readonly (Branch & { readonly type: ObjectType })[];
}

export interface ObjectType extends Entity {
  readonly meta: "struct" | "union";
  /** `arg`, `base`: made of members written where they are used, in the definition called `name`. */
  readonly implicit: "arg" | "base" | undefined;
  readonly base: ObjectType | undefined;
  /** Its base's first. */
  readonly members: readonly Member[];
  readonly localMembers: readonly Member[];
  readonly variants: Variants | undefined;
}

export interface AlternateType extends Entity {
  readonly meta: "alternate";
  readonly branches: readonly Branch[];
}

export type SchemaType = BuiltinType | EnumType | ArrayType | ObjectType | AlternateType;

export interface Command extends Entity {
  readonly meta: "command";
  readonly arg: ObjectType | undefined;
  readonly returns: SchemaType | undefined;
  readonly flags: Pick<
    CommandDefinition,
    | "boxed"
    | "gen"
    | "successResponse"
    | "allowOob"
    | "allowPreconfig"
    | "coroutine"
    | "async"
    | "onDisconnect"
  >;
}

export interface Event extends Entity {
  readonly meta: "event";
  readonly arg: ObjectType | undefined;
  readonly boxed: boolean;
}

export interface Schema {
  /** The main file, then those it includes, in that order. */
  readonly files: readonly string[];
  /** Enumerations, structs, unions and alternates, in the order of the schema. */
  readonly types: readonly (EnumType | ObjectType | AlternateType)[];
  readonly commands: readonly Command[];
  readonly events: readonly Event[];
  /** Documentation that belongs to no definition, in the order of the schema. */
  readonly texts: readonly Doc[];
  /** See `Pragma`. */
  readonly byteStringTypes: ReadonlySet<string>;
}

export function jsonTypeOf(type: SchemaType): JsonType {
  switch (type.meta) {
    case "built-in":
      return BUILTIN_TYPES[type.name];
    case "enum":
      return "string";
    case "array":
      return "array";
    case "alternate":
      return "value";
    case "struct":
    case "union":
      return "object";
  }
}

/** A type as a message names it. */
export function describeType(type: SchemaType): string {
  if (type.meta === "array") return `array type ['${nameOf(type.element)}']`;
  return `${type.meta} type '${type.name}'`;
}

export function nameOf(type: SchemaType): string {
  return type.meta === "array" ? `${nameOf(type.element)}List` : type.name;
}
