/**
 * Pass 4, references: what a type of the schema, and the function that unmarshals it, are called in
 * TypeScript.  A reference brings its import into the module that it is made for.
 */

import type { BuiltinName, Command, Member, ObjectType, Schema, SchemaType } from "../model.ts";
import { CONDITIONS_MODULE, conditionalTypes, type DefinedType, definedTypeIn } from "./conditions.ts";
import { type GeneratedModule, moduleOf } from "./module.ts";
import { NameTable } from "./name-table.ts";

const BUILTINS: Readonly<Record<BuiltinName, { type: string; unmarshal: string }>> = {
  str: { type: "string", unmarshal: "asString" },
  number: { type: "number", unmarshal: "asNumber" },
  int: { type: "Int64", unmarshal: "asInt64" },
  int8: { type: "number", unmarshal: "asInt8" },
  int16: { type: "number", unmarshal: "asInt16" },
  int32: { type: "number", unmarshal: "asInt32" },
  int64: { type: "Int64", unmarshal: "asInt64" },
  uint8: { type: "number", unmarshal: "asUint8" },
  uint16: { type: "number", unmarshal: "asUint16" },
  uint32: { type: "number", unmarshal: "asUint32" },
  uint64: { type: "Uint64", unmarshal: "asUint64" },
  size: { type: "Uint64", unmarshal: "asUint64" },
  bool: { type: "boolean", unmarshal: "asBoolean" },
  any: { type: "JsonValue", unmarshal: "asAny" },
  null: { type: "null", unmarshal: "asNull" },
};

/** TypeScript types of built-in types that the runtime declares. */
const OF_THE_RUNTIME = ["Int64", "Uint64", "JsonValue"];

/** What is found out once for the whole schema. */
export interface Plan {
  readonly names: NameTable;
  /** Their functions take the conditions as a last argument. */
  readonly conditional: ReadonlySet<DefinedType>;
  readonly byteStringTypes: ReadonlySet<string>;
}

export function planOf(schema: Schema): Plan {
  return {
    names: new NameTable(schema),
    conditional: conditionalTypes(schema),
    byteStringTypes: schema.byteStringTypes,
  };
}

export class References {
  readonly module: GeneratedModule;
  readonly #plan: Plan;

  constructor(module: GeneratedModule, plan: Plan) {
    this.module = module;
    this.#plan = plan;
  }

  /** The name of a type in TypeScript; members that are written where they are used have one, too. */
  nameOf(type: DefinedType): string {
    return this.#plan.names.type(type);
  }

  /** What follows `marshal` and `return` in the names of a command's functions. */
  commandName(command: Command): string {
    return this.#plan.names.command(command);
  }

  /** Whether values of `type` are not the same in every process. */
  isConditional(type: SchemaType | undefined): boolean {
    const defined = type === undefined ? undefined : definedTypeIn(type);
    return defined !== undefined && this.#plan.conditional.has(defined);
  }

  /** A parameter: the conditions. */
  conditionsParameter(): string {
    return `conditions: ${this.module.from(CONDITIONS_MODULE, "Conditions", "type")}`;
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
      const name = BUILTINS[type.name].type;
      return OF_THE_RUNTIME.includes(name) ? this.runtime(name) : name;
    }
    return this.module.from(moduleOf(type.location.file), this.nameOf(type), "type");
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
    if (type.meta === "array" || this.isConditional(type)) {
      return `(input, at, name) => ${this.unmarshalCall(type, "input", "at", "name")}`;
    }
    return this.#function(type);
  }

  /** The function itself that unmarshals the arguments of a command or the data of an event. */
  unmarshalArg(arg: ObjectType | undefined): string {
    return arg === undefined ? this.runtime("asNoMembers") : this.#function(arg);
  }

  /** An expression: `value`, unmarshalled. */
  unmarshalCall(type: SchemaType, value: string, at: string, name: string): string {
    const [called, ...args] = this.unmarshalParts(type, value, at, name);
    return `${called}(${args.join(", ")})`;
  }

  /** The function that {@link unmarshalCall} calls, and its arguments. */
  unmarshalParts(type: SchemaType, value: string, at: string, name: string): [string, ...string[]] {
    if (type.meta === "array") {
      return [this.runtime("asArray"), value, at, name, this.unmarshal(type.element)];
    }
    const conditions = this.isConditional(type) ? ["conditions"] : [];
    return [this.#function(type), value, at, name, ...conditions];
  }

  #function(type: Exclude<SchemaType, { meta: "array" }>): string {
    if (type.meta === "built-in") return this.runtime(BUILTINS[type.name].unmarshal);
    return this.module.from(moduleOf(type.location.file), `unmarshal${this.nameOf(type)}`, "value");
  }

  /** Whether a member is a string that a handler may have made as bytes. */
  isByteString({ type, definedIn }: Member): boolean {
    return type.meta === "built-in" && type.name === "str" && this.#plan.byteStringTypes.has(definedIn.name);
  }
}
