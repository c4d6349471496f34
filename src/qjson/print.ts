/**
 * The printer: QEMU's form of JSON (rule W1), on one line, `", "` and `": "` between tokens, ASCII only.
 */

import { assert } from "../util/assert.ts";
import { latin1 } from "./latin1.ts";
import { isValidCodePoint } from "./utf8.ts";
import { type JsonArray, JsonDouble, type JsonObject, JsonText, type JsonValue } from "./value.ts";

/** Characters that stand for themselves. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
/** One character, or half a pair, that does not. */
const NOT_PLAIN = /[^\x20\x21\x23-\x5b\x5d-\x7e]/gu;
const REPLACEMENT = 0xfffd;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Names of members as printed: those of the schema recur, and clients may add some of their own. */
const printedNames = new Map<string, string>();
const PRINTED_NAMES_MAX = 1024;
const PRINTED_NAME_CHARS_MAX = 64;

/** Digits of a double that tell it apart from every other: C's `%.17g`. */
const DOUBLE_DIGITS = 17;
/** With more digits than any double within the exponents of `printDouble`'s ties has. */
const EXACT_DIGITS = 100;

/**
 * `value` as text.  Members that are `undefined` are left out.  What UTF-8 cannot say (half a surrogate
 * pair, a noncharacter) becomes U+FFFD.  Numbers are finite, and there are no functions: anything else is a defect of the
 * caller.
 */
export function printJson(value: JsonValue): string {
  switch (typeof value) {
    case "string":
      return printString(value);
    case "number":
      return Number.isSafeInteger(value) ? `${value}` : printDouble(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return `${value}`;
  }
  assert(typeof value === "object", "JSON has no functions, no symbols, and no undefined elements");
  if (value === null) return "null";
  if (value instanceof JsonDouble) return printDouble(value.value);
  if (value instanceof JsonText)
    return `"${value.parts.map((part) => latin1(part, 0, part.length)).join("")}"`;
  return isArray(value) ? printArray(value) : printObject(value);
}

function isArray(value: JsonArray | JsonObject): value is JsonArray {
  return Array.isArray(value);
}

function printArray(array: JsonArray): string {
  let text = "[";
  let separator = "";
  for (const element of array) {
    text += separator + printJson(element);
    separator = ", ";
  }
  return `${text}]`;
}

function printObject(object: JsonObject): string {
  let text = "{";
  let separator = "";
  for (const name in object) {
    const member = object[name];
    if (member === undefined) continue;
    text += separator + printName(name) + printJson(member);
    separator = ", ";
  }
  return `${text}}`;
}

/** A member's name with its colon.  Looking up one that has been printed before takes half the time of printing it. */
function printName(name: string): string {
  const known = printedNames.get(name);
  if (known !== undefined) return known;
  const printed = `${printString(name)}: `;
  if (printedNames.size < PRINTED_NAMES_MAX && name.length <= PRINTED_NAME_CHARS_MAX)
    printedNames.set(name, printed);
  return printed;
}

function printString(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : `"${value.replace(NOT_PLAIN, escapeChar)}"`;
}

function escapeChar(char: string): string {
  const short = SHORT_ESCAPES[char];
  if (short !== undefined) return short;
  const codePoint = char.codePointAt(0) ?? REPLACEMENT;
  if (!isValidCodePoint(codePoint)) return escapeUnit(REPLACEMENT);
  if (codePoint < 0x10000) return escapeUnit(codePoint);
  return escapeUnit(char.charCodeAt(0)) + escapeUnit(char.charCodeAt(1));
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A double as C's `printf` prints it with `%.17g`. */
function printDouble(value: number): string {
  assert(Number.isFinite(value), "JSON has no number that is not finite");
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = ""] = roundToEven(value).split("e");
  const exponent = Number(exponentText);
  const sign = value < 0 ? "-" : "";
  const digits = mantissa.replace("-", "").replace(".", "").replace(/0+$/, "");
  if (exponent < -4 || exponent >= DOUBLE_DIGITS) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    const width = `${Math.abs(exponent)}`.padStart(2, "0");
    return `${sign + digits.slice(0, 1) + fraction}e${exponent < 0 ? "-" : "+"}${width}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return sign + whole + (fraction === "" ? "" : `.${fraction}`);
}

/** `value` in exponential form with 17 digits; C rounds a tie to the even digit, JavaScript away from zero. */
function roundToEven(value: number): string {
  const rounded = value.toExponential(DOUBLE_DIGITS - 1);
  const exact = value.toExponential(EXACT_DIGITS);
  const [mantissa = "", exponent = ""] = exact.split("e");
  const kept = mantissa.length - (EXACT_DIGITS - DOUBLE_DIGITS + 1);
  const rest = mantissa.slice(kept);
  const isTie = rest.startsWith("5") && /^50*$/.test(rest);
  const lastIsEven = Number(mantissa.slice(kept - 1, kept)) % 2 === 0;
  return isTie && lastIsEven ? `${mantissa.slice(0, kept)}e${exponent}` : rounded;
}
