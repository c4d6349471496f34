/** A command line of the human monitor, read from left to right. */

/** Something is wrong with how a command was typed.  The message is for who typed it. */
export class HmpSyntaxError extends Error {
  override readonly name = "HmpSyntaxError";
}

/** What C calls space, in the ASCII that a command line is parsed as. */
const SPACE = /[ \t\n\v\f\r]*/y;
const WORD = /[^ \t\n\v\f\r]+/y;
/** The name of a command: "/" ends it, and belongs to its arguments. */
const NAME = /[^ \t\n\v\f\r/]*/y;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", "\\": "\\", "'": "'", '"': '"' };

export class LineReader {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  /** The next character; "" at the end. */
  get next(): string {
    return this.#line.charAt(this.#at);
  }

  /** All that was read so far. */
  get read(): string {
    return this.#line.slice(0, this.#at);
  }

  /** All that was not. */
  get rest(): string {
    return this.#line.slice(this.#at);
  }

  get isAtSpace(): boolean {
    return /^[ \t\n\v\f\r]/.test(this.next);
  }

  /** Whether nothing but space is left. */
  get isAtEnd(): boolean {
    return !/[^ \t\n\v\f\r]/.test(this.#line.slice(this.#at));
  }

  take(): string {
    const taken = this.next;
    this.#at += taken.length;
    return taken;
  }

  /** Takes what the sticky `pattern` matches here. */
  takeMatch(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#line)?.[0];
    this.#at += taken?.length ?? 0;
    return taken;
  }

  skipSpace(): void {
    this.takeMatch(SPACE);
  }

  takeName(): string {
    this.skipSpace();
    return this.takeMatch(NAME) ?? "";
  }

  /** Takes `text` if it comes next. */
  takeText(text: string): boolean {
    const comes = this.#line.startsWith(text, this.#at);
    if (comes) this.#at += text.length;
    return comes;
  }

  /**
   * Takes a word, or a string in quotation marks; `undefined` at the end of the line, or if the string is not
   * one: no closing mark, an unknown escape.
   */
  takeString(): string | undefined {
    this.skipSpace();
    if (this.next !== '"') return this.takeMatch(WORD);
    this.take();
    let text = "";
    while (this.next !== '"') {
      let character = this.take();
      if (character === "\\") {
        const escaped = this.take();
        const meant = Object.hasOwn(ESCAPES, escaped) ? ESCAPES[escaped] : undefined;
        if (meant === undefined) return undefined;
        character = meant;
      }
      if (character === "") return undefined;
      text += character;
    }
    this.take();
    return text;
  }
}
