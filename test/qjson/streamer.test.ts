/**
 * The streamer: messages, errors, limits, slices, and what it holds.
 */

import { describe, expect, it } from "vitest";
import { JsonStreamer } from "../../src/qjson/streamer.ts";
import { JsonDouble } from "../../src/qjson/value.ts";
import {
  JSON_NUMBER_BYTES_MAX,
  JSON_PLAIN_MESSAGE_BYTES_MAX,
  JSON_QUOTED_TOKEN_BYTES_MAX,
  JSON_SLICE_BYTES,
  JSON_SLICE_TOKENS,
  JSON_TOKEN_COUNT_MAX,
  JSON_TOKEN_SIZE_BYTES_MAX,
} from "../../src/util/limits.ts";
import { bytewise, drain, type Outcome, outcomesOf } from "../support/qjson.ts";

const PROBE = '{"probe":1}\n';
const PROBED: Outcome = { value: { probe: 1 } };
const parseErrorOf = (message: string): Outcome => ({ error: `JSON parse error, ${message}` });

/** Each row: what it shows, input, outcomes.  Run whole and byte by byte, and followed by a command. */
type Row = readonly [string, string | Uint8Array, readonly Outcome[]];

const STREAM_ROWS: Row[] = [
  ["W2: needs no white space between messages", '{"a":1}{"b":2}', [{ value: { a: 1 } }, { value: { b: 2 } }]],
  ["W2: takes any white space between tokens", ' \t\r\n{ "a"\n:\t[ 1 ,\r2 ] } ', [{ value: { a: [1, 2] } }]],
  [
    "W2: takes values that are no objects",
    '[1] "x" true null 7 ',
    [[1], "x", true, null, 7].map((value) => ({ value })),
  ],
  ["W2: takes a number when its end has come", "12 -0 ", [{ value: 12 }, { value: 0 }]],
];

const DIALECT_ROWS: Row[] = [
  ["W3: takes single quotes, and each quote inside the other", `{'a"':"b'"}`, [{ value: { 'a"': "b'" } }]],
  ["W3: takes \\' in both kinds of string", `["\\'", '\\'']`, [{ value: ["'", "'"] }]],
  [
    "W3: knows the escapes",
    '["\\b\\f\\n\\r\\t\\/\\\\\\"\\u00e9\\uD83D\\ude00"]',
    [{ value: ['\b\f\n\r\t/\\"é😀'] }],
  ],
  ["W3: rejects other escapes", '["\\x"]', [parseErrorOf("invalid escape sequence in string")]],
  ["W3: takes UTF-8", '{"é€😀":"é€😀"}', [{ value: { "é€😀": "é€😀" } }]],
  ["W3: takes a NUL of two bytes", Buffer.from('["\xc0\x80"]', "latin1"), [{ value: ["\0"] }]],
  ["W3: rejects a noncharacter", '["\uffff"]', [parseErrorOf("invalid UTF-8 sequence in string")]],
  ["W3: rejects half a pair", '["\\uD800x"]', [parseErrorOf("\\uD800 is not a valid Unicode character")]],
  ["W3: rejects comments", "/*", [parseErrorOf("stray '/'")]],
  ["W3: rejects trailing commas", "[1,]", [parseErrorOf("expecting value")]],
  ["W3: rejects leading zeros", "[01", [parseErrorOf("stray '01'")]],
  ["W3: rejects a key that comes twice", '{"a":1,"a":2}', [parseErrorOf("duplicate key")]],
  ["W3: rejects it inside, too", '{"x":[{"a":1,"a":2}]}', [parseErrorOf("duplicate key")]],
  ["W3: rejects it in other words", '{"a":1,"\\u0061":2}', [parseErrorOf("duplicate key")]],
  ["W3: rejects `__proto__` twice", '{"__proto__":1,"__proto__":2}', [parseErrorOf("duplicate key")]],
];

const NUMBER_ROWS: Row[] = [
  ["W3: keeps -0 an integer", "[-0]", [{ value: [0] }]],
  ["W3: keeps -0.0 a double", "[-0.0]", [{ value: [new JsonDouble(-0)] }]],
  ["W3: keeps 1.0 a double", '{"a":1.0}', [{ value: { a: new JsonDouble(1) } }]],
  ["W3: keeps 2^53 - 1 a number", "[9007199254740991]", [{ value: [Number.MAX_SAFE_INTEGER] }]],
  ["W3: keeps 2^53 + 1 exact", "[9007199254740993]", [{ value: [9007199254740993n] }]],
  [
    "W3: keeps the bounds of int64 and uint64 exact",
    "[-9223372036854775808,18446744073709551615]",
    [{ value: [-(2n ** 63n), 2n ** 64n - 1n] }],
  ],
  [
    "W3: makes doubles of what lies beyond",
    "[-9223372036854775809,18446744073709551616]",
    [{ value: [new JsonDouble(-(2 ** 63)), new JsonDouble(2 ** 64)] }],
  ],
  ["W6: rejects a number that overflows", '{"id":1e400}', [parseErrorOf("number '1e400' is out of range")]],
  [
    "W6: rejects an integer that overflows",
    `[${"9".repeat(400)}]`,
    [parseErrorOf(`number '${"9".repeat(400)}' is out of range`)],
  ],
];

const ERROR_ROWS: Row[] = [
  ["W4: answers at the bracket too many, not later", '{"a":[}}', [parseErrorOf("expecting value")]],
  ["W4: answers the first error of a message", '{"a" 1, 2 "b"}', [parseErrorOf("missing : in object pair")]],
  ["W4: drops that for a lexical error that follows", '{"a" 1, @\n', [parseErrorOf("stray '@'")]],
  ["W4: names an unknown keyword", "[nul]", [parseErrorOf("invalid keyword 'nul'")]],
  [
    "W4: cuts a long one where QEMU cuts it",
    `[${"a".repeat(5000)}]`,
    [parseErrorOf(`invalid keyword '${"a".repeat(1023 - "invalid keyword '".length)}`)],
  ],
  [
    "W4: quotes invalid UTF-8 as U+FFFD",
    Buffer.from('"a\xe9\x01', "latin1"),
    [parseErrorOf("stray '\"a\ufffd\u0001'")],
  ],
  ["W4: is reset by a control character", '{"a":[{"b":\u0001', [parseErrorOf("stray '\u0001'")]],
  [
    "W4: is reset by 0xFF inside a string",
    Buffer.from('{"a":"b\xff', "latin1"),
    [parseErrorOf("stray '\"b\ufffd'")],
  ],
  ["W4: recovers at the end of a line", "@ what comes is no JSON\n", [parseErrorOf("stray '@'")]],
];

describe.each([
  ["a stream of values", STREAM_ROWS],
  ["the dialect", DIALECT_ROWS],
  ["numbers", NUMBER_ROWS],
  ["errors", ERROR_ROWS],
])("%s", (_title, rows) => {
  it.each(rows)("%s", (_row, input, outcomes) => {
    // A line's end first, for a row that ends in recovery or in a token without its end.
    expect(outcomesOf(input, `\n${PROBE}`)).toEqual([...outcomes, PROBED]);
    expect(outcomesOf(...bytewise(input), `\n${PROBE}`)).toEqual([...outcomes, PROBED]);
  });
});

describe("members named like JavaScript's own", () => {
  it.each([
    ["plain", '{"__proto__":{"polluted":1},"constructor":2,"toString":3}'],
    ["exact", "{'__proto__':{'polluted':1},'constructor':2,'toString':3}"],
  ])("W3: are ordinary members of a message that is %s", (_kind, input) => {
    const [outcome] = outcomesOf(input);
    const value = outcome && "value" in outcome ? outcome.value : null;
    expect(Object.entries(value ?? {})).toEqual([
      ["__proto__", { polluted: 1 }],
      ["constructor", 2],
      ["toString", 3],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

describe("limits", () => {
  const mib = (count: number) => Buffer.alloc(count * 1024 * 1024, "x");
  const bytes = (length: number) => Buffer.alloc(length, "x");

  it("W5: takes 1024 levels and refuses 1025, plain and exact", () => {
    for (const quote of ['"', "'"]) {
      const nested = (depth: number) =>
        `{${quote}a${quote}:${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
      expect(outcomesOf(nested(1024), PROBE).map((outcome) => "value" in outcome)).toEqual([true, true]);
      const refused = { error: "JSON nesting depth limit exceeded" };
      expect(outcomesOf(nested(1025), PROBE)).toEqual([refused, PROBED]);
      expect(outcomesOf(...bytewise(nested(3000)), PROBE)).toEqual([refused, PROBED]);
    }
  });

  it("W5: takes tokens of 64 MiB less one byte, and refuses one more before its end", () => {
    const fits = Buffer.concat([Buffer.of(0x22), bytes(JSON_TOKEN_SIZE_BYTES_MAX - 3), Buffer.of(0x22)]);
    const [outcome] = outcomesOf(fits);
    expect(outcome && "value" in outcome && String(outcome.value).length).toBe(JSON_TOKEN_SIZE_BYTES_MAX - 3);
    const refused = { error: "JSON token size limit exceeded" };
    expect(outcomesOf('["', mib(63), bytes(1024 * 1024 - 1), '"]', PROBE)).toEqual([refused, PROBED]);
    const streamer = new JsonStreamer();
    streamer.push(Buffer.from('["'));
    streamer.push(mib(65));
    expect(drain(streamer)).toEqual([refused]);
    expect(streamer.heldBytes).toBe(0);
  });

  it("W5: takes 2 Mi tokens and refuses one more", () => {
    const array = (tokens: number) => Buffer.from(`[${"1,".repeat((tokens - 3) / 2)}1]`);
    expect(outcomesOf(array(JSON_TOKEN_COUNT_MAX - 1), PROBE).map((outcome) => "value" in outcome)).toEqual([
      true,
      true,
    ]);
    const refused = { error: "JSON token count limit exceeded" };
    expect(outcomesOf(array(JSON_TOKEN_COUNT_MAX + 1), PROBE)).toEqual([refused, PROBED]);
  });

  it("W5: refuses a number of more than 4 KiB, and skips the rest of its message", () => {
    const digits = (length: number) => `[0.${"0".repeat(length - 3)}1]`;
    expect(outcomesOf(digits(JSON_NUMBER_BYTES_MAX))).toEqual([{ value: [new JsonDouble(0)] }]);
    const refused = { error: "JSON token size limit exceeded" };
    for (const length of [JSON_NUMBER_BYTES_MAX + 1, 5 * JSON_NUMBER_BYTES_MAX]) {
      expect(outcomesOf(digits(length), PROBE)).toEqual([refused, PROBED]);
      expect(outcomesOf(...bytewise(digits(length)), PROBE)).toEqual([refused, PROBED]);
    }
  });

  it("W5: quotes at most 4 KiB of a stray token", () => {
    const [outcome] = outcomesOf('"', mib(1), "\u0001");
    const quoted = `"${"x".repeat(JSON_QUOTED_TOKEN_BYTES_MAX - 1)}`;
    expect(outcome).toEqual(parseErrorOf(`stray '${quoted}'`));
  });

  it("W4: a control character ends the skipping of a message, too", () => {
    const outcomes = outcomesOf("[".repeat(1500), "\u0001", PROBE);
    expect(outcomes).toEqual([{ error: "JSON nesting depth limit exceeded" }, PROBED]);
  });
});

describe("slices", () => {
  /** Calls of `next` that answered "slice" before the first that did not. */
  function slicesOf(...pieces: string[]): number {
    const streamer = new JsonStreamer();
    for (const piece of pieces) streamer.push(Buffer.from(piece));
    let slices = 0;
    while (streamer.next() === "slice") slices++;
    return slices;
  }

  it("W5: parses a large message in slices of bytes", () => {
    expect(slicesOf(`{"id":"${"x".repeat(JSON_SLICE_BYTES * 100)}"}`)).toBeGreaterThanOrEqual(100);
  });

  it("W5: parses many short tokens in smaller slices", () => {
    expect(slicesOf(`['',${"1,".repeat(JSON_SLICE_TOKENS * 50)}1]`)).toBeGreaterThanOrEqual(100);
  });

  it("W5: counts a slice across pieces of input", () => {
    const pieces = Array.from({ length: 1000 }, () => "x".repeat(100));
    expect(slicesOf("'", ...pieces, "'")).toBeGreaterThanOrEqual(100_000 / JSON_SLICE_BYTES - 1);
  });

  it("W5: ends a turn after many pieces of white space", () => {
    expect(slicesOf(...Array.from({ length: 1000 }, () => " "))).toBeGreaterThan(0);
  });
});

describe("what a streamer holds", () => {
  it("W5: is nothing between messages", () => {
    const streamer = new JsonStreamer();
    for (const input of ['{"a":1}', "{'a':[1.5,'x']}", "[1,}", "@\n", '{"a":', "1}"]) {
      streamer.push(Buffer.from(input));
      drain(streamer);
    }
    expect([streamer.heldBytes, streamer.unreadBytes]).toEqual([0, 0]);
  });

  it("W5: is what was pushed, until it is parsed", () => {
    const streamer = new JsonStreamer();
    streamer.push(Buffer.from('{"a":1}'));
    streamer.push(Buffer.from('{"a":2}{"b'));
    expect(streamer.unreadBytes).toBe(17);
    expect(streamer.heldBytes).toBeGreaterThanOrEqual(17);
    expect(streamer.next()).toBe("value");
    expect(streamer.unreadBytes).toBe(10);
    expect(streamer.next()).toBe("value");
    expect(streamer.next()).toBe("starved");
    expect(streamer.unreadBytes).toBe(3);
  });

  it("W5: is at least the bytes of a half-parsed message, though they count as read", () => {
    const streamer = new JsonStreamer();
    streamer.push(Buffer.from(`{"id":"${"x".repeat(JSON_PLAIN_MESSAGE_BYTES_MAX)}`));
    drain(streamer);
    expect(streamer.unreadBytes).toBe(0);
    expect(streamer.heldBytes).toBeGreaterThanOrEqual(JSON_PLAIN_MESSAGE_BYTES_MAX);
  });

  it("W2: keeps messages in order when thousands of pieces wait", () => {
    const streamer = new JsonStreamer();
    const expected: number[] = [];
    const values: unknown[] = [];
    for (let id = 0; id < 5000; id++) {
      streamer.push(Buffer.from(`{"id":${id}}`));
      expected.push(id);
      // Never drained: one in three is left over each time.
      if (id % 3 !== 0 && streamer.next() === "value") values.push((streamer.value as { id: number }).id);
    }
    for (const outcome of drain(streamer))
      if ("value" in outcome) values.push((outcome.value as { id: number }).id);
    expect(values).toEqual(expected);
    expect(streamer.heldBytes).toBe(0);
  });
});

describe("the size of a plain message", () => {
  it.each([-1, 0, 1, 2])("W2: makes no difference to what it means, %i bytes from the limit", (offset) => {
    const id = "x".repeat(JSON_PLAIN_MESSAGE_BYTES_MAX + offset - '{"id":""}'.length);
    const input = `{"id":"${id}"}`;
    const middle = input.length >> 1;
    expect(outcomesOf(input, PROBE)).toEqual([{ value: { id } }, PROBED]);
    expect(outcomesOf(input.slice(0, middle), input.slice(middle), PROBE)).toEqual([
      { value: { id } },
      PROBED,
    ]);
  });
});

describe("a long string", () => {
  it.each([
    ["plain", "0123456789abcde"],
    ["escapes among it", 'ab\\n\\"cd\\u00e4\\u20ac'],
    ["UTF-8 among it", "abc\u00e4\u20ac\u{1f600}"],
    ["runs and escapes in turn", `${"run ".repeat(1000)}\\t\u20ac`],
  ])("W5: is whole, and followed by what follows it: %s", (_, unit) => {
    const inside = unit.repeat(Math.ceil(200_000 / unit.length));
    const input = `{"a":'',"x":"${inside}","y":"${inside}z"}`;
    const value = { a: "", x: JSON.parse(`"${inside}"`), y: JSON.parse(`"${inside}z"`) };
    expect(outcomesOf(input, PROBE)).toEqual([{ value }, PROBED]);
    expect(outcomesOf(`{"x":"${inside}\\x"}`, input)).toEqual([
      { error: "JSON parse error, invalid escape sequence in string" },
      { value },
    ]);
  });
});
