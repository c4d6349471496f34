/**
 * A PNG of any server, decoded.
 *
 *     file ---chunks, sums checked---> those that pixels are made of ---inflated, to be thrown away---> decoded
 *
 * Invariant: what it takes of memory is bound by the size in its header, and that by what displays have.  The library that
 * decodes goes by other things as well: by a second header, by how much the data inflate to, by a colour profile.  So it is
 * given none of these, and data that are known to end.
 *
 * Source: PNG (third edition), sections 5 and 11.
 */

import { crc32, inflateSync } from "node:zlib";
import { type DecodedPng, decode } from "fast-png";

/** More than any display has. */
const PIXELS_MAX = 2 ** 26;
const SIGNATURE_BYTES = 8;
const HEADER = "IHDR";
const HEADER_BYTES = 13;
const DATA = "IDAT";
const END = "IEND";
/** Of a chunk around its data: the length and the name before, the sum behind. */
const [BEFORE_BYTES, AFTER_BYTES] = [8, 4];
/** What pixels are made of, in the order that they have to have. */
const KEPT = [HEADER, "PLTE", "tRNS", DATA, END];
/** Of red, green, blue and alpha with 16 bits each. */
const PIXEL_BYTES_MAX = 8;

interface Chunk {
  readonly name: string;
  readonly data: Buffer;
  /** With what is around the data. */
  readonly whole: Buffer;
}

/** Throws an error that says what is wrong with it. */
export function decodePng(bytes: Buffer): DecodedPng {
  const chunks = [...chunksOf(bytes)].filter(({ name }) => KEPT.includes(name));
  checkHeader(chunks);
  checkData(chunks);
  const parts = [bytes.subarray(0, SIGNATURE_BYTES), ...chunks.map(({ whole }) => whole)];
  try {
    return decode(Buffer.concat(parts));
  } catch (error) {
    throw notWhole((error as Error).message, error);
  }
}

/** Up to the end of the picture. */
function* chunksOf(bytes: Buffer): Iterable<Chunk> {
  for (let at = SIGNATURE_BYTES; ; ) {
    const start = at + BEFORE_BYTES;
    if (start > bytes.length) throw notWhole(`it ends after ${bytes.length} bytes`);
    const name = bytes.toString("latin1", at + 4, start);
    const dataEnd = start + bytes.readUInt32BE(at);
    const end = dataEnd + AFTER_BYTES;
    if (end > bytes.length) throw notWhole(`it ends after ${bytes.length} bytes`);
    if (crc32(bytes.subarray(at + 4, dataEnd)) !== bytes.readUInt32BE(dataEnd))
      throw notWhole(`the CRC of the chunk at byte ${at} is not that of its data`);
    yield { name, data: bytes.subarray(start, dataEnd), whole: bytes.subarray(at, end) };
    if (name === END) return;
    at = end;
  }
}

function checkHeader(chunks: readonly Chunk[]): void {
  const [header, ...others] = chunks;
  if (header?.name !== HEADER || header.data.length !== HEADER_BYTES)
    throw notWhole("it does not begin with a header");
  if (others.some(({ name }) => name === HEADER)) throw notWhole("it has two headers");
  const { width, height } = sizeOf(header);
  // Lines without pixels would have their filters all the same.
  if (width === 0 || height === 0 || width * height > PIXELS_MAX)
    throw new Error(`it says that it is ${width}x${height}, which no display is`);
}

function checkData(chunks: readonly Chunk[]): void {
  const data = Buffer.concat(chunks.filter(({ name }) => name === DATA).map((chunk) => chunk.data));
  const { width, height } = sizeOf(chunks[0] as Chunk);
  // Each line begins with its filter; the passes of an interlaced picture have less than twice as many lines, or 14.
  const bytesMax = width * height * PIXEL_BYTES_MAX + 2 * height + 14;
  try {
    inflateSync(data, { maxOutputLength: bytesMax });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    if (isTooLarge) throw new Error(`it has more pixels than ${width}x${height}`, { cause: error });
    throw notWhole((error as Error).message, error);
  }
}

function sizeOf({ data }: Chunk): { readonly width: number; readonly height: number } {
  return { width: data.readUInt32BE(0), height: data.readUInt32BE(4) };
}

function notWhole(why: string, cause?: unknown): Error {
  return new Error(`it is no whole PNG: ${why}`, { cause });
}
