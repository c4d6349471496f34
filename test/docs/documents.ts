/**
 * What the documents show and say, read out of their Markdown: fenced blocks, headings, table rows.
 */

import { readFileSync } from "node:fs";

export interface FencedBlock {
  readonly document: string;
  /** Line number of the opening fence. */
  readonly line: number;
  readonly language: string;
  /** Words that follow the language. */
  readonly words: readonly string[];
  readonly lines: readonly string[];
}

export function readDocument(document: string): string {
  return readFileSync(document, "utf8");
}

/** The fenced blocks of a document in one language, in order. */
export function fencedBlocks(document: string, language: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: { line: number; language: string; words: string[]; lines: string[] } | undefined;
  for (const [index, text] of readDocument(document).split("\n").entries()) {
    if (!text.startsWith("```")) open?.lines.push(text);
    else if (open === undefined) {
      const [first = "", ...words] = text.slice(3).split(" ");
      open = { line: index + 1, language: first, words, lines: [] };
    } else {
      if (open.language === language) blocks.push({ document, ...open });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${document}:${open.line}: the block is not closed`);
  return blocks;
}

/** A command that a document shows in a terminal, and the lines that it prints. */
export interface ConsoleCommand {
  readonly command: string;
  readonly printed: readonly string[];
}

/** Those of the blocks in language `console`, in order. */
export function consoleCommands(document: string): ConsoleCommand[] {
  const commands: { command: string; printed: string[] }[] = [];
  for (const { lines } of fencedBlocks(document, "console")) {
    for (const line of lines) {
      if (line.startsWith("$ ")) commands.push({ command: line.slice(2), printed: [] });
      else commands.at(-1)?.printed.push(line);
    }
  }
  return commands;
}

/** The cells of all table rows below a heading, up to the next heading; the head of the table apart. */
export function tableRows(document: string, heading: string): string[][] {
  const section = readDocument(document).split(`\n## ${heading}\n`)[1]?.split("\n## ")[0];
  if (section === undefined) throw new Error(`${document} has no heading "${heading}"`);
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/**
 * A pattern for what a document shows to have come from the server.  Not compared are what differs
 * from run to run (times, ages, progress, numbers of sessions, addresses of peers, the program's version) and the
 * rest of a string that ends in "...".
 */
export function patternOf(shown: string): RegExp {
  const escaped = shown.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(
    `^${escaped
      .replace(
        /"(seconds|microseconds|age-ms|session|current|current-progress|total-progress)": \d+/g,
        '"$1": \\d+',
      )
      .replace(/"peer": "[^"]*"/g, '"peer": "[^"]*"')
      .replace(/"package": "qmpd [^"]*"/g, '"package": "qmpd [^"]*"')
      .replace(/(?:\\\.){3}"/g, '[^"]*"')}$`,
  );
}
