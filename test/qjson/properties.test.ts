/**
 * What holds for any value and any bytes.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printJson } from "../../src/qjson/print.ts";
import { JsonStreamer } from "../../src/qjson/streamer.ts";
import { anyBytes, split, value } from "../support/json-arbitraries.ts";
import { bytewise, drain, outcomesOf } from "../support/qjson.ts";

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
