/** Terminals that documents show, run: each command prints what stands below it, but for the figures. */

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { type FencedBlock, fencedBlocks } from "./documents.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");

export interface ShownCommand {
  readonly command: string;
  readonly printed: string[];
}

/** Commands of the `console` blocks of a document, with the lines that they print. */
export function shownCommands(document: string): ShownCommand[] {
  return fencedBlocks(document, "console").flatMap(commandsOf);
}

function commandsOf({ lines }: FencedBlock): ShownCommand[] {
  const commands: ShownCommand[] = [];
  for (const line of lines) {
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), printed: [] });
    else commands.at(-1)?.printed.push(line);
  }
  return commands;
}

/** The words that a command prints in `folder`, where `qmpd` is the program. */
export function wordsPrinted(command: string, folder: string, timeoutMs: number): string[] {
  const script = `qmpd() { "${process.execPath}" "${PROGRAM}" "$@"; }\n${command}`;
  const { stdout } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8", timeout: timeoutMs });
  return wordsOf(stdout.trimEnd().split("\n"));
}

/** Without figures and the width of columns.  That this computer is busy is not the document's concern. */
export function wordsOf(lines: readonly string[]): string[] {
  const words = lines
    .filter((line) => !/^(?:.*: )?the (computer|generator) was the limit/.test(line))
    .map((line) =>
      line
        .replaceAll(/\d[\d,.]*(?: ?(?:us|ms|s|x|%))?(?![\w.])/g, "#")
        .replaceAll(/\s+/g, " ")
        .trim(),
    );
  // The empty line before what was left out.
  if (words.at(-1) === "") words.pop();
  return words;
}
