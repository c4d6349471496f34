import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineEditor } from "../../src/hmp/line-editor.ts";
import { HMP_HISTORY_LINES_COUNT_MAX, HMP_LINE_CHARS_MAX } from "../../src/util/limits.ts";

const WORDS = ["info", "screendump", "sendkey", "stop", "system_reset", "system_powerdown"];

const ESCAPE = "\x1b";
const SEQUENCE = new RegExp(`^${ESCAPE}\\[(\\d*)([A-Z])`);
const PARTS = new RegExp(`${ESCAPE}\\[\\d*[A-Z]|\\r\\n|.`, "gsu");

/** A row of a terminal, without an end: what the editor writes is shown in it. */
class Terminal {
  #cells: string[] = [];
  column = 0;
  readonly rows: string[] = [];

  get row(): string {
    return this.#cells.join("");
  }

  write(text: string): void {
    for (const [part] of text.matchAll(PARTS)) this.#show(part);
  }

  #show(part: string): void {
    const [, count = "", letter] = SEQUENCE.exec(part) ?? [];
    if (letter === "D") this.column -= Number(count || 1);
    else if (letter === "C") this.column += Number(count || 1);
    else if (letter === "K") this.#cells.length = this.column;
    else if (part === "\r\n") {
      this.rows.push(this.row);
      [this.#cells, this.column] = [[], 0];
    } else this.#cells[this.column++] = part;
    if (this.column < 0 || this.column > this.#cells.length) throw new Error("the cursor left the line");
  }
}

function editorTest() {
  const terminal = new Terminal();
  let written = "";
  const editor = new LineEditor({
    prompt: "> ",
    write(text) {
      written += text;
      terminal.write(text);
    },
    complete(text) {
      const word = /[^ ]*$/.exec(text)?.[0] ?? "";
      return { word, candidates: WORDS.filter((candidate) => candidate.startsWith(word)) };
    },
  });
  const lines: string[] = [];
  return {
    terminal,
    lines,
    written: () => written,
    type(text: string) {
      for (const character of text) {
        const line = editor.type(character);
        if (line !== undefined) lines.push(line);
      }
    },
  };
}

const KEYS = {
  left: "\x1b[D",
  right: "\x1bOC",
  home: "\x01",
  end: "\x1b[4~",
  up: "\x1b[A",
  down: "\x1b[B",
  delete: "\x1b[3~",
  backspace: "\x7f",
};
const { left, right, home, end, up, down, backspace } = KEYS;

describe("a line that is typed", () => {
  it.each([
    ["info status", "info status"],
    [`inf status${left.repeat(7)}o`, "info status"],
    [`nfo${home}i${end} status`, "info status"],
    [`infoo${backspace}`, "info"],
    [`xinfo${home}${KEYS.delete}`, "info"],
    [`xinfo${home}\x04`, "info"],
    [`${backspace}${left}${right}info`, "info"],
    ["info status\x17name", "info name"],
    ["stop it  \x17\x17info", "info"],
    ["nonsense\x15info", "info"],
    [`info nonsense${left.repeat(9)}\x0b`, "info"],
    ["in\x1b[5~f\x1bxo\x1b[99999999999999999999~", "info"],
    ["\x00\x03info\x1c", "info"],
    ["gr\u00fc\u00dfe \u{1f600}x\x7f\x7f!", "gr\u00fc\u00dfe !"],
    ["sc\t/tmp/x", "screendump /tmp/x"],
    ["nothing\t", "nothing"],
  ])("%j is %j", (keys, line) => {
    const { type, lines, terminal } = editorTest();
    type(keys);
    expect(terminal.row).toBe(line);
    type("\r");
    expect(lines).toEqual([line]);
  });

  it.each(["\r", "\n", "\r\n"])("ends with %j, once", (lineEnd) => {
    const { type, lines, terminal } = editorTest();
    type(`one${lineEnd}two${lineEnd}${lineEnd}`);
    expect(lines).toEqual(["one", "two", ""]);
    expect(terminal.rows).toEqual(["one", "two", ""]);
  });

  it("is shown as it is where nothing is edited: a program reads its own words back", () => {
    const { type, written } = editorTest();
    type("info status\n");
    expect(written()).toBe("info status\r\n");
  });

  it("takes no more characters than its limit", () => {
    const { type, lines, written } = editorTest();
    type(`${"x".repeat(HMP_LINE_CHARS_MAX + 5)}\n`);
    expect(lines[0]?.length).toBe(HMP_LINE_CHARS_MAX);
    expect(written().length).toBe(HMP_LINE_CHARS_MAX + 2);
  });

  it("comes back, and so do those before it; one that is typed again moves to the end", () => {
    const { type, lines } = editorTest();
    type(`one\ntwo\none\n${up}${up}\n${up}${up}${up}${up}${down}\n${up}${down}${down}new\n`);
    expect(lines).toEqual(["one", "two", "one", "two", "two", "new"]);
  });

  it("is remembered among a limited number", () => {
    const { type, lines } = editorTest();
    const count = HMP_HISTORY_LINES_COUNT_MAX + 3;
    for (let index = 0; index < count; index++) type(`line ${index}\n`);
    type(`${up.repeat(count)}\n`);
    expect(lines.at(-1)).toBe("line 3");
  });

  it("is completed as far as the candidates agree, which are listed in columns", () => {
    const { type, terminal } = editorTest();
    type(`sys stop${left.repeat(5)}\t`);
    expect(terminal.rows).toEqual(["system_ stop", "system_reset      system_powerdown  "]);
    expect(terminal.row).toBe("> system_ stop");
    type("r\t");
    expect(terminal.row).toBe("> system_reset  stop");
  });

  it("is shown as it is kept, whatever is typed", () => {
    const key = fc.constantFrom(
      ...Object.values(KEYS),
      "a",
      "b",
      " ",
      "\u00fc",
      "\x17",
      "\x15",
      "\x0b",
      "\x04",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        const { type, terminal, lines } = editorTest();
        type(keys.join(""));
        const { row } = terminal;
        type("\r");
        expect(row).toBe(lines.at(-1));
      }),
    );
  });
});
