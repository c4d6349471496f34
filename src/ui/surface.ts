/**
 * Frames: copies of a surface in shared memory, for those who encode and write (rule D3).
 *
 * New memory is dear: touching it for the first time takes many times longer than the copy itself.  So
 * memory that nobody reads any more is handed in again.
 */

import type { Surface } from "../machine/surface.ts";
import type { SharedSurface } from "../util/shared-surface.ts";

const PAGE_BYTES = 65_536;
const PIXEL_BYTES = 4;

/** Copies `surface` into `reuse`, when there is one and it is large enough, or into new memory. */
export function copyFrame(surface: Surface, reuse: WebAssembly.Memory | undefined): SharedSurface {
  const { width, height, pixels } = surface;
  const memory =
    reuse !== undefined && reuse.buffer.byteLength >= pixels.byteLength ? reuse : allocate(pixels);
  new Uint32Array(memory.buffer).set(pixels);
  return { memory, offset: 0, width, height, stride: width * PIXEL_BYTES };
}

function allocate(pixels: Uint32Array): WebAssembly.Memory {
  const pages = Math.ceil(pixels.byteLength / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
