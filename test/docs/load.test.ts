/** The terminals of docs/load.md, run: each command prints what stands below it, but for the figures. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { type FencedBlock, fencedBlocks } from "./documents.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");
const DOCUMENT = "docs/load.md";

let server: ServerProcess;
let folder: string;

beforeAll(async () => {
  server = await startQmpd({ args: [] });
  folder = mkdtempSync(join(tmpdir(), "qmpd-load-docs-"));
  symlinkSync(server.sockets[0] ?? "", join(folder, "qmp.sock"));
  const [mix] = fencedBlocks(DOCUMENT, "yaml");
  const text = (mix?.lines ?? []).join("\n").replaceAll("/tmp/", `${folder}/`);
  writeFileSync(join(folder, "mix.yaml"), text);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

/** Commands with the lines that they print. */
function commandsOf({ lines }: FencedBlock): { readonly command: string; readonly printed: string[] }[] {
  const commands: { command: string; printed: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), printed: [] });
    else commands.at(-1)?.printed.push(line);
  }
  return commands;
}

/** Without figures and the width of columns.  That this computer is busy is not the document's concern. */
function wordsOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !/^(?:[AB]: )?the (computer|generator) was the limit/.test(line))
    .map((line) =>
      line
        .replaceAll(/\d[\d,.]*(?: ?(?:us|ms|s|x|%))?(?![\w.])/g, "#")
        .replaceAll(/\s+/g, " ")
        .trim(),
    );
}

describe("the terminals of docs/load.md", () => {
  const commands = fencedBlocks(DOCUMENT, "console").flatMap(commandsOf);

  it.each(commands.map(({ command, printed }) => [command, printed] as const))("%s", (command, printed) => {
    expect(commands.length).toBeGreaterThan(4);
    const script = `qmpd() { "${process.execPath}" "${PROGRAM}" "$@"; }\n${command}`;
    const { stdout } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8", timeout: 19_000 });
    const words = wordsOf(stdout.trimEnd().split("\n"));
    // The empty line before what was left out.
    if (words.at(-1) === "") words.pop();
    expect(words).toEqual(wordsOf(printed));
  });
});
