/**
 * PPM, as QEMU writes it: `P6`, then the pixels as R, G, B.  The room holds the file as it is, so its bands can
 * be made in any order.
 */

import { layoutPpm } from "../util/picture-layout.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import type { PictureEncoder } from "./picture-encoder.ts";
import type { PixelKernels } from "./pixels.ts";

export function createPpmEncoder(
  frame: SharedSurface,
  kernels: PixelKernels,
  room: Uint8Array<SharedArrayBuffer>,
): PictureEncoder {
  const { offset, width, height, stride } = frame;
  const { header, bandLines, roomBytes } = layoutPpm(width, height);
  const lineBytes = width * 3;
  /** Makes a band's pixels at `target` of the memory, and answers how many bytes they are. */
  const convert = (band: number, target: number): number => {
    const firstLine = band * bandLines;
    const lines = Math.min(bandLines, height - firstLine);
    const source = offset + firstLine * stride;
    if (stride === width * 4) kernels.rgb(source, target, lines * width);
    else {
      for (let line = 0; line < lines; line++) {
        kernels.rgb(source + line * stride, target + line * lineBytes, width);
      }
    }
    return lines * lineBytes;
  };
  const headerBytes = Buffer.from(header, "latin1");
  return {
    encodeBand(band) {
      if (band === 0) room.set(headerBytes);
      const sizeBytes = convert(band, room.byteOffset + header.length + band * bandLines * lineBytes);
      return { sizeBytes, checksum: 0 };
    },
    // A few bands' worth of memory stays in the processor's cache, where a whole picture would not.
    encodeFileBand(band, task) {
      const start = task * (header.length + bandLines * lineBytes);
      const head = band === 0 ? header.length : 0;
      if (band === 0) room.set(headerBytes, start);
      const length = head + convert(band, room.byteOffset + start + head);
      const position = band === 0 ? 0 : header.length + band * bandLines * lineBytes;
      return { bytes: room.subarray(start, start + length), position };
    },
    finish: () => [room.byteOffset, roomBytes],
  };
}
