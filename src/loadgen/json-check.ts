/**
 * Whether bytes are one JSON object, told while they come: nothing of them is kept but how deep they are.
 *
 * For lines that are too long to be kept and parsed.  Bytes above 127 are taken as they are.
 *
 * Source: RFC 8259.
 */

import { LOAD_JSON_DEPTH_MAX } from "../util/limits.ts";

/** What may come next. */
type Expected =
  | "value"
  /** A value, or the end of an array that has just begun. */
  | "value or end"
  /** A member's name, or the end of an object that has just begun. */
  | "name or end"
  | "name"
  | "colon"
  /** A comma or the end of what it is in. */
  | "more or end"
  | "nothing"
  | "mistake";

/** In the middle of what has several bytes; `none`: between. */
type Inside = "none" | "string" | "escape" | "word";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
/** Numbers and literals: gathered, and looked at when they end. */
const WORD = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const WORD_CHARS_MAX = 400;
const HEX = /^[\da-fA-F]{4}$/;

export class JsonCheck {
  #expected: Expected = "value";
  #inside: Inside = "none";
  /** The string is a member's name. */
  #isName = false;
  #word = "";
  /** From the outside inwards: whether it is an object, or else an array. */
  readonly #open: boolean[] = [];

  /** What has come is one object, and whole. */
  get isWhole(): boolean {
    return this.#expected === "nothing";
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#expected !== "mistake"; at++) {
      if (this.#inside === "string") at = this.#skipPlain(bytes, at);
      if (at < bytes.length) this.#take(bytes[at] ?? 0);
    }
  }

  /** Inside of a string most bytes mean nothing: the place of the next that does. */
  #skipPlain(bytes: Buffer, start: number): number {
    let at = start;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE || byte === BACKSLASH || byte < FIRST_PRINTABLE) break;
    }
    return at;
  }

  #take(byte: number): void {
    switch (this.#inside) {
      case "string":
        if (byte === BACKSLASH) this.#inside = "escape";
        else if (byte === QUOTE) this.#endString();
        else this.#expected = "mistake";
        return;
      case "escape":
        return this.#takeEscape(String.fromCharCode(byte));
      case "word":
        if (isWordByte(byte)) {
          this.#word += String.fromCharCode(byte);
          if (this.#word.length > WORD_CHARS_MAX) this.#expected = "mistake";
          return;
        }
        this.#inside = "none";
        if (!WORD.test(this.#word)) this.#expected = "mistake";
        else this.#endValue();
        if (this.#expected !== "mistake") this.#takeBetween(byte);
        return;
      case "none":
        return this.#takeBetween(byte);
    }
  }

  #takeBetween(byte: number): void {
    const char = String.fromCharCode(byte);
    if (char === " " || char === "\t" || char === "\r") return;
    const expected = this.#expected;
    if (expected === "colon" && char === ":") this.#expected = "value";
    else if (expected === "more or end" && char === ",") this.#expected = this.#isInObject ? "name" : "value";
    else if (char === "}" && this.#isInObject && (expected === "name or end" || expected === "more or end"))
      this.#endContainer();
    else if (char === "]" && !this.#isInObject && (expected === "value or end" || expected === "more or end"))
      this.#endContainer();
    else if (byte === QUOTE && (expected === "name" || expected === "name or end")) this.#beginString(true);
    else if (expected === "value" || expected === "value or end") this.#beginValue(byte, char);
    else this.#expected = "mistake";
  }

  get #isInObject(): boolean {
    return this.#open.at(-1) === true;
  }

  #beginValue(byte: number, char: string): void {
    // The outermost value has to be an object.
    if (this.#open.length === 0 && char !== "{") {
      this.#expected = "mistake";
    } else if (char === "{" || char === "[") {
      this.#open.push(char === "{");
      this.#expected = char === "{" ? "name or end" : "value or end";
      if (this.#open.length > LOAD_JSON_DEPTH_MAX) this.#expected = "mistake";
    } else if (byte === QUOTE) {
      this.#beginString(false);
    } else if (isWordByte(byte)) {
      this.#inside = "word";
      this.#word = char;
    } else {
      this.#expected = "mistake";
    }
  }

  #endContainer(): void {
    this.#open.pop();
    this.#endValue();
  }

  #endValue(): void {
    this.#expected = this.#open.length === 0 ? "nothing" : "more or end";
  }

  #beginString(isName: boolean): void {
    this.#inside = "string";
    this.#isName = isName;
    this.#word = "";
  }

  #endString(): void {
    this.#inside = "none";
    if (this.#isName) this.#expected = "colon";
    else this.#endValue();
  }

  /** `#word` is empty, or `u` and the hexadecimal digits that have come. */
  #takeEscape(char: string): void {
    this.#word += char;
    if (this.#word.startsWith("u")) {
      if (this.#word.length < 5) return;
      if (!HEX.test(this.#word.slice(1))) this.#expected = "mistake";
    } else if (!'"\\/bfnrt'.includes(char)) {
      this.#expected = "mistake";
    }
    this.#word = "";
    this.#inside = "string";
  }
}

/** Of a number or a literal: letters, digits, plus, minus, point. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x45
  );
}
