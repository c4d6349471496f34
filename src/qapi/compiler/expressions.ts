/**
 * Pass 2, expressions: what a definition says by itself.
 *
 * In: expressions as parsed.  Checked: keys, names, flags, conditions, the form of `data`; nothing that
 * needs to know another definition.  Guaranteed afterwards: a `Definition` for each expression, in
 * their order, every short form written out.  Next: the schema pass.
 */

import {
  checkBranches,
  checkCondition,
  checkFeatures,
  checkKeys,
  checkMembersOrName,
  checkTypeName,
} from "./clauses.ts";
import type { CommandDefinition, Definition, EnumValueDefinition } from "./definitions.ts";
import type { Doc } from "./doc.ts";
import { checkNameCamel, checkNameIsString, checkNameLower, checkNameUpper } from "./names.ts";
import type { Expression, ParsedSchema, Pragma, SchemaObject } from "./parser.ts";
import { inDefinition, QapiSchemaError, type SourceLocation } from "./source.ts";

const METAS = ["enum", "struct", "union", "alternate", "command", "event"] as const;
type Meta = (typeof METAS)[number];

/** Keys that a definition must have and may have, apart from its own; `if` and `features` all may have. */
const KEYS: Readonly<Record<Meta, { required: readonly string[]; optional: readonly string[] }>> = {
  enum: { required: ["data"], optional: ["prefix"] },
  struct: { required: ["data"], optional: ["base"] },
  union: { required: ["base", "discriminator", "data"], optional: [] },
  alternate: { required: ["data"], optional: [] },
  command: {
    required: [],
    optional: [
      "data",
      "returns",
      "boxed",
      "gen",
      "success-response",
      "allow-oob",
      "allow-preconfig",
      "coroutine",
      "async",
      "on-disconnect",
    ],
  },
  event: { required: [], optional: ["data", "boxed"] },
};

/** Flags that are true unless they say otherwise, and the reverse. */
const FALSE_FLAGS = ["gen", "success-response"];
const TRUE_FLAGS = ["boxed", "allow-oob", "allow-preconfig", "coroutine", "async"];

/** Flags that cannot stand together: an out-of-band command answers at once, and a command has one kind. */
const INCOMPATIBLE_FLAGS = [
  ["allow-oob", "coroutine"],
  ["async", "allow-oob"],
  ["async", "coroutine"],
] as const;

export function checkExpressions({ expressions, pragma }: ParsedSchema): Definition[] {
  return expressions.map((expression) => checkExpression(expression, pragma));
}

/** What the parts of a definition are checked with. */
interface Subject {
  readonly name: string;
  readonly keys: SchemaObject;
  readonly location: SourceLocation;
  readonly doc: Doc | undefined;
  readonly pragma: Pragma;
}

function checkExpression({ value: keys, doc, location: start }: Expression, pragma: Pragma): Definition {
  const [meta, another] = METAS.filter((candidate) => keys.has(candidate));
  if (meta === undefined || another !== undefined) {
    const list = METAS.map((name) => `'${name}'`).join(", ");
    throw new QapiSchemaError(start, `expression must have exactly one key ${list}`);
  }
  const name = checkNameIsString(keys.get(meta), start, `'${meta}'`);
  const location = inDefinition(start, { meta, name });
  checkDefinitionName(meta, name, location, pragma);
  checkDoc(name, meta, doc, location, pragma);
  const { required, optional } = KEYS[meta];
  checkKeys(keys, location, meta, [meta, ...required], [...optional, "if", "features"]);
  const definition = CHECKS[meta]({ name, keys, location, doc, pragma });
  checkFlags(keys, location);
  return definition;
}

function checkDefinitionName(meta: Meta, name: string, location: SourceLocation, pragma: Pragma): void {
  if (meta === "event") {
    checkNameUpper(name, location, meta);
  } else if (meta === "command") {
    const underscore = pragma.commandNameExceptions.has(name);
    checkNameLower(name, location, meta, { upper: false, underscore });
  } else {
    checkNameCamel(name, location, meta);
  }
}

function checkDoc(
  name: string,
  meta: Meta,
  doc: Doc | undefined,
  location: SourceLocation,
  pragma: Pragma,
): void {
  if (doc === undefined) {
    if (pragma.docRequired) throw new QapiSchemaError(location, "documentation comment required");
    return;
  }
  if (doc.symbol !== name) {
    throw new QapiSchemaError(location, `documentation comment is for '${doc.symbol}'`);
  }
  if (meta !== "command" && doc.section("Returns") !== undefined) {
    throw new QapiSchemaError(doc.location, "'Returns:' is only valid for commands");
  }
}

const CHECKS: Readonly<Record<Meta, (subject: Subject) => Definition>> = {
  enum: (subject) => {
    const values = checkEnumValues(subject);
    return { meta: "enum", values, ...common(subject, "enum") };
  },

  struct: (subject) => {
    const { keys, location } = subject;
    const members = checkMembersOrName(keys.get("data"), location, "'data'", exceptionsOf(subject));
    // A struct that names another one as its members has that one as its base, in effect.
    if (!Array.isArray(members)) throw new QapiSchemaError(location, "'data' should be an object");
    const baseName = keys.get("base");
    const base = baseName === undefined ? undefined : checkTypeName(baseName, location, "'base'");
    return { meta: "struct", base, data: members, ...common(subject, "struct") };
  },

  union: (subject) => {
    const { keys, location } = subject;
    const base = checkMembersOrName(keys.get("base"), location, "'base'", exceptionsOf(subject));
    const discriminator = checkNameIsString(keys.get("discriminator"), location, "'discriminator'");
    const branches = checkBranches(keys.get("data"), location, "union");
    return { meta: "union", base, discriminator, branches, ...common(subject, "union") };
  },

  alternate: (subject) => {
    const branches = checkBranches(subject.keys.get("data"), subject.location, "alternate");
    return { meta: "alternate", branches, ...common(subject, "alternate") };
  },

  command: checkCommand,

  event: (subject) => {
    const data = checkData(subject);
    return { meta: "event", data, boxed: subject.keys.has("boxed"), ...common(subject, "event") };
  },
};

function common({ name, keys, location, doc }: Subject, meta: Meta) {
  const condition = checkCondition(keys.get("if"), location, meta);
  const features = checkFeatures(keys.get("features"), location);
  return { name, location, doc, condition, features };
}

function exceptionsOf({ name, pragma }: Subject): { upper: boolean; underscore: boolean } {
  const excepted = pragma.memberNameExceptions.has(name);
  return { upper: excepted, underscore: excepted };
}

function checkEnumValues(subject: Subject): EnumValueDefinition[] {
  const { keys, location } = subject;
  const values = keys.get("data");
  const prefix = keys.get("prefix");
  if (!Array.isArray(values)) throw new QapiSchemaError(location, "'data' must be an array");
  if (prefix !== undefined && typeof prefix !== "string") {
    throw new QapiSchemaError(location, "'prefix' must be a string");
  }
  return values.map((value) => {
    const long: SchemaObject = value instanceof Map ? value : new Map([["name", value]]);
    checkKeys(long, location, "'data' member", ["name"], ["if", "features"]);
    const name = checkNameIsString(long.get("name"), location, "'data' member");
    const source = `'data' member '${name}'`;
    // A value may begin with a digit.
    checkNameLower(/^\d/.test(name) ? `d${name}` : name, location, source, exceptionsOf(subject));
    const condition = checkCondition(long.get("if"), location, source);
    return { name, condition, features: checkFeatures(long.get("features"), location) };
  });
}

/** The arguments of a command, the data of an event.  Boxed ones have a type of their own. */
function checkData(subject: Subject) {
  const { keys, location } = subject;
  const data = keys.get("data");
  // A flag's value is checked in the end, with the others.
  if (keys.has("boxed") && keys.get("boxed") !== false) {
    if (data === undefined) throw new QapiSchemaError(location, "'boxed': true requires 'data'");
    return checkTypeName(data, location, "'data'");
  }
  return data === undefined ? undefined : checkMembersOrName(data, location, "'data'", exceptionsOf(subject));
}

function checkCommand(subject: Subject): CommandDefinition {
  const { keys, location } = subject;
  const data = checkData(subject);
  const returns = keys.get("returns");
  const onDisconnect = keys.get("on-disconnect") ?? "cancel";
  if (onDisconnect !== "cancel" && onDisconnect !== "finish") {
    throw new QapiSchemaError(location, "'on-disconnect' must be 'cancel' or 'finish'");
  }
  if (keys.has("on-disconnect") && !keys.has("async")) {
    throw new QapiSchemaError(location, "'on-disconnect' requires 'async': true");
  }
  return {
    meta: "command",
    data,
    returns: returns === undefined ? undefined : checkTypeName(returns, location, "'returns'", true),
    boxed: keys.has("boxed"),
    gen: !keys.has("gen"),
    successResponse: !keys.has("success-response"),
    allowOob: keys.has("allow-oob"),
    allowPreconfig: keys.has("allow-preconfig"),
    coroutine: keys.has("coroutine"),
    async: keys.has("async"),
    onDisconnect,
    ...common(subject, "command"),
  };
}

function checkFlags(keys: SchemaObject, location: SourceLocation): void {
  for (const flag of FALSE_FLAGS) {
    if (keys.has(flag) && keys.get(flag) !== false) {
      throw new QapiSchemaError(location, `flag '${flag}' may only use false value`);
    }
  }
  for (const flag of TRUE_FLAGS) {
    if (keys.has(flag) && keys.get(flag) !== true) {
      throw new QapiSchemaError(location, `flag '${flag}' may only use true value`);
    }
  }
  for (const [one, other] of INCOMPATIBLE_FLAGS) {
    if (keys.has(one) && keys.has(other)) {
      throw new QapiSchemaError(location, `flags '${one}' and '${other}' are incompatible`);
    }
  }
}
