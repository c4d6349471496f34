/**
 * Whatever a schema's files hold, the front end answers with a schema, or with a mistake and its place.
 *
 * Valid schemas are damaged: bytes anywhere, tokens, lines of documentation.  Large ones, on which a pass that
 * is not linear takes minutes, have to come out in seconds; deep ones must not overflow the stack.
 */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadSchema } from "../../../src/qapi/compiler/compile.ts";
import { QapiSchemaError } from "../../../src/qapi/compiler/source.ts";

const root = resolve(import.meta.dirname, "../../..");

function schemasIn(folder: string): string[] {
  return readdirSync(resolve(root, folder))
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFileSync(resolve(root, folder, name), "utf8"));
}

const texts = [...schemasIn("schema"), ...schemasIn("test/qapi/golden")];

/** Tokens with the white space and comments between them: joined they are the text. */
function tokensOf(text: string): string[] {
  return text.match(/'[^'\n]*'|#[^\n]*|[{}[\]:,]|\s+|[^\s{}[\]:,'#]+/g) ?? [];
}

const tokens = [...new Set(texts.flatMap(tokensOf))].filter((token) => token.trim() !== "");
const docLines = tokens.filter((token) => token.startsWith("#"));
const ODD_TOKENS = [
  "",
  "''",
  "'*'",
  "'u'",
  "'has-'",
  "'q-'",
  "'QType'",
  "[]",
  "{}",
  "true",
  "null",
  "\u{1f600}",
];
const ODD_LINES = [
  "#",
  "##",
  "# ",
  "#x",
  "# @:",
  "# @a:",
  "#  @a: b",
  "# Features:",
  "# Returns:",
  "# = T",
  "\r",
];
const ODD_TEXT = [
  "\0",
  "'",
  '"',
  "\\",
  "\\\\",
  "#",
  "##",
  "\n",
  "\r",
  "\t",
  "{",
  "]",
  "\ufeff",
  "\ud800",
  "é",
];

/** Answers the mistake, or `undefined` for a good schema.  Anything but these two fails the test. */
function verdict(files: Readonly<Record<string, string>>): QapiSchemaError | undefined {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error("No such file or directory");
    return text;
  };
  try {
    loadSchema("main.json", readFile);
    return undefined;
  } catch (error) {
    if (!(error instanceof QapiSchemaError)) throw error;
    const { file, line } = error.location;
    expect(Object.keys(files)).toContain(file);
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual((files[file] ?? "").split(/\r\n?|\n/).length);
    expect(error.message).toContain(`${file}:${line}`);
    expect(error.reason).not.toBe("");
    return error;
  }
}

/** A text with one or several of its pieces exchanged, taken out, or put in twice. */
function damaged(
  split: (text: string) => string[],
  glue: string,
  odd: readonly string[],
): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat(), piece: fc.constantFrom(...odd), keep: fc.boolean() });
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) => {
      const pieces = split(text);
      for (const { at, piece, keep } of changes) {
        pieces.splice(at % (pieces.length + 1), keep ? 0 : 1, piece);
      }
      return pieces.join(glue);
    });
}

const swapped = fc
  .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(), fc.nat(40))
  .map(([text, from, to, count]) => {
    const pieces = tokensOf(text);
    pieces.splice(to % (pieces.length + 1), 0, ...pieces.slice(from % (pieces.length + 1)).slice(0, count));
    return pieces.join("");
  });

/** Files that name each other at random, themselves too. */
const included = fc
  .array(
    fc.array(fc.constantFrom("main.json", "a.json", "./a.json", "x/../b.json", "x/c.json", "../main.json")),
    {
      minLength: 4,
      maxLength: 4,
    },
  )
  .map((lists) => {
    const [main = "", a = "", b = "", c = ""] = lists.map((list, index) =>
      [...list.map((name) => `{ 'include': '${name}' }`), `{ 'command': 'c${index}' }`].join("\n"),
    );
    return { "main.json": main, "a.json": a, "./a.json": a, "x/../b.json": b, "x/c.json": c };
  });

describe("the front end answers with a verdict and its place", () => {
  const byText = (text: string): void => void verdict({ "main.json": text });

  it("for bytes that are not what they were", () => {
    fc.assert(
      fc.property(
        damaged((text) => [...text], "", ODD_TEXT),
        byText,
      ),
      { numRuns: 400 },
    );
  });

  it("for tokens that stand elsewhere", () => {
    fc.assert(fc.property(damaged(tokensOf, "", [...tokens, ...ODD_TOKENS]), byText), { numRuns: 1000 });
    fc.assert(fc.property(swapped, byText), { numRuns: 500 });
  });

  it("for documentation that says something else", () => {
    const lines = (text: string): string[] => text.split("\n");
    fc.assert(fc.property(damaged(lines, "\n", [...docLines, ...ODD_LINES]), byText), { numRuns: 1000 });
  });

  it("for any text at all", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), byText), { numRuns: 500 });
    const soup = fc.array(fc.constantFrom(...tokens, ...ODD_TOKENS, "\n"), { maxLength: 60 });
    fc.assert(
      fc.property(soup, (pieces) => byText(pieces.join(" "))),
      { numRuns: 1000 },
    );
  });

  it("for files that include each other", () => {
    fc.assert(
      fc.property(included, (files) => void verdict(files)),
      { numRuns: 1000 },
    );
  });
});

describe("what is nested too deep is refused at its place", () => {
  const DEEP = 100_000;
  const numbers = Array.from({ length: 1000 }, (_, index) => index);

  it.each(["[", "{'a':", "[{'a':["])("values: %s", (open) => {
    expect(verdict({ "main.json": `{ 'command': 'a', 'data':\n${open.repeat(DEEP)}` })?.message).toMatch(
      /^main\.json:2:\d+: values are nested more than 200 deep$/,
    );
  });

  it("conditions", () => {
    const condition = `${"{'not':".repeat(DEEP)}'A'${"}".repeat(DEEP)}`;
    expect(verdict({ "main.json": `{ 'command': 'a', 'if': ${condition} }` })?.reason).toBe(
      "values are nested more than 200 deep",
    );
    const allowed = `${"{'not':".repeat(150)}'A'${"}".repeat(150)}`;
    expect(verdict({ "main.json": `{ 'command': 'a', 'if': ${allowed} }` })).toBeUndefined();
  });

  it("includes", () => {
    const files = numbers.map((index) => [`${index}.json`, `{ 'include': '${index + 1}.json' }`]);
    const error = verdict({ "main.json": "{ 'include': '0.json' }", ...Object.fromEntries(files) });
    expect(error?.message.split("\n").at(-1)).toBe("199.json:1: files include each other more than 200 deep");
  });

  it("bases", () => {
    const structs = numbers.map(
      (index) => `{ 'struct': 'Box${index}x', 'base': 'Box${index + 1}x', 'data': {} }`,
    );
    const text = `${structs.join("\n")}\n{ 'struct': 'Box1000x', 'data': {} }`;
    expect(verdict({ "main.json": text })?.message).toBe(
      "main.json: In struct 'Box200x':\nmain.json:201: object Box200x has more than 200 bases above each other",
    );
    // Defined before they are used, there may be any number.
    const lines = text.split("\n").reverse();
    expect(verdict({ "main.json": lines.join("\n") })).toBeUndefined();
  });
});

describe("what is large comes out in seconds", () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `n${index}`);
  const quoted = names.map((name) => `'${name}'`);
  const members = `{ ${quoted.map((name) => `${name}: 'int'`).join(", ")} }`;
  const large: Readonly<Record<string, string>> = {
    "a comment of a line": `#${"x".repeat(5_000_000)}\n{ 'command': 'a' }`,
    "a string": `{ 'command': '${"a".repeat(5_000_000)}' }`,
    "white space": `${" \n\t".repeat(2_000_000)}{ 'command': 'a' }`,
    "a stray word": `{ ${"x".repeat(5_000_000)} }`,
    "a section of documentation": `##\n# @a:\n#\n# Note: x\n${"#       text\n#\n".repeat(200_000)}##\n{ 'command': 'a' }`,
    headings: `##\n${"# = Heading\n# text\n".repeat(100_000)}##\n`,
    "described members": `##\n# @a:\n#\n${names.map((name) => `# @${name}: x\n`).join("")}##\n{ 'command': 'a', 'data': ${members} }`,
    "described members that are not there": `##\n# @a:\n#\n${names.map((name) => `# @${name}: x\n`).join("")}##\n{ 'command': 'a' }`,
    members: `{ 'struct': 'Box', 'data': ${members} }\n{ 'struct': 'Crate', 'base': 'Box', 'data': {} }`,
    "unknown keys": `{ 'struct': 'Box', 'data': {}, ${quoted.map((name) => `${name}: 'int'`).join(", ")} }`,
    values: `{ 'enum': 'Kind', 'data': [ ${quoted.join(", ")} ] }`,
    branches:
      `{ 'enum': 'Kind', 'data': [ ${quoted.join(", ")} ] }\n{ 'struct': 'Box', 'data': { 'height': 'int' } }\n` +
      `{ 'union': 'Parcel', 'base': { 'kind': 'Kind', ${members.slice(2)}, 'discriminator': 'kind',\n` +
      `  'data': { ${quoted.map((name) => `${name}: 'Box'`).join(", ")} } }`,
    features: `{ 'command': 'a', 'features': [ ${quoted.join(", ")} ] }`,
    definitions: names.map((name) => `{ 'command': '${name}' }`).join("\n"),
    exceptions: `{ 'pragma': { 'command-name-exceptions': [ ${quoted.join(", ")} ] } }\n${names.map((name) => `{ 'command': '${name}' }`).join("\n")}`,
  };

  it.each(Object.keys(large))("%s", { timeout: 20_000 }, (what) => {
    verdict({ "main.json": large[what] ?? "" });
  });

  it("includes", { timeout: 20_000 }, () => {
    const files = names.map((name) => [`${name}.json`, `{ 'command': '${name}' }`]);
    const main = names.map((name) => `{ 'include': '${name}.json' }`).join("\n");
    expect(verdict({ "main.json": `${main}\n${main}`, ...Object.fromEntries(files) })).toBeUndefined();
  });
});
