/**
 * Pass 4, references: what a type of the schema, and the function that unmarshals it, are called in
 * TypeScript.  A reference brings its import into the module that it is made for.
 */

import type { BuiltinName, Member, ObjectType, Schema, SchemaType } from "../model.ts";
import { type GeneratedModule, moduleOf, pascalCase, typeNameOf } from "./module.ts";

const BUILTINS: Readonly<Record<BuiltinName, { type: string; unmarshal: string }>> = {
  str: { type: "string", unmarshal: "asString" },
  number: { type: "number", unmarshal: "asNumber" },
  int: { type: "number | bigint", unmarshal: "asInt64" },
  int8: { type: "number", unmarshal: "asInt8" },
  int16: { type: "number", unmarshal: "asInt16" },
  int32: { type: "number", unmarshal: "asInt32" },
  int64: { type: "number | bigint", unmarshal: "asInt64" },
  uint8: { type: "number", unmarshal: "asUint8" },
  uint16: { type: "number", unmarshal: "asUint16" },
  uint32: { type: "number", unmarshal: "asUint32" },
  uint64: { type: "number | bigint", unmarshal: "asUint64" },
  size: { type: "number | bigint", unmarshal: "asUint64" },
  bool: { type: "boolean", unmarshal: "asBoolean" },
  any: { type: "JsonValue", unmarshal: "asAny" },
  null: { type: "null", unmarshal: "asNull" },
};

/** A type that the schema defines: any but the built-in ones and arrays. */
export type DefinedType = Schema["types"][number];

/** The name of a type in TypeScript; members that are written where they are used get one, too. */
export function definedTypeName(type: DefinedType): string {
  if (type.meta === "enum" || type.meta === "alternate" || type.implicit === undefined) {
    return typeNameOf(type);
  }
  return implicitTypeName(type);
}

function implicitTypeName({ implicit, name, location }: ObjectType): string {
  if (implicit === "base") return `${pascalCase(name)}Base`;
  return location.definition?.meta === "event"
    ? `${pascalCase(name.toLowerCase())}Event`
    : `${pascalCase(name)}Arg`;
}

export class References {
  readonly module: GeneratedModule;
  readonly #byteStringTypes: ReadonlySet<string>;

  constructor(module: GeneratedModule, schema: Schema) {
    this.module = module;
    this.#byteStringTypes = schema.byteStringTypes;
  }

  /** A name of `src/qapi/runtime/`. */
  runtime(name: string): string {
    return this.module.runtime(name);
  }

  type(type: SchemaType): string {
    if (type.meta === "array") {
      const element = this.type(type.element);
      return `readonly ${element.includes("|") ? `(${element})` : element}[]`;
    }
    if (type.meta === "built-in") {
      return type.name === "any" ? this.runtime("JsonValue") : BUILTINS[type.name].type;
    }
    return this.module.from(moduleOf(type.location.file), definedTypeName(type), "type");
  }

  memberType(member: Member): string {
    return this.isByteString(member) ? `string | ${this.runtime("JsonText")}` : this.type(member.type);
  }

  /** The arguments of a command or the data of an event. */
  argType(arg: ObjectType | undefined): string {
    return arg === undefined ? this.runtime("NoMembers") : this.type(arg);
  }

  /** An expression: the function that unmarshals `type`. */
  unmarshal(type: SchemaType): string {
    if (type.meta === "array") {
      return `(input, at, name) => ${this.unmarshalCall(type, "input", "at", "name")}`;
    }
    if (type.meta === "built-in") return this.runtime(BUILTINS[type.name].unmarshal);
    return this.module.from(moduleOf(type.location.file), `unmarshal${definedTypeName(type)}`, "value");
  }

  unmarshalArg(arg: ObjectType | undefined): string {
    return arg === undefined ? this.runtime("asNoMembers") : this.unmarshal(arg);
  }

  /** An expression: `value`, unmarshalled. */
  unmarshalCall(type: SchemaType, value: string, at: string, name: string): string {
    const [called, ...args] = this.unmarshalParts(type, value, at, name);
    return `${called}(${args.join(", ")})`;
  }

  /** The function that {@link unmarshalCall} calls, and its arguments. */
  unmarshalParts(type: SchemaType, value: string, at: string, name: string): [string, ...string[]] {
    if (type.meta !== "array") return [this.unmarshal(type), value, at, name];
    return [this.runtime("asArray"), value, at, name, this.unmarshal(type.element)];
  }

  /** Whether a member is a string that a handler may have made as bytes. */
  isByteString({ type, definedIn }: Member): boolean {
    return type.meta === "built-in" && type.name === "str" && this.#byteStringTypes.has(definedIn.name);
  }
}
