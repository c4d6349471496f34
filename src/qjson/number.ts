/**
 * Numbers: from the text of a token to the value that keeps apart what QEMU keeps apart, see `value.ts`.
 */

import { JsonDouble } from "./value.ts";

const MINUS = 0x2d;
const ZERO = 0x30;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
/** A token of this length or less is a safe integer, sign or no sign. */
export const SHORT_INTEGER_BYTES_MAX = 15;
/** A token longer than this lies beyond int64 and uint64. */
const INTEGER_CHARS_MAX = 20;

/** The value of an integer token of at most {@link SHORT_INTEGER_BYTES_MAX} bytes. */
export function shortInteger(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let value = 0;
  for (let at = negative ? start + 1 : start; at < end; at++)
    value = value * 10 + (bytes[at] as number) - ZERO;
  return negative ? 0 - value : value;
}

/** The value of an integer token; undefined when it overflows to infinity (rule W6). */
export function integerFromText(text: string): number | bigint | JsonDouble | undefined {
  if (text.length <= SHORT_INTEGER_BYTES_MAX) return Number(text) + 0; // Adding 0 makes 0 of -0.
  if (text.length <= INTEGER_CHARS_MAX) {
    const exact = BigInt(text);
    const inexact = Number(exact);
    if (Number.isSafeInteger(inexact)) return inexact;
    if (exact >= INT64_MIN && exact <= UINT64_MAX) return exact;
  }
  return doubleFromText(text);
}

/** The value of a token with a fraction or an exponent; undefined when it overflows to infinity. */
export function doubleFromText(text: string): JsonDouble | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? new JsonDouble(value) : undefined;
}
