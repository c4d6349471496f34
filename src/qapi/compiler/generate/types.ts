/**
 * Pass 4, types: each type of the schema as a TypeScript type, and the function that unmarshals it.
 *
 *   schema                  TypeScript
 *   enum                    a union of strings
 *   struct                  an interface; an optional member is an optional property
 *   union                   a union of object types, told apart by the tag
 *   alternate               a union of its branches' types
 *   int, int64, uint64, size   number | bigint; smaller integers are numbers
 *
 * Members keep the names of the wire, so that a result is its own JSON value.  The generated functions are
 * straight-line code, with QEMU's order of checks: members in the schema's order, then what is left over.
 */

import type { Doc } from "../doc.ts";
import {
  type AlternateType,
  type BuiltinName,
  type Command,
  type EnumType,
  type Event,
  jsonTypeOf,
  type Member,
  type ObjectType,
  type Schema,
  type SchemaType,
} from "../model.ts";
import {
  access,
  bracket,
  docComment,
  type GeneratedModule,
  indent,
  key,
  memberComment,
  moduleOf,
  pascalCase,
  typeNameOf,
} from "./module.ts";

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

/** The only name of a QAPI member that every object of JavaScript has. */
const INHERITED_NAME = "constructor";

const PARAMETERS = "input: Input, at: string, name: string | number";

/** The name of the type of members that are written where they are used. */
export function objectTypeName(object: ObjectType): string {
  if (object.implicit === "base") return `${typeNameOf(object)}Base`;
  if (object.implicit === undefined) return typeNameOf(object);
  const { definition } = object.location;
  return definition?.meta === "event"
    ? `${pascalCase(object.name.toLowerCase())}Event`
    : `${pascalCase(object.name)}Arg`;
}

/** Writes types into one module. */
export class TypeWriter {
  readonly #module: GeneratedModule;
  readonly #byteStringTypes: ReadonlySet<string>;

  constructor(module: GeneratedModule, schema: Schema) {
    this.#module = module;
    this.#byteStringTypes = schema.byteStringTypes;
  }

  /** `type` as TypeScript has it, imported where need be. */
  type(type: SchemaType): string {
    if (type.meta === "array") {
      const element = this.type(type.element);
      return `readonly ${element.includes("|") ? `(${element})` : element}[]`;
    }
    if (type.meta === "built-in") {
      if (type.name === "any") this.#module.runtime("JsonValue");
      return BUILTINS[type.name].type;
    }
    return this.#module.from(moduleOf(type.location.file), this.#nameOf(type), "type");
  }

  /** The function that unmarshals `type`: an expression, imported where need be. */
  unmarshal(type: SchemaType): string {
    if (type.meta === "array") {
      const element = this.unmarshal(type.element);
      return `(input, at, name) => ${this.#module.runtime("asArray")}(input, at, name, ${element})`;
    }
    if (type.meta === "built-in") return this.#module.runtime(BUILTINS[type.name].unmarshal);
    const name = `unmarshal${this.#nameOf(type)}`;
    return this.#module.from(moduleOf(type.location.file), name, "value");
  }

  define(type: EnumType | ObjectType | AlternateType): void {
    switch (type.meta) {
      case "enum":
        return this.#enum(type);
      case "alternate":
        return this.#alternate(type);
      case "struct":
        return this.#struct(type, type.doc);
      case "union":
        return this.#union(type);
    }
  }

  #nameOf(type: Exclude<SchemaType, { meta: "array" | "built-in" }>): string {
    return type.meta === "enum" || type.meta === "alternate" ? typeNameOf(type) : objectTypeName(type);
  }

  #enum(type: EnumType): void {
    const name = typeNameOf(type);
    const values = type.values.map((value) => JSON.stringify(value.name));
    const described = type.values.flatMap((value) => {
      const text = type.doc?.members
        .get(value.name)
        ?.text.trim()
        .replace(/\s*\n\s*/g, "\n  ");
      return text === undefined ? [] : [`- \`${value.name}\`: ${text.replace(/@([A-Za-z0-9_-]+)/g, "`$1`")}`];
    });
    const alternatives = values.length === 0 ? "never" : values.join(" | ");
    const union = alternatives.length > 80 ? `\n  | ${values.join("\n  | ")}` : ` ${alternatives}`;
    this.#module.runtime("Input");
    this.#module.add(
      `${docComment(type.doc, type.location, [described.join("\n")])}export type ${name} =${union};`,
    );
    const cases = values.map((value) => `    case ${value}:\n`).join("");
    const found = values.length === 0 ? "" : `${cases}      return input;\n`;
    this.#function(
      `unmarshal${name}`,
      name,
      `switch (input) {\n${found}    default:\n      throw ${this.#module.runtime("wrongValue")}(input, at, name);\n  }`,
    );
  }

  #alternate(type: AlternateType): void {
    const name = typeNameOf(type);
    this.#module.runtime("Input");
    const union = type.branches.map((branch) => this.type(branch.type)).join(" | ");
    this.#module.add(`${docComment(type.doc, type.location)}export type ${name} = ${union};`);
    const tests = type.branches.map(({ type: branch }) => {
      const call = this.#call(branch, "input", "at", "name");
      return `  if (${this.#test(branch)}) return ${call};\n`;
    });
    const wrong = this.#module.runtime("wrongAlternative");
    this.#function(
      `unmarshal${name}`,
      name,
      `${tests.join("").trimStart()}  throw ${wrong}(input, at, name, ${JSON.stringify(type.name)});`,
    );
  }

  /** Whether `input` has the form of a branch's values. */
  #test(type: SchemaType): string {
    switch (jsonTypeOf(type)) {
      case "array":
        return "Array.isArray(input)";
      case "null":
        return "input === null";
      case "object":
        return `${this.#module.runtime("isJsonObject")}(input)`;
      case "number":
      case "int":
        return `${this.#module.runtime("isJsonNumber")}(input)`;
      case "boolean":
        return 'typeof input === "boolean"';
      default:
        return 'typeof input === "string"';
    }
  }

  /** The arguments of a command or the data of an event, written where they are used. */
  defineArg(arg: ObjectType, owner: Command | Event): void {
    const what = owner.meta === "command" ? "Arguments of the command" : "Data of the event";
    this.#struct(arg, owner.doc, [`${what} \`${owner.name}\`.`]);
  }

  #struct(type: ObjectType, memberDoc: Doc | undefined, extra: string[] = []): void {
    const name = objectTypeName(type);
    this.#interface(type, memberDoc, extra);
    const start = `const result = {} as ${this.#module.runtime("Mutable")}<${name}>;\n`;
    const members = this.#members(type.members, "result");
    const reading = indent(`${start}${members}${this.#leftOver(type.members)}return result;`);
    this.#objectFunction(name, reading);
  }

  #interface(type: ObjectType, memberDoc: Doc | undefined, extra: string[] = []): void {
    const name = objectTypeName(type);
    const base = type.base === undefined ? "" : ` extends ${this.type(type.base)}`;
    const doc = docComment(type.doc, type.location, extra);
    const members = this.#properties(type, memberDoc);
    this.#module.add(
      members === ""
        ? `${doc}export interface ${name}${base} {}`
        : `${doc}export interface ${name}${base} {\n${members}}`,
    );
  }

  #properties(type: ObjectType, doc: Doc | undefined): string {
    return type.localMembers
      .map((member) => {
        const optional = member.optional ? "?" : "";
        const text = `${memberComment(doc, member.name)}readonly ${key(member.name)}${optional}: ${this.#memberType(member)};\n`;
        return indent(text);
      })
      .join("");
  }

  #isByteString({ type, definedIn }: Member): boolean {
    return type.meta === "built-in" && type.name === "str" && this.#byteStringTypes.has(definedIn.name);
  }

  #memberType(member: Member): string {
    if (!this.#isByteString(member)) return this.type(member.type);
    return `string | ${this.#module.runtime("JsonText")}`;
  }

  #union(type: ObjectType): void {
    const { variants, base } = type;
    if (variants === undefined || base === undefined) return;
    const name = objectTypeName(type);
    if (base.implicit === "base") {
      this.#interface(base, type.doc, [`Members of every \`${type.name}\`.`]);
    }
    const baseName = this.type(base);
    const tag = variants.tag.name;
    const branches = variants.branches.map((branch) => {
      const own = `{ readonly ${key(tag)}: ${JSON.stringify(branch.name)} }`;
      const rest = branch.type.members.length === 0 ? "" : ` & ${this.type(branch.type)}`;
      return `  | (${baseName} & ${own}${rest})`;
    });
    this.#module.add(`${docComment(type.doc, type.location)}export type ${name} =\n${branches.join("\n")};`);
    const cases = variants.branches.map((branch) => {
      const shape = `Extract<${name}, { ${key(tag)}: ${JSON.stringify(branch.name)} }>`;
      const start = `const result = base as ${this.#module.runtime("Mutable")}<${shape}>;\n`;
      const members = this.#members(branch.type.members, "result");
      const names = this.#leftOver([...base.members, ...branch.type.members]);
      const body = indent(indent(indent(`${start}${members}${names}return result;\n`)));
      return `    case ${JSON.stringify(branch.name)}: {\n${body}    }\n`;
    });
    const start = `const base = {} as ${this.#module.runtime("Mutable")}<${baseName}>;\n`;
    const reading = indent(`${start}${this.#members(base.members, "base")}`);
    this.#objectFunction(name, `${reading}  switch (${access("base", tag)}) {\n${cases.join("")}  }`);
  }

  #members(members: readonly Member[], target: string): string {
    return members
      .map((member) => {
        const read = this.#read(member.name);
        const value = this.#isByteString(member)
          ? `${this.#module.runtime("asText")}(${read}, path, ${JSON.stringify(member.name)})`
          : this.#call(member.type, read, "path", JSON.stringify(member.name));
        const assign = `${access(target, member.name)} = ${value};\n`;
        return member.optional ? `if (${read} !== undefined) ${assign}` : assign;
      })
      .join("");
  }

  #read(member: string): string {
    if (member !== INHERITED_NAME) return access("object", member);
    return `${this.#module.runtime("ownMember")}(object, ${JSON.stringify(member)})`;
  }

  #leftOver(members: readonly Member[]): string {
    const unexpected = `throw ${this.#module.runtime("unexpected")}(path, member);`;
    if (members.length === 0) return `for (const member in object) ${unexpected}\n`;
    const cases = members.map(({ name }) => `    case ${JSON.stringify(name)}:\n`).join("");
    return `for (const member in object) {\n  switch (member) {\n${cases}      break;\n    default:\n      ${unexpected}\n  }\n}\n`;
  }

  /** A call that unmarshals `value`. */
  #call(type: SchemaType, value: string, at: string, name: string): string {
    if (type.meta !== "array") return `${this.unmarshal(type)}(${value}, ${at}, ${name})`;
    const element = this.unmarshal(type.element);
    return `${this.#module.runtime("asArray")}(${value}, ${at}, ${name}, ${element})`;
  }

  #objectFunction(name: string, body: string): void {
    const object = `const object = ${this.#module.runtime("asObject")}(input, at, name);\n`;
    const path = `  const path = ${this.#module.runtime("pathOf")}(at, name);\n`;
    this.#function(`unmarshal${name}`, name, `${object}${path}${body}`);
  }

  #function(name: string, result: string, body: string): void {
    this.#module.runtime("Input");
    this.#module.add(`${bracket(`export function ${name}(`, [PARAMETERS], `): ${result} {`)}\n  ${body}\n}`);
  }
}
