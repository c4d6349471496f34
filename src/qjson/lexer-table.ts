/**
 * The lexer of QEMU's JSON dialect as a state table over bytes.
 *
 *     NEXT[state << 8 | byte]  →  the next state, or a token that is complete
 *
 * The inside of a string is scanned by runs, not by this table: see `ExactParser`.
 *
 * A token with `LOOKAHEAD` set ended before the byte, which is looked at again from `START`.  `ERROR` takes
 * the byte in and leads to `RECOVERY`, which skips bytes until one promises a new beginning: brackets,
 * colon, comma, a line's end, or one of the bytes a client may use to reset the parser (control
 * characters but tab, 0xFE, 0xFF).  These are then errors of their own: the reset is answered (rule W4).
 *
 * Source: the behaviour of QEMU 7.2's monitor, held by a table of inputs with its answers.
 */

/** States.  Strings come last: whether a state is inside one is a comparison. */
export const ERROR = 0;
export const START = 1;
export const RECOVERY = 2;
export const ZERO = 3;
export const DIGITS = 4;
export const SIGN = 5;
export const POINT = 6;
export const FRACTION = 7;
export const EXPONENT_MARK = 8;
export const EXPONENT_SIGN = 9;
export const EXPONENT = 10;
export const KEYWORD = 11;
export const STRING_DOUBLE = 12;
export const STRING_SINGLE = 13;

/** Tokens: what {@link NEXT} holds from this value on, but for `LOOKAHEAD`. */
export const TOKEN_FIRST = 16;
export const TOKEN_BRACE_OPEN = 16;
export const TOKEN_BRACE_CLOSE = 17;
export const TOKEN_BRACKET_OPEN = 18;
export const TOKEN_BRACKET_CLOSE = 19;
export const TOKEN_COLON = 20;
export const TOKEN_COMMA = 21;
export const TOKEN_INTEGER = 22;
export const TOKEN_FLOAT = 23;
export const TOKEN_KEYWORD = 24;

export const LOOKAHEAD = 0x80;

const STATES = 16;

function charCodes(chars: string): number[] {
  return [...chars].map((char) => char.charCodeAt(0));
}

function buildTable(): Uint8Array {
  const table = new Uint8Array(STATES << 8).fill(ERROR);
  const fill = (state: number, next: number) => void table.fill(next, state << 8, (state + 1) << 8);
  const on = (state: number, chars: string, next: number) => {
    for (const code of charCodes(chars)) table[(state << 8) | code] = next;
  };
  const digits = "0123456789";
  const letters = "abcdefghijklmnopqrstuvwxyz";

  on(START, " \t\r\n", START);
  on(START, '"', STRING_DOUBLE);
  on(START, "'", STRING_SINGLE);
  on(START, digits, DIGITS);
  on(START, "0", ZERO);
  on(START, "-", SIGN);
  on(START, letters, KEYWORD);
  on(START, "{", TOKEN_BRACE_OPEN);
  on(START, "}", TOKEN_BRACE_CLOSE);
  on(START, "[", TOKEN_BRACKET_OPEN);
  on(START, "]", TOKEN_BRACKET_CLOSE);
  on(START, ":", TOKEN_COLON);
  on(START, ",", TOKEN_COMMA);

  fill(ZERO, TOKEN_INTEGER | LOOKAHEAD);
  on(ZERO, digits, ERROR);
  on(ZERO, ".", POINT);
  fill(DIGITS, TOKEN_INTEGER | LOOKAHEAD);
  on(DIGITS, digits, DIGITS);
  on(DIGITS, ".", POINT);
  on(DIGITS, "eE", EXPONENT_MARK);
  on(SIGN, digits, DIGITS);
  on(SIGN, "0", ZERO);
  on(POINT, digits, FRACTION);
  fill(FRACTION, TOKEN_FLOAT | LOOKAHEAD);
  on(FRACTION, digits, FRACTION);
  on(FRACTION, "eE", EXPONENT_MARK);
  on(EXPONENT_MARK, digits, EXPONENT);
  on(EXPONENT_MARK, "+-", EXPONENT_SIGN);
  on(EXPONENT_SIGN, digits, EXPONENT);
  fill(EXPONENT, TOKEN_FLOAT | LOOKAHEAD);
  on(EXPONENT, digits, EXPONENT);
  fill(KEYWORD, TOKEN_KEYWORD | LOOKAHEAD);
  on(KEYWORD, letters, KEYWORD);

  fill(RECOVERY, RECOVERY);
  for (let code = 0; code < 0x20; code++) table[(RECOVERY << 8) | code] = START | LOOKAHEAD;
  for (const code of [0xfe, 0xff]) table[(RECOVERY << 8) | code] = START | LOOKAHEAD;
  on(RECOVERY, "\t", RECOVERY);
  on(RECOVERY, "[]{}:,", START | LOOKAHEAD);
  return table;
}

/** See the file comment. */
export const NEXT: Uint8Array = buildTable();

/** What a byte is to a string: itself, a quote, a backslash, a part of a UTF-8 sequence, or an error. */
export const STRING_PLAIN = 0;
const STRING_QUOTE = 1;
export const STRING_BACKSLASH = 2;
const STRING_UTF8 = 3;
export const STRING_ERROR = 4;
export const STRING_BYTE: Uint8Array = buildStringBytes();

function buildStringBytes(): Uint8Array {
  const kinds = new Uint8Array(256).fill(STRING_PLAIN);
  kinds.fill(STRING_ERROR, 0, 0x20);
  kinds.fill(STRING_UTF8, 0x80, 0xfe);
  kinds.fill(STRING_ERROR, 0xfe);
  for (const code of charCodes("\"'")) kinds[code] = STRING_QUOTE;
  for (const code of charCodes("\\")) kinds[code] = STRING_BACKSLASH;
  return kinds;
}
