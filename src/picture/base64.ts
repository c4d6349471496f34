/** Base64 of a picture in a pool thread, in bands. */

import { type CancelFlag, isCancelled } from "../util/cancel-flag.ts";
import { BASE64_BAND_BYTES } from "../util/limits.ts";
import { CancelledError } from "./cancelled.ts";

export interface Base64Work {
  readonly buffer: SharedArrayBuffer;
  /** Offset and length of each piece of the picture. */
  readonly extents: readonly number[];
  /** Of all pieces. */
  readonly sizeBytes: number;
  readonly cancel: CancelFlag;
}

/** Throws `CancelledError`. */
export function encodeBase64({ buffer, extents, sizeBytes, cancel }: Base64Work): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(buffer);
  // Memory of its own, that can be moved to another thread.
  const out = Buffer.from(new ArrayBuffer(Math.ceil(sizeBytes / 3) * 4));
  // Pieces of a picture end anywhere: they are gathered in bands of whole groups of three bytes.
  const band = Buffer.allocUnsafe(BASE64_BAND_BYTES);
  let filled = 0;
  let written = 0;
  const flush = (): void => {
    written += out.write(band.toString("base64", 0, filled), written, "latin1");
    filled = 0;
  };
  for (let index = 0; index + 1 < extents.length; index += 2) {
    let at = extents[index] ?? 0;
    const end = at + (extents[index + 1] ?? 0);
    while (at < end) {
      if (isCancelled(cancel)) throw new CancelledError();
      const length = Math.min(end - at, BASE64_BAND_BYTES - filled);
      band.set(bytes.subarray(at, at + length), filled);
      filled += length;
      at += length;
      if (filled === BASE64_BAND_BYTES) flush();
    }
  }
  flush();
  return out;
}
