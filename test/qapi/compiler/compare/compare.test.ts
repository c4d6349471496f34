/** Two versions of a schema, and what a client of the first has to know of the second. */

import { describe, expect, it } from "vitest";
import { parseAnswer } from "../../../../src/qapi/compiler/compare/answer.ts";
import { type Change, compareAnswers } from "../../../../src/qapi/compiler/compare/compare.ts";
import { loadSchema } from "../../../../src/qapi/compiler/compile.ts";
import { introspect } from "../../../../src/qapi/compiler/generate/introspection.ts";

function changes(before: string, after: string): Change[] {
  const [one, other] = [before, after].map((text) => {
    const schema = loadSchema("schema.json", () => text);
    return parseAnswer("answer.json", JSON.stringify(introspect(schema, new Set())));
  });
  return compareAnswers(one ?? [], other ?? []);
}

function shown(before: string, after: string): string[] {
  return changes(before, after).map(
    ({ kind, compatible, subject, what }) =>
      `${compatible ? "+" : "!"} ${subject} ${what === "" ? kind : what}`,
  );
}

const command = (data: string, more = ""): string => `{ 'command': 'fetch', 'data': ${data}${more} }\n`;
const event = (data: string): string => `{ 'event': 'FETCHED', 'data': ${data} }\n`;
const KIND = "{ 'enum': 'Kind', 'data': [ 'box', 'bag' ] }\n";
const KIND_LESS = "{ 'enum': 'Kind', 'data': [ 'box' ] }\n";
const alternate = (branches: string): string => `{ 'alternate': 'Which', 'data': { ${branches} } }\n`;
const union = (box: string, tag = "kind"): string =>
  `${KIND}{ 'struct': 'Box', 'data': { ${box} } }\n{ 'union': 'Parcel', 'base': { 'kind': 'Kind', 'sort': 'Kind' },` +
  ` 'discriminator': '${tag}', 'data': { 'box': 'Box' } }\n{ 'command': 'send', 'boxed': true, 'data': 'Parcel' }`;

describe("tells apart what a client can go on with", () => {
  it.each([
    [
      "{ 'command': 'fetch' }",
      "{ 'command': 'store' }",
      ["! command 'fetch' removed", "+ command 'store' added"],
    ],
    ["{ 'event': 'FETCHED' }", "", ["! event 'FETCHED' removed"]],
    [command("{}"), command("{ '*part': 'str' }"), ["+ command 'fetch' arguments.part: is added, optional"]],
    [command("{}"), command("{ 'part': 'str' }"), ["! command 'fetch' arguments.part: is added, mandatory"]],
    [event("{}"), event("{ 'part': 'str' }"), ["+ event 'FETCHED' data.part: is added, mandatory"]],
    [command("{ '*part': 'str' }"), command("{}"), ["! command 'fetch' arguments.part: is removed"]],
    [event("{ '*part': 'str' }"), event("{}"), ["! event 'FETCHED' data.part: is removed"]],
    [
      command("{ 'part': 'str' }"),
      command("{ '*part': 'str' }"),
      ["+ command 'fetch' arguments.part: is optional now"],
    ],
    [
      command("{ '*part': 'str' }"),
      command("{ 'part': 'str' }"),
      ["! command 'fetch' arguments.part: is mandatory now"],
    ],
    [
      event("{ 'part': 'str' }"),
      event("{ '*part': 'str' }"),
      ["! event 'FETCHED' data.part: is optional now"],
    ],
    [
      event("{ '*part': 'str' }"),
      event("{ 'part': 'str' }"),
      ["+ event 'FETCHED' data.part: is mandatory now"],
    ],
    [
      command("{ 'n': 'int' }"),
      command("{ 'n': 'number' }"),
      ["+ command 'fetch' arguments.n: was int, is number"],
    ],
    [
      command("{ 'n': 'number' }"),
      command("{ 'n': 'int' }"),
      ["! command 'fetch' arguments.n: was number, is int"],
    ],
    [event("{ 'n': 'int' }"), event("{ 'n': 'number' }"), ["! event 'FETCHED' data.n: was int, is number"]],
    [event("{ 'n': 'number' }"), event("{ 'n': 'int' }"), ["+ event 'FETCHED' data.n: was number, is int"]],
    [
      command("{ 'n': 'str' }"),
      command("{ 'n': 'any' }"),
      ["+ command 'fetch' arguments.n: was string, is any value"],
    ],
    [
      command("{ 'n': 'str' }"),
      command("{ 'n': [ 'str' ] }"),
      ["! command 'fetch' arguments.n: was string, is an array"],
    ],
    [
      command("{ 'n': [ 'str' ] }"),
      command("{ 'n': [ 'int' ] }"),
      ["! command 'fetch' arguments.n[]: was string, is int"],
    ],
    [
      KIND + command("{ 'k': 'Kind' }"),
      command("{ 'k': 'str' }"),
      ["+ command 'fetch' arguments.k: was an enumeration, is string"],
    ],
    [
      KIND + event("{ 'k': 'Kind' }"),
      event("{ 'k': 'str' }"),
      ["! event 'FETCHED' data.k: was an enumeration, is string"],
    ],
    [
      KIND + command("{ 'k': 'Kind' }"),
      KIND_LESS + command("{ 'k': 'Kind' }"),
      ["! command 'fetch' arguments.k: value 'bag' is removed"],
    ],
    [
      KIND_LESS + command("{ 'k': 'Kind' }"),
      KIND + command("{ 'k': 'Kind' }"),
      ["+ command 'fetch' arguments.k: value 'bag' is added"],
    ],
    [
      KIND + event("{ 'k': 'Kind' }"),
      KIND_LESS + event("{ 'k': 'Kind' }"),
      ["+ event 'FETCHED' data.k: value 'bag' is removed"],
    ],
    [
      command("{ 'w': 'str' }"),
      alternate("'a': 'str', 'b': 'null'") + command("{ 'w': 'Which' }"),
      ["+ command 'fetch' arguments.w: can be null now"],
    ],
    [
      alternate("'a': 'str', 'b': 'null'") + command("{ 'w': 'Which' }"),
      command("{ 'w': 'str' }"),
      ["! command 'fetch' arguments.w: can be null no more"],
    ],
    [
      event("{ 'w': 'str' }"),
      alternate("'a': 'str', 'b': 'null'") + event("{ 'w': 'Which' }"),
      ["! event 'FETCHED' data.w: can be null now"],
    ],
    [union("'a': 'int'"), union("'a': 'str'"), ["! command 'send' arguments<box>.a: was int, is string"]],
    [
      union("'a': 'int'"),
      union("'a': 'int'", "sort"),
      ["! command 'send' arguments: the tag was 'kind', is 'sort'"],
    ],
    [command("{}"), command("{}", ", 'features': [ 'fast' ]"), ["+ command 'fetch' feature 'fast' is added"]],
    [
      command("{}", ", 'features': [ 'fast' ]"),
      command("{}"),
      ["! command 'fetch' feature 'fast' is removed"],
    ],
    [
      command("{}", ", 'features': [ 'deprecated' ]"),
      command("{}"),
      ["+ command 'fetch' feature 'deprecated' is removed"],
    ],
    [command("{}", ", 'allow-oob': true"), command("{}"), ["! command 'fetch' 'allow-oob' is removed"]],
    [command("{}"), command("{}", ", 'async': true"), ["+ command 'fetch' 'async' is added"]],
  ])("%s -> %s", (before, after, expected) => {
    expect(shown(before, after)).toEqual(expected);
    expect(shown(before, before)).toEqual([]);
    expect(shown(after, after)).toEqual([]);
  });

  it("by what types are, not by their names and order", () => {
    const after = `${KIND.replace("Kind", "Sort")}{ 'struct': 'Box', 'data': { 'k': 'Sort' } }\n{ 'command': 'fetch', 'data': 'Box' }`;
    expect(shown(KIND + command("{ 'k': 'Kind' }"), after)).toEqual([]);
  });

  it("in types that lead to themselves, and in types nested deeper than the stack", () => {
    const tree = (value: string): string =>
      `{ 'struct': 'Tree', 'data': { '*left': 'Tree', '*right': [ 'Tree' ], 'value': '${value}' } }\n{ 'command': 'plant', 'data': 'Tree' }`;
    expect(shown(tree("int"), tree("str"))).toEqual([
      "! command 'plant' arguments.value: was int, is string",
    ]);
    const DEEP = 20_000;
    const deep = (value: string): string =>
      `${Array.from(
        { length: DEEP },
        (_, index) =>
          `{ 'struct': 'Box${index}x', 'data': { 'in': '${index + 1 < DEEP ? `Box${index + 1}x` : value}' } }`,
      ).join("\n")}\n{ 'command': 'open', 'data': 'Box0x' }`;
    expect(changes(deep("int"), deep("str")).length).toBe(1);
  });
});

describe("an answer that was saved", () => {
  const refusal = (text: string): string => {
    try {
      parseAnswer("answer.json", text);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("may be the array or the whole reply", () => {
    const entries = [{ name: "int", "meta-type": "builtin", "json-type": "int" }];
    expect(parseAnswer("answer.json", JSON.stringify(entries))).toEqual(entries);
    expect(parseAnswer("answer.json", JSON.stringify({ return: entries, id: 1 }))).toEqual(entries);
  });

  it.each([
    ['[\n{"name": }', /^answer\.json:\d: this is not JSON: /],
    [
      '{"error": {}}',
      /^answer\.json:1: a query-qmp-schema answer should be an array, or have one as 'return'$/,
    ],
    [
      '[{"name": "a", "meta-type": "thing"}]',
      /^answer\.json:1: entry 0 of .* is not whole: \{"name":"a","meta-type":"thing"\}$/,
    ],
    ['[{"name": "a", "meta-type": "event", "arg-type": "7"}]', /entry 0 .* is not whole/],
    [
      '[{"name": "a", "meta-type": "object", "members": [{"name": "b", "type": "c"}]}]',
      /entry 0 .* is not whole/,
    ],
    ["[null]", /entry 0 .* is not whole: null$/],
  ])("is refused where it is %s", (text, message) => {
    expect(refusal(text)).toMatch(message);
  });
});
