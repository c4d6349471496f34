/**
 * What generated code calls to check a value of the wire, and to make the schema's type of it.
 *
 * Each function takes the value, and its place as two parts that are joined only for a message: `at`, the
 * path of what it is in, and its `name` there, or its index in an array.  Each throws a `QmpError` with
 * QEMU's sentence, or answers the value.  The same checks hold a handler's result against the schema, where
 * a failure is a defect of ours.
 *
 * Guaranteed: what is answered consists of the schema's members alone, in the schema's order.
 */

import { refuseUnreadString } from "../../qjson/unread.ts";
import {
  firstMembers,
  isJsonObject,
  JsonDouble,
  type JsonObject,
  JsonText,
  type JsonValue,
} from "../../qjson/value.ts";
import { AssertionError } from "../../util/assert.ts";
import { QmpError } from "./error.ts";

export type { JsonObject, JsonText, JsonValue };
export { firstMembers, isJsonObject };

/** A number of any kind. */
export function isJsonNumber(input: Input): boolean {
  return typeof input === "number" || typeof input === "bigint" || input instanceof JsonDouble;
}

/** A member whose name every JavaScript object has by inheritance. */
export function ownMember(object: JsonObject, name: string): Input {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/**
 * A signed integer of 64 bits: `int`, `int64`.
 *
 * The rule for integers: from -(2^53 - 1) to 2^53 - 1, where a `number` is exact, a value that comes from the
 * wire is a `number`; beyond, it is a `bigint`.  In what a handler answers both are taken at any size, but
 * for a `number` that is not exact.  Compare with `==` and `<`, which take either.
 */
export type Int64 = number | bigint;

/** An unsigned integer of 64 bits: `uint64`, `size`.  The rule is that of {@link Int64}. */
export type Uint64 = number | bigint;

/** A type under construction. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The arguments of a command that has none, the data of an event that has none. */
export type NoMembers = Readonly<Record<string, never>>;

/** A value that may be missing: what reading a member answers. */
export type Input = JsonValue | undefined;

/** What an object, an array's element and an argument are checked by. */
export type Unmarshal<T> = (input: Input, at: string, name: string | number) => T;

/** The same of a type that has parts with conditions: which of these hold is the last argument. */
export type UnmarshalWith<C, T> = (input: Input, at: string, name: string | number, conditions: C) => T;

/** `at.name`, `at[3]`; the outermost value has neither. */
export function pathOf(at: string, name: string | number): string {
  if (typeof name === "number") return `${at}[${name}]`;
  return at === "" ? name : `${at}.${name}`;
}

// ---- Errors, in QEMU's words.  Some tell the path, some the bare name, which an element has not. ----

export function missing(at: string, name: string | number): QmpError {
  return new QmpError(`Parameter '${pathOf(at, name)}' is missing`);
}

export function unexpected(at: string, name: string): QmpError {
  return new QmpError(`Parameter '${pathOf(at, name)}' is unexpected`);
}

function wrongType(input: Input, at: string, name: string | number, expected: string): QmpError {
  if (input === undefined) return missing(at, name);
  if (expected === "string") refuseUnreadString(input);
  return new QmpError(`Invalid parameter type for '${pathOf(at, name)}', expected: ${expected}`);
}

/** For an integer that its type cannot hold, and for anything else where a `uint64` is due. */
function outOfRange(input: Input, at: string, name: string | number, type: string): QmpError {
  if (input === undefined) return missing(at, name);
  return new QmpError(`Parameter '${pathOf(at, name)}' expects ${type}`);
}

function bareName(name: string | number): string {
  return typeof name === "number" ? "null" : name;
}

export function wrongValue(input: Input, at: string, name: string | number): QmpError {
  if (typeof input !== "string") return wrongType(input, at, name, "string");
  return new QmpError(`Parameter '${bareName(name)}' does not accept value '${input}'`);
}

/** For a value that is none of an alternate's types. */
export function wrongAlternative(input: Input, at: string, name: string | number, type: string): QmpError {
  if (input === undefined) return missing(at, name);
  refuseUnreadString(input);
  return new QmpError(`Invalid parameter type for '${bareName(name)}', expected: ${type}`);
}

// ---- Built-in types ----

export function asString(input: Input, at: string, name: string | number): string {
  if (typeof input === "string") return input;
  throw wrongType(input, at, name, "string");
}

/** A string that a handler may have made as bytes. */
export function asText(input: Input, at: string, name: string | number): string | JsonText {
  if (typeof input === "string" || input instanceof JsonText) return input;
  throw wrongType(input, at, name, "string");
}

export function asBoolean(input: Input, at: string, name: string | number): boolean {
  if (typeof input === "boolean") return input;
  throw wrongType(input, at, name, "boolean");
}

export function asNull(input: Input, at: string, name: string | number): null {
  if (input === null) return input;
  throw wrongType(input, at, name, "null");
}

export function asAny(input: Input, at: string, name: string | number): JsonValue {
  if (input !== undefined) return input;
  throw missing(at, name);
}

export function asNumber(input: Input, at: string, name: string | number): number {
  if (typeof input === "number") return input;
  if (input instanceof JsonDouble) return input.value;
  if (typeof input === "bigint") return Number(input);
  throw wrongType(input, at, name, "number");
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** `int` and `int64`. */
export function asInt64(input: Input, at: string, name: string | number): Int64 {
  if (typeof input === "number" && Number.isSafeInteger(input)) return input;
  if (typeof input === "bigint" && input >= INT64_MIN && input <= INT64_MAX) return input;
  throw wrongType(input, at, name, "integer");
}

/** `uint64` and `size`.  A negative integer counts down from 2^64, as in QEMU. */
export function asUint64(input: Input, at: string, name: string | number): Uint64 {
  if (typeof input === "number" && Number.isSafeInteger(input)) {
    return input >= 0 ? input : BigInt.asUintN(64, BigInt(input));
  }
  if (typeof input === "bigint" && input >= INT64_MIN && input <= UINT64_MAX) {
    return BigInt.asUintN(64, input);
  }
  throw outOfRange(input, at, name, "uint64");
}

function asSmallInt(input: Input, at: string, name: string | number, bits: 8 | 16 | 32): number {
  const value = asInt64(input, at, name);
  const limit = 2 ** (bits - 1);
  if (typeof value === "number" && value >= -limit && value < limit) return value;
  throw outOfRange(input, "", bareName(name), `int${bits}_t`);
}

function asSmallUint(input: Input, at: string, name: string | number, bits: 8 | 16 | 32): number {
  const value = asUint64(input, at, name);
  if (typeof value === "number" && value < 2 ** bits) return value;
  throw outOfRange(input, "", bareName(name), `uint${bits}_t`);
}

export const asInt8: Unmarshal<number> = (input, at, name) => asSmallInt(input, at, name, 8);
export const asInt16: Unmarshal<number> = (input, at, name) => asSmallInt(input, at, name, 16);
export const asInt32: Unmarshal<number> = (input, at, name) => asSmallInt(input, at, name, 32);
export const asUint8: Unmarshal<number> = (input, at, name) => asSmallUint(input, at, name, 8);
export const asUint16: Unmarshal<number> = (input, at, name) => asSmallUint(input, at, name, 16);
export const asUint32: Unmarshal<number> = (input, at, name) => asSmallUint(input, at, name, 32);

// ---- Arrays and objects ----

export function asArray<T>(input: Input, at: string, name: string | number, element: Unmarshal<T>): T[] {
  if (!Array.isArray(input)) throw wrongType(input, at, name, "array");
  const path = pathOf(at, name);
  const elements: T[] = [];
  for (let index = 0; index < input.length; index++) elements.push(element(input[index], path, index));
  return elements;
}

export function asObject(input: Input, at: string, name: string | number): JsonObject {
  if (isJsonObject(input)) return input;
  throw wrongType(input, at, name, "object");
}

/** For a command without arguments. */
export function asNoMembers(input: Input, at: string, name: string | number): NoMembers {
  const object = asObject(input, at, name);
  for (const member in firstMembers(object)) throw unexpected(pathOf(at, name), member);
  return {};
}

// ---- The returning half ----

/** Holds a command's result against the schema.  One that does not fit is the handler's defect. */
export function marshalResult<T>(command: string, result: T, unmarshal: Unmarshal<T>): JsonValue {
  try {
    return unmarshal(result as Input, "", "") as JsonValue;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AssertionError(`result of ${command} is not of its type: ${reason}`, { cause });
  }
}

/** What a command without a result answers. */
export function marshalNothing(): JsonValue {
  return {};
}
