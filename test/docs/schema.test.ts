/**
 * The examples of docs/schema.md, run: its schemas (`qapi FILE`, blocks of one name are one file) are written to a
 * directory, and its terminals (`console`) are what a shell shows there.
 */

import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fencedBlocks, tableRows } from "./documents.ts";

const DOCUMENT = "docs/schema.md";
const PROGRAM = resolve("dist/src/cli/qmpd.js");

let directory = "";

/** What a shell shows of a command, both streams, as in a terminal. */
function shell(command: string): string {
  const path = `${join(directory, "bin")}:${process.env.PATH}`;
  const env = { ...process.env, PATH: path };
  return spawnSync("sh", ["-c", `{ ${command}\n} 2>&1`], { cwd: directory, env, encoding: "utf8" }).stdout;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-schema-"));
  mkdirSync(join(directory, "bin"));
  const program = join(directory, "bin/qmpd");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, { mode: 0o755 });
  for (const { words, lines } of fencedBlocks(DOCUMENT, "qapi")) {
    appendFileSync(join(directory, words[0] ?? ""), `${lines.join("\n")}\n`);
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("terminals of docs/schema.md", () => {
  for (const { line, lines } of fencedBlocks(DOCUMENT, "console")) {
    it(`line ${line} shows what comes back`, () => {
      const commands = lines.filter((text) => text.startsWith("$ ")).map((text) => text.slice(2));
      const shown = lines.filter((text) => !text.startsWith("$ "));
      expect(shell(commands.join("\n")).trimEnd().split("\n")).toEqual(shown.length === 0 ? [""] : shown);
    });
  }
});

it("every schema of docs/schema.md is right, but for the one that is wrong", () => {
  const files = [...new Set(fencedBlocks(DOCUMENT, "qapi").map(({ words }) => words[0] ?? ""))];
  expect(files.length).toBeGreaterThan(3);
  const refused = files.filter((file) => !/^\S+: \d+ command/.test(shell(`qmpd schema check ${file}`)));
  expect(refused).toEqual(["wrong.json"]);
});

it("the table of pragmas has all of them", () => {
  const listed = tableRows(DOCUMENT, "Pragmas").map(([name = ""]) => name.slice(1, -1));
  const list = listed.slice(1).map((name) => `'${name}': []`);
  writeFileSync(
    join(directory, "pragmas.json"),
    `{ 'pragma': { 'doc-required': false, ${list.join(", ")} } }`,
  );
  expect(shell("qmpd schema check pragmas.json")).toBe(
    "pragmas.json: 0 commands, 0 events, 0 types in 1 file\n",
  );
  expect(listed.length).toBe(6);
});
