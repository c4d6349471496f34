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
  const pixelsAt = room.byteOffset + header.length;
  return {
    encodeBand(band) {
      if (band === 0) room.set(Buffer.from(header, "latin1"));
      const firstLine = band * bandLines;
      const lines = Math.min(bandLines, height - firstLine);
      const source = offset + firstLine * stride;
      const target = pixelsAt + firstLine * width * 3;
      if (stride === width * 4) kernels.rgb(source, target, lines * width);
      else {
        for (let line = 0; line < lines; line++)
          kernels.rgb(source + line * stride, target + line * width * 3, width);
      }
      return { sizeBytes: lines * width * 3, checksum: 0 };
    },
    placeOf(band) {
      const lineStart = (line: number): number => header.length + line * width * 3;
      const start = band === 0 ? 0 : lineStart(band * bandLines);
      return { start, length: lineStart(Math.min(height, (band + 1) * bandLines)) - start };
    },
    finish: () => [room.byteOffset, roomBytes],
  };
}
