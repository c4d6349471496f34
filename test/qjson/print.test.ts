/**
 * The printer: QEMU's form.
 */

import { describe, expect, it } from "vitest";
import { printJson } from "../../src/qjson/print.ts";
import { JsonDouble, JsonText, type JsonValue } from "../../src/qjson/value.ts";
import { AssertionError } from "../../src/util/assert.ts";

const ROWS: [string, JsonValue][] = [
  ['{"return": {}, "id": [1, null, "x"]}', { return: {}, id: [1, null, "x"] }],
  ['{"b": true}', { a: undefined, b: true, c: undefined }],
  ["[[], {}, false]", [[], {}, false]],
  ['"\\"\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
  ['"\\u0000\\u001F\\u007F\\u0080\\u00E9\\u20AC\\uD83D\\uDE00"', "\0\u001f\u007f\u0080é€😀"],
  ['"a\\uFFFDb\\uFFFD\\uFFFD"', "a\ud800b\uffff\ufdd0"],
  ['{"\\u00E9\\n": 1}', { "é\n": 1 }],
  ["18446744073709551615", 2n ** 64n - 1n],
  ["-9007199254740991", -9007199254740991],
  ['"AA=="', new JsonText([Buffer.from("AA"), Buffer.from("==")])],
];

/** As C's `%.17g` prints them. */
const DOUBLES: [number, string][] = [
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [0.1, "0.10000000000000001"],
  [-2.5, "-2.5"],
  [1 / 3, "0.33333333333333331"],
  [1e16, "10000000000000000"],
  [1e17, "1e+17"],
  [123456789e100, "1.2345678900000001e+108"],
  [0.0001, "0.0001"],
  [0.00001, "1.0000000000000001e-05"],
  [5e-324, "4.9406564584124654e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  // A tie: to the even digit.
  [1 + 2 ** -17, "1.0000076293945312"],
  [1 + 3 * 2 ** -17, "1.0000228881835938"],
];

describe("printJson", () => {
  it.each(ROWS)("W1: prints %s", (text, value) => {
    expect(printJson(value)).toBe(text);
    // Names are remembered: the second time takes another path.
    expect(printJson(value)).toBe(text);
  });

  it.each(DOUBLES)("W1: prints the double %d as %s", (value, text) => {
    expect(printJson(new JsonDouble(value))).toBe(text);
    if (!Number.isInteger(value)) expect(printJson(value)).toBe(text);
  });

  it("W6: takes a number that is not finite for a defect", () => {
    for (const value of [Infinity, -Infinity, NaN]) {
      expect(() => printJson([value])).toThrow(AssertionError);
    }
  });

  it("prints more names than it remembers", () => {
    for (let i = 0; i < 3000; i++) expect(printJson({ [`name-${i}`]: i })).toBe(`{"name-${i}": ${i}}`);
  });
});
