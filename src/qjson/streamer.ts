/**
 * From bytes to messages: the input of one session.
 *
 * The streamer is pulled: bytes are pushed as they come, and nothing is parsed until `next` is called, so
 * that a suspended session simply stops calling.  Two parsers share the work.
 *
 *     plain ──not plain, long, or refused by JSON.parse──▶ exact ──idle──▶ plain
 *                                       a large message, once more ──▶ └─┘
 *
 * What the plain one gives up is parsed by the exact one from the message's beginning, so that errors
 * have QEMU's text.  A message that lies in several pieces of input is gathered in one buffer.
 *
 * Invariants:
 *  - any split of the same bytes gives the same results;
 *  - what has been looked at is not kept, apart from the gathered part of a plain message, at most
 *    `JSON_PLAIN_MESSAGE_BYTES_MAX`, and, for who wants no value made of what nobody reads, an exact one's bytes;
 *  - one call of `next` parses at most one plain message or one slice.
 */

import { JSON_PLAIN_MESSAGE_BYTES_MAX, JSON_SLICE_BYTES, JSON_SLICE_PIECES } from "../util/limits.ts";
import { ExactParser } from "./exact-parser.ts";
import { latin1 } from "./latin1.ts";
import { END_OF_BYTES, isWhite, PlainFramer } from "./plain-framer.ts";
import type { JsonObject, JsonValue } from "./value.ts";

export interface StreamerOptions {
  /** 32 bits by chance: of a large message a part is not built.  See `isPartial`. */
  readonly unreadSeed?: number;
}

/** What a call of `next` came to. */
export type StreamerResult = "value" | "error" | "slice" | "starved";

const NO_BYTES = new Uint8Array(0);
const BRACE_OPEN = 0x7b;
const GATHERED_BYTES_MIN = 64;
/** So many pieces are taken before the list is made shorter by them. */
const PIECES_TAKEN_MAX = 1024;
/** What a piece of input costs beside its bytes: a client may send them one by one. */
const PIECE_COST_BYTES = 128;

export class JsonStreamer {
  #value: JsonValue = null;
  #valueBytes = 0;
  #errorDesc = "";

  /** Pieces not begun; the ones before `#piecesTaken` are gone. */
  #pieces: Uint8Array[] = [];
  #piecesTaken = 0;
  #waitingBytes = 0;
  /** The piece under way; what lies before `#at` has been parsed. */
  #piece: Uint8Array = NO_BYTES;
  #at = 0;
  /** The whole piece as text, made once for all its plain messages. */
  #pieceText = "";

  readonly #framer = new PlainFramer();
  /** The part of the plain message under way that came in earlier pieces. */
  #gathered = NO_BYTES;
  #gatheredLen = 0;

  readonly #unreadSeed: number | undefined;
  #isPartial = false;
  /** Made when first needed: most sessions send plain messages only. */
  #exact: ExactParser | undefined;
  #isExact = false;
  /** What the exact parser may still take in this call of `next`. */
  #sliceBytes = 0;

  constructor({ unreadSeed }: StreamerOptions = {}) {
    this.#unreadSeed = unreadSeed;
  }

  /**
   * Whether the message that `next` has just answered has placeholders for what was checked and not built.  Its bytes
   * are held until either `readWhole` or `dropUnread` is called, which comes before anything else.
   */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  /** Parses the partial message once more: `next` answers it again, whole. */
  readWhole(): void {
    this.#parseAgain();
    this.#value = null;
  }

  /** The partial message will do. */
  dropUnread(): void {
    this.#isPartial = false;
    this.#exact?.dropKept();
  }

  /** The message, after `next` has answered "value". */
  get value(): JsonValue {
    return this.#value;
  }

  /** Bytes of what `value` was made of: those of the message but for the white space of a large one. */
  get valueBytes(): number {
    return this.#valueBytes;
  }

  /** QEMU's text for a GenericError, after `next` has answered "error". */
  get errorDesc(): string {
    return this.#errorDesc;
  }

  /** Bytes pushed and not parsed, an incomplete plain message among them: for a limit of what is read ahead. */
  get unreadBytes(): number {
    return this.#waitingBytes + this.#piece.length - this.#at + this.#gatheredLen;
  }

  /** An estimate of all that is held, in bytes: unread input and the half-parsed message. */
  get heldBytes(): number {
    const pieces = this.#pieces.length - this.#piecesTaken;
    return this.unreadBytes + pieces * PIECE_COST_BYTES + (this.#exact?.heldBytes ?? 0);
  }

  /** Takes `bytes` over: the caller must not change them afterwards.  Parses nothing. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#piece.length === 0) {
      this.#piece = bytes;
      return;
    }
    this.#pieces.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /**
   * Parses until there is a message ("value") or an error in its place ("error").  "starved": all input is
   * parsed, push more.  "slice": enough for one turn of the event loop, call again in a later one.
   */
  next(): StreamerResult {
    this.#sliceBytes = JSON_SLICE_BYTES;
    for (let pieces = 0; pieces < JSON_SLICE_PIECES; pieces++) {
      if (this.#at === this.#piece.length && !this.#takePiece()) return "starved";
      const result = this.#isExact ? this.#stepExact() : this.#stepPlain();
      if (result !== undefined) return result;
    }
    return "slice";
  }

  /** Makes the next piece the one under way.  Without one it lets go of the last, which may be a large buffer. */
  #takePiece(): boolean {
    this.#at = 0;
    this.#pieceText = "";
    const piece = this.#pieces[this.#piecesTaken];
    if (piece === undefined) {
      this.#piece = NO_BYTES;
      if (this.#piecesTaken > 0) this.#pieces = [];
      this.#piecesTaken = 0;
      return false;
    }
    this.#piece = piece;
    this.#pieces[this.#piecesTaken++] = NO_BYTES;
    if (this.#piecesTaken === PIECES_TAKEN_MAX) {
      this.#pieces.splice(0, this.#piecesTaken);
      this.#piecesTaken = 0;
    }
    this.#waitingBytes -= piece.length;
    return true;
  }

  /** Parses up to one plain message of the piece.  Undefined: look again, for what comes is another's. */
  #stepPlain(): StreamerResult | undefined {
    const piece = this.#piece;
    let at = this.#at;
    if (this.#framer.idle) {
      while (at < piece.length && isWhite(piece[at] as number)) at++;
      this.#at = at;
      if (at === piece.length) return undefined;
      if (piece[at] !== BRACE_OPEN) {
        this.#isExact = true;
        return undefined;
      }
    }
    const end = Math.min(piece.length, at + JSON_PLAIN_MESSAGE_BYTES_MAX - this.#gatheredLen);
    const stop = this.#framer.walk(piece, at, end);
    if (stop === END_OF_BYTES && end === piece.length) {
      this.#gather(at, end);
      this.#at = end;
      return undefined;
    }
    if (stop > 0 && this.#parsePlain(at, stop)) {
      this.#at = stop;
      this.#gathered = NO_BYTES;
      this.#gatheredLen = 0;
      return "value";
    }
    this.#framer.reset();
    this.#giveBack();
    this.#isExact = true;
    return undefined;
  }

  /** Hands a framed message to `JSON.parse`.  Answers false when it is for the exact parser to tell what is wrong. */
  #parsePlain(start: number, stop: number): boolean {
    let text: string;
    if (this.#gatheredLen === 0) {
      if (this.#pieceText === "") this.#pieceText = latin1(this.#piece, 0, this.#piece.length);
      text = this.#pieceText.substring(start, stop);
    } else {
      this.#gather(start, stop);
      text = latin1(this.#gathered, 0, this.#gatheredLen);
      this.#gatheredLen -= stop - start;
    }
    this.#valueBytes = text.length;
    try {
      this.#value = JSON.parse(text) as JsonValue;
    } catch {
      return false;
    }
    return memberCount(this.#value) === this.#framer.colons;
  }

  #gather(start: number, end: number): void {
    const len = this.#gatheredLen + end - start;
    if (len > this.#gathered.length) {
      const larger = new Uint8Array(Math.max(GATHERED_BYTES_MIN, len * 2));
      larger.set(this.#gathered.subarray(0, this.#gatheredLen));
      this.#gathered = larger;
    }
    this.#gathered.set(this.#piece.subarray(start, end), this.#gatheredLen);
    this.#gatheredLen = len;
  }

  /** Puts what was gathered back in front of the piece under way, for the exact parser. */
  #giveBack(): void {
    if (this.#gatheredLen === 0) return;
    const rest = this.#piece.subarray(this.#at);
    this.#waitingBytes += rest.length;
    if (this.#piecesTaken > 0) this.#pieces[--this.#piecesTaken] = rest;
    else this.#pieces.unshift(rest);
    this.#piece = this.#gathered.subarray(0, this.#gatheredLen);
    this.#pieceText = "";
    this.#at = 0;
    this.#gathered = NO_BYTES;
    this.#gatheredLen = 0;
  }

  /** Puts the message that has ended back in front of what comes after it. */
  #parseAgain(): void {
    this.#isPartial = false;
    const kept = this.#exact?.takeKept() ?? [];
    const rest = this.#piece.subarray(this.#at);
    const pieces = [...kept, ...(rest.length > 0 ? [rest] : []), ...this.#pieces.slice(this.#piecesTaken)];
    this.#piece = NO_BYTES;
    this.#pieces = pieces;
    this.#piecesTaken = 0;
    this.#waitingBytes = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#takePiece();
    this.#isExact = true;
  }

  /** Lets the exact parser take one slice of the piece at most. */
  #stepExact(): StreamerResult | undefined {
    this.#exact ??= new ExactParser(this.#unreadSeed);
    const exact = this.#exact;
    const at = this.#at;
    const end = Math.min(this.#piece.length, at + this.#sliceBytes);
    this.#at = exact.consume(this.#piece, at, end);
    this.#sliceBytes -= this.#at - at;
    this.#isExact = !exact.idle;
    switch (exact.outcome) {
      case "value":
        this.#value = exact.takeValue();
        this.#valueBytes = exact.valueBytes;
        this.#isPartial = exact.isPartial;
        return "value";
      case "error":
        this.#errorDesc = exact.errorDesc;
        return "error";
      case "again":
        this.#parseAgain();
        return "slice";
      case "none":
        if (!this.#isExact || (this.#at === end && this.#sliceBytes > 0)) return undefined;
        return "slice";
    }
  }
}

/** Members of all objects in `value`: fewer than there were colons when a key came twice. */
function memberCount(value: JsonValue | undefined): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += memberCount(element);
  } else if (typeof value === "object" && value !== null) {
    // Of all ways to walk members this is the fastest; JSON.parse makes no inherited ones.
    for (const name in value) {
      const member = (value as JsonObject)[name];
      count += typeof member === "object" ? 1 + memberCount(member) : 1;
    }
  }
  return count;
}
