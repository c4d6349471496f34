/**
 * Bytes and code units as text, one character each.  Node's `Buffer` has a method for bytes, and what comes
 * from a socket is one; other arrays take the slow way.
 */

interface Latin1Sliceable {
  latin1Slice(start: number, end: number): string;
}

function isSliceable(bytes: object): bytes is Latin1Sliceable {
  return "latin1Slice" in bytes;
}

/** Characters a call of `String.fromCharCode` is given at a time: arguments lie on the stack. */
const CHUNK_CHARS = 4096;
/** Up to so many, appending one by one is faster than that call. */
const FEW_CHARS = 12;

/** The bytes from `start` to `end` as characters U+0000 to U+00FF; shares no memory with `bytes`. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (isSliceable(bytes)) return bytes.latin1Slice(start, end);
  return unitsToText(bytes, start, end);
}

/** The UTF-16 code units from `start` to `end` as text. */
export function unitsToText(units: Uint8Array | Uint16Array, start: number, end: number): string {
  let text = "";
  if (end - start <= FEW_CHARS) {
    for (let at = start; at < end; at++) text += String.fromCharCode(units[at] as number);
    return text;
  }
  for (let at = start; at < end; at += CHUNK_CHARS) {
    // Seven times as fast as spreading; `apply` takes whatever is like an array, its type does not.
    const chunk = units.subarray(at, Math.min(end, at + CHUNK_CHARS)) as unknown as number[];
    text += String.fromCharCode.apply(null, chunk);
  }
  return text;
}
