/**
 * Introspection as data: what `query-qmp-schema` answers, computed or saved in a file.
 *
 * In: JSON text, of the array or of the whole reply.  Guaranteed afterwards: every entry has the members of
 * its kind, and every type that one names has an entry.
 */

import { QapiSchemaError } from "../source.ts";

interface Features {
  readonly features?: readonly string[];
}

export interface CommandEntry extends Features {
  readonly "meta-type": "command";
  readonly name: string;
  readonly "arg-type": string;
  readonly "ret-type": string;
  readonly "allow-oob"?: boolean;
  readonly async?: boolean;
}

export interface EventEntry extends Features {
  readonly "meta-type": "event";
  readonly name: string;
  readonly "arg-type": string;
}

export interface MemberEntry extends Features {
  readonly name: string;
  readonly type: string;
  /** There when the member is optional. */
  readonly default?: unknown;
}

export interface ObjectEntry extends Features {
  readonly "meta-type": "object";
  readonly name: string;
  readonly members: readonly MemberEntry[];
  readonly tag?: string;
  readonly variants?: readonly { readonly case: string; readonly type: string }[];
}

export interface EnumEntry extends Features {
  readonly "meta-type": "enum";
  readonly name: string;
  /** Not in answers of QEMU before 6.2, which have `values`. */
  readonly members?: readonly ({ readonly name: string } & Features)[];
  readonly values?: readonly string[];
}

export type TypeEntry =
  | ObjectEntry
  | { readonly "meta-type": "builtin"; readonly name: string; readonly "json-type": string }
  | { readonly "meta-type": "array"; readonly name: string; readonly "element-type": string }
  | EnumEntry
  | ({
      readonly "meta-type": "alternate";
      readonly name: string;
      readonly members: readonly { readonly type: string }[];
    } & Features);

export type AnswerEntry = CommandEntry | EventEntry | TypeEntry;

/** Whether a file's text is an answer rather than a schema, whose strings are in single quotes. */
export function isAnswer(text: string): boolean {
  return /^\s*(?:\[|\{\s*")/.test(text);
}

/** Reads an answer.  `file`: as messages name it. */
export function parseAnswer(file: string, text: string): AnswerEntry[] {
  const refuse = (reason: string, line = 1, cause?: unknown): QapiSchemaError =>
    new QapiSchemaError({ file, line, includedFrom: undefined }, reason, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    throw refuse(`this is not JSON: ${message}`, text.slice(0, position).split("\n").length, cause);
  }
  const entries = isRecord(value) ? value.return : value;
  if (!Array.isArray(entries))
    throw refuse("a query-qmp-schema answer should be an array, or have one as 'return'");
  const names = new Set(entries.map((entry) => (isRecord(entry) ? entry.name : undefined)));
  const isType = (name: unknown): boolean => typeof name === "string" && names.has(name);
  for (const [index, entry] of entries.entries()) {
    if (!isEntry(entry, isType)) {
      throw refuse(`entry ${index} of the query-qmp-schema answer is not whole: ${excerpt(entry)}`);
    }
  }
  return entries;
}

type Json = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEntry(entry: unknown, isType: Check): entry is AnswerEntry {
  if (!isRecord(entry) || !isNamed(entry)) return false;
  const isTyped: Check = (part) => isRecord(part) && isType(part.type);
  switch (entry["meta-type"]) {
    case "command":
      return isType(entry["arg-type"]) && isType(entry["ret-type"]);
    case "event":
      return isType(entry["arg-type"]);
    case "builtin":
      return isString(entry["json-type"]);
    case "array":
      return isType(entry["element-type"]);
    case "enum":
      return isListOf(entry.members ?? [], isNamed) && isListOf(entry.values ?? [], isString);
    case "alternate":
      return isListOf(entry.members, isTyped);
    case "object": {
      const isMember: Check = (part) => isNamed(part) && isTyped(part);
      const isBranch: Check = (part) => isRecord(part) && isString(part.case) && isTyped(part);
      return isListOf(entry.members, isMember) && isListOf(entry.variants ?? [], isBranch);
    }
    default:
      return false;
  }
}

/** With a name, and features if it has any. */
function isNamed(value: unknown): boolean {
  return isRecord(value) && isString(value.name) && isListOf(value.features ?? [], isString);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isListOf(value: unknown, check: Check): boolean {
  return Array.isArray(value) && value.every(check);
}

const EXCERPT_LENGTH = 60;

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length <= EXCERPT_LENGTH ? text : `${text.slice(0, EXCERPT_LENGTH)}...`;
}
