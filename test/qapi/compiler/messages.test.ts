/**
 * Every message that the schema compiler's front end can give is in a golden file, so that each rule of the
 * language is held by an example.  The messages are read out of the passes' sources.
 */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const compiler = resolve(import.meta.dirname, "../../../src/qapi/compiler");
const goldens = resolve(import.meta.dirname, "../golden");

/** How the passes refuse: the message is the last argument. */
const REFUSAL = /new QapiSchemaError\(|new DocError\(|(?:lexer|this)\.error\(/g;

/** Messages that a golden file cannot show, and the test that does. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "`can't read schema file: ${messageOf(cause)}`": "test/cli/schema.test.ts",
  "`files include each other more than ${NESTING_LEVELS_MAX} deep`": "test/qapi/compiler/fuzz.test.ts",
  "`object ${object.name} has more than ${NESTING_LEVELS_MAX} bases above each other`":
    "test/qapi/compiler/fuzz.test.ts",
};

interface Refusal {
  readonly file: string;
  /** The message as it stands in the source; `undefined` where it is a variable. */
  readonly literal: string | undefined;
}

/** The string literals among the arguments of a call that begins at `start`. */
function literalsOf(source: string, start: number): string[] {
  const literals: string[] = [];
  let depth = 1;
  let index = start;
  while (depth > 0) {
    const char = source[index];
    if (char === '"' || char === "`") {
      const end = literalEnd(source, index);
      literals.push(source.slice(index, end));
      index = end;
      continue;
    }
    if (char === "(") depth++;
    if (char === ")") depth--;
    index++;
  }
  return literals;
}

/** Where the literal that begins at `start` ends; a template's `${...}` may have literals of its own. */
function literalEnd(source: string, start: number): number {
  const quote = source[start];
  let index = start + 1;
  while (source[index] !== quote) {
    if (source[index] === "\\") index += 2;
    else if (quote === "`" && source.startsWith("${", index)) index = substitutionEnd(source, index + 2);
    else index++;
  }
  return index + 1;
}

function substitutionEnd(source: string, start: number): number {
  let index = start;
  while (source[index] !== "}") {
    const char = source[index];
    index = char === '"' || char === "`" ? literalEnd(source, index) : index + 1;
  }
  return index + 1;
}

function refusalsIn(file: string): Refusal[] {
  const source = readFileSync(resolve(compiler, file), "utf8");
  return Array.from(source.matchAll(REFUSAL), (match) => ({
    file,
    literal: literalsOf(source, match.index + match[0].length).at(-1),
  }));
}

/** What the literal may have become in a golden file. */
function patternOf(literal: string): RegExp {
  let pattern = "";
  for (let index = 1; index < literal.length - 1; ) {
    if (literal.startsWith("${", index)) {
      pattern += "[^\\n]+";
      index = substitutionEnd(literal, index + 2);
    } else if (literal[index] === "\\") {
      pattern += literal[index + 1] === "n" ? "\\n" : `\\${literal[index + 1]}`;
      index += 2;
    } else {
      pattern += (literal[index] ?? "").replace(/[.*+?^${}()|[\]\\]/, "\\$&");
      index++;
    }
  }
  // Behind a place, and to the end of the message or of what it quotes.
  return new RegExp(`:\\d+: ${pattern}$`, "m");
}

describe("messages of the front end", () => {
  const files = readdirSync(compiler).filter((name) => name.endsWith(".ts"));
  const messages = files.flatMap((file) =>
    refusalsIn(file).flatMap(({ literal }) => (literal === undefined ? [] : [{ file, literal }])),
  );
  const texts = readdirSync(goldens)
    .filter((name) => name.endsWith(".err"))
    .map((name) => readFileSync(resolve(goldens, name), "utf8"));

  it("are found in the sources", () => {
    expect(messages.length).toBeGreaterThan(80);
    for (const literal of Object.keys(ELSEWHERE)) {
      expect(messages.map((message) => message.literal)).toContain(literal);
    }
  });

  it("stand where they are given, but for two that are handed on with their place", () => {
    const handedOn = files.flatMap((file) => refusalsIn(file).filter(({ literal }) => literal === undefined));
    expect(handedOn.map(({ file }) => file)).toEqual(["lexer.ts", "parser.ts"]);
  });

  it.each(messages.map(({ file, literal }) => [file, literal]))("%s: %s", (_, literal) => {
    if (Object.hasOwn(ELSEWHERE, literal)) return;
    expect(texts.some((text) => patternOf(literal).test(text))).toBe(true);
  });
});
