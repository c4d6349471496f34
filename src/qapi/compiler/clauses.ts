/**
 * Pass 2, the parts that definitions share: keys, type names, members, branches, conditions, features.
 * Each function checks its part, names it as `source` in a message, and answers it written out.
 */

import type {
  BranchDefinition,
  Condition,
  FeatureDefinition,
  MemberDefinition,
  MembersOrName,
  TypeName,
} from "./definitions.ts";
import { checkNameIsString, checkNameLower, identifierOf, type NameExceptions } from "./names.ts";
import type { SchemaObject, SchemaValue } from "./parser.ts";
import { QapiSchemaError, type SourceLocation } from "./source.ts";

function quoted(names: readonly string[]): string {
  return [...names]
    .sort()
    .map((name) => `'${name}'`)
    .join(", ");
}

export function checkKeys(
  keys: SchemaObject,
  location: SourceLocation,
  source: string,
  required: readonly string[],
  optional: readonly string[],
): void {
  const missing = required.filter((key) => !keys.has(key));
  if (missing.length > 0) {
    const noun = missing.length > 1 ? "keys" : "key";
    throw new QapiSchemaError(location, `${source} misses ${noun} ${quoted(missing)}`);
  }
  const allowed = [...required, ...optional];
  const unknown = [...keys.keys()].filter((key) => !allowed.includes(key));
  if (unknown.length > 0) {
    const noun = unknown.length > 1 ? "keys" : "key";
    throw new QapiSchemaError(
      location,
      `${source} has unknown ${noun} ${quoted(unknown)}\nValid keys are ${quoted(allowed)}.`,
    );
  }
}

/** A type by name.  `['T']` is an array of T, where one is allowed. */
export function checkTypeName(
  value: SchemaValue,
  location: SourceLocation,
  source: string,
  allowArray = false,
): TypeName {
  if (typeof value === "string") return { name: value, array: false };
  if (!Array.isArray(value)) throw new QapiSchemaError(location, `${source} should be a type name`);
  if (!allowArray) throw new QapiSchemaError(location, `${source} cannot be an array`);
  const [name, another] = value;
  if (typeof name !== "string" || another !== undefined) {
    throw new QapiSchemaError(location, `${source}: array type must contain single type name`);
  }
  return { name, array: true };
}

/** Members written out, or the name of a type that has them. */
export function checkMembersOrName(
  value: SchemaValue | undefined,
  location: SourceLocation,
  source: string,
  exceptions: NameExceptions,
): MembersOrName {
  if (typeof value === "string" || Array.isArray(value)) return checkTypeName(value, location, source);
  if (!(value instanceof Map)) {
    throw new QapiSchemaError(location, `${source} should be an object or type name`);
  }
  return [...(value as SchemaObject)].map(([key, member]) =>
    checkMember(key, member, location, `${source} member '${key}'`, exceptions),
  );
}

function checkMember(
  key: string,
  value: SchemaValue,
  location: SourceLocation,
  source: string,
  exceptions: NameExceptions,
): MemberDefinition {
  const optional = key.startsWith("*");
  const name = optional ? key.slice(1) : key;
  checkNameLower(name, location, source, exceptions);
  // QEMU's C has a member `u` for a union's branches, and `has_x` for an optional member `x`.
  const identifier = identifierOf(name);
  if (identifier === "u" || identifier.startsWith("has_")) {
    throw new QapiSchemaError(location, `${source} uses reserved name`);
  }
  const long = withType(value);
  checkKeys(long, location, source, ["type"], ["if", "features"]);
  const condition = checkCondition(long.get("if"), location, source);
  const features = checkFeatures(long.get("features"), location);
  const type = checkTypeName(long.get("type") ?? "", location, source, true);
  return { name, optional, type, condition, features };
}

/** The branches of a union or an alternate. */
export function checkBranches(
  value: SchemaValue | undefined,
  location: SourceLocation,
  meta: "union" | "alternate",
): BranchDefinition[] {
  const isEmpty = Array.isArray(value) ? value.length === 0 : value instanceof Map && value.size === 0;
  if (meta === "alternate" && isEmpty) throw new QapiSchemaError(location, "'data' must not be empty");
  if (!(value instanceof Map)) throw new QapiSchemaError(location, "'data' must be an object");
  return [...(value as SchemaObject)].map(([name, branch]) => {
    const source = `'data' member '${name}'`;
    if (meta === "alternate") checkNameLower(name, location, source);
    const long = withType(branch);
    checkKeys(long, location, source, ["type"], ["if"]);
    const condition = checkCondition(long.get("if"), location, source);
    const type = checkTypeName(long.get("type") ?? "", location, source, meta === "alternate");
    return { name, type, condition };
  });
}

/** A member's short form is its type alone. */
function withType(value: SchemaValue): SchemaObject {
  return value instanceof Map ? value : new Map([["type", value]]);
}

export function checkFeatures(value: SchemaValue | undefined, location: SourceLocation): FeatureDefinition[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new QapiSchemaError(location, "'features' must be an array");
  return value.map((feature) => {
    const long: SchemaObject = feature instanceof Map ? feature : new Map([["name", feature]]);
    checkKeys(long, location, "'features' member", ["name"], ["if"]);
    const name = checkNameIsString(long.get("name"), location, "'features' member");
    const source = `'features' member '${name}'`;
    checkNameLower(name, location, source);
    return { name, condition: checkCondition(long.get("if"), location, source) };
  });
}

export function checkCondition(
  value: SchemaValue | undefined,
  location: SourceLocation,
  source: string,
): Condition | undefined {
  return value === undefined ? undefined : checkTerm(value, location, source);
}

function checkTerm(value: SchemaValue, location: SourceLocation, source: string): Condition {
  if (typeof value === "string") {
    if (/^[A-Z][A-Z0-9_]*$/.test(value)) return value;
    throw new QapiSchemaError(location, `'if' condition '${value}' of ${source} is not a valid identifier`);
  }
  if (!(value instanceof Map)) {
    throw new QapiSchemaError(location, `'if' condition of ${source} must be a string or an object`);
  }
  const term: SchemaObject = value;
  checkKeys(term, location, `'if' condition of ${source}`, [], ["all", "any", "not"]);
  if (term.size !== 1) {
    throw new QapiSchemaError(location, `'if' condition of ${source} has conflicting keys`);
  }
  const negated = term.get("not");
  if (negated !== undefined) return { not: checkTerm(negated, location, source) };
  const all = term.get("all");
  if (all !== undefined) return { all: checkTerms("all", all, location, source) };
  return { any: checkTerms("any", term.get("any") ?? "", location, source) };
}

function checkTerms(
  operator: "all" | "any",
  value: SchemaValue,
  location: SourceLocation,
  source: string,
): Condition[] {
  if (!Array.isArray(value)) {
    throw new QapiSchemaError(location, `'${operator}' condition of ${source} must be an array`);
  }
  if (value.length === 0) throw new QapiSchemaError(location, `'if' condition [] of ${source} is useless`);
  return value.map((term) => checkTerm(term, location, source));
}
