/**
 * The inside of one string at a time: escapes and UTF-8, byte by byte or by plain runs, across any split.
 *
 *     idle ──0xC2..──▶ sequence ──last byte──▶ idle
 *      └──'\'──▶ escape ──'u'──▶ hex ──4 digits──▶ idle, or for a leading surrogate:
 *                                  pair ──'\'──▶ pairEscape ──'u'──▶ pairHex ──4 digits──▶ idle
 *
 * The first error is kept and ends the decoding; the lexer, which knows where the string ends, goes on.
 * Memory: characters gather in a buffer of 4 Ki and become pieces of one concatenated string, so that a
 * string of 60 MiB costs its own size, and none of it is copied at the end.  64 pieces are joined to one: the
 * engine moves small ones about while the message grows, for 60 ms in one go, but never a large one.
 */

import { latin1, unitsToText } from "./latin1.ts";
import type { NameHash } from "./name-hash.ts";
import { decodeLossily, isValidCodePoint, isValidSequence, leadBits, sequenceLength } from "./utf8.ts";

type State = "idle" | "sequence" | "escape" | "hex" | "pair" | "pairEscape" | "pairHex";

const GATHERED_CHARS_MAX = 4096;
const GATHERED_CHARS_MIN = 64;
const NOTHING_GATHERED = new Uint16Array(0);
/** A run of at least this many plain bytes becomes a piece of its own. */
const RUN_BYTES_MIN = 512;
/** Pieces are joined when they have so many characters: the engine gives a string of this size a place of its own. */
const JOINED_CHARS_MIN = 32 * 1024;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const HEX_DIGITS = 4;
/** Length of an escape with four digits. */
const ESCAPE_BYTES = 6;

/** Escapes of one letter: the byte after the backslash, the character it stands for; 0 is none. */
const ESCAPES = new Uint8Array(256);
for (const [letter, char] of ['""', "''", "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"].map((s) => [
  ...s,
])) {
  ESCAPES[letter?.charCodeAt(0) ?? 0] = char?.charCodeAt(0) ?? 0;
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export class StringDecoder {
  #state: State = "idle";
  #text = "";
  /** What comes after `#text`, in pieces that are not joined yet. */
  #pieces = "";
  /** Grows on demand up to `GATHERED_CHARS_MAX`: most sessions never need it. */
  #gathered = NOTHING_GATHERED;
  #gatheredLen = 0;
  #error = "";
  /** The escape under way, for its value and for the text of its error. */
  readonly #escapeBytes = new Uint8Array(2 * ESCAPE_BYTES);
  #escapeLen = 0;
  /** Bits of the sequence under way, and its length. */
  #bits = 0;
  #sequenceLen = 0;
  /** Bytes the escape or sequence under way still needs. */
  #needed = 0;

  /** The characters are counted, and given to `#hash` if it is there, instead of kept. */
  #measures = false;
  #measuredChars = 0;
  #hash: NameHash | undefined;

  /** Whether a plain byte stands for itself now. */
  get idle(): boolean {
    return this.#state === "idle";
  }

  /** Why the string is invalid, after `end`; empty when it is not. */
  get error(): string {
    return this.#error;
  }

  /**
   * From now on the string, of which a part may have been taken, is measured and not kept: `end` answers "", and then
   * `measuredChars` is its length.  `hash`: takes its characters.
   */
  measure(hash: NameHash | undefined): void {
    this.#gatheredToText();
    const text = this.#text + this.#pieces;
    this.#text = "";
    this.#pieces = "";
    this.#measures = true;
    this.#measuredChars = text.length;
    this.#hash = hash;
    hash?.begin();
    hash?.text(text);
  }

  get measuredChars(): number {
    return this.#measuredChars;
  }

  /** Takes bytes that are plain ASCII.  Only when `idle`. */
  run(bytes: Uint8Array, start: number, end: number): void {
    if (this.#error !== "") return;
    if (this.#measures) {
      this.#measuredChars += end - start;
      this.#hash?.bytes(bytes, start, end);
      return;
    }
    if (end - start >= RUN_BYTES_MIN) {
      this.#gatheredToText();
      this.#addPiece(latin1(bytes, start, end));
      return;
    }
    this.#makeRoom(end - start);
    let len = this.#gatheredLen;
    for (let at = start; at < end; at++) this.#gathered[len++] = bytes[at] as number;
    this.#gatheredLen = len;
  }

  /** Takes one byte of any kind, 0xFE and 0xFF and control characters apart. */
  byte(byte: number): void {
    if (this.#error !== "") return;
    switch (this.#state) {
      case "idle":
        return this.#begin(byte);
      case "sequence":
        return this.#sequence(byte);
      case "escape":
        return this.#escape(byte);
      case "hex":
      case "pairHex":
        return this.#hex(byte);
      case "pair":
        if (byte !== BACKSLASH) return this.#failPair();
        this.#state = "pairEscape";
        return;
      case "pairEscape":
        if (byte !== LETTER_U) return this.#failPair();
        return this.#beginHex("pairHex");
    }
  }

  /** The closing quote, `quote`, has come.  Answers the string; look at `error` first.  Ready for the next. */
  end(quote: number): string {
    this.#endUnderWay(quote);
    this.#gatheredToText();
    const text = this.#text + this.#pieces;
    this.#text = "";
    this.#pieces = "";
    this.#state = "idle";
    this.#measures = false;
    if (this.#gathered.length > GATHERED_CHARS_MIN) this.#gathered = NOTHING_GATHERED;
    return text;
  }

  /** Forgets the string under way and its error. */
  reset(): void {
    this.#state = "idle";
    this.#text = "";
    this.#pieces = "";
    this.#gatheredLen = 0;
    this.#error = "";
    this.#measures = false;
  }

  #endUnderWay(quote: number): void {
    if (this.#error !== "" || this.#state === "idle") return;
    if (this.#state === "sequence") return this.#failSequence();
    // What QEMU quotes of a short escape runs on to the end of the token, its quote included.
    if (this.#state !== "hex") return this.#failPair();
    this.#escapeBytes[this.#escapeLen++] = quote;
    this.#failCharacter();
  }

  #begin(byte: number): void {
    if (byte === BACKSLASH) {
      this.#state = "escape";
    } else if (byte < 0x80) {
      this.#unit(byte);
    } else {
      const length = sequenceLength(byte);
      if (length === 0) return this.#failSequence();
      this.#bits = leadBits(byte, length);
      this.#sequenceLen = length;
      this.#needed = length - 1;
      this.#state = "sequence";
    }
  }

  #sequence(byte: number): void {
    if ((byte & 0xc0) !== 0x80) return this.#failSequence();
    this.#bits = this.#bits * 64 + (byte & 0x3f);
    this.#needed--;
    if (this.#needed > 0) return;
    if (!isValidSequence(this.#bits, this.#sequenceLen)) return this.#failSequence();
    this.#codePoint(this.#bits);
  }

  #escape(byte: number): void {
    if (byte === LETTER_U) {
      this.#escapeLen = 0;
      return this.#beginHex("hex");
    }
    const unit = ESCAPES[byte] as number;
    if (unit === 0) return this.#fail("invalid escape sequence in string");
    this.#unit(unit);
    this.#state = "idle";
  }

  #beginHex(state: "hex" | "pairHex"): void {
    this.#escapeBytes[this.#escapeLen++] = BACKSLASH;
    this.#escapeBytes[this.#escapeLen++] = LETTER_U;
    this.#needed = HEX_DIGITS;
    this.#state = state;
  }

  #hex(byte: number): void {
    this.#escapeBytes[this.#escapeLen++] = byte;
    this.#needed--;
    if (this.#needed > 0) return;
    const unit = this.#hexAt(2);
    if (this.#state === "hex") {
      if (unit >= 0xd800 && unit <= 0xdbff) this.#state = "pair";
      else if (unit < 0 || !isValidCodePoint(unit)) this.#failCharacter();
      else this.#codePoint(unit);
      return;
    }
    const trailing = this.#hexAt(ESCAPE_BYTES + 2);
    if (trailing < 0xdc00 || trailing > 0xdfff) return this.#failPair();
    const codePoint = 0x10000 + ((unit & 0x3ff) << 10) + (trailing & 0x3ff);
    if (!isValidCodePoint(codePoint)) return this.#failCharacter();
    this.#codePoint(codePoint);
  }

  /** The value of the four digits at `at` of the escape, -1 when one is no digit. */
  #hexAt(at: number): number {
    let value = 0;
    for (let i = at; i < at + HEX_DIGITS; i++) {
      const digit = hexValue(this.#escapeBytes[i] as number);
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  }

  #codePoint(codePoint: number): void {
    if (codePoint < 0x10000) {
      this.#unit(codePoint);
    } else {
      this.#unit(0xd7c0 + (codePoint >> 10));
      this.#unit(0xdc00 + (codePoint & 0x3ff));
    }
    this.#state = "idle";
  }

  #unit(unit: number): void {
    if (this.#measures) {
      this.#measuredChars++;
      this.#hash?.unit(unit);
      return;
    }
    this.#makeRoom(1);
    this.#gathered[this.#gatheredLen++] = unit;
  }

  #makeRoom(chars: number): void {
    const len = this.#gatheredLen + chars;
    if (len <= this.#gathered.length) return;
    if (len > GATHERED_CHARS_MAX) {
      this.#gatheredToText();
      return this.#makeRoom(chars);
    }
    const larger = new Uint16Array(Math.max(GATHERED_CHARS_MIN, Math.min(GATHERED_CHARS_MAX, len * 2)));
    larger.set(this.#gathered.subarray(0, this.#gatheredLen));
    this.#gathered = larger;
  }

  #gatheredToText(): void {
    if (this.#gatheredLen === 0) return;
    this.#addPiece(unitsToText(this.#gathered, 0, this.#gatheredLen));
    this.#gatheredLen = 0;
  }

  #addPiece(piece: string): void {
    this.#pieces += piece;
    if (this.#pieces.length < JOINED_CHARS_MIN) return;
    // An engine joins the pieces of a string when it is asked for a character.
    this.#pieces.charCodeAt(0);
    this.#text += this.#pieces;
    this.#pieces = "";
  }

  #failCharacter(): void {
    this.#fail(
      `${decodeLossily(this.#escapeBytes.subarray(0, this.#escapeLen))} is not a valid Unicode character`,
    );
  }

  /** A leading surrogate without its trailing one: only the former is quoted. */
  #failPair(): void {
    this.#escapeLen = ESCAPE_BYTES;
    this.#failCharacter();
  }

  #failSequence(): void {
    this.#fail("invalid UTF-8 sequence in string");
  }

  #fail(error: string): void {
    this.#error = error;
    this.#text = "";
    this.#pieces = "";
    this.#gatheredLen = 0;
  }
}
