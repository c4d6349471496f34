/** The terminals of docs/hmp.md, run: each command prints what stands below it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HMP_COMMANDS } from "../../src/hmp/commands.ts";
import { INFO_COMMANDS } from "../../src/hmp/info-commands.ts";
import { consoleCommands, patternOf } from "./documents.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");
const COMMANDS = consoleCommands("docs/hmp.md");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qmpd-hmp-docs-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("docs/hmp.md", () => {
  it.each(COMMANDS)("$command", ({ command, printed }) => {
    expect(printed.length).toBeGreaterThan(3);
    const script = `qmpd() { "${process.execPath}" "${PROGRAM}" "$@"; }\n${command}`;
    const options = { cwd: folder, encoding: "utf8", timeout: 15_000 } as const;
    const { stdout } = spawnSync("sh", ["-c", script], options);
    expect(
      stdout
        .trimEnd()
        .split("\r\n")
        .map((line) => line.trimEnd()),
    ).toEqual(printed.map((line) => expect.stringMatching(patternOf(line))));
  });

  it("shows every command of the human monitor", () => {
    const shown = COMMANDS.flatMap(({ printed }) => printed);
    for (const { names } of HMP_COMMANDS) expect(shown.join("\n")).toContain(`\n${names.join("|")} `);
    for (const { names } of INFO_COMMANDS) expect(shown.join("\n")).toContain(`\ninfo ${names.join("|")} `);
    expect(HMP_COMMANDS.length + INFO_COMMANDS.length).toBeGreaterThan(30);
  });
});
