/**
 * Large messages of which a part is checked and not built: the same outcomes, and nothing but placeholders for the rest.
 * The limits are small here, so that short messages are large.
 */

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { printJson } from "../../src/qjson/print.ts";
import { JsonStreamer } from "../../src/qjson/streamer.ts";
import { UnreadError, unreadSize } from "../../src/qjson/unread.ts";
import {
  firstMembers,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  UnreadString,
} from "../../src/qjson/value.ts";
import { isIdLarger } from "../../src/qmp/messages.ts";
import { anyBytes, split, value } from "../support/json-arbitraries.ts";
import { bytewise, drain, type Outcome, outcomesOf } from "../support/qjson.ts";

const LARGE_MEMBERS = 4;
vi.mock("../../src/util/limits.ts", async (original) => ({
  ...(await original<object>()),
  JSON_PLAIN_MESSAGE_BYTES_MAX: 8,
  JSON_BUILT_BYTES_MAX: 48,
  JSON_LARGE_OBJECT_MEMBERS: 4,
  JSON_SLICE_BYTES: 7,
}));

type OnPartial = "readWhole" | "dropUnread";

function sparingOutcomes(onPartial: OnPartial, ...pieces: (Uint8Array | string)[]): Outcome[] {
  const streamer = new JsonStreamer({ unreadSeed: 1 });
  const outcomes = pieces.flatMap((piece) => {
    streamer.push(typeof piece === "string" ? Buffer.from(piece) : piece);
    return drain(streamer, onPartial);
  });
  return outcomes;
}

/** The value of one message, with its placeholders. */
function partial(...pieces: string[]): JsonValue {
  const [outcome, ...more] = sparingOutcomes("dropUnread", ...pieces);
  if (outcome === undefined || !("value" in outcome) || more.length > 0) throw new Error("not one value");
  return outcome.value;
}

/** Whether `seen` is `whole`, but for placeholders of the right kind and size.  How many there are. */
function placeholdersOf(seen: JsonValue | undefined, whole: JsonValue | undefined): number {
  const size = unreadSize(seen);
  if (size !== undefined && seen !== undefined && whole !== undefined) {
    expect(isIdLarger(whole, size)).toBe(false);
    expect(isIdLarger(whole, size - 1)).toBe(true);
    expect(isIdLarger(seen, size)).toBe(false);
    expect(isIdLarger(seen, size - 1)).toBe(true);
    expect([seen instanceof UnreadString, Array.isArray(seen), isJsonObject(seen)]).toEqual([
      typeof whole === "string",
      Array.isArray(whole),
      isJsonObject(whole),
    ]);
    expect(() => printJson(seen)).toThrow(UnreadError);
    return 1;
  }
  if (isJsonObject(seen) && isJsonObject(whole)) {
    expect(Object.keys(seen)).toEqual(Object.keys(whole));
    return Object.keys(seen).reduce((sum, key) => sum + placeholdersOf(seen[key], whole[key]), 0);
  }
  expect(seen).toEqual(whole);
  return 0;
}

const LONG = "x".repeat(100);
/** Each row: what it shows, the message, where the placeholders are. */
const ROWS: [string, string, string[]][] = [
  ["a long argument", `{"execute":"a","arguments":{"x":"${LONG}"},"id":1}`, ["arguments.x"]],
  ["a long string alone", `"${LONG}"`, [""]],
  ["a long list alone", `["${LONG}",1]`, [""]],
  ["a long id", `{"id":"${LONG}","execute":"a"}`, ["id"]],
  ["a list that is an id", `{"id":[1,[2,"${LONG}"]],"execute":"a"}`, ["id"]],
  ["a member of an id", `{"id":{"a":[1,[2,"${LONG}"]]},"execute":"a"}`, ["id.a"]],
  ["what is deep", `{"arguments":{"x":{"y":{"z":[{"${LONG}":1}]}}}}`, ["arguments.x"]],
  ["each of several", `{"arguments":{"x":"${LONG}","y":["${LONG}"]}}`, ["arguments.x", "arguments.y"]],
  ["a long name", `{"arguments":{"${LONG}":1},"id":7}`, ["arguments"]],
  ["a long name on the outside", `{"${LONG}":1,"id":7}`, [""]],
  ["many members", `{"arguments":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8},"id":7}`, ["arguments"]],
  ["nothing of a short message", `{'arguments':[1.5]}`, []],
];

function placesOf(seen: JsonValue | undefined, at = ""): string[] {
  if (unreadSize(seen) !== undefined) return [at];
  if (!isJsonObject(seen)) return [];
  return Object.keys(seen).flatMap((key) => placesOf(seen[key], at === "" ? key : `${at}.${key}`));
}

describe("a large message", () => {
  it.each(ROWS)("W5: has placeholders for %s", (_title, text, places) => {
    for (const pieces of [[text], [...text]]) expect(placesOf(partial(...pieces))).toEqual(places);
    const [whole] = outcomesOf(text);
    placeholdersOf(partial(text), whole !== undefined && "value" in whole ? whole.value : undefined);
    expect(sparingOutcomes("readWhole", text, '{"next":1}')).toEqual(outcomesOf(text, '{"next":1}'));
  });

  it("W5: has the first name of an object with so many members that one is unknown", () => {
    const members = Array.from({ length: 2 * LARGE_MEMBERS }, (_, index) => `"m${index}":1`);
    const { arguments: args } = partial(`{"arguments":{${members.join()}}}`) as { arguments: JsonObject };
    expect(Object.keys(firstMembers(args))).toEqual(["m0"]);
    const few = members.slice(0, LARGE_MEMBERS - 1).concat(`"${LONG}":1`);
    const { arguments: other } = partial(`{"arguments":{${few.join()}}}`) as { arguments: JsonObject };
    expect(() => Object.keys(firstMembers(other))).toThrow(UnreadError);
  });

  it("W3: is searched for names that come twice, however they are written", () => {
    const filler = Array.from({ length: 100 }, (_, index) => `"name ${index}":${index}`).join();
    for (const [again, isError] of [
      ['"name 1"', true],
      ["'name 1'", true],
      ['"\\u006eame 1"', true],
      ['"name 100"', false],
      ['"name 10 "', false],
    ] as const) {
      for (const text of [
        `{"arguments":{"x":{${filler},${again}:1}}}`,
        `{"arguments":{${filler},${again}:1}}`,
        `{"arguments":{"x":{${again}:1,${filler}}}}`,
        `{"arguments":{"x":[{"y":{${filler},${again}:1}}]}}`,
        `{${filler},${again}:1}`,
      ]) {
        const outcomes = outcomesOf(text);
        expect(outcomes.map((outcome) => "error" in outcome)).toEqual([isError]);
        for (const onPartial of ["readWhole", "dropUnread"] as const) {
          const seen = sparingOutcomes(onPartial, text);
          if (isError || onPartial === "readWhole") expect(seen).toEqual(outcomes);
          else expect(seen).toHaveLength(1);
        }
      }
    }
  });

  it("W4: is answered with its first error, also where a name may have come twice before", () => {
    for (const text of [
      `{"arguments":{"x":["${LONG}",{"a":1,"a":2},nul]}}`,
      `{"arguments":{"x":["${LONG}",nul,{"a":1,"a":2}]}}`,
      `{"arguments":{"x":["${LONG}",{"a":1,"a":[1 2]}]}}`,
      `{"arguments":{"x":["${LONG}",{"a":1,"a":2},1e400]},"y" 1}`,
      `{"arguments":{"x":["${LONG}",{"a":1,"a":2},@`,
    ]) {
      const whole = outcomesOf(text, "\n", '{"next":1}');
      expect(whole).toHaveLength(2);
      expect(sparingOutcomes("dropUnread", text, "\n", '{"next":1}')).toEqual(whole);
      expect(sparingOutcomes("dropUnread", ...bytewise(text), "\n", '{"next":1}')).toEqual(whole);
    }
  });

  it("W5: keeps little of white space, however it comes", () => {
    const streamer = new JsonStreamer({ unreadSeed: 1 });
    const push = (text: string): void => {
      streamer.push(Buffer.from(text));
      drain(streamer);
    };
    push(`{"arguments":{"x":["${LONG}",`);
    const heldBytes = streamer.heldBytes;
    for (let i = 0; i < 100; i++) push(" \n".repeat(50));
    for (let i = 0; i < 10_000; i++) push(i % 2 === 0 ? " " : "\t\r");
    expect(streamer.heldBytes).toBeLessThan(heldBytes + 100);
    streamer.push(Buffer.from(`  1   2 ]}}`));
    expect(drain(streamer, "readWhole")).toEqual([{ error: "JSON parse error, expected separator in list" }]);
    expect(streamer.heldBytes).toBe(0);
  });

  it("W5: is counted as held with the names of its open objects", () => {
    const streamer = new JsonStreamer({ unreadSeed: 1 });
    const text = `{"x":{"y":{${Array.from({ length: 1000 }, (_, index) => `"${index}":1`)}`;
    streamer.push(Buffer.from(text));
    drain(streamer);
    expect(streamer.heldBytes - text.length).toBeGreaterThanOrEqual(1000 * 8);
    expect(streamer.heldBytes - text.length).toBeLessThanOrEqual(1000 * 64);
    streamer.push(Buffer.from("}"));
    drain(streamer);
    expect(streamer.heldBytes).toBe(text.length + 1);
    streamer.push(Buffer.from("@"));
    drain(streamer);
    expect(streamer.heldBytes).toBe(0);
  });

  it("W5: is counted as held until it is known whether it is read again", () => {
    const text = `{"arguments":{"x":"${LONG}"}}`;
    const streamer = new JsonStreamer({ unreadSeed: 1 });
    const untilValue = (): void => {
      while (streamer.next() !== "value");
    };
    streamer.push(Buffer.from(`${text}${text}{`));
    untilValue();
    expect([streamer.isPartial, streamer.heldBytes]).toEqual([true, 2 * text.length + 1]);
    streamer.readWhole();
    expect([streamer.isPartial, streamer.unreadBytes]).toEqual([false, 2 * text.length + 1]);
    untilValue();
    expect([streamer.isPartial, streamer.value]).toEqual([false, { arguments: { x: LONG } }]);
    expect(streamer.unreadBytes).toBe(text.length + 1);
    untilValue();
    expect(streamer.isPartial).toBe(true);
    streamer.dropUnread();
    expect([streamer.isPartial, streamer.heldBytes]).toEqual([false, 1]);
  });
});

/** A value as an argument, with something large before it. */
const large = value.map((inner) =>
  Buffer.from(printJson({ execute: "a", arguments: { x: [LONG, inner], y: inner }, id: inner })),
);
const damaged = fc
  .tuple(large, fc.array(fc.tuple(fc.nat(), anyBytes), { maxLength: 3 }))
  .map(([bytes, insertions]) =>
    insertions.reduce((whole, [position, inserted]) => {
      const at = position % (whole.length + 1);
      return Buffer.concat([whole.subarray(0, at), inserted, whole.subarray(at + (position % 3))]);
    }, bytes),
  );

describe("any bytes", () => {
  const input = fc.oneof(anyBytes, large, damaged);
  const cuts = fc.array(fc.nat(), { maxLength: 6 });

  it("W2, W5: mean the same, read whole, as to a parser that builds all, however they are split", () => {
    fc.assert(
      fc.property(input, cuts, (bytes, at) => {
        const whole = outcomesOf(bytes);
        expect(sparingOutcomes("readWhole", bytes)).toEqual(whole);
        expect(sparingOutcomes("readWhole", ...split(bytes, at))).toEqual(whole);
        expect(sparingOutcomes("readWhole", ...bytewise(bytes))).toEqual(whole);
      }),
      { numRuns: 3000 },
    );
  });

  it("W5: mean the same but for placeholders, however they are split", () => {
    let placeholders = 0;
    fc.assert(
      fc.property(input, cuts, (bytes, at) => {
        const whole = outcomesOf(bytes);
        for (const pieces of [[bytes], split(bytes, at)]) {
          const seen = sparingOutcomes("dropUnread", ...pieces);
          expect(seen).toHaveLength(whole.length);
          for (const [index, outcome] of whole.entries()) {
            const other = seen[index] ?? { error: "" };
            if ("value" in outcome && "value" in other)
              placeholders += placeholdersOf(other.value, outcome.value);
            else expect(other).toEqual(outcome);
          }
        }
      }),
      { numRuns: 2000 },
    );
    expect(placeholders).toBeGreaterThan(1000);
  });
});
