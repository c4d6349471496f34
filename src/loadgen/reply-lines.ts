/**
 * The lines of a server: what each is, checked to be what QMP has, and cheaply.
 *
 * Servers say the same again and again: QEMU and this project's send one object a line, `{"return": ..., "id": N}`, and
 * what stands before the id is often what has been there before.  So a return is parsed once, and then known by what is
 * before its id (`LineMemory`); an event, which many clients get, as a whole.
 *
 * A line that is long is checked while it comes and not kept, as ten thousand clients may get pictures.
 */

import { LOAD_WHOLE_LINE_BYTES_MAX } from "../util/limits.ts";
import { JsonCheck } from "./json-check.ts";
import { LineMemory } from "./line-memory.ts";
import { readServerLine, type ServerLine, serverLineOf, UNKNOWN_LINE } from "./server-line.ts";

export interface ReplySink {
  /** A command returned. */
  returned(id: number): void;
  /** Any other line, or a return written in another way.  `bytes` is valid during the call only. */
  line(line: ServerLine, bytes: Buffer): void;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CLOSING_BRACE = 0x7d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** Lines are most often shorter than this; from here on the search is left to the platform. */
const NEAR_BYTES = 200;
const BEGIN_OF_RETURN = Buffer.from('{"return": ');
const BEFORE_ID = Buffer.from(', "id": ');
/** More digits are no integer that a number holds. */
const ID_DIGITS_MAX = 15;
/** What is kept of a line that is too long to be kept whole. */
const KEPT_HEAD_BYTES = 256;

export class ReplyLines {
  readonly #sink: ReplySink;
  readonly #memory: LineMemory;
  /** The beginning of a line whose end has not come; of a long one, not all that has come. */
  #partial: Buffer | undefined;
  /** Of a long line. */
  #check: JsonCheck | undefined;

  /** The memory is shared by connections to servers that say the same. */
  constructor(sink: ReplySink, memory = new LineMemory()) {
    this.#sink = sink;
    this.#memory = memory;
  }

  /** Whether a line has begun and not ended. */
  get isInLine(): boolean {
    return this.#partial !== undefined;
  }

  /**
   * Takes the first `size` bytes of `bytes`, which are the caller's again afterwards.  There has to be one byte more in
   * `bytes`: it is overwritten.
   */
  push(bytes: Buffer, size: number): void {
    bytes[size] = NEWLINE; // Ends the search.
    let start = 0;
    for (;;) {
      const end = lineEnd(bytes, start);
      if (end >= size) break;
      if (this.#partial === undefined) this.#take(bytes, start, end);
      else this.#takePartial(bytes.subarray(start, end));
      start = end + 1;
    }
    if (start < size) this.#keep(bytes.subarray(start, size));
  }

  #takePartial(rest: Buffer): void {
    this.#keep(rest);
    const whole = this.#partial ?? rest;
    const check = this.#check;
    this.#partial = undefined;
    this.#check = undefined;
    if (check === undefined) this.#take(whole, 0, whole.length);
    else this.#takeLong(whole, check);
  }

  #keep(bytes: Buffer): void {
    if (this.#check !== undefined) return this.#check.push(bytes);
    const joined = this.#partial === undefined ? Buffer.from(bytes) : Buffer.concat([this.#partial, bytes]);
    this.#partial = joined;
    if (joined.length <= LOAD_WHOLE_LINE_BYTES_MAX) return;
    this.#check = new JsonCheck();
    this.#check.push(joined);
    this.#partial = Buffer.from(joined.subarray(0, KEPT_HEAD_BYTES));
  }

  #take(bytes: Buffer, start: number, lineEnd: number): void {
    const end = withoutCarriageReturn(bytes, start, lineEnd);
    if (end === start) return;
    const id = idAtEnd(bytes, start, end);
    if (id < 0) return this.#takeOther(bytes, start, end);
    const valueEnd = end - (BEFORE_ID.length + digitsOf(id) + 1);
    if (this.#memory.find(bytes, start, valueEnd)?.kind === "return") return this.#sink.returned(id);
    const line = readServerLine(bytes.subarray(start, end));
    if (line.kind !== "return") return this.#sink.line(line, bytes.subarray(start, end));
    this.#memory.keep(bytes, start, valueEnd, line);
    this.#sink.returned(id);
  }

  /** The same event comes to many clients. */
  #takeOther(bytes: Buffer, start: number, end: number): void {
    const known = this.#memory.find(bytes, start, end);
    const isKnown = known?.kind === "event";
    const line = isKnown ? known : readServerLine(bytes.subarray(start, end));
    if (!isKnown && line.kind === "event") this.#memory.keep(bytes, start, end, line);
    this.#sink.line(line, bytes.subarray(start, end));
  }

  /** `head`: its beginning, for who tells of it. */
  #takeLong(head: Buffer, check: JsonCheck): void {
    const line = check.isWhole ? serverLineOf(check.outside) : UNKNOWN_LINE;
    if (line.kind === "return" && typeof line.id === "number") this.#sink.returned(line.id);
    else this.#sink.line(line, head);
  }
}

function withoutCarriageReturn(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
}

function lineEnd(bytes: Buffer, start: number): number {
  let at = start;
  const near = start + NEAR_BYTES;
  while (at < near) {
    if (bytes[at] === NEWLINE) return at;
    at++;
  }
  return bytes.indexOf(NEWLINE, at);
}

/** The id in `, "id": N}` at the end of an object that begins with `{"return": `; -1: it is none such. */
function idAtEnd(bytes: Buffer, start: number, end: number): number {
  if (bytes[end - 1] !== CLOSING_BRACE || !isAt(bytes, start, BEGIN_OF_RETURN)) return -1;
  let at = end - 2;
  let id = 0;
  let unit = 1;
  const last = Math.max(start, at - ID_DIGITS_MAX);
  for (; at > last; at--) {
    const digit = bytes[at] ?? 0;
    if (digit < DIGIT_0 || digit > DIGIT_9) break;
    id += (digit - DIGIT_0) * unit;
    unit *= 10;
  }
  // No digit, or one that JSON does not allow to stand first.
  if (unit === 1 || (unit > 10 && bytes[at + 1] === DIGIT_0)) return -1;
  return isAt(bytes, at + 1 - BEFORE_ID.length, BEFORE_ID) ? id : -1;
}

function digitsOf(id: number): number {
  let digits = 1;
  for (let rest = id; rest >= 10; rest /= 10) digits++;
  return digits;
}

function isAt(bytes: Buffer, start: number, expected: Buffer): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}
