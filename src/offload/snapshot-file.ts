/**
 * A snapshot's file: what it tells about itself, then a machine's state and the overlays of disks.
 *
 *     | magic | version | length of header | checksum of header | header, JSON | state | overlay | ... | checksum |
 *
 * Numbers have 32 bits, little endian.  The last checksum is of state and overlays; it comes last, since it is made
 * while they are written.  The name of a file is the snapshot's tag: renaming one renames the other.
 */

import { crc32 } from "node:zlib";
import { SNAPSHOT_HEADER_BYTES_MAX, SNAPSHOT_NAME_BYTES_MAX } from "../util/limits.ts";
import type { DriveName } from "./pc-contract.ts";

const MAGIC = Buffer.from("qmpdsnap", "latin1");
/** Counted up with each change of the form. */
const VERSION = 1;
const WORD_BYTES = 4;
/** All that comes before the header. */
export const PREFIX_BYTES = MAGIC.length + 3 * WORD_BYTES;
export const CHECKSUM_BYTES = WORD_BYTES;
const SUFFIX = ".snapshot";
const DRIVES: Readonly<Record<DriveName, true>> = { "ide0-hd0": true, "ide1-cd0": true, floppy0: true };

export interface SnapshotHeader {
  /** No other snapshot of the directory has it. */
  readonly id: number;
  /** When it was saved, in milliseconds since 1970. */
  readonly dateMs: number;
  /** How long the guest had run by then. */
  readonly guestTimeMs: number;
  readonly stateBytes: number;
  readonly overlays: readonly { readonly drive: DriveName; readonly bytes: number }[];
}

/** What is wrong with a file; without its name. */
export class SnapshotFault extends Error {
  override readonly name = "SnapshotFault";
  readonly code = "SNAPSHOT";
}

/** What comes before the state. */
export function encodeHeader(header: SnapshotHeader): Buffer {
  const text = Buffer.from(JSON.stringify(header), "utf8");
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  [VERSION, text.length, crc32(text)].forEach((word, index) => {
    prefix.writeUInt32LE(word, MAGIC.length + index * WORD_BYTES);
  });
  return Buffer.concat([prefix, text]);
}

/** How long the header is, from what comes before it.  Throws {@link SnapshotFault}. */
export function headerBytes(prefix: Buffer): number {
  if (!prefix.subarray(0, MAGIC.length).equals(MAGIC.subarray(0, prefix.length)))
    throw new SnapshotFault("it is no snapshot");
  if (prefix.length < PREFIX_BYTES) throw new SnapshotFault("its end is missing");
  const version = prefix.readUInt32LE(MAGIC.length);
  if (version !== VERSION)
    throw new SnapshotFault(`it is of version ${version}, and only version ${VERSION} can be read`);
  const bytes = prefix.readUInt32LE(MAGIC.length + WORD_BYTES);
  if (bytes > SNAPSHOT_HEADER_BYTES_MAX) throw damaged();
  return bytes;
}

/** Throws {@link SnapshotFault}. */
export function decodeHeader(prefix: Buffer, text: Buffer): SnapshotHeader {
  if (text.length < headerBytes(prefix)) throw new SnapshotFault("its end is missing");
  if (crc32(text) !== prefix.readUInt32LE(MAGIC.length + 2 * WORD_BYTES)) throw damaged();
  let header: unknown;
  try {
    header = JSON.parse(text.toString("utf8"));
  } catch {
    throw damaged();
  }
  if (!isHeader(header)) throw damaged();
  return header;
}

export function damaged(): SnapshotFault {
  return new SnapshotFault("it is damaged: a checksum is wrong");
}

/** Of a whole file. */
export function fileBytes(headerLength: number, { stateBytes, overlays }: SnapshotHeader): number {
  const data = overlays.reduce((sum, { bytes }) => sum + bytes, stateBytes);
  return PREFIX_BYTES + headerLength + data + CHECKSUM_BYTES;
}

/** Also a file that was made by others, with a checksum that is right, is looked at before memory is taken for it. */
function isHeader(value: unknown): value is SnapshotHeader {
  if (typeof value !== "object" || value === null) return false;
  const { id, dateMs, guestTimeMs, stateBytes, overlays } = value as Partial<Record<string, unknown>>;
  const isCount = (number: unknown): boolean => Number.isSafeInteger(number) && (number as number) >= 0;
  const isTime = (number: unknown): boolean => Number.isFinite(number) && (number as number) >= 0;
  return (
    [id, stateBytes].every(isCount) &&
    [dateMs, guestTimeMs].every(isTime) &&
    Array.isArray(overlays) &&
    overlays.every(
      (overlay: Partial<Record<string, unknown>> | null) =>
        Object.hasOwn(DRIVES, String(overlay?.drive)) && isCount(overlay?.bytes),
    )
  );
}

/**
 * The file name of a tag.  A tag may be any text, a path among others: whatever is not plain in a name is written
 * as in a URL.  Throws {@link SnapshotFault} for a tag that is too long.
 */
export function fileName(tag: string): string {
  if (tag.length > SNAPSHOT_NAME_BYTES_MAX) throw tooLong();
  const name = Array.from(Buffer.from(tag, "utf8"), (byte, index) => {
    const character = String.fromCharCode(byte);
    const isPlain = /[A-Za-z0-9_-]/.test(character) || (character === "." && index > 0);
    return isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
  if (name.length > SNAPSHOT_NAME_BYTES_MAX) throw tooLong();
  return `${name === "" ? "%" : name}${SUFFIX}`;
}

function tooLong(): SnapshotFault {
  return new SnapshotFault("Snapshot tag is too long");
}

/** The tag of a file, or undefined for a file that is none of a snapshot. */
export function tagOf(name: string): string | undefined {
  if (!name.endsWith(SUFFIX)) return undefined;
  const stem = name.slice(0, -SUFFIX.length);
  try {
    const tag = stem === "%" ? "" : decodeURIComponent(stem);
    return fileName(tag) === name ? tag : undefined;
  } catch {
    return undefined;
  }
}
