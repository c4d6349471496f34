/**
 * Values and bytes by chance, for properties that hold for all of them.
 */

import fc from "fast-check";
import { printJson } from "../../src/qjson/print.ts";
import { JsonDouble, type JsonValue } from "../../src/qjson/value.ts";

/** Text that QEMU's strings can hold: whole characters, none of them a noncharacter. */
const text = fc
  .string({ unit: "binary" })
  .map((string) =>
    Array.from(string, (char) =>
      ((char.codePointAt(0) ?? 0) & 0xfffe) === 0xfffe || /[\ufdd0-\ufdef]/.test(char) ? "?" : char,
    ).join(""),
  );
const name = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "id", "execute", "1"));
const integer = fc.oneof(
  fc.maxSafeInteger().map((value) => value + 0),
  fc
    .bigInt(-(2n ** 63n), 2n ** 64n - 1n)
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
);
/** Whole doubles print as integers, as QEMU's do: they are no identity. */
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => printsAsDouble(value))
  .map((value) => new JsonDouble(value));

function printsAsDouble(value: number): boolean {
  return /[.e]/.test(printJson(new JsonDouble(value)));
}

export const value = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    integer,
    double,
    text,
    fc.array(tie("value"), { maxLength: 5 }),
    fc
      .array(fc.tuple(name, tie("value")), { maxLength: 5 })
      .map((members) => Object.fromEntries(members) as Record<string, JsonValue>),
  ),
})).value;

/** Bytes of every kind that the lexer tells apart, in a mixture that makes messages likely. */
const token = fc.constantFrom(
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "'",
    "\\",
    "\\u",
    "D83D",
    "1",
    "0",
    "-",
    ".",
    "e",
    "true",
    "null",
    "nul",
  ],
  ...[
    " ",
    "\n",
    "\t",
    "@",
    "\u0001",
    "\xff",
    "\xfe",
    "\x80",
    "\xc3\xa9",
    "\xc0\x80",
    "\xf0\x9f\x98\x80",
    "\xed\xa0\x80",
  ],
  ...['"a":', '{"a":1}', "'b'", '"\\n"', "123456789012345678", "1.5", "1e400", '{"id":7,"id":8}', "[[{]]"],
);
export const soup = fc
  .array(token, { maxLength: 40 })
  .map((tokens) => Buffer.from(tokens.join(""), "latin1"));
/** A message with a few of its bytes changed. */
const mutated = fc
  .tuple(value, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
  .map(([message, changes]) => {
    const bytes = Buffer.from(`${printJson({ execute: "x", id: message })}\n`);
    for (const [position, byte] of changes) bytes[position % bytes.length] = byte;
    return bytes;
  });
export const anyBytes = fc.oneof(
  soup,
  mutated,
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
);

/** `bytes` cut at `cuts`, which are taken modulo the length. */
export function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}
