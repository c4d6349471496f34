/**
 * A surface: the pixels of one head, as its device last drew them.
 *
 * It lies in the machine thread's own memory, not in shared memory: nobody else may look at it, because
 * the device draws on it at any time (rule D3).  What leaves the thread is a copy.
 */

export interface Surface {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Line after line without padding; a pixel is x8r8g8b8. */
  readonly pixels: Uint32Array;
  /** Larger after each change of the pixels: whoever draws counts. */
  version: number;
}

/** A black surface of `width` by `height` pixels. */
export function createSurface(width: number, height: number): Surface {
  return { width, height, pixels: new Uint32Array(width * height), version: 0 };
}

/** Fills a rectangle, cut to the surface. */
export function fillRectangle(
  surface: Surface,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: number,
): void {
  const left = Math.max(0, x);
  const right = Math.min(surface.width, x + width);
  const bottom = Math.min(surface.height, y + height);
  if (left >= right) return;
  for (let line = Math.max(0, y); line < bottom; line++) {
    surface.pixels.fill(colour, line * surface.width + left, line * surface.width + right);
  }
}
