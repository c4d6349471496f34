/**
 * One answer to `query-qmp-schema` out of several schemas.
 *
 * Names of types are numbers that each schema counts from 0: those of a plugin are counted on from the last one
 * that is taken.  Built-in types have the same names everywhere, and are told once.
 */

import type { SchemaInfo } from "../qapi/generated/introspect.ts";
import type { JsonObject } from "../qapi/runtime/unmarshal.ts";

/** A type that the schema defines, in as many arrays as there are brackets. */
const NUMBERED_TYPE = /^(\[*)(\d+)(\]*)$/;

/** Members of an entry, or of what is in its lists, that name a type. */
const TYPE_MEMBERS: readonly string[] = ["arg-type", "ret-type", "element-type", "type"];

/** Adds what `schemaInfo` of a plugin answered. */
export function joinSchemas(entries: readonly SchemaInfo[], added: readonly JsonObject[]): SchemaInfo[] {
  const first = 1 + entries.reduce((last, { name }) => Math.max(last, numberOf(name)), -1);
  const names = new Set(entries.filter(isType).map(({ name }) => name));
  const renamed = added.map((entry) => renameTypes(entry as SchemaInfo, first));
  return [...entries, ...renamed.filter((entry) => !isType(entry) || !names.has(entry.name))];
}

function isType(entry: SchemaInfo): boolean {
  return entry["meta-type"] !== "command" && entry["meta-type"] !== "event";
}

/** -1 for any other name than a type's that has a number. */
function numberOf(name: string): number {
  const [, , number] = NUMBERED_TYPE.exec(name) ?? [];
  return number === undefined ? -1 : Number(number);
}

function renameTypes(entry: SchemaInfo, first: number): SchemaInfo {
  const rename = (name: unknown): unknown =>
    String(name).replace(
      NUMBERED_TYPE,
      (_, open, number, close) => `${open}${Number(number) + first}${close}`,
    );
  const renameIn = (object: object, isEntry: boolean): object =>
    Object.fromEntries(
      Object.entries(object).map(([member, value]) => {
        if (TYPE_MEMBERS.includes(member) || (isEntry && member === "name" && isType(entry)))
          return [member, rename(value)];
        const isList = isEntry && (member === "members" || member === "variants") && Array.isArray(value);
        return [member, isList ? value.map((item: object) => renameIn(item, false)) : value];
      }),
    );
  return renameIn(entry, true) as SchemaInfo;
}
