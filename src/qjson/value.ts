/**
 * The values of QEMU's JSON dialect.  They are JavaScript's own, with two additions, so that what QEMU
 * keeps apart is kept apart: integers are exact over int64 and uint64, and a double is never an integer.
 *
 *   wire                 value
 *   1, -0, 2^53 - 1      number (a safe integer)
 *   2^53 .. 2^64 - 1     bigint; also down to -2^63
 *   1.0, 1e3, 0.5, 2^64  JsonDouble
 *
 * A parser hands out `number` for integers alone.  A printer takes a `number` of either kind.
 */

export class JsonDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/**
 * A string whose text was made elsewhere, as bytes: ASCII that needs no escape, such as base64.  Only a
 * member of a command's result may be one; it is written as it is and never becomes a JavaScript string.
 */
export class JsonText {
  readonly parts: readonly Uint8Array[];
  constructor(parts: readonly Uint8Array[]) {
    this.parts = parts;
  }
}

/** What a placeholder for a string is an instance of: see `unread.ts`.  To a compiler it is a string. */
export class UnreadString {}

export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | JsonDouble
  | JsonText
  | string
  | JsonArray
  | JsonObject;
export type JsonArray = readonly JsonValue[];
/** Own enumerable properties are the members; `__proto__` is an ordinary name.  A printer skips `undefined`. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/**
 * What is known of an object with very many members, beside them.  An engine lists all names before it gives out the
 * first one: of 400,000 in 0.3 s, in one go.
 */
interface LargeObject {
  readonly first: JsonObject;
  readonly memberCount: number;
}

const large: unique symbol = Symbol("large");

interface MaybeLarge {
  readonly [large]?: LargeObject;
}

/** Notes of an object that `first` are members of it, and how many there are. */
export function markLarge(object: JsonObject, first: JsonObject, memberCount: number): void {
  Object.defineProperty(object, large, { value: { first, memberCount } satisfies LargeObject });
}

/**
 * The members to walk when looking for one that should not be there: those of `object`, or of a large one the
 * first `JSON_LARGE_OBJECT_MEMBERS`.  No definition has so many, so that there is an unknown one among them.
 */
export function firstMembers(object: JsonObject): JsonObject {
  return (object as MaybeLarge)[large]?.first ?? object;
}

/** How many members a large object has; 0 for any other. */
export function largeMemberCount(object: JsonObject): number {
  return (object as MaybeLarge)[large]?.memberCount ?? 0;
}

/** Whether `value` is an object of the wire: neither null, an array, a double, a text nor a placeholder for a string. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof JsonDouble || value instanceof JsonText || value instanceof UnreadString);
}
