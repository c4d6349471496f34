/** Lines out of bytes, in one piece and byte by byte. */

import { describe, expect, it } from "vitest";
import { ReplyLines } from "../../src/loadgen/reply-lines.ts";
import { readServerLine, type ServerLine } from "../../src/loadgen/server-line.ts";

const LONG = "x".repeat(300_000);

/** Wire text, and what is told of it: ids of returns that are known by their end, and other lines. */
const CASES: readonly (readonly [string, string, readonly (number | string)[]])[] = [
  ["a return", '{"return": {}, "id": 17}\r\n', [17]],
  ["a return without CR", '{"return": {"a": [1, 2]}, "id": 0}\n', [0]],
  ["two lines in one", '{"return": {}, "id": 1}\r\n{"return": {}, "id": 2}\r\n', [1, 2]],
  ["a long id", '{"return": {}, "id": 123456789012345}\r\n', [123456789012345]],
  ["an id inside of the value", '{"return": {"id": 5}}\r\n', ['{"return": {"id": 5}}']],
  ["another member that ends in id", '{"return": {}, "my-id": 5}\r\n', ['{"return": {}, "my-id": 5}']],
  ["an id in other words", '{"return": {},"id":5}\r\n', ['{"return": {},"id":5}']],
  ["an id that is a string", '{"return": {}, "id": "5"}\r\n', ['{"return": {}, "id": "5"}']],
  [
    "an id with more digits than a number holds",
    '{"return": 1, "id": 12345678901234567890}\n',
    ['{"return": 1, "id": 12345678901234567890}'],
  ],
  [
    "an error",
    '{"id": 3, "error": {"class": "GenericError", "desc": "no"}}\r\n',
    ['{"id": 3, "error": {"class": "GenericError", "desc": "no"}}'],
  ],
  [
    "an event",
    '{"timestamp": {"seconds": 1}, "event": "STOP"}\r\n',
    ['{"timestamp": {"seconds": 1}, "event": "STOP"}'],
  ],
  ["a value that is no JSON", '{"return": {"a": [}, "id": 5}\r\n', ['? {"return": {"a": [}, "id": 5}']],
  [
    "an object that does not end, though the line looks as if",
    '{"return": {}, "id": 4}\r\n{"return": {"a": {}, "id": 5}\r\n{"return": {}\r\n',
    [4, '? {"return": {"a": {}, "id": 5}', '? {"return": {}'],
  ],
  [
    "a return and an error at once",
    '{"return": {}, "error": {}, "id": 5}\n',
    ['? {"return": {}, "error": {}, "id": 5}'],
  ],
  ["an id that JSON does not allow", '{"return": {}, "id": 05}\n', ['? {"return": {}, "id": 05}']],
  [
    "the same value again",
    '{"return": 7, "id": 8}\n{"return": 7, "id": 19}\n{"return": 7, "id": 1}\n',
    [8, 19, 1],
  ],
  [
    "an event that is no JSON",
    '{"timestamp": {}, "event": "STOP", }\n',
    ['? {"timestamp": {}, "event": "STOP", }'],
  ],
  ["empty lines", "\r\n\n", []],
  ["a line that is long", `{"return": {"data": "${LONG}"}, "id": 9}\r\n`, [9]],
];

function told(text: string, pieceBytes: number): (number | string)[] {
  const seen: (number | string)[] = [];
  const lines = new ReplyLines({
    returned: (id) => void seen.push(id),
    line: (line, bytes) => void seen.push(line.kind === "unknown" ? `? ${bytes}` : bytes.toString()),
  });
  const buffer = Buffer.alloc(pieceBytes + 1);
  for (let start = 0; start < text.length; start += pieceBytes) {
    const size = buffer.write(text.slice(start, start + pieceBytes), "latin1");
    lines.push(buffer, size);
  }
  expect(lines.isInLine).toBe(false);
  return seen;
}

describe.each([1_000_000, 7, 1])("in pieces of %i bytes", (pieceBytes) => {
  it.each(CASES.filter(([, text]) => pieceBytes > 1 || text.length < 1000))(
    "tells %s",
    (_, text, expected) => {
      expect(told(text, pieceBytes)).toEqual(expected);
    },
  );
});

it("tells a long line whose value is no JSON, and a long event", () => {
  const wrong = `{"return": {"data": "${LONG}"]}, "id": 9}\r\n`;
  expect(told(wrong, 10_000)).toEqual([expect.stringMatching(/^\? \{"return": \{"data": "x+$/)]);
  const head =
    '{"timestamp": {"seconds": 1700000000, "microseconds": 123456}, "event": "VSERPORT_CHANGE", "data": ';
  expect(told(`${head}{"id": "${LONG}"}}\r\n`, 10_000)).toEqual([expect.stringContaining("VSERPORT_CHANGE")]);
});

it("tells bytes that are no UTF-8", () => {
  expect(told('{"return": "\xff", "id": 9}\r\n', 1000)).toEqual([expect.stringMatching(/^\? /)]);
});

it("keeps little of a line that is long and is no return", () => {
  const [line] = told(`{"what": "${LONG}"}\r\n`, 10_000);
  expect(String(line).length).toBeLessThan(70_000);
});

const PARSED: readonly (readonly [string, ServerLine])[] = [
  ['{"return":{"data":"x"},"id":9}', { kind: "return", id: 9 }],
  ['{"id": 9, "return": ["x", {"id": 7}]}', { kind: "return", id: 9 }],
  ['{"return": {}, "id": "a"}', { kind: "return", id: "a" }],
  [
    '{"id": 3, "error": {"class": "DeviceNotFound", "desc": "x"}}',
    { kind: "error", id: 3, errorClass: "DeviceNotFound", desc: "x" },
  ],
  ['{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}', { kind: "event", name: "STOP" }],
  ['{"event": "STOP", "timestamp": {}}', { kind: "event", name: "STOP" }],
  ['{"QMP": {"version": {}, "capabilities": ["oob"]}}', { kind: "greeting", capabilities: ["oob"] }],
  ['{"return', { kind: "unknown" }],
  ['{"id": 3, "error": {"class": "GenericError"}}', { kind: "unknown" }],
  ['{"event": "STOP", "data": 5}', { kind: "unknown" }],
  ["[1]", { kind: "unknown" }],
  [
    '{"return": {"error": {"class": "a", "desc": "b"}, "id": 1}, "id": "\\u0061\\""}',
    { kind: "return", id: 'a"' },
  ],
  ['{"return": [{"id": 7, "event": "x"}, "y"], "id": 1.5}', { kind: "return", id: 1.5 }],
  ['{"return": null, "id": null}', { kind: "return", id: null }],
  ['{"return": {}, "error": {"class": "a", "desc": "b"}}', { kind: "unknown" }],
  ['{"id": 3, "error": [{"class": "GenericError", "desc": "x"}]}', { kind: "unknown" }],
  ['{"id": 3, "error": {"class": {"class": "a"}, "desc": "x"}}', { kind: "unknown" }],
  ['{"a": {"b": 1}, "class": 1, "event": "STOP", "data": {"class": 5}}', { kind: "event", name: "STOP" }],
];

describe("a line that is parsed", () => {
  it.each(PARSED)("%s", (text, expected) => expect(readServerLine(Buffer.from(text))).toEqual(expected));
});

describe.each([7, 1000, 100_000])("a line that is not kept, in pieces of %i bytes", (pieceBytes) => {
  const linesOf = (text: string): (ServerLine | number)[] => {
    const seen: (ServerLine | number)[] = [];
    const lines = new ReplyLines({
      returned: (id) => void seen.push(id),
      line: (line) => void seen.push(line),
    });
    const buffer = Buffer.alloc(pieceBytes + 1);
    for (let start = 0; start < text.length; start += pieceBytes) {
      lines.push(buffer, buffer.write(text.slice(start, start + pieceBytes), "latin1"));
    }
    return seen;
  };

  it.each(PARSED.filter(([, { kind }]) => kind !== "greeting"))("is the same: %s", (text, expected) => {
    const [line] = linesOf(`${text.replaceAll(/(?<=[{,])/g, " ".repeat(70_000))}\n`);
    expect(line).toEqual(
      expected.kind === "return" && typeof expected.id === "number" ? expected.id : expected,
    );
  });

  it("has a class of errors also where the description is long", () => {
    const [line] = linesOf(`{"id": 3, "error": {"desc": "${LONG}", "class": "GenericError"}}\n`);
    expect(line).toEqual({ kind: "error", id: 3, errorClass: "GenericError", desc: "" });
  });
});
