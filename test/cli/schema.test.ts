/** The command line of `qmpd schema`: results, errors, exit status.  docs/schema.md shows the rest. */

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAnswer } from "../../src/qapi/compiler/compare/answer.ts";
import { compareAnswers } from "../../src/qapi/compiler/compare/compare.ts";
import { askQemu, qemuMissing } from "../support/qemu.ts";
import { qemuSchema } from "../support/qemu-schema.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");
const SCHEMA = resolve("schema/qapi-schema.json");

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-schema-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function qmpd(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, "schema", ...args], {
    cwd: directory,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return { stdout, stderr, status };
}

function write(name: string, text: string | Uint8Array): void {
  writeFileSync(join(directory, name), text);
}

describe("a mistake in a schema is told on standard error as FILE:LINE: reason, with status 1, by", () => {
  const mistake =
    "In file included from main.json:1:\nsub.json: In command 'fetch':\n" +
    "sub.json:2: command's 'data' uses unknown type 'Box'\n";

  it.each([
    ["check", []],
    ["compile", ["--out", "out"]],
    ["introspect", []],
    ["doc", []],
    ["diff", [SCHEMA]],
  ])("%s", (subcommand, more) => {
    write("main.json", "{ 'include': 'sub.json' }\n");
    write("sub.json", "\n{ 'command': 'fetch', 'data': 'Box' }\n");
    expect(qmpd(subcommand, "main.json", ...more)).toEqual({ stdout: "", stderr: mistake, status: 1 });
    expect(existsSync(join(directory, "out"))).toBe(false);
  });

  it("diff, for the second file too", () => {
    write("main.json", "{ 'command': 'fetch' \n");
    const stderr = "main.json:1:22: expected ',' or '}'\n";
    expect(qmpd("diff", SCHEMA, "main.json")).toEqual({ stdout: "", stderr, status: 1 });
  });
});

describe("a file that cannot be read is an error", () => {
  it.each([
    ["is not there", "none.json", "none.json:1: can't read schema file: No such file or directory\n"],
    ["is a folder", ".", ".:1: can't read schema file: Is a directory\n"],
    ["is not text", "bytes.json", "bytes.json:1: can't read schema file: It is not UTF-8 text\n"],
    [
      "includes one",
      "include.json",
      "include.json:1: can't read include file 'none.json': No such file or directory\n",
    ],
  ])("that %s", (_, file, stderr) => {
    write("bytes.json", new Uint8Array([0x23, 0xff, 0x0a]));
    write("include.json", "{ 'include': 'none.json' }");
    expect(qmpd("check", file)).toEqual({ stdout: "", stderr, status: 1 });
    expect(qmpd("diff", file, SCHEMA)).toEqual({ stdout: "", stderr, status: 1 });
  });
});

describe("bad usage is refused with status 1 and the way to more", () => {
  it.each([
    [["check"], "error: missing required argument 'file'\n"],
    [["compile", SCHEMA], "error: required option '--out <dir>' not specified\n"],
    [["diff", SCHEMA], "error: missing required argument 'after'\n"],
    [["check", SCHEMA, "--fast"], "error: unknown option '--fast'\n"],
    [
      ["introspect", SCHEMA, "--define", "QTETS"],
      "qmpd: no 'if' asks for the condition 'QTETS': there are QTEST\n",
    ],
  ])("%j", (args, message) => {
    const stderr = `${message}(qmpd schema ${args[0]} --help tells more)\n`;
    expect(qmpd(...args)).toEqual({ stdout: "", stderr, status: 1 });
  });

  it("for a subcommand that is none", () => {
    const { stderr, status } = qmpd("chekc", SCHEMA);
    expect(status).toBe(1);
    expect(stderr).toContain("error: unknown command 'chekc'");
  });
});

it("shows examples in its help", () => {
  const { stdout, status } = qmpd("--help");
  expect(status).toBe(0);
  for (const name of ["check", "compile", "introspect", "doc", "diff"])
    expect(stdout).toContain(`qmpd schema ${name} `);
});

describe("compile", () => {
  const FETCH = "{ 'command': 'fetch' }\n";

  it("writes what changed and nothing else, and with --check fails instead", () => {
    write("parts.json", FETCH);
    expect(qmpd("compile", "parts.json", "--out", "out", "--check")).toMatchObject({
      stderr: "out is not what parts.json says: compile it without --check\n",
      status: 1,
    });
    expect(existsSync(join(directory, "out"))).toBe(false);
    const first = qmpd("compile", "parts.json", "--out", "out");
    expect(first).toMatchObject({ stderr: "", status: 0 });
    const files = readdirSync(join(directory, "out"));
    expect(first.stdout.trimEnd().split("\n").sort()).toEqual(
      files.map((name) => `out/${name} written`).sort(),
    );
    const untouched = files.map((name) => statSync(join(directory, "out", name)).mtimeMs);

    expect(qmpd("compile", "parts.json", "--out", "out")).toEqual({ stdout: "", stderr: "", status: 0 });
    expect(qmpd("compile", "parts.json", "--out", "out", "--check")).toEqual({
      stdout: "",
      stderr: "",
      status: 0,
    });
    expect(files.map((name) => statSync(join(directory, "out", name)).mtimeMs)).toEqual(untouched);

    write("parts.json", "{ 'event': 'FETCHED' }\n");
    expect(qmpd("compile", "parts.json", "--out", "out", "--check").stdout).toContain(
      "out/events.ts would be written\n",
    );
    expect(qmpd("compile", "parts.json", "--out", "out").stdout).toContain("out/events.ts written\n");
    write("parts.json", FETCH);
    expect(qmpd("compile", "parts.json", "--out", "out").stdout).toContain("out/events.ts removed\n");
    expect(readdirSync(join(directory, "out")).sort()).toEqual(files.sort());
  });

  it("leaves alone what was not generated", () => {
    write("parts.json", FETCH);
    mkdirSync(join(directory, "out"));
    write("out/notes.ts", "// Mine.\n");
    write("out/notes.md", "Mine.\n");
    expect(qmpd("compile", "parts.json", "--out", "out").status).toBe(0);
    expect(readFileSync(join(directory, "out/notes.ts"), "utf8")).toBe("// Mine.\n");
    write("notes.json", FETCH);
    expect(qmpd("compile", "notes.json", "--out", "out")).toEqual({
      stdout: "",
      stderr: `qmpd: out/notes.ts was not generated: it is not overwritten\n`,
      status: 1,
    });
    expect(readFileSync(join(directory, "out/notes.ts"), "utf8")).toBe("// Mine.\n");
    expect(existsSync(join(directory, "out/parts.ts"))).toBe(true);
  });

  it("tells why a folder cannot be written", () => {
    write("parts.json", FETCH);
    write("out", "a file");
    expect(qmpd("compile", "parts.json", "--out", "out")).toEqual({
      stdout: "",
      stderr: `qmpd: out: File already exists\n`,
      status: 1,
    });
  });
});

describe("diff ends with", () => {
  it.each([
    [0, "{ 'command': 'fetch' }", "0 incompatible changes, 0 compatible changes\n"],
    [
      0,
      "{ 'command': 'fetch' } { 'command': 'store' }",
      "compatible:   command 'store' is added\n0 incompatible changes, 1 compatible change\n",
    ],
    [
      2,
      "{ 'command': 'store' }",
      "incompatible: command 'fetch' is removed\ncompatible:   command 'store' is added\n1 incompatible change, 1 compatible change\n",
    ],
  ])("%i after %s", (status, after, stdout) => {
    write("before.json", "{ 'command': 'fetch' }");
    write("after.json", after);
    expect(qmpd("diff", "before.json", "after.json")).toEqual({ stdout, stderr: "", status });
  });

  it("1 where a saved answer is wrong, with the line", () => {
    write("answer.json", '{"return": [\n{"name": "int"}\n');
    const { stderr, status } = qmpd("diff", "answer.json", SCHEMA);
    expect(stderr).toMatch(/^answer\.json:\d: this is not JSON: /);
    expect(status).toBe(1);
  });
});

const qemuSchemaFile = qemuSchema();

describe.skipIf(qemuSchemaFile === undefined)("QEMU's own schema", () => {
  const file = resolve(qemuSchemaFile ?? "");

  it("is right, and has its commands", () => {
    const { stdout, stderr, status } = qmpd("check", file);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(Number(/: (\d+) commands/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(200);
  });

  it("is documented as a whole", () => {
    const { stdout, status } = qmpd("doc", file);
    expect(status).toBe(0);
    const commands = [
      ...readFileSync(join(file, "../block-core.json"), "utf8").matchAll(/^\{ 'command': '([^']+)'/gm),
    ];
    expect(commands.length).toBeGreaterThan(30);
    for (const [, name] of commands) expect(stdout).toContain(`### Command: ${name}\n`);
  });

  it.skipIf(qemuMissing())(
    "differs in nothing from what QEMU answers, but for what its build left out",
    async () => {
      write("answer.json", JSON.stringify({ return: await askQemu("query-qmp-schema") }));
      const { stdout } = qmpd("introspect", file);
      const answer = parseAnswer("answer.json", readFileSync(join(directory, "answer.json"), "utf8"));
      const none = compareAnswers(parseAnswer("introspect", stdout), answer);
      // Without a condition, QEMU's own has more everywhere: nothing that is here is missing there.
      expect(none.filter(({ kind }) => kind === "removed")).toEqual([]);
      expect(none.some(({ subject }) => subject === "command 'query-spice'")).toBe(true);
      expect(qmpd("diff", "answer.json", "answer.json")).toMatchObject({
        stdout: "0 incompatible changes, 0 compatible changes\n",
        status: 0,
      });
    },
  );
});
