/**
 * A line of the shell, cut into words: `command key=value key.nested="two words" list=[1, 2]`.
 *
 * White space ends a word, unless it is inside quotes or brackets.  Quotes around a value, or a part of a word, are taken
 * away; those inside brackets are JSON's and stay.  A backslash in double quotes takes the next character as it is.
 */

import { ShellError } from "./shell-error.ts";

export interface Word {
  /** Without its quotes. */
  readonly text: string;
  /** Where it begins in the line. */
  readonly start: number;
  /** A part of it was quoted: then it is a string, whatever it looks like. */
  readonly quoted: boolean;
}

export interface Words {
  readonly words: readonly Word[];
  /** The quote or bracket that is still open at the end of the line. */
  readonly open: string | undefined;
}

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "[": "]" };

/** Cuts `line`; what is open at its end is told, not refused: somebody may still be typing. */
export function cutWords(line: string): Words {
  const words: Word[] = [];
  let at = 0;
  let open: string | undefined;
  for (;;) {
    while (at < line.length && isBlank(line[at])) at++;
    if (at === line.length) return { words, open };
    const cut = cutWord(line, at);
    words.push({ text: cut.text, start: at, quoted: cut.quoted });
    open = cut.open;
    at = cut.end;
  }
}

/** As `cutWords`; throws {@link ShellError} when something is left open. */
export function splitWords(line: string): readonly Word[] {
  const { words, open } = cutWords(line);
  if (open !== undefined) throw new ShellError(`the ${open} is not closed`);
  return words;
}

function cutWord(line: string, start: number) {
  let text = "";
  let quoted = false;
  let at = start;
  while (at < line.length && !isBlank(line[at])) {
    const char = line[at] as string;
    if (char === '"' || char === "'") {
      const string = cutQuoted(line, at, char);
      text += string.text;
      quoted = true;
      at = string.end;
      if (!string.closed) return { text, quoted, end: at, open: char };
    } else if (char in CLOSING && line[at - 1] === "=") {
      const end = endOfBrackets(line, at);
      text += line.slice(at, end ?? line.length);
      if (end === undefined) return { text, quoted, end: line.length, open: char };
      at = end;
    } else {
      text += char;
      at++;
    }
  }
  return { text, quoted, end: at, open: undefined };
}

function cutQuoted(line: string, start: number, quote: string) {
  let text = "";
  for (let at = start + 1; at < line.length; at++) {
    const char = line[at] as string;
    if (char === quote) return { text, end: at + 1, closed: true };
    if (char === "\\" && quote === '"' && at + 1 < line.length) at++;
    text += line[at];
  }
  return { text, end: line.length, closed: false };
}

/** The position after the bracket that closes the one at `start`; undefined when none does. */
function endOfBrackets(line: string, start: number): number | undefined {
  const expected: string[] = [];
  let quote: string | undefined;
  for (let at = start; at < line.length; at++) {
    const char = line[at] as string;
    if (quote !== undefined) {
      if (char === "\\") at++;
      else if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if (CLOSING[char] !== undefined) {
      expected.push(CLOSING[char]);
    } else if (char === expected.at(-1)) {
      expected.pop();
      if (expected.length === 0) return at + 1;
    }
  }
  return undefined;
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t";
}
