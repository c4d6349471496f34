/**
 * Whether bytes are one JSON object, told while they come, and what the object is at its outside: nothing else of them
 * is kept but how deep they are.
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
/** Of a string that is kept: of a longer one, nothing. */
const KEPT_CHARS_MAX = 256;
/** Members of the outermost object, and of an error in it. */
const KEPT_NAMES: readonly ReadonlySet<string>[] = [
  new Set(["return", "error", "event", "data", "QMP", "id"]),
  new Set(["class", "desc"]),
];

/** What is kept of an object: its scalars; strings that are long are empty, and so is what is inside. */
export type Outside = Readonly<Record<string, unknown>>;

export class JsonCheck {
  #expected: Expected = "value";
  #inside: Inside = "none";
  /** The string is a member's name. */
  #isName = false;
  #word = "";
  /** The string, as it is written; undefined: it is not kept. */
  #kept: string | undefined;
  /** The names of the members that are being taken, from the outside inwards, as deep as they are kept. */
  readonly #path: string[] = [];
  readonly #outside: Record<string, unknown> = {};
  /** From the outside inwards: whether it is an object, or else an array. */
  readonly #open: boolean[] = [];

  /** What has come is one object, and whole. */
  get isWhole(): boolean {
    return this.#expected === "nothing";
  }

  /** Of the members that a message of QMP has, when it {@link isWhole}. */
  get outside(): Outside {
    return this.#outside;
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
    if (this.#kept !== undefined)
      this.#keep(bytes.toString("latin1", start, Math.min(at, start + KEPT_CHARS_MAX + 1)));
    return at;
  }

  #take(byte: number): void {
    switch (this.#inside) {
      case "string":
        if (byte === BACKSLASH) {
          this.#inside = "escape";
          this.#keep("\\");
        } else if (byte === QUOTE) this.#endString();
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
        else this.#endScalar(this.#word);
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
      if (this.#open.length > 0) this.#note(char === "{" ? {} : []);
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
    const isKept = isName ? this.#open.length <= KEPT_NAMES.length : this.#isKept;
    this.#kept = isKept ? "" : undefined;
  }

  #endString(): void {
    this.#inside = "none";
    const text = `"${this.#kept ?? ""}"`;
    if (!this.#isName) return this.#endScalar(text);
    this.#expected = "colon";
    if (this.#open.length > KEPT_NAMES.length) return;
    this.#path.length = this.#open.length - 1;
    this.#path.push(String(JSON.parse(text)));
  }

  // ---- What is kept ----

  /** The value that comes, or has ended, is a member that is kept. */
  get #isKept(): boolean {
    const depth = this.#open.length;
    if (!this.#isInObject || depth > this.#path.length) return false;
    if (depth === 2 && this.#path[0] !== "error") return false;
    return KEPT_NAMES[depth - 1]?.has(this.#path[depth - 1] ?? "") === true;
  }

  #keep(text: string): void {
    if (this.#kept === undefined) return;
    this.#kept = this.#kept.length + text.length > KEPT_CHARS_MAX ? undefined : this.#kept + text;
  }

  /** `text`: as it is written. */
  #endScalar(text: string): void {
    if (this.#isKept) this.#note(JSON.parse(text));
    this.#endValue();
  }

  #note(value: unknown): void {
    if (!this.#isKept) return;
    const [outer = "", inner] = this.#path;
    const object = inner === undefined ? this.#outside : this.#outside[outer];
    (object as Record<string, unknown>)[inner ?? outer] = value;
  }

  /** `#word` is empty, or `u` and the hexadecimal digits that have come. */
  #takeEscape(char: string): void {
    this.#word += char;
    this.#keep(char);
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
