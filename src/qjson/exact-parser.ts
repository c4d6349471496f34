/**
 * The exact parser: any bytes, taken as QEMU takes them, in slices of any size.
 *
 * Three layers, of which this file is the middle one: the table that tells tokens apart, the count of
 * brackets and limits that tells messages apart, and what takes the tokens: see `sparing-builder.ts`.
 *
 *     collecting ──end or error──▶ collecting          a message ends when its braces and its brackets are
 *         └──limit──▶ skipping ──end or error──┘       both closed, or either is closed once too often
 *
 * Invariants:
 *  - every message leads to one outcome: a value, or the first error; a lexical error ends the message;
 *  - a limit is checked before what it bounds is kept; after the error the rest of the message is skipped
 *    in silence (rule W5, where QEMU begins anew in its middle);
 *  - between two calls nothing refers to the bytes of the first: what is kept of them is a copy.
 *
 * Source: QEMU 7.2's behaviour, see `lexer-table.ts`.
 */

import {
  JSON_NESTING_DEPTH_MAX,
  JSON_NUMBER_BYTES_MAX,
  JSON_QUOTED_TOKEN_BYTES_MAX,
  JSON_SLICE_TOKENS,
  JSON_TOKEN_COUNT_MAX,
  JSON_TOKEN_SIZE_BYTES_MAX,
} from "../util/limits.ts";
import { KeptBytes } from "./kept-bytes.ts";
import { latin1 } from "./latin1.ts";
import * as lex from "./lexer-table.ts";
import { giveLiteral } from "./literal.ts";
import { SHORT_INTEGER_BYTES_MAX, shortInteger } from "./number.ts";
import { SparingBuilder } from "./sparing-builder.ts";
import { StringDecoder } from "./string-decoder.ts";
import { decodeLossily } from "./utf8.ts";
import type { JsonValue } from "./value.ts";

/**
 * What a call of `consume` came to: none yet, a message's value, or its error.  "again": what is wrong with it, if
 * anything, shows when it is parsed once more, see `takeKept`.
 */
export type Outcome = "none" | "value" | "error" | "again";

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
/** Of more white space than this between two tokens, one byte is kept. */
const WHITE_KEPT_BYTES_MAX = 32;
/** What a token holds on average when it has become a value: an element's slot, or a member with its key. */
const TOKEN_COST_BYTES = 32;

function parseError(message: string): string {
  return `JSON parse error, ${message}`;
}

export class ExactParser {
  /** Of the last call of `consume`. */
  outcome: Outcome = "none";
  /** The text that goes with an "error". */
  errorDesc = "";
  /** Of a "value": it has placeholders, see `unread.ts`, and `takeKept` answers what they stand for. */
  isPartial = false;
  /** Of a "value": those of its tokens. */
  valueBytes = 0;
  #value: JsonValue = null;

  #state = lex.START;
  /** Inside a string, the last byte was a backslash that takes the next byte along. */
  #escaped = false;
  /** What earlier calls have seen of the token under way, one character a byte; a string's is cut. */
  #tokenHead = "";
  #tokenBytes = 0;
  readonly #decoder = new StringDecoder();

  #skipping = false;
  #braces = 0;
  #brackets = 0;
  #tokens = 0;
  #messageBytes = 0;
  readonly #builder: SparingBuilder;
  /** Of a message that is not built as a whole: its bytes but for most of its white space. */
  readonly #kept = new KeptBytes();
  readonly #mayKeep: boolean;
  #keeps: boolean;
  /** What is kept ends with white space. */
  #keptWhite = false;

  /** With `seed`, 32 bits by chance, a large message is built in part: see `isPartial`. */
  constructor(seed: number | undefined) {
    this.#builder = new SparingBuilder(seed);
    this.#mayKeep = seed !== undefined;
    this.#keeps = this.#mayKeep;
  }

  /** Whether the next byte begins a message: nothing is kept of earlier ones. */
  get idle(): boolean {
    return this.#state === lex.START && this.#tokens === 0 && !this.#skipping;
  }

  /** The message that goes with a "value", once: the parser lets go of it. */
  takeValue(): JsonValue {
    const value = this.#value;
    this.#value = null;
    return value;
  }

  /**
   * The bytes of the message that has ended last, or all of it that was not white space; once.  What is consumed next is
   * built as a whole, up to a message's end.
   */
  takeKept(): Uint8Array[] {
    this.#keeps = false;
    this.#builder.reset(true);
    return this.#kept.take();
  }

  /** Lets go of the bytes that `takeKept` would answer. */
  dropKept(): void {
    this.#kept.clear();
  }

  /** An estimate of what the message under way costs, in bytes. */
  get heldBytes(): number {
    if (this.#keeps) return this.#kept.length + this.#builder.heldBytes;
    return this.#skipping ? 0 : this.#messageBytes + this.#tokenBytes + this.#tokens * TOKEN_COST_BYTES;
  }

  /**
   * Takes bytes from `start` up to `end`, until there is an outcome, the parser is idle again, or it has
   * taken tokens enough for one go.  Answers where it stopped.
   */
  consume(bytes: Uint8Array, start: number, end: number): number {
    this.outcome = "none";
    this.isPartial = false;
    const table = lex.NEXT;
    const tokensMax = this.#tokens + JSON_SLICE_TOKENS;
    let at = start;
    // Where the token under way begins in `bytes`; `start` when an earlier call saw its beginning.
    let tokenStart = start;
    // What lies before is kept, or need not be.
    let keptEnd = start;
    while (at < end && this.outcome === "none" && this.#tokens < tokensMax) {
      const state = this.#state;
      if (state >= lex.STRING_DOUBLE) {
        at = this.#string(bytes, tokenStart, at, end);
        continue;
      }
      if (state === lex.START) tokenStart = at;
      const next = table[(state << 8) | (bytes[at] as number)] as number;
      if (next < lex.LOOKAHEAD) at++;
      const result = next & ~lex.LOOKAHEAD;
      if (result >= lex.TOKEN_FIRST) {
        this.#state = lex.START;
        this.#token(result, bytes, tokenStart, at);
      } else if (result === lex.ERROR) {
        this.#stray(bytes, tokenStart, at);
      } else {
        this.#state = result;
        if (result !== lex.START) continue;
        if (this.idle) return at;
        if (!this.#keeps) continue;
        const whiteStart = at - 1;
        while (at < end && table[(lex.START << 8) | (bytes[at] as number)] === lex.START) at++;
        const kept = this.#keptWhite && whiteStart === start ? 0 : 1;
        if (kept === 1 && at - whiteStart <= WHITE_KEPT_BYTES_MAX) continue;
        this.#kept.add(bytes, keptEnd, whiteStart + kept);
        keptEnd = at;
      }
    }
    if (this.#state > lex.RECOVERY) this.#pause(bytes, tokenStart, at);
    if (this.#keeps) this.#keep(bytes, keptEnd, at);
    return at;
  }

  /** Whether a part of a message has come. */
  get #isUnderWay(): boolean {
    return this.#state > lex.RECOVERY || this.#tokens > 0;
  }

  /** Keeps the rest of what a call has consumed, as long as the message may be parsed once more. */
  #keep(bytes: Uint8Array, start: number, end: number): void {
    const isWanted =
      this.outcome === "none"
        ? this.#isUnderWay && !this.#skipping && (this.#builder.error === "" || this.#builder.mayClash)
        : this.isPartial || this.outcome === "again";
    if (!isWanted) return this.#kept.clear();
    this.#kept.add(bytes, start, end);
    const last = bytes[end - 1] as number;
    this.#keptWhite = this.#state === lex.START && lex.NEXT[(lex.START << 8) | last] === lex.START;
  }

  /** Scans the inside of a string and its end, or a lexical error in it.  Answers where it stopped. */
  #string(bytes: Uint8Array, tokenStart: number, start: number, end: number): number {
    const quote = this.#state === lex.STRING_DOUBLE ? DOUBLE_QUOTE : SINGLE_QUOTE;
    const kinds = lex.STRING_BYTE;
    const plain = lex.STRING_PLAIN;
    const decoder = this.#skipping || this.#builder.error !== "" ? undefined : this.#decoder;
    let at = start;
    if (this.#tokenBytes + start - tokenStart === 1) this.#beginString(decoder);
    while (at < end) {
      if (!this.#escaped && decoder?.idle !== false) {
        const runStart = at;
        while (at < end && kinds[bytes[at] as number] === plain) at++;
        if (bytes[at] === quote && at < end && runStart === tokenStart + 1 && this.#tokenBytes === 0) {
          this.#plainString(bytes, tokenStart, at + 1);
          return at + 1;
        }
        if (at > runStart) decoder?.run(bytes, runStart, at);
        if (at === end) break;
      }
      const byte = bytes[at++] as number;
      const kind = kinds[byte];
      if (kind === lex.STRING_ERROR) {
        this.#stray(bytes, tokenStart, at);
        return at;
      }
      if (this.#escaped) {
        this.#escaped = false;
      } else if (byte === quote) {
        this.#decodedString(quote, this.#tokenBytes + at - tokenStart);
        return at;
      } else if (kind === lex.STRING_BACKSLASH) {
        this.#escaped = true;
      }
      decoder?.byte(byte);
    }
    return at;
  }

  /** One that is not built is measured. */
  #beginString(decoder: StringDecoder | undefined): void {
    const { checker } = this.#builder;
    if (checker !== undefined) decoder?.measure(checker.expectsName ? checker.hash : undefined);
  }

  /** A string without escapes that lies in `bytes` as a whole, its quotes at both ends. */
  #plainString(bytes: Uint8Array, start: number, end: number): void {
    this.#state = lex.START;
    if (this.#count(end - start)) {
      const { checker } = this.#builder;
      if (checker === undefined) {
        this.#builder.sink.scalar(latin1(bytes, start + 1, end - 1));
      } else {
        if (checker.expectsName) checker.hash.bytes(bytes, start + 1, end - 1);
        checker.string(end - start - 2);
        this.#decoder.reset();
      }
    }
    this.#endToken();
  }

  #decodedString(quote: number, tokenBytes: number): void {
    this.#state = lex.START;
    const text = this.#decoder.end(quote);
    if (this.#count(tokenBytes)) {
      const { checker, sink } = this.#builder;
      if (this.#decoder.error !== "") sink.invalidScalar(this.#decoder.error);
      else if (checker !== undefined) checker.string(this.#decoder.measuredChars);
      else sink.scalar(text);
    }
    this.#decoder.reset();
    this.#endToken();
  }

  /** Takes a token other than a string. */
  #token(token: number, bytes: Uint8Array, start: number, end: number): void {
    if (token === lex.TOKEN_BRACE_OPEN) this.#braces++;
    else if (token === lex.TOKEN_BRACE_CLOSE) this.#braces--;
    else if (token === lex.TOKEN_BRACKET_OPEN) this.#brackets++;
    else if (token === lex.TOKEN_BRACKET_CLOSE) this.#brackets--;
    if (this.#count(this.#tokenBytes + end - start)) this.#build(token, bytes, start, end);
    this.#endToken();
  }

  #build(token: number, bytes: Uint8Array, start: number, end: number): void {
    const builder = this.#builder.sink;
    switch (token) {
      case lex.TOKEN_BRACE_OPEN:
        return builder.openObject(this.#messageBytes - 1);
      case lex.TOKEN_BRACE_CLOSE:
        return builder.closeObject();
      case lex.TOKEN_BRACKET_OPEN:
        return builder.openArray(this.#messageBytes - 1);
      case lex.TOKEN_BRACKET_CLOSE:
        return builder.closeArray();
      case lex.TOKEN_COLON:
        return builder.colon();
      case lex.TOKEN_COMMA:
        return builder.comma();
    }
    if (token === lex.TOKEN_INTEGER && this.#tokenHead === "" && end - start <= SHORT_INTEGER_BYTES_MAX) {
      return builder.scalar(shortInteger(bytes, start, end));
    }
    if (this.#underWayExceeds(token !== lex.TOKEN_KEYWORD, this.#tokenBytes + end - start)) return;
    giveLiteral(builder, token, this.#tokenHead + latin1(bytes, start, end));
  }

  /** Counts a token of the message against the limits.  Answers whether it is one to build with. */
  #count(tokenBytes: number): boolean {
    this.#tokens++;
    if (this.#skipping) return false;
    if (this.#messageBytes + tokenBytes + 1 > JSON_TOKEN_SIZE_BYTES_MAX) {
      this.#exceeded("token size");
    } else if (this.#tokens > JSON_TOKEN_COUNT_MAX) {
      this.#exceeded("token count");
    } else if (this.#braces + this.#brackets > JSON_NESTING_DEPTH_MAX) {
      this.#exceeded("nesting depth");
    }
    this.#messageBytes += tokenBytes;
    return !this.#skipping;
  }

  /** A limit is reached: this is the message's outcome, and what is left of the message is skipped. */
  #exceeded(limit: string): void {
    this.#fail(`JSON ${limit} limit exceeded`);
    this.#builder.reset();
    this.#decoder.reset();
    this.#skipping = true;
  }

  #endToken(): void {
    this.#tokenHead = "";
    this.#tokenBytes = 0;
    if (!this.#skipping) this.#builder.tokenTaken(this.#messageBytes);
    const open = this.#braces > 0 || this.#brackets > 0;
    if (open && this.#braces >= 0 && this.#brackets >= 0) return;
    if (!this.#skipping) {
      if (this.#builder.mayClash) {
        this.outcome = "again";
      } else if (this.#builder.error !== "") {
        this.#fail(parseError(this.#builder.error));
      } else {
        this.outcome = "value";
        this.#value = this.#builder.value;
        this.valueBytes = this.#messageBytes;
        this.isPartial = this.#builder.isPartial;
      }
    }
    this.#endMessage();
  }

  #endMessage(): void {
    this.#skipping = false;
    this.#braces = 0;
    this.#brackets = 0;
    this.#tokens = 0;
    this.#messageBytes = 0;
    this.#builder.reset();
    this.#keeps = this.#mayKeep;
  }

  /** A lexical error: the message, however far it has come, is answered with it and gone. */
  #stray(bytes: Uint8Array, start: number, end: number): void {
    // Without its last byte the token may have been too long already: that came first.
    const isNumber = this.#state > lex.RECOVERY && this.#state < lex.KEYWORD;
    if (!this.#underWayExceeds(isNumber, this.#tokenBytes + end - start - 1)) {
      const token = (this.#tokenHead + latin1(bytes, start, end)).slice(0, JSON_QUOTED_TOKEN_BYTES_MAX);
      const quoted = Array.from(token, (char) => char.charCodeAt(0));
      // QEMU's text is a C string: it ends before a NUL, which can only be the last byte.
      if (quoted.at(-1) === 0) quoted.pop();
      this.#fail(parseError(`stray '${decodeLossily(quoted)}'`));
    }
    this.#state = lex.RECOVERY;
    this.#escaped = false;
    this.#tokenHead = "";
    this.#tokenBytes = 0;
    this.#decoder.reset();
    this.#endMessage();
  }

  #fail(errorDesc: string): void {
    this.outcome = "error";
    this.errorDesc = errorDesc;
  }

  /** The bytes end in the middle of a token: keeps what later calls need of it. */
  #pause(bytes: Uint8Array, start: number, end: number): void {
    const room = JSON_QUOTED_TOKEN_BYTES_MAX - this.#tokenBytes;
    if (room > 0) this.#tokenHead += latin1(bytes, start, Math.min(end, start + room));
    this.#tokenBytes += end - start;
    if (this.#underWayExceeds(this.#state < lex.KEYWORD, this.#tokenBytes)) return;
    if (this.#state >= lex.STRING_DOUBLE)
      this.#builder.stringUnderWay(this.#messageBytes, this.#tokenBytes, this.#decoder);
  }

  /** Checks the token under way against the limits of size.  Answers whether it exceeds one. */
  #underWayExceeds(isNumber: boolean, tokenBytes: number): boolean {
    if (this.#skipping) return true;
    const messageBytes = this.#messageBytes + tokenBytes + 1;
    if (messageBytes <= JSON_TOKEN_SIZE_BYTES_MAX && !(isNumber && tokenBytes > JSON_NUMBER_BYTES_MAX))
      return false;
    this.#exceeded("token size");
    return true;
  }
}
