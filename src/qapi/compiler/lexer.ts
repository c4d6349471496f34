/**
 * Pass 1a, lexer: a schema file's text to tokens.
 *
 * The language is JSON with single-quoted strings, `#` comments, and neither numbers nor null.  A comment
 * is a token only where documentation is read; elsewhere it is skipped, but for the `##` that opens one.
 */

import { QapiSchemaError, type SourceLocation } from "./source.ts";

export type Token =
  | { readonly kind: "{" | "}" | "[" | "]" | ":" | "," | "end" }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "comment"; readonly text: string };

const TAB_WIDTH = 8;

export class Lexer {
  readonly #file: string;
  readonly #includedFrom: SourceLocation | undefined;
  readonly #text: string;
  #next = 0;
  #tokenStart = 0;
  #line = 1;
  #lineStart = 0;
  #token: Token = { kind: "end" };

  constructor(file: string, text: string, includedFrom: SourceLocation | undefined) {
    this.#file = file;
    this.#includedFrom = includedFrom;
    const lines = text.replace(/\r\n?/g, "\n");
    this.#text = lines.endsWith("\n") ? lines : `${lines}\n`;
    this.advance();
  }

  /** The current token. */
  peek(): Token {
    return this.#token;
  }

  /** Of the current token, without its column. */
  get location(): SourceLocation {
    return { file: this.#file, line: this.#line, includedFrom: this.#includedFrom };
  }

  /** A mistake at the current token. */
  error(reason: string): QapiSchemaError {
    let column = 1;
    for (const char of this.#text.slice(this.#lineStart, this.#tokenStart)) {
      column += char === "\t" ? TAB_WIDTH - ((column - 1) % TAB_WIDTH) : 1;
    }
    return new QapiSchemaError({ ...this.location, column }, reason);
  }

  /** Goes to the next token.  With `comments`, a comment is one. */
  advance(comments = false): void {
    for (;;) {
      this.#tokenStart = this.#next;
      const char = this.#text[this.#next++];
      switch (char) {
        case undefined:
          this.#token = { kind: "end" };
          return;
        case "{":
        case "}":
        case "[":
        case "]":
        case ":":
        case ",":
          this.#token = { kind: char };
          return;
        case "'":
          this.#token = { kind: "string", value: this.#string() };
          return;
        case "#": {
          const isDoc = this.#text[this.#next] === "#";
          this.#next = this.#text.indexOf("\n", this.#next);
          if (!comments && !isDoc) continue;
          this.#token = { kind: "comment", text: this.#text.slice(this.#tokenStart, this.#next) };
          return;
        }
        case "\n":
          if (this.#next === this.#text.length) {
            this.#token = { kind: "end" };
            return;
          }
          this.#line++;
          this.#lineStart = this.#next;
          continue;
        default:
          if (/\s/.test(char)) continue;
          this.#word();
          return;
      }
    }
  }

  /** `true` or `false`; anything else is a mistake. */
  #word(): void {
    for (const value of [true, false]) {
      const word = String(value);
      if (!this.#text.startsWith(word, this.#tokenStart)) continue;
      this.#next = this.#tokenStart + word.length;
      this.#token = { kind: "boolean", value };
      return;
    }
    // Up to what could follow it; a lone quotation mark is shown itself.
    const stray = /"|[^[\]{}:,\s'"]+/y;
    stray.lastIndex = this.#tokenStart;
    throw this.error(`stray '${stray.exec(this.#text)?.[0] ?? ""}'`);
  }

  /** The rest of a string.  `\\` is the only escape. */
  #string(): string {
    let value = "";
    for (;;) {
      let char = this.#text[this.#next++];
      if (char === undefined || char === "\n") throw this.error(`missing terminating "'"`);
      if (char === "'") return value;
      if (char === "\\") {
        char = String.fromCodePoint(this.#text.codePointAt(this.#next++) ?? 0);
        if (char === "\n") throw this.error(`missing terminating "'"`);
        if (char !== "\\") throw this.error(`unknown escape \\${char}`);
      }
      if (char < " " || char > "~") throw this.error("funny character in string");
      value += char;
    }
  }
}
