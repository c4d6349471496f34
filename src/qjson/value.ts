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

/** Whether `value` is an object of the wire: neither null, an array, a double nor a text. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof JsonDouble || value instanceof JsonText);
}
