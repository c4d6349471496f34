/** The terminals of docs/shell.md, run: each command prints what stands below it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { consoleCommands, patternOf } from "./documents.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");

let server: ServerProcess;
let folder: string;

beforeAll(async () => {
  server = await startQmpd({ args: [] });
  folder = mkdtempSync(join(tmpdir(), "qmpd-shell-docs-"));
  symlinkSync(server.sockets[0] ?? "", join(folder, "qmp.sock"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

describe("the terminals of docs/shell.md", () => {
  const commands = consoleCommands("docs/shell.md");

  it.each(commands.map(({ command, printed }) => [command, printed] as const))("%s", (command, printed) => {
    expect(commands.length).toBeGreaterThan(8);
    const script = `qmpd() { "${process.execPath}" "${PROGRAM}" "$@"; }\n${command}`;
    const { stdout, stderr } = spawnSync("sh", ["-c", script], {
      cwd: folder,
      encoding: "utf8",
      timeout: 15_000,
    });
    expect(stderr).toBe("");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBe(Math.max(1, printed.length));
    for (const [index, line] of printed.entries()) expect(lines[index]).toMatch(patternOf(line));
  });
});
