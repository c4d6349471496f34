/**
 * Literals: from the text of a token of letters or digits to its value, or to what is wrong with it.
 */

import { JSON_PARSE_MESSAGE_BYTES_MAX } from "../util/limits.ts";
import { TOKEN_INTEGER, TOKEN_KEYWORD } from "./lexer-table.ts";
import { doubleFromText, integerFromText } from "./number.ts";
import type { JsonValue } from "./value.ts";
import type { TokenSink } from "./value-builder.ts";

const KEYWORDS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Gives `sink` the literal whose text is `text`; its error is cut where QEMU cuts it. */
export function giveLiteral(sink: TokenSink, token: number, text: string): void {
  const value = literalValue(token, text);
  if (value !== undefined) return sink.scalar(value);
  const error = token === TOKEN_KEYWORD ? `invalid keyword '${text}'` : `number '${text}' is out of range`;
  sink.invalidScalar(error.slice(0, JSON_PARSE_MESSAGE_BYTES_MAX));
}

/** Undefined for what is no keyword, and for a number that overflows to infinity (rule W6). */
function literalValue(token: number, text: string): JsonValue | undefined {
  if (token === TOKEN_KEYWORD) return KEYWORDS.get(text);
  return token === TOKEN_INTEGER ? integerFromText(text) : doubleFromText(text);
}
