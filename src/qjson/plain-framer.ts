/**
 * Finds the end of a plain message, and the first byte that makes it not plain.
 *
 * Plain is an object of which it is certain, but for its grammar, that QEMU and `JSON.parse` make the same
 * of it: ASCII, double quotes, no `\u`, integers of at most 15 digits without sign, fraction or exponent,
 * and no byte that QEMU's lexer refuses.  Of duplicate keys the caller takes care: `colons` outside
 * strings are as many as members.
 *
 * Invariant: the message ends where QEMU's ends; a bracket too many is not plain at once.
 */

import { JSON_NESTING_DEPTH_MAX } from "../util/limits.ts";
import { STRING_BYTE, STRING_PLAIN } from "./lexer-table.ts";

/** Results of `walk` that are no position. */
export const NOT_PLAIN = -1;
export const END_OF_BYTES = -2;

const OTHER = 0;
const WHITE = 1;
const DIGIT = 2;
const LETTER = 3;
const COMMA = 4;
const COLON = 5;
const QUOTE = 6;
const BRACE_OPEN = 7;
const BRACE_CLOSE = 8;
const BRACKET_OPEN = 9;
const BRACKET_CLOSE = 10;

/** An integer of so many digits may lie beyond 2^53: not plain. */
const DIGITS_TOO_MANY = 16;
const ZERO = 0x30;
const DOUBLE_QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

function buildKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(OTHER);
  const on = (chars: string, kind: number) => {
    for (const char of chars) kinds[char.charCodeAt(0)] = kind;
  };
  on(" \t\r\n", WHITE);
  on("0123456789", DIGIT);
  on("abcdefghijklmnopqrstuvwxyz", LETTER);
  on(",", COMMA);
  on(":", COLON);
  on('"', QUOTE);
  on("{", BRACE_OPEN);
  on("}", BRACE_CLOSE);
  on("[", BRACKET_OPEN);
  on("]", BRACKET_CLOSE);
  return kinds;
}

const KIND = buildKinds();

/** Whether `byte` is white space between tokens. */
export function isWhite(byte: number): boolean {
  return KIND[byte] === WHITE;
}

export class PlainFramer {
  /** Colons outside strings, of the message that has ended. */
  colons = 0;

  #braces = 0;
  #brackets = 0;
  #digits = 0;
  #inString = false;
  #escaped = false;

  /** Whether the next byte begins a message. */
  get idle(): boolean {
    return this.#braces === 0;
  }

  /** Forgets the message under way. */
  reset(): void {
    this.#braces = 0;
    this.#inString = false;
    this.#escaped = false;
  }

  /**
   * Walks from `start` (a message's first byte, `{`, or where the last walk came to the end of the bytes) up
   * to `end`.  Answers the position after the message's last byte, `END_OF_BYTES` or `NOT_PLAIN`.  After
   * `NOT_PLAIN` call `reset`.
   */
  walk(bytes: Uint8Array, start: number, end: number): number {
    const stringKinds = STRING_BYTE;
    const plain = STRING_PLAIN;
    let at = this.#resume(bytes, start, end);
    if (at < 0) return at;
    let braces = this.#braces;
    let brackets = this.#brackets;
    let digits = this.#digits;
    let colons = this.colons;
    while (at < end) {
      const byte = bytes[at++] as number;
      const kind = KIND[byte] as number;
      if (kind === DIGIT) {
        // A leading zero uses up all digits: a second one is an error of its own kind.
        digits = digits === 0 && byte === ZERO ? DIGITS_TOO_MANY - 1 : digits + 1;
        if (digits === DIGITS_TOO_MANY) return NOT_PLAIN;
        continue;
      }
      if (kind === LETTER) {
        if (digits !== 0) return NOT_PLAIN; // An exponent.
        continue;
      }
      digits = 0;
      if (kind === QUOTE) {
        while (at < end && stringKinds[bytes[at] as number] === plain) at++;
        if (at < end && bytes[at] === DOUBLE_QUOTE) {
          at++;
          continue;
        }
        at = this.#string(bytes, at, end);
        if (at < 0) {
          if (at === NOT_PLAIN) return at;
          break;
        }
      } else if (kind === COLON) {
        colons++;
      } else if (kind === BRACE_CLOSE) {
        braces--;
        if (braces === 0) {
          if (brackets !== 0) return NOT_PLAIN;
          this.#braces = 0;
          this.colons = colons;
          return at;
        }
      } else if (kind === BRACE_OPEN) {
        if (++braces + brackets > JSON_NESTING_DEPTH_MAX) return NOT_PLAIN;
      } else if (kind === BRACKET_OPEN) {
        if (++brackets + braces > JSON_NESTING_DEPTH_MAX) return NOT_PLAIN;
      } else if (kind === BRACKET_CLOSE) {
        if (--brackets < 0) return NOT_PLAIN;
      } else if (kind === OTHER) {
        return NOT_PLAIN;
      }
    }
    this.#braces = braces;
    this.#brackets = brackets;
    this.#digits = digits;
    this.colons = colons;
    return END_OF_BYTES;
  }

  /** Takes up where the last walk stopped: before a message, inside a string or between tokens. */
  #resume(bytes: Uint8Array, start: number, end: number): number {
    if (this.#braces > 0) return this.#inString ? this.#string(bytes, start, end) : start;
    this.#braces = 1;
    this.#brackets = 0;
    this.#digits = 0;
    this.colons = 0;
    return start + 1;
  }

  /** Walks inside a string.  Answers the position after its closing quote. */
  #string(bytes: Uint8Array, start: number, end: number): number {
    this.#inString = true;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte < 0x20 || byte >= 0x7f) return NOT_PLAIN;
      if (this.#escaped) {
        if (byte === LETTER_U) return NOT_PLAIN;
        this.#escaped = false;
      } else if (byte === BACKSLASH) {
        this.#escaped = true;
      } else if (byte === DOUBLE_QUOTE) {
        this.#inString = false;
        return at + 1;
      }
    }
    return END_OF_BYTES;
  }
}
