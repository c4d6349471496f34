/**
 * The still picture: a desktop with windows, text and a photograph, made from its size alone.
 *
 * Benchmarks load the same picture into other emulators, so it is fixed: the same width and height give the
 * same pixels for ever.  It is meant to compress as a real desktop does: plain areas, repeated glyphs, smooth
 * gradients, and some grain that does not compress.
 */

import { fillRectangle, type Surface } from "./surface.ts";

const WALLPAPER_SHADES = 32;
const PANEL_PX = 28;
const TITLE_PX = 22;
const PAPER = 0x00fb_fbf8;
const INK = 0x0022_2a33;
const TERMINAL = 0x0012_1820;
const TERMINAL_INK = 0x00b8_e0b0;
const GLYPH_WIDTH = 6;
const GLYPH_HEIGHT = 9;
const LINE_PX = 14;
const GLYPH_COUNT = 48;

/** Paints the whole surface. */
export function paintStill(surface: Surface): void {
  const { width, height } = surface;
  const random = createRandom(0x51ee_d001);
  const glyphs = Array.from({ length: GLYPH_COUNT }, () => makeGlyph(random));
  paintWallpaper(surface);
  const u = (share: number): number => Math.floor(width * share);
  const v = (share: number): number => Math.floor(height * share);
  paintWindow(surface, u(0.04), v(0.08), u(0.46), v(0.62), PAPER);
  paintText(
    surface,
    glyphs,
    random,
    u(0.04) + 10,
    v(0.08) + TITLE_PX + 8,
    u(0.46) - 20,
    v(0.62) - TITLE_PX - 16,
    INK,
  );
  paintWindow(surface, u(0.54), v(0.12), u(0.42), v(0.44), PAPER);
  paintPhotograph(
    surface,
    random,
    u(0.54) + 8,
    v(0.12) + TITLE_PX + 8,
    u(0.42) - 16,
    v(0.44) - TITLE_PX - 16,
  );
  paintWindow(surface, u(0.34), v(0.5), u(0.5), v(0.4), TERMINAL);
  paintText(
    surface,
    glyphs,
    random,
    u(0.34) + 8,
    v(0.5) + TITLE_PX + 6,
    u(0.5) - 16,
    v(0.4) - TITLE_PX - 12,
    TERMINAL_INK,
  );
  fillRectangle(surface, 0, height - PANEL_PX, width, PANEL_PX, 0x002b_303b);
  for (let x = 8; x + 90 < u(0.7); x += 98)
    fillRectangle(surface, x, height - PANEL_PX + 4, 90, PANEL_PX - 8, 0x0045_4d5c);
  paintText(surface, glyphs, random, u(0.86), height - PANEL_PX + 9, u(0.13), LINE_PX, 0x00e6_e9ee);
}

/** Uniform integers of 32 bits by xorshift, the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function paintWallpaper({ width, height, pixels }: Surface): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Slanted shades, as a wallpaper of few colours has them.
      const shade = Math.floor(((x * 2 + y * 3) * WALLPAPER_SHADES) / (width * 2 + height * 3));
      pixels[y * width + x] = ((20 + shade) << 16) | ((60 + 2 * shade) << 8) | (110 + 3 * shade);
    }
  }
}

function paintWindow(
  surface: Surface,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: number,
): void {
  fillRectangle(surface, x + 5, y + 5, width, height, 0x0018_2430);
  fillRectangle(surface, x, y, width, height, 0x0080_8890);
  for (let line = 0; line < TITLE_PX - 2; line++) {
    const shade = 0x70 - 2 * line;
    fillRectangle(
      surface,
      x + 1,
      y + 1 + line,
      width - 2,
      1,
      (shade << 16) | ((shade + 16) << 8) | (shade + 40),
    );
  }
  for (let button = 0; button < 3; button++) {
    fillRectangle(
      surface,
      x + width - 18 * (button + 1),
      y + 5,
      12,
      12,
      [0x00e0_6050, 0x00e8_c050, 0x0060_c060][button] ?? 0,
    );
  }
  fillRectangle(surface, x + 1, y + TITLE_PX, width - 2, height - TITLE_PX - 1, colour);
}

/** A glyph is a bit a pixel, drawn with a few strokes, as letters are. */
function makeGlyph(random: () => number): Uint8Array {
  const glyph = new Uint8Array(GLYPH_HEIGHT);
  const strokes = 2 + (random() % 3);
  for (let stroke = 0; stroke < strokes; stroke++) {
    const column = random() % (GLYPH_WIDTH - 1);
    const line = 1 + (random() % (GLYPH_HEIGHT - 2));
    if (random() % 2 === 0) {
      for (let y = 1; y < GLYPH_HEIGHT - 1; y++) glyph[y] = (glyph[y] ?? 0) | (1 << column);
    } else {
      glyph[line] = (glyph[line] ?? 0) | 0b11110;
    }
  }
  return glyph;
}

function paintText(
  surface: Surface,
  glyphs: readonly Uint8Array[],
  random: () => number,
  x: number,
  y: number,
  width: number,
  height: number,
  ink: number,
): void {
  for (let top = y; top + GLYPH_HEIGHT <= y + height; top += LINE_PX) {
    const length = Math.floor((width / (GLYPH_WIDTH + 1)) * (0.3 + (random() % 70) / 100));
    let wordLeft = 2 + (random() % 9);
    for (let column = 0; column < length; column++) {
      if (wordLeft-- === 0) {
        wordLeft = 2 + (random() % 9);
        continue;
      }
      const glyph = glyphs[random() % GLYPH_COUNT] ?? new Uint8Array(0);
      paintGlyph(surface, glyph, x + column * (GLYPH_WIDTH + 1), top, ink);
    }
  }
}

function paintGlyph(surface: Surface, glyph: Uint8Array, x: number, y: number, ink: number): void {
  for (let line = 0; line < glyph.length; line++) {
    for (let column = 0; column < GLYPH_WIDTH; column++) {
      if ((((glyph[line] ?? 0) >> column) & 1) === 1) fillRectangle(surface, x + column, y + line, 1, 1, ink);
    }
  }
}

/** Hills under a sky, with the grain of a camera. */
function paintPhotograph(
  surface: Surface,
  random: () => number,
  left: number,
  top: number,
  width: number,
  height: number,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grain = random() % 5;
      const ridge = hill(x / width, 0.45, 9) * height;
      const meadow = hill(x / width, 0.72, 5) * height;
      let colour: number;
      if (y < ridge) colour = rgb(120 + (60 * y) / height, 160 + (50 * y) / height, 225, grain);
      else if (y < meadow)
        colour = rgb(70 + (30 * (y - ridge)) / height, 90, 100 - (60 * y) / height + 20, grain);
      else colour = rgb(60 + (40 * (y - meadow)) / height, 120 + (30 * x) / width, 50, grain);
      surface.pixels[(top + y) * surface.width + left + x] = colour;
    }
  }
}

/**
 * Height of a ridge, 0 to 1, from parabolas: sines may differ in their last bit from one engine to the next,
 * and the picture must not.
 */
function hill(share: number, base: number, count: number): number {
  const wave = (share * count) % 1;
  const slow = (share * count * 0.37) % 1;
  return base - 0.12 * 4 * wave * (1 - wave) - 0.16 * 4 * slow * (1 - slow);
}

function rgb(red: number, green: number, blue: number, grain: number): number {
  return ((Math.floor(red) + grain) << 16) | ((Math.floor(green) + grain) << 8) | (Math.floor(blue) + grain);
}
