/**
 * The replies of a server, cheaply: lines out of bytes, and of a line what it is and its id, without parsing the rest.
 *
 * QEMU and this project's server send one object a line, `{"return": ..., "id": N}`, so a reply's id is found at its
 * end.  Whatever is written otherwise is for the caller to parse; nothing is guessed.
 *
 * Of a line that is long only the beginning and the end are kept: ten thousand clients may get pictures.
 */

export interface ReplySink {
  /** A command returned. */
  returned(id: number): void;
  /** Any other line, or a return written in another way.  `bytes` is valid during the call only. */
  line(bytes: Buffer): void;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CLOSING_BRACE = 0x7d;
const QUOTE = 0x22;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** Lines are most often shorter than this; from here on the search is left to the platform. */
const NEAR_BYTES = 200;
/** The third byte of `{"return"`. */
const RETURN_THIRD_BYTE = 0x72;
const BEFORE_ID = Buffer.from(', "id": ');
/** More digits are no integer that a number holds. */
const ID_DIGITS_MAX = 15;
/** A line up to this size is kept whole when it comes in pieces. */
const WHOLE_LINE_BYTES_MAX = 64 * 1024;
/** What is kept of the two ends of a longer one. */
const KEPT_HEAD_BYTES = 64;
const KEPT_TAIL_BYTES = 256;

export class ReplyLines {
  readonly #sink: ReplySink;
  /** The beginning of a line whose end has not come. */
  #partial: Buffer | undefined;

  constructor(sink: ReplySink) {
    this.#sink = sink;
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
    const whole = this.#partial;
    this.#partial = undefined;
    if (whole !== undefined) this.#take(whole, 0, whole.length);
  }

  #keep(bytes: Buffer): void {
    const joined = this.#partial === undefined ? Buffer.from(bytes) : Buffer.concat([this.#partial, bytes]);
    this.#partial =
      joined.length <= WHOLE_LINE_BYTES_MAX
        ? joined
        : Buffer.concat([joined.subarray(0, KEPT_HEAD_BYTES), joined.subarray(-KEPT_TAIL_BYTES)]);
  }

  #take(bytes: Buffer, start: number, lineEnd: number): void {
    let end = lineEnd;
    if (end > start && bytes[end - 1] === CARRIAGE_RETURN) end--;
    if (end === start) return;
    const id = bytes[start + 2] === RETURN_THIRD_BYTE ? idAtEnd(bytes, start, end) : -1;
    if (id >= 0) this.#sink.returned(id);
    else this.#sink.line(bytes.subarray(start, end));
  }
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

/** The id in `, "id": N}` at the end of an object that begins with `{"r`; -1: it does not end so. */
function idAtEnd(bytes: Buffer, start: number, end: number): number {
  if (bytes[end - 1] !== CLOSING_BRACE || bytes[start + 1] !== QUOTE) return -1;
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
  if (unit === 1) return -1;
  for (let index = BEFORE_ID.length - 1; index >= 0; index--, at--) {
    if (bytes[at] !== BEFORE_ID[index]) return -1;
  }
  return id;
}
