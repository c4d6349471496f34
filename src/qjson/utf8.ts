/**
 * UTF-8 as QEMU reads it: U+0000 may come as 0xC0 0x80; other overlong forms, surrogates, noncharacters
 * and what lies beyond U+10FFFF are invalid, though sequences of up to six bytes are recognized as one.
 */

const REPLACEMENT = "\ufffd";
/** The smallest code point that needs a sequence of 2, 3, ... bytes. */
const CODE_POINT_MIN = [0x80, 0x800, 0x10000, 0x200000, 0x4000000];

/** Whether `codePoint` may occur in a string: neither a surrogate, a noncharacter nor out of range. */
export function isValidCodePoint(codePoint: number): boolean {
  if (codePoint > 0x10ffff || (codePoint & 0xfffe) === 0xfffe) return false;
  return !(codePoint >= 0xd800 && codePoint <= 0xdfff) && !(codePoint >= 0xfdd0 && codePoint <= 0xfdef);
}

/** Length of the sequence that `lead` begins: 0 when it begins none. */
export function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc0 || lead >= 0xfe) return 0;
  return Math.clz32(~(lead << 24));
}

/** The bits of a code point that a lead byte of a sequence of `length` (2 to 6) bytes holds. */
export function leadBits(lead: number, length: number): number {
  return lead & (0x7f >> length);
}

/** Whether a sequence of `length` (2 to 6) bytes may stand for `codePoint`. */
export function isValidSequence(codePoint: number, length: number): boolean {
  if (!isValidCodePoint(codePoint)) return false;
  return codePoint >= (CODE_POINT_MIN[length - 2] ?? 0) || (codePoint === 0 && length === 2);
}

/** Text of an error that quotes input: U+FFFD stands for each invalid sequence, as in QEMU's replies. */
export function decodeLossily(bytes: ArrayLike<number>): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at++] ?? 0;
    const length = sequenceLength(lead);
    let codePoint = length > 1 ? leadBits(lead, length) : lead;
    let valid = length > 0;
    for (let i = 1; i < length && valid; i++) {
      const byte = bytes[at] ?? 0;
      valid = (byte & 0xc0) === 0x80;
      if (!valid) break;
      codePoint = codePoint * 64 + (byte & 0x3f);
      at++;
    }
    valid = valid && (length === 1 || isValidSequence(codePoint, length));
    text += valid ? String.fromCodePoint(codePoint) : REPLACEMENT;
  }
  return text;
}
