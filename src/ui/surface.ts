/**
 * Frames: copies of a surface in shared memory, for those who encode and write (rule D3).
 *
 * New memory is dear: touching it for the first time takes many times longer than the copy itself.  So
 * memory whose frame nobody reads any more is handed in again.
 */

import type { Surface } from "../machine/surface.ts";
import { allocateFrameMemory, holdsFrame, pixelCapacityBytes, stampFrame } from "../util/frame-memory.ts";
import type { SharedSurface } from "../util/shared-surface.ts";

const PIXEL_BYTES = 4;

/**
 * Copies `surface` into `reuse`, when there is one and it is large enough, or into new memory.  Memory that
 * holds this very picture already, of a display on which nothing was drawn since, is answered as it is:
 * `surfaceId` tells the surface apart from any other that the memory may have been used for.
 */
export function copyFrame(
  surface: Surface,
  surfaceId: number,
  reuse: WebAssembly.Memory | undefined,
): SharedSurface {
  const { width, height, pixels, version } = surface;
  const fits = reuse !== undefined && pixelCapacityBytes(reuse) >= pixels.byteLength;
  const memory = fits ? reuse : allocateFrameMemory(pixels.byteLength);
  if (!holdsFrame(memory, surfaceId, version)) {
    new Uint32Array(memory.buffer).set(pixels);
    stampFrame(memory, surfaceId, version);
  }
  return { memory, offset: 0, width, height, stride: width * PIXEL_BYTES };
}
