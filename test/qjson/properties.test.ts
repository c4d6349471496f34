/**
 * What holds for any value and any bytes.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printJson } from "../../src/qjson/print.ts";
import { JsonStreamer } from "../../src/qjson/streamer.ts";
import { JsonDouble, type JsonValue } from "../../src/qjson/value.ts";
import { bytewise, drain, outcomesOf } from "../support/qjson.ts";

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

const value = fc.letrec<{ value: JsonValue }>((tie) => ({
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
const soup = fc.array(token, { maxLength: 40 }).map((tokens) => Buffer.from(tokens.join(""), "latin1"));
/** A message with a few of its bytes changed. */
const mutated = fc
  .tuple(value, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
  .map(([message, changes]) => {
    const bytes = Buffer.from(`${printJson({ execute: "x", id: message })}\n`);
    for (const [position, byte] of changes) bytes[position % bytes.length] = byte;
    return bytes;
  });
const anyBytes = fc.oneof(
  soup,
  mutated,
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
);

/** `bytes` cut at `cuts`, which are taken modulo the length. */
function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

describe("any value", () => {
  it("W1, W3: is the same after printing and parsing", () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(outcomesOf(`${printJson(original)}\n`)).toEqual([{ value: original }]);
        expect(outcomesOf(...bytewise(`${printJson({ a: original })}`))).toEqual([
          { value: { a: original } },
        ]);
      }),
      { numRuns: 1000 },
    );
  });

  it("W1: is printed as ASCII on one line", () => {
    fc.assert(fc.property(value, (original) => /^[\x20-\x7e]*$/.test(printJson(original))));
  });

  it("W3: is the same whether it is parsed as plain or exactly", () => {
    fc.assert(
      fc.property(value, (original) => {
        const plain = `{"a":${printJson(original)}}`;
        const exact = `{'a':${printJson(original)}}`;
        expect(outcomesOf(plain)).toEqual(outcomesOf(exact));
      }),
    );
  });
});

describe("any bytes", () => {
  it("W2: mean the same however they are split", () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
        const whole = outcomesOf(bytes);
        expect(outcomesOf(...split(bytes, cuts))).toEqual(whole);
        expect(outcomesOf(...bytewise(bytes))).toEqual(whole);
        expect(outcomesOf(new Uint8Array(bytes))).toEqual(whole);
      }),
      { numRuns: 3000 },
    );
  });

  it("W2: mean the same when they are pushed first and parsed later", () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
        const streamer = new JsonStreamer();
        for (const piece of split(bytes, cuts)) streamer.push(piece);
        expect(drain(streamer)).toEqual(outcomesOf(bytes));
      }),
    );
  });

  it("W4: leave a parser that a reset makes ready for the next command", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const outcomes = outcomesOf(bytes, Buffer.of(0xff, 0x0a), '{"probe":1}');
        expect(outcomes.at(-1)).toEqual({ value: { probe: 1 } });
      }),
      { numRuns: 1000 },
    );
  });
});
