/** The mix, from the command line and from a file. */

import { describe, expect, it } from "vitest";
import { parseMix, parseMixFile } from "../../src/loadgen/mix.ts";
import { WeightedChoice } from "../../src/loadgen/random.ts";
import { planCommands } from "../../src/loadgen/server-facts.ts";

const DUMP = "screendump:2 filename=/tmp/{client}.png format=png";

it("reads commands with weights and arguments", () => {
  expect(parseMix(`query-status:9; ${DUMP}; x:0.5 a=1 b=true c=[1,2] d=text e="1";`)).toEqual([
    { command: "query-status", weight: 9, args: undefined, isHeavy: false },
    {
      command: "screendump",
      weight: 2,
      args: { filename: "/tmp/{client}.png", format: "png" },
      isHeavy: true,
    },
    { command: "x", weight: 0.5, args: { a: 1, b: true, c: [1, 2], d: "text", e: "1" }, isHeavy: false },
  ]);
});

it("reads a file, in which a command may be told to be heavy", async () => {
  const text =
    "- command: query-status\n- { command: x, weight: 2, heavy: true, arguments: { a: { b: 1 } } }\n";
  expect(await parseMixFile(text, "mix.yaml")).toEqual([
    { command: "query-status", weight: 1, args: undefined, isHeavy: false },
    { command: "x", weight: 2, args: { a: { b: 1 } }, isHeavy: true },
  ]);
});

it("takes whole numbers for what they are, however large", async () => {
  const large = [9_007_199_254_740_993n, 18_446_744_073_709_551_615n, -9_223_372_036_854_775_808n];
  for (const value of large) {
    expect(parseMix(`a x=${value} y=[${value}]`)[0]?.args).toEqual({ x: value, y: [value] });
    const [entry] = await parseMixFile(`- { command: a, weight: 2, arguments: { x: ${value} } }`, "mix.yaml");
    expect(entry).toMatchObject({ weight: 2, args: { x: value } });
  }
});

it("leaves what only QEMU's dialect has a string", () => {
  expect(parseMix("a x='y' z=007")[0]?.args).toEqual({ x: "'y'", z: "007" });
});

describe("refuses", () => {
  it.each([
    ["", "there is no command in it"],
    ["a b", "'a b' is no argument".replace("a b", "b")],
    ["a:0", "the weight has to be a number above 0"],
    ["a:b", "the weight has to be a number above 0"],
    ["a:1:2", "'a:1:2' is no COMMAND"],
    ["/tmp/mix", "'/tmp/mix' is no COMMAND"],
  ])("%j", (text, reason) => expect(() => parseMix(text)).toThrow(reason));

  it.each([
    ["a: 1", "a list of commands is expected"],
    ["- x", "mix.yaml: [0]: 'command:'"],
    ["- { command: a }\n- { command: b, wieght: 2 }", "mix.yaml: [1]: there is no 'wieght'"],
    ["- { command: a, weight: -1 }", "the weight has to be"],
    ["- { command: a, arguments: [1] }", "'arguments' has to be a mapping"],
    ["- { command: a, heavy: 1 }", "'heavy' is true or false"],
    ["- [", /^mix\.yaml: .* at line 1, column 4$/],
    ["- { command: a, arguments: { x: .nan } }", "mix.yaml: JSON has no such value: NaN"],
    ["- { command: a, arguments: { x: [-.inf] } }", "mix.yaml: JSON has no such value: -Infinity"],
    ["- { command: a, arguments: { x: !!binary aGVsbG8= } }", "mix.yaml: JSON has no such value: "],
    [
      "- &a { command: a, arguments: { x: *a } }",
      "mix.yaml: values are too deep inside one another, or inside",
    ],
  ])("a file %j", async (text, reason) => {
    await expect(parseMixFile(text, "mix.yaml")).rejects.toThrow(reason);
  });
});

describe("planned for a server", () => {
  const facts = {
    name: "a server",
    commands: new Map([
      ["query-status", { isAsync: false, allowOob: false }],
      ["screendump", { isAsync: true, allowOob: false }],
      ["query-sessions", { isAsync: false, allowOob: true }],
    ]),
  };
  const mix = parseMix(`query-status; ${DUMP}; query-sessions`);
  const lanes = (capabilities: string[]): string[] =>
    planCommands(mix, facts, capabilities).map(({ lane }) => lane);

  it("has lanes by what the schema says and what is negotiated", () => {
    expect(lanes([])).toEqual(["in order", "in order", "in order"]);
    expect(lanes(["async"])).toEqual(["in order", "async", "in order"]);
    expect(lanes(["oob", "async"])).toEqual(["in order", "async", "out of band"]);
  });

  it("has requests that lack the id alone", () => {
    const requests = planCommands(mix, facts, ["oob"]).map(({ head, tail }) => `${head}7${tail}`);
    expect(requests).toEqual([
      '{"execute": "query-status", "id": 7}\r\n',
      '{"execute": "screendump", "arguments": {"filename": "/tmp/{client}.png", "format": "png"}, "id": 7}\r\n',
      '{"exec-oob": "query-sessions", "id": 7}\r\n',
    ]);
  });

  it("tells a command that is there twice apart", () => {
    const twice = planCommands(
      parseMix('screendump format=png; screendump format=ppm; screendump a={"b":1}; query-status'),
      facts,
      [],
    );
    expect(twice.map(({ label }) => label)).toEqual([
      "screendump format=png",
      "screendump format=ppm",
      'screendump a={"b": 1}',
      "query-status",
    ]);
  });

  it("refuses a command that the server does not have", () => {
    expect(() => planCommands(parseMix("nonsense"), facts, [])).toThrow(
      "'nonsense', which a server does not know",
    );
  });
});

it("chooses by weight", () => {
  const choice = new WeightedChoice([1, 0, 3]);
  expect([0, 0.24, 0.25, 0.99].map((fraction) => choice.at(fraction))).toEqual([0, 0, 2, 2]);
});
