/**
 * Names in the schema: which are allowed where, and when two of them are one.
 */

import type { SchemaValue } from "./parser.ts";
import { QapiSchemaError, type SourceLocation } from "./source.ts";

/** A downstream prefix `__org.example_`, the prefix `x-` of what may change, and the stem. */
const NAME = /^(?:__[a-z0-9.-]+_)?(?:x-)?([a-z][a-z0-9_-]*)$/i;

/** Two names are one for QAPI when they differ in `-`, `.` and `_` alone: QEMU makes identifiers of them. */
export function identifierOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, "_");
}

/** What of the rules for lower case names is waived. */
export interface NameExceptions {
  readonly upper: boolean;
  readonly underscore: boolean;
}

const NO_EXCEPTIONS: NameExceptions = { upper: false, underscore: false };

export function checkNameIsString(
  name: SchemaValue | undefined,
  location: SourceLocation,
  source: string,
): string {
  if (typeof name === "string") return name;
  throw new QapiSchemaError(location, `${source} requires a string name`);
}

/** Checks a name's form and answers its stem.  Names in `q_` are the compiler's own. */
function checkName(name: string, location: SourceLocation, source: string): string {
  const stem = NAME.exec(name)?.[1];
  if (stem === undefined || identifierOf(name).startsWith("q_")) {
    throw new QapiSchemaError(location, `${source} has an invalid name`);
  }
  return stem;
}

/** Members, values, features, branches and commands. */
export function checkNameLower(
  name: string,
  location: SourceLocation,
  source: string,
  { upper, underscore }: NameExceptions = NO_EXCEPTIONS,
): void {
  const stem = checkName(name, location, source);
  if ((!upper && /[A-Z]/.test(stem)) || (!underscore && stem.includes("_"))) {
    throw new QapiSchemaError(location, `name of ${source} must not use uppercase or '_'`);
  }
}

/** Events. */
export function checkNameUpper(name: string, location: SourceLocation, source: string): void {
  if (/[a-z-]/.test(checkName(name, location, source))) {
    throw new QapiSchemaError(location, `name of ${source} must not use lowercase or '-'`);
  }
}

/** Types. */
export function checkNameCamel(name: string, location: SourceLocation, source: string): void {
  if (!/^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*$/.test(checkName(name, location, source))) {
    throw new QapiSchemaError(location, `name of ${source} must use CamelCase`);
  }
  // QEMU calls an array of T "TList".
  if (name.endsWith("List")) {
    throw new QapiSchemaError(location, `${source} name should not end in 'List'`);
  }
}
