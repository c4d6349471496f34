/**
 * A line that somebody types at a terminal: editing, completion, and the lines typed before.  It does no I/O: it is
 * given characters, and writes what the terminal has to show.
 *
 *     text ---ESC---> escape ---[ or O---> sequence ---final character---> text
 *
 * As QEMU's: the terminal may be anything that knows "cursor left", "cursor right" and "clear to the end of the line".
 * What is typed at the end of the line is shown as it is, so that a program that types reads its own words back.
 */

import { HMP_HISTORY_LINES_COUNT_MAX, HMP_LINE_CHARS_MAX } from "../util/limits.ts";
import type { Completion } from "./completion.ts";

export interface LineEditorPort {
  readonly prompt: string;
  write(text: string): void;
  /** What the text before the cursor may go on with; undefined where it is looked up, and told by `completed`. */
  complete(text: string): Completion | undefined;
}

/** Terminals are taken to have so many columns, for lists. */
const COLUMNS = 80;
const COLUMN_GAP = 2;

const CLEAR_TO_END = "\x1b[K";

export class LineEditor {
  readonly #port: LineEditorPort;
  /** Characters, those of two code units among them. */
  #line: string[] = [];
  #cursor = 0;
  #state: "text" | "escape" | "sequence" = "text";
  #sequence = "";
  /** Of the line that ended last: its CR and LF are one end. */
  #endedByReturn = false;
  readonly #history: string[] = [];
  /** The line of the history that is shown; `length` is the one that is new. */
  #shown = 0;

  constructor(port: LineEditorPort) {
    this.#port = port;
  }

  /** Takes a character.  Answers the line when it is the end of one. */
  type(character: string): string | undefined {
    const isSecondOfTwo = character === "\n" && this.#endedByReturn;
    this.#endedByReturn = false;
    if (this.#state !== "text") this.#escape(character);
    else if (character === "\r" || character === "\n") {
      if (isSecondOfTwo) return undefined;
      this.#endedByReturn = character === "\r";
      return this.#end();
    } else {
      const act = KEYS[character];
      if (act !== undefined) this.#act(act);
      else if (character >= " ") this.#insert([character]);
    }
    return undefined;
  }

  #act(key: Key): void {
    switch (key) {
      case "escape":
        this.#state = "escape";
        return;
      case "left":
        return this.#move(Math.max(0, this.#cursor - 1));
      case "right":
        return this.#move(Math.min(this.#line.length, this.#cursor + 1));
      case "home":
        return this.#move(0);
      case "end":
        return this.#move(this.#line.length);
      case "backspace":
        return this.#delete(this.#cursor - 1, this.#cursor);
      case "delete":
        return this.#delete(this.#cursor, this.#cursor + 1);
      case "delete word":
        return this.#delete(this.#wordStart(), this.#cursor);
      case "delete before":
        return this.#delete(0, this.#cursor);
      case "delete behind":
        return this.#delete(this.#cursor, this.#line.length);
      case "older":
        return this.#show(this.#shown - 1);
      case "newer":
        return this.#show(this.#shown + 1);
      case "complete":
        return this.#complete();
    }
  }

  #escape(character: string): void {
    if (this.#state === "escape") {
      this.#state = character === "[" || character === "O" ? "sequence" : "text";
      this.#sequence = "";
    } else if (/[0-9;]/.test(character)) {
      // What is longer than any that is known is none of them.
      if (this.#sequence.length < 8) this.#sequence += character;
    } else {
      this.#state = "text";
      const act = SEQUENCES[this.#sequence + character];
      if (act !== undefined) this.#act(act);
    }
  }

  #end(): string {
    const line = this.#line.join("");
    this.#port.write("\r\n");
    this.#line = [];
    this.#cursor = 0;
    if (line.trim() !== "") this.#remember(line);
    this.#shown = this.#history.length;
    return line;
  }

  /** A line that was typed before moves to the end. */
  #remember(line: string): void {
    const before = this.#history.indexOf(line);
    if (before >= 0) this.#history.splice(before, 1);
    this.#history.push(line);
    if (this.#history.length > HMP_HISTORY_LINES_COUNT_MAX) this.#history.shift();
  }

  #insert(characters: readonly string[]): void {
    const taken = characters.slice(0, HMP_LINE_CHARS_MAX - this.#line.length);
    const tail = this.#line.slice(this.#cursor);
    if (tail.length === 0) this.#line.push(...taken);
    else this.#line.splice(this.#cursor, 0, ...taken);
    this.#cursor += taken.length;
    this.#port.write(taken.join("") + tail.join("") + left(tail.length));
  }

  #delete(start: number, end: number): void {
    if (start < 0 || start >= end || end > this.#line.length) return;
    const back = left(this.#cursor - start);
    this.#line.splice(start, end - start);
    this.#cursor = start;
    const tail = this.#line.slice(start);
    this.#port.write(back + tail.join("") + CLEAR_TO_END + left(tail.length));
  }

  #wordStart(): number {
    let start = this.#cursor;
    while (start > 0 && this.#line[start - 1] === " ") start--;
    while (start > 0 && this.#line[start - 1] !== " ") start--;
    return start;
  }

  #move(cursor: number): void {
    const steps = cursor - this.#cursor;
    this.#cursor = cursor;
    this.#port.write(steps > 0 ? `\x1b[${steps}C` : left(-steps));
  }

  #show(index: number): void {
    if (index < 0 || index > this.#history.length || index === this.#shown) return;
    this.#shown = index;
    const back = left(this.#cursor);
    this.#line = [...(this.#history[index] ?? "")];
    this.#cursor = this.#line.length;
    this.#port.write(back + this.#line.join("") + CLEAR_TO_END);
  }

  #complete(): void {
    const completion = this.#port.complete(this.#line.slice(0, this.#cursor).join(""));
    if (completion !== undefined) this.completed(completion);
  }

  /** Nothing has been typed since it was asked for. */
  completed({ word, candidates }: Completion): void {
    const [first, ...others] = candidates;
    if (first === undefined) return;
    let common = first;
    for (const other of others) while (!other.startsWith(common)) common = common.slice(0, -1);
    const more = common.slice(word.length) + (others.length === 0 ? " " : "");
    if (more !== "") this.#insert([...more]);
    if (others.length === 0) return;
    const tail = this.#line.length - this.#cursor;
    const { prompt } = this.#port;
    this.#port.write(`\r\n${columns(candidates)}${prompt}${this.#line.join("")}${left(tail)}`);
  }
}

function columns(words: readonly string[]): string {
  const width = Math.max(...words.map((word) => word.length)) + COLUMN_GAP;
  const perRow = Math.max(1, Math.floor(COLUMNS / width));
  const cells = words.map(
    (word, index) =>
      word.padEnd(width) + ((index + 1) % perRow === 0 || index === words.length - 1 ? "\r\n" : ""),
  );
  return cells.join("");
}

function left(steps: number): string {
  return steps === 0 ? "" : `\x1b[${steps}D`;
}

type Key =
  | "escape"
  | "left"
  | "right"
  | "home"
  | "end"
  | "backspace"
  | "delete"
  | "delete word"
  | "delete before"
  | "delete behind"
  | "older"
  | "newer"
  | "complete";

/** Control characters. */
const KEYS: Readonly<Record<string, Key>> = {
  "\x01": "home",
  "\x02": "left",
  "\x04": "delete",
  "\x05": "end",
  "\x06": "right",
  "\x08": "backspace",
  "\x09": "complete",
  "\x0b": "delete behind",
  "\x0e": "newer",
  "\x10": "older",
  "\x15": "delete before",
  "\x17": "delete word",
  "\x1b": "escape",
  "\x7f": "backspace",
};

/** What follows ESC and "[" or "O". */
const SEQUENCES: Readonly<Record<string, Key>> = {
  A: "older",
  B: "newer",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  "1~": "home",
  "3~": "delete",
  "4~": "end",
  "7~": "home",
  "8~": "end",
};
