/** Memory as `x` and `xp` print it: words in lines, each line with its address.  The layout is QEMU's. */

/** Words, and lines of them. */
export interface MemoryLayout {
  /** `x`, `d`, `u`, `o` or `c`. */
  readonly format: string;
  readonly sizeBytes: number;
  /** Of the addresses, in hexadecimal digits. */
  readonly addressDigits: number;
}

/** Bytes in a line: it depends on the size that was asked for, also where characters are shown. */
export function lineBytes({ sizeBytes }: MemoryLayout): number {
  return sizeBytes === 1 ? 8 : 16;
}

/** The address of a line, and what separates it from what follows. */
export function addressText(address: bigint, { addressDigits }: MemoryLayout): string {
  const wrapped = BigInt.asUintN(addressDigits * 4, address);
  return `${wrapped.toString(16).padStart(addressDigits, "0")}:`;
}

/** The words of a line, each after a space. */
export function wordsText(bytes: Uint8Array, { format, sizeBytes }: MemoryLayout): string {
  if (format === "c") return Array.from(bytes, (byte) => ` ${characterText(byte)}`).join("");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += sizeBytes) {
    text += ` ${numberText(readWord(view, at, sizeBytes), format, sizeBytes * 8)}`;
  }
  return text;
}

function readWord(view: DataView, at: number, sizeBytes: number): number | bigint {
  switch (sizeBytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true);
    case 4:
      return view.getUint32(at, true);
    default:
      return view.getBigUint64(at, true);
  }
}

/** Only the largest words have a sign: so does QEMU print them. */
function numberText(value: number | bigint, format: string, bits: number): string {
  switch (format) {
    case "o":
      return `0${value === 0 || value === 0n ? "" : value.toString(8)}`.padStart(Math.ceil(bits / 3));
    case "u":
      return value.toString().padStart(Math.ceil((bits * 10) / 33));
    case "d": {
      const signed = typeof value === "bigint" ? BigInt.asIntN(64, value) : value;
      return signed.toString().padStart(Math.ceil((bits * 10) / 33));
    }
    default:
      return `0x${value.toString(16).padStart(bits / 4, "0")}`;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { "'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r" };

function characterText(byte: number): string {
  const character = String.fromCharCode(byte);
  const isPrintable = byte >= 0x20 && byte <= 0x7e;
  const hex = byte.toString(16).padStart(2, "0");
  return `'${ESCAPES[character] ?? (isPrintable ? character : `\\x${hex}`)}'`;
}
