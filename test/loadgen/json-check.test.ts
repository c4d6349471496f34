/** The check of long lines says what JSON.parse says, in one piece and byte by byte. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonCheck } from "../../src/loadgen/json-check.ts";

function isWhole(text: string, pieceBytes: number): boolean {
  const check = new JsonCheck();
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes)
    check.push(bytes.subarray(start, start + pieceBytes));
  return check.isWhole;
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

describe.each([1, 3, 1000])("in pieces of %i bytes", (pieceBytes) => {
  it("takes every object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        expect(isWhole(JSON.stringify(object), pieceBytes)).toBe(true);
      }),
    );
  });

  it("says of an object with a change what JSON.parse says", () => {
    const change = fc.record({
      at: fc.nat(),
      cut: fc.nat(2),
      put: fc.constantFrom(...'{}[]:,"\\ 0-.eEtu/', ""),
    });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), change, (object, { at, cut, put }) => {
        const text = JSON.stringify(object);
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + put + text.slice(place + cut);
        // A surrogate that the change leaves alone is no text that bytes can carry.
        fc.pre(Buffer.from(changed).toString() === changed);
        expect([changed, isWhole(changed, pieceBytes)]).toEqual([changed, isObjectText(changed)]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    "{}",
    ' { "a" : [ ] , "b" : { } , "c" : [ 1 , -2.5e+3 , true , null ] } ',
    '{"\\u00e9\\n\\"": "\\\\"}',
    "",
    "{",
    "{}}",
    "{} x",
    "[]",
    "1",
    '{"a"}',
    '{"a": }',
    '{"a": 1,}',
    '{"a": [1,]}',
    '{"a": [1}}',
    '{"a": 01}',
    '{"a": 1.}',
    '{"a": tru}',
    '{"a": nulll}',
    '{"a": "\\x"}',
    '{"a": "\\u12g4"}',
    '{"a": "\u0001"}',
    "{'a': 1}",
    '{"a" 1}',
    '{"a": 1 2}',
  ])("%s", (text) => {
    expect(isWhole(text, pieceBytes)).toBe(isObjectText(text));
  });
});

it("does not follow brackets without an end", () => {
  expect(isWhole(`{"a": ${"[".repeat(2000)}${"]".repeat(2000)}}`, 1000)).toBe(false);
});
