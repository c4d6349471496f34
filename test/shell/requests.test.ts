import { describe, expect, it } from "vitest";
import { JsonDouble } from "../../src/qjson/value.ts";
import { needsSchema, readInput } from "../../src/shell/requests.ts";
import { OWN_SCHEMA, SHAPES } from "./schema.ts";

function requestOf(line: string, schema = SHAPES) {
  const input = readInput(line, schema);
  if (input.kind !== "requests" || input.requests.length !== 1) throw new Error(`no request: ${input.kind}`);
  return input.requests[0];
}

const argsOf = (line: string, schema = SHAPES) => requestOf(line, schema)?.args;

describe("command key=value", () => {
  it.each([
    ["shape", undefined],
    ["  shape  ", undefined],
    ["shape count=5", { count: 5 }],
    ["shape count=-0x", "'count' is to be an integer, and '-0x' is not"],
    ["shape count=0x10", { count: 16 }],
    ["shape count=18446744073709551615", { count: 2n ** 64n - 1n }],
    ["shape count=18446744073709551616", "'count' is to be an integer, and '18446744073709551616' is not"],
    ["shape count=1.5", "'count' is to be an integer, and '1.5' is not"],
    ['shape count="5"', "'count' is to be an integer, and '5' is not"],
    ["shape size=1.5", { size: new JsonDouble(1.5) }],
    ["shape size=7", { size: 7 }],
    ["shape size=1e999", "'size' is to be a number, and '1e999' is not"],
    ["shape flag=on", { flag: true }],
    ["shape flag=false", { flag: false }],
    ["shape flag=1", "'flag' is to be true or false, and '1' is not"],
    ["shape name=5", { name: "5" }],
    ["shape name=", { name: "" }],
    ["shape name=a=b", { name: "a=b" }],
    ['shape name="two words" count=1', { name: "two words", count: 1 }],
    ["shape name='it is \"so\"'", { name: 'it is "so"' }],
    ['shape name="a \\"b\\""', { name: 'a "b"' }],
    ["shape nothing=null", { nothing: null }],
    ["shape any=5", { any: 5 }],
    ['shape any="5"', { any: "5" }],
    ["shape any=free-text", { any: "free-text" }],
    ["shape any.a.b=1 any.c=x", { any: { a: { b: 1 }, c: "x" } }],
    ["shape numbers=1,2,3", { numbers: [1, 2, 3] }],
    ["shape numbers=[1, 2]", { numbers: [1, 2] }],
    ["shape numbers=", { numbers: [] }],
    ["shape numbers.0=4 numbers.1=5", { numbers: [4, 5] }],
    ["shape numbers.1=5", "'numbers' is an array: count from numbers.0 without gaps"],
    ["shape numbers=1,x", "'numbers' is to be an integer, and 'x' is not"],
    ["shape backing=null", { backing: null }],
    ["shape backing=node", { backing: "node" }],
    ['shape backing="null"', { backing: "null" }],
    ["shape backing.driver=raw", { backing: { driver: "raw" } }],
    ["shape backing={'driver': 'raw'}", { backing: { driver: "raw" } }],
    ["shape inner.driver=raw", { inner: { driver: "raw" } }],
    ["shape inner.nope=raw", "'inner.nope' is no argument of shape: there are driver"],
    ["shape inner.x.y=1", "'inner.x' is no argument of shape: there are driver"],
    ["shape inner=raw", "'inner' is an object: write inner.NAME=VALUE, or inner={...}"],
    ["shape inner={'driver': }", "'inner': JSON parse error, expecting value"],
    ["shape list.0.driver=a list.1.driver=b", { list: [{ driver: "a" }, { driver: "b" }] }],
    ["shape color=red", { color: "red" }],
    ["shape color=blue", "'color' is to be one of red, green, and 'blue' is not"],
    ["shape count.x=1", "'count.x': 'count' is int and has no members"],
    ["shape count=1 count=2", "'count' is given twice"],
    ["shape any=1 any.x=2", "'any.x': 'any' has a value already"],
    ["shape word", "'word' is no argument: write key=value"],
    ["shape nope=1", /^'nope' is no argument of shape: there are count, size, /],
    ['shape name="open', 'the " is not closed'],
    ["shape numbers=[1,", "the [ is not closed"],
    ["count=1 shape", "'count=1' is no command: the command comes first"],
    ["shap", "the server has no command 'shap': there is shape"],
    ["zzz", "the server has no command 'zzz': help lists them"],
    ["device_add", "device_add needs driver (str)"],
    [
      "device_add driver=e1000 mac=52:54:00:12:34:56 queues=4",
      { driver: "e1000", mac: "52:54:00:12:34:56", queues: 4 },
    ],
  ])("%s", (line, expected) => {
    if (typeof expected === "string" || expected instanceof RegExp)
      expect(() => argsOf(line)).toThrow(expected);
    else expect(argsOf(line)).toEqual(expected);
  });

  it("lets the tag of a union choose the other arguments", () => {
    const line = "blockdev-add driver=raw node-name=d file.driver=file file.filename=/tmp/x read-only=on";
    expect(argsOf(line, OWN_SCHEMA)).toEqual({
      driver: "raw",
      "node-name": "d",
      "read-only": true,
      file: { driver: "file", filename: "/tmp/x" },
    });
    expect(() => argsOf("blockdev-add driver=null-co file.driver=file", OWN_SCHEMA)).toThrow(
      /^'file' is no argument of blockdev-add: there are driver, node-name, .*; others depend on driver$/,
    );
  });

  it("takes values for what they look like when the server tells nothing", () => {
    const input = readInput('x a=1 b=true c=word d="1" e.f=[1]', undefined);
    expect(input).toMatchObject({
      requests: [{ command: "x", args: { a: 1, b: true, c: "word", d: "1", e: { f: [1] } } }],
    });
  });

  it("makes a member of any name an own one", () => {
    expect(Object.keys(argsOf("shape any.__proto__=1")?.any ?? {})).toEqual(["__proto__"]);
  });
});

it("quotes no more of what was pasted than tells which it is, and refuses what is nested without end", () => {
  const long = "x".repeat(5000);
  for (const line of [long, `shape ${long}`, `shape ${long}=1`, `shape color=${long}`, `a=${long}`])
    expect(() => readInput(line, SHAPES)).toThrow(/^.{0,70}x{80,}\.\.\.'.{0,130}$/);
  const deep = `device_add ${"a.".repeat(20_000)}b=1`;
  expect(() => readInput(deep, SHAPES)).toThrow("is nested too deep");
});

it("sends nothing that was typed in another encoding than UTF-8", () => {
  for (const line of ["shape name=caf\uFFFD", '{"execute": "\uFFFD"}'])
    expect(() => readInput(line, SHAPES)).toThrow("the line is not UTF-8");
  expect(readInput("# caf\uFFFD", SHAPES)).toEqual({ kind: "nothing" });
  expect(argsOf('{"execute": "shape", "arguments": {"name": "\\uFFFD"}}')).toEqual({ name: "\uFFFD" });
});

describe("QMP's JSON", () => {
  it.each([
    [
      '{"execute": "a", "arguments": {"b": 1}, "id": [1]}',
      { command: "a", args: { b: 1 }, oob: false, id: [1] },
    ],
    ["{'exec-oob': 'a'}", { command: "a", args: undefined, oob: true, id: undefined }],
  ])("%s", (line, request) => {
    expect(requestOf(line)).toEqual(request);
  });

  it("may be several requests, or go on in the next line", () => {
    expect(readInput('{"execute": "a"} {"execute": "b"}', undefined)).toMatchObject({
      requests: [{ command: "a" }, { command: "b" }],
    });
    expect(() => readInput('{"execute":', undefined)).toThrow("the JSON has no end");
    expect(readInput('{"execute":\n"a"}', undefined)).toMatchObject({ requests: [{ command: "a" }] });
  });

  it.each([
    ["[1]", "a request is an object"],
    ['{"execute": 1}', "a request names one command"],
    ['{"execute": "a", "exec-oob": "a"}', "a request names one command"],
    ['{"execute": "a", "arguments": 1}', "the arguments of a request are an object"],
    ['{"execute": "a", "args": {}}', "'args' is no member of a request"],
    ['{"execute" "a"}', "JSON parse error, missing : in object pair"],
  ])("%s is refused", (line, message) => {
    expect(() => readInput(line, undefined)).toThrow(message);
  });
});

it("comments and empty lines are nothing, and only arguments and help need the schema", () => {
  expect(readInput("", undefined)).toEqual({ kind: "nothing" });
  expect(readInput("  # stop", undefined)).toEqual({ kind: "nothing" });
  expect(readInput("help stop", undefined)).toEqual({ kind: "help", command: "stop" });
  expect(["stop", " stop ", "# a comment", '{"execute": "a"}', "help", "stop a=1"].map(needsSchema)).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
});
