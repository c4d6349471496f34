/**
 * The PC's display: the head that a console is wired to.
 *
 * A refresh is done at once.  In the modes with 32 bits the surface is the guest's video memory itself, so that the
 * copy that leaves the thread is the only one; all others are drawn into a surface of the display's own.  The
 * size follows the guest's mode.
 *
 * Invariant: `surface.version` is the same as before only when the pixels are.
 */

import type { Vga } from "v86";
import type { DisplayHead } from "../display.ts";
import type { Surface } from "../surface.ts";
import type { Emulator } from "./emulator.ts";
import { BLANK_SIZE, drawTextScreen, type ScreenSize, textScreenSize } from "./text-screen.ts";

const PIXEL_BYTES = 4;

export class Screen implements DisplayHead {
  #emulator: Emulator | undefined;
  #surface: Surface = { width: 0, height: 0, pixels: new Uint32Array(0), version: 0 };
  /** Own pixels, used for as long as they are large enough. */
  #pixels = new Uint32Array(0);
  #instructions = 0;
  #isStale = true;
  #frameNumber = 0;

  /** The emulator whose screen it is from now on. */
  show(emulator: Emulator): void {
    this.#emulator = emulator;
    this.changed();
  }

  /** What is shown has changed without the guest having run. */
  changed(): void {
    this.#isStale = true;
  }

  get size(): ScreenSize {
    return this.#emulator === undefined ? { width: 0, height: 0 } : sizeOf(this.#emulator.vga);
  }

  get surface(): Surface {
    return this.#surface;
  }

  get frameNumber(): number {
    return this.#frameNumber;
  }

  refresh(): "done" {
    const emulator = this.#emulator;
    if (emulator === undefined) return "done";
    if (this.#isStale || emulator.instructions !== this.#instructions) {
      this.#instructions = emulator.instructions;
      this.#isStale = false;
      this.#frameNumber++;
    }
    this.#surface = this.#draw(emulator);
    return "done";
  }

  #draw(emulator: Emulator): Surface {
    const { vga } = emulator;
    const size = sizeOf(vga);
    const version = this.#frameNumber;
    const direct = isDirect(vga) ? directPixels(vga, size) : undefined;
    if (direct !== undefined) return { ...size, pixels: direct, version };
    // Nothing of it is drawn twice: the surface has it already.
    if (version === this.#surface.version) return this.#surface;
    const pixels = this.#ownPixels(size);
    if (vga.graphical_mode) drawGraphics(emulator, size, pixels);
    else drawTextScreen(vga, pixels);
    return { ...size, pixels, version };
  }

  #ownPixels({ width, height }: ScreenSize): Uint32Array {
    const count = width * height;
    if (this.#pixels.length < count) this.#pixels = new Uint32Array(count);
    return this.#pixels.subarray(0, count);
  }
}

function sizeOf(vga: Vga): ScreenSize {
  if (!vga.graphical_mode) return textScreenSize(vga);
  const { svga_enabled: isSvga } = vga;
  const width = isSvga ? vga.svga_width : vga.screen_width;
  const height = isSvga ? vga.svga_height : vga.screen_height;
  // In the middle of a change of modes there may be none.
  return width === 0 || height === 0 || vga.image_data === null ? BLANK_SIZE : { width, height };
}

/** Whether the guest's pixels are as they leave the thread, x8r8g8b8. */
function isDirect(vga: Vga): boolean {
  return vga.graphical_mode && vga.svga_enabled && vga.svga_bpp === 32;
}

function directPixels(vga: Vga, { width, height }: ScreenSize): Uint32Array | undefined {
  const first = vga.svga_offset * PIXEL_BYTES;
  const bytes = vga.svga_memory.subarray(first, first + width * height * PIXEL_BYTES);
  // A guest may place its screen so that it ends behind the video memory.
  if (bytes.length !== width * height * PIXEL_BYTES || bytes.byteOffset % PIXEL_BYTES !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, width * height);
}

/** Other graphics modes: v86 makes pixels of them, r8g8b8a8, which are put in the order of ours. */
function drawGraphics({ cpu, vga }: Emulator, size: ScreenSize, pixels: Uint32Array): void {
  pixels.fill(0);
  if (vga.image_data === null) return;
  if (vga.svga_enabled) cpu.svga_mark_dirty();
  vga.screen_fill_buffer();
  const { data, width: stride } = vga.image_data;
  const source = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / PIXEL_BYTES);
  const whole = {
    screen_x: 0,
    screen_y: 0,
    buffer_x: 0,
    buffer_y: 0,
    buffer_width: size.width,
    buffer_height: size.height,
  };
  for (const layer of vga.svga_enabled ? [whole] : vga.layers) {
    const width = Math.min(layer.buffer_width, size.width - layer.screen_x);
    const height = Math.min(layer.buffer_height, size.height - layer.screen_y);
    for (let y = 0; y < height; y++) {
      const from = (layer.buffer_y + y) * stride + layer.buffer_x;
      const to = (layer.screen_y + y) * size.width + layer.screen_x;
      for (let x = 0; x < width; x++) {
        const pixel = source[from + x] ?? 0;
        pixels[to + x] = ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff);
      }
    }
  }
}
