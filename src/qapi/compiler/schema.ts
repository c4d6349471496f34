/**
 * Pass 3, schema: what definitions say together.
 *
 * In: definitions, each sound by itself.  Checked: names are defined once, types exist and fit where they
 * are used, members do not clash, branches can be told apart, documentation matches what it documents.
 * Guaranteed afterwards: a `Schema` without names to look up.  Next: the generators.
 */

import { AssertionError, assert } from "../../util/assert.ts";
import {
  type Claim,
  checkClashes,
  checkDoc,
  checkTypeFeatures,
  claim,
  describe,
  formsOf,
  type Taken,
} from "./checks.ts";
import {
  type AlternateDefinition,
  type Definition,
  isMembers,
  type MemberDefinition,
  type MembersOrName,
  type TypeName,
  typesOfParts,
} from "./definitions.ts";
import {
  type AlternateType,
  type Branch,
  BUILTIN_TYPES,
  type BuiltinName,
  type Command,
  describeType,
  type EnumType,
  type Event,
  type Member,
  type ObjectType,
  type Schema,
  type SchemaType,
  type Variants,
} from "./model.ts";
import type { ParsedSchema, Pragma } from "./parser.ts";
import { NESTING_LEVELS_MAX, QapiSchemaError, type SourceLocation } from "./source.ts";

export function checkSchema(definitions: readonly Definition[], parsed: ParsedSchema): Schema {
  const { files, texts, pragma } = parsed;
  return { files, texts, ...new SchemaChecker(definitions, pragma).check() };
}

/** An object type before and while it is completed; everybody else sees it when it is whole. */
type MutableObject = { -readonly [K in keyof ObjectType]: ObjectType[K] };
type MutableAlternate = { -readonly [K in keyof AlternateType]: AlternateType[K] };
type ObjectDefinition = Extract<Definition, { meta: "struct" | "union" }>;

/** An enumeration that every schema has: the kinds of values that QEMU's C tells apart. */
const PREDEFINED_ENUM = "QType";
const PREDEFINED_VALUES = ["none", "qnull", "qnum", "qstring", "qdict", "qlist", "qbool"];

class SchemaChecker {
  readonly #definitions: readonly Definition[];
  readonly #pragma: Pragma;
  readonly #defined = new Map<string, Definition>();
  readonly #types = new Map<string, SchemaType>();
  /** Object types that are not whole yet. */
  readonly #incomplete = new Map<ObjectType, ObjectDefinition>();
  /** Of these, the ones whose base and branches are being completed: who meets one contains itself. */
  readonly #open = new Set<ObjectType>();
  /** Types of members that are written where they are used. */
  readonly #implicits = new Map<Definition, ObjectType>();
  #predefinedEnum: EnumType | undefined;

  constructor(definitions: readonly Definition[], pragma: Pragma) {
    this.#definitions = definitions;
    this.#pragma = pragma;
    for (const name of Object.keys(BUILTIN_TYPES) as BuiltinName[]) {
      this.#types.set(name, { meta: "built-in", name });
    }
  }

  check(): Omit<Schema, "files" | "texts"> {
    for (const definition of this.#definitions) this.#define(definition);
    const types: Schema["types"][number][] = [];
    const commands: Command[] = [];
    const events: Event[] = [];
    for (const definition of this.#definitions) {
      // Of several mistakes one is told: members in place come first, then arrays, then the rest.
      this.#makeImplicit(definition);
      this.#resolveArrays(typesOfParts(definition), definition);
      if (definition.meta === "command") commands.push(this.#command(definition));
      else if (definition.meta === "event") events.push(this.#event(definition));
      else types.push(this.#completeType(definition));
      this.#checkDoc(definition);
    }
    if (this.#predefinedEnum !== undefined) types.push(this.#predefinedEnum);
    return { types, commands, events, byteStringTypes: this.#pragma.byteStringTypes };
  }

  /** Makes the definition's name known, so that definitions may use each other in any order. */
  #define(definition: Definition): void {
    const { name, location, meta } = definition;
    const other = this.#defined.get(name);
    if (other !== undefined) {
      const { message } = new QapiSchemaError(other.location, "previous definition");
      throw new QapiSchemaError(location, `'${name}' is already defined\n${message}`);
    }
    const predefined = name === PREDEFINED_ENUM ? predefinedEnum(location) : this.#types.get(name);
    if (predefined !== undefined) {
      throw new QapiSchemaError(location, `${describeType(predefined)} is already defined`);
    }
    this.#defined.set(name, definition);
    if (meta === "enum") {
      this.#types.set(name, definition);
    } else if (meta === "alternate") {
      this.#types.set(name, { ...definition, branches: [] });
    } else if (meta === "struct" || meta === "union") {
      const object = emptyObject(definition, meta);
      this.#types.set(name, object);
      this.#incomplete.set(object, definition);
    }
  }

  #resolve(name: TypeName, location: SourceLocation, source: string): SchemaType {
    if (name.name === PREDEFINED_ENUM && this.#predefinedEnum === undefined) {
      this.#predefinedEnum = predefinedEnum(location);
      this.#types.set(PREDEFINED_ENUM, this.#predefinedEnum);
    }
    const type = this.#types.get(name.name);
    if (type === undefined) {
      // An array stands for itself, wherever it is used.
      const user = name.array ? location.definition?.meta : source;
      throw new QapiSchemaError(location, `${user} uses unknown type '${name.name}'`);
    }
    return name.array ? { meta: "array", element: type } : type;
  }

  #resolveArrays(types: readonly TypeName[], { location, meta }: Definition): void {
    for (const type of types) if (type.array) this.#resolve(type, location, meta);
  }

  #makeImplicit(definition: Definition): void {
    if (definition.meta === "union" && isMembers(definition.base)) {
      this.#implicits.set(definition, this.#implicit(definition, "base", definition.base));
    } else if (definition.meta === "command" || definition.meta === "event") {
      const { data } = definition;
      if (data === undefined || !isMembers(data) || data.length === 0) return;
      this.#implicits.set(definition, this.#implicit(definition, "arg", data));
    }
  }

  #checkDoc(definition: Definition): void {
    const type = this.#types.get(definition.name);
    const members = this.#implicits.get(definition)?.members ?? [];
    const check = (parts: Parameters<typeof checkDoc>[1], role: Claim["role"]): void =>
      checkDoc(definition, parts, role, this.#pragma.documentationExceptions);
    if (definition.meta === "enum") check(definition.values, "value");
    else if (definition.meta === "alternate") check(definition.branches, "branch");
    else if (type?.meta === "struct") check(type.localMembers, "member");
    else check(members, "member");
  }

  // ---- Types ----

  #completeType(definition: Exclude<Definition, { meta: "command" | "event" }>): Schema["types"][number] {
    const { name, location } = definition;
    const type = this.#types.get(name);
    switch (type?.meta) {
      case "enum":
        checkTypeFeatures(type.features, location);
        checkClashes(type.values, "value", location);
        for (const value of type.values) checkClashes(value.features, "feature", location);
        return type;
      case "alternate":
        assert(definition.meta === "alternate", "a name has one definition");
        checkTypeFeatures(type.features, location);
        this.#completeAlternate(definition, type);
        return type;
      case "struct":
      case "union":
        this.#completeObject(type);
        return type;
      default:
        throw new AssertionError(`type ${name} has been defined`);
    }
  }

  /** Finds the members of an object type: its base's, its own, its branches'. */
  #completeObject(object: MutableObject): void {
    if (this.#open.has(object)) {
      throw new QapiSchemaError(object.location, `object ${object.name} contains itself`);
    }
    const definition = this.#incomplete.get(object);
    if (definition === undefined) return;
    if (this.#open.size >= NESTING_LEVELS_MAX) {
      throw new QapiSchemaError(
        object.location,
        `object ${object.name} has more than ${NESTING_LEVELS_MAX} bases above each other`,
      );
    }
    checkTypeFeatures(definition.features, definition.location);
    this.#open.add(object);
    const taken: Taken = new Map();
    object.base = this.#base(definition, taken);
    const data = definition.meta === "struct" ? definition.data : [];
    object.localMembers = this.#members(data, object, taken);
    object.members = [...(object.base?.members ?? []), ...object.localMembers];
    if (definition.meta === "union") object.variants = this.#variants(definition, object, taken);
    this.#open.delete(object);
    this.#incomplete.delete(object);
  }

  #base(definition: ObjectDefinition, taken: Taken): ObjectType | undefined {
    const { base, location } = definition;
    if (base === undefined) return undefined;
    const type = isMembers(base) ? this.#implicits.get(definition) : this.#resolve(base, location, "'base'");
    assert(type !== undefined, "members in place have been made a type");
    if (type.meta !== "struct") {
      throw new QapiSchemaError(location, `'base' requires a struct type, ${describeType(type)} isn't`);
    }
    this.#completeObject(type);
    for (const member of type.members) claim(member, "member", location, taken);
    return type;
  }

  #members(members: readonly MemberDefinition[], object: ObjectType, taken: Taken): Member[] {
    const { location } = object;
    return members.map((definition) => {
      const source = describe({ role: "member", name: definition.name, definedIn: object }, location);
      const type = this.#resolve(definition.type, location, source);
      checkClashes(definition.features, "feature", location);
      const member: Member = { ...definition, type, definedIn: object };
      claim(member, "member", location, taken);
      return member;
    });
  }

  /** The type of members that are written where they are used. */
  #implicit(
    definition: Definition,
    implicit: "arg" | "base",
    members: readonly MemberDefinition[],
  ): ObjectType {
    this.#resolveArrays(
      members.map(({ type }) => type),
      definition,
    );
    const object = { ...emptyObject(definition, "struct"), features: [], implicit };
    object.localMembers = this.#members(members, object, new Map());
    object.members = object.localMembers;
    return object;
  }

  // ---- Unions and alternates ----

  #variants(definition: Extract<Definition, { meta: "union" }>, object: ObjectType, taken: Taken): Variants {
    const { discriminator, location } = definition;
    const tag = this.#tag(discriminator, object);
    const values = tag.type.meta === "enum" ? tag.type.values : [];
    const valueNames = new Set(values.map(({ name }) => name));
    const branches = definition.branches.map((branch) => {
      const source = describe({ role: "branch", name: branch.name }, location);
      const type = this.#resolve(branch.type, location, source);
      if (!valueNames.has(branch.name)) {
        throw new QapiSchemaError(
          location,
          `branch '${branch.name}' is not a value of ${describeType(tag.type)}`,
        );
      }
      if (type.meta !== "struct") {
        throw new QapiSchemaError(location, `${source} cannot use ${describeType(type)}`);
      }
      this.#completeObject(type);
      return { ...branch, type };
    });
    // A value of the tag without a branch brings no members.
    const empty = this.#implicit(definition, "base", []);
    const covered = new Set(branches.map(({ name }) => name));
    for (const { name, condition } of values) {
      if (!covered.has(name)) branches.push({ name, type: empty, condition });
    }
    if (branches.length === 0) throw new QapiSchemaError(location, "union has no branches");
    for (const { type } of branches) {
      const own: Taken = new Map();
      for (const member of type.members) claim(member, "member", location, own, taken);
    }
    return { tag, branches };
  }

  #tag(discriminator: string, object: ObjectType): Member {
    const { location } = object;
    const tag = object.members.find(({ name }) => name === discriminator);
    if (tag === undefined) {
      throw new QapiSchemaError(location, `discriminator '${discriminator}' is not a member of 'base'`);
    }
    const base = tag.definedIn.implicit === undefined ? `base type '${tag.definedIn.name}'` : "'base'";
    const source = `discriminator member '${discriminator}' of ${base}`;
    if (tag.type.meta !== "enum") throw new QapiSchemaError(location, `${source} must be of enum type`);
    if (tag.optional) throw new QapiSchemaError(location, `${source} must not be optional`);
    if (tag.condition !== undefined) {
      throw new QapiSchemaError(location, `${source} must not be conditional`);
    }
    return tag;
  }

  #completeAlternate(definition: AlternateDefinition, alternate: MutableAlternate): void {
    const { location } = definition;
    const describeBranch = (name: string): string => describe({ role: "branch", name }, location);
    const branches: Branch[] = definition.branches.map((branch) => ({
      ...branch,
      type: this.#resolve(branch.type, location, describeBranch(branch.name)),
    }));
    const taken: Taken = new Map();
    const forms = new Map<string, string>();
    for (const branch of branches) {
      claim(branch, "branch", location, taken);
      for (const form of formsOf(branch, location)) {
        const other = forms.get(form);
        if (other !== undefined) {
          const branchName = describeBranch(branch.name);
          throw new QapiSchemaError(location, `${branchName} can't be distinguished from '${other}'`);
        }
        forms.set(form, branch.name);
      }
    }
    alternate.branches = branches;
  }

  // ---- Commands and events ----

  #command(definition: Extract<Definition, { meta: "command" }>): Command {
    const { name, location, doc, condition, features, data, boxed, ...flags } = definition;
    checkClashes(features, "feature", location);
    const arg = this.#arg(definition, data, boxed);
    let returns: SchemaType | undefined;
    if (definition.returns !== undefined) {
      returns = this.#resolve(definition.returns, location, "command's 'returns'");
      const inner = returns.meta === "array" ? returns.element : returns;
      const isObject = inner.meta === "struct" || inner.meta === "union";
      if (!isObject && !this.#pragma.commandReturnsExceptions.has(name)) {
        throw new QapiSchemaError(location, `command's 'returns' cannot take ${describeType(returns)}`);
      }
    }
    return {
      meta: "command",
      name,
      location,
      doc,
      condition,
      features,
      arg,
      returns,
      flags: { ...flags, boxed },
    };
  }

  #event(definition: Extract<Definition, { meta: "event" }>): Event {
    const { data, boxed, ...entity } = definition;
    checkClashes(entity.features, "feature", entity.location);
    return { ...entity, boxed, arg: this.#arg(definition, data, boxed) };
  }

  #arg(
    definition: Extract<Definition, { meta: "command" | "event" }>,
    data: MembersOrName | undefined,
    boxed: boolean,
  ): ObjectType | undefined {
    const { meta, location } = definition;
    if (data === undefined || isMembers(data)) return this.#implicits.get(definition);
    const type = this.#resolve(data, location, `${meta}'s 'data'`);
    if (type.meta !== "struct" && type.meta !== "union") {
      throw new QapiSchemaError(location, `${meta}'s 'data' cannot take ${describeType(type)}`);
    }
    if (type.meta === "union" && !boxed) {
      throw new QapiSchemaError(
        location,
        `${meta}'s 'data' can take ${describeType(type)} only with 'boxed': true`,
      );
    }
    return type;
  }
}

/** Nobody wrote it: it belongs to the file that is the first to use it. */
function predefinedEnum({ file, line, includedFrom }: SourceLocation): EnumType {
  return {
    meta: "enum",
    name: PREDEFINED_ENUM,
    location: { file, line, includedFrom },
    doc: undefined,
    condition: undefined,
    features: [],
    values: PREDEFINED_VALUES.map((name) => ({ name, condition: undefined, features: [] })),
  };
}

/** A struct or union that nothing is known of yet but what its definition says by itself. */
function emptyObject(definition: Definition, meta: "struct" | "union"): MutableObject {
  const { name, location, doc, condition, features } = definition;
  return {
    meta,
    name,
    location,
    doc,
    condition,
    features,
    implicit: undefined,
    base: undefined,
    members: [],
    localMembers: [],
    variants: undefined,
  };
}
