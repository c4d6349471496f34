/**
 * Text mode: pixels made of the characters, the font and the palette that the guest has loaded into its VGA.
 *
 * Drawn as the hardware does: eight or nine columns a glyph, a second font where the guest uses one, a screen
 * that is split in two, the cursor.  What blinks is shown in its visible half, so that the same screen is always
 * the same picture.
 */

import type { Vga } from "v86";

/** In pixels. */
export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

/** What is shown before the guest has set a mode: VGA text of 80 columns and 25 rows. */
export const BLANK_SIZE: ScreenSize = { width: 720, height: 400 };
const GLYPH_BYTES = 32;
const FONT_BYTES = 0x2000;
/** Where the eight fonts lie in plane 2, by their number in the character map register. */
const FONT_OFFSETS = [0, 0x4000, 0x8000, 0xc000, 0x2000, 0x6000, 0xa000, 0xe000] as const;
const CURSOR_DISABLED = 0x20;

interface TextMode extends ScreenSize {
  readonly glyphWidth: number;
  readonly glyphHeight: number;
}

function textMode(vga: Vga): TextMode | undefined {
  const glyphHeight = (vga.max_scan_line & 31) + 1;
  if (glyphHeight === 1 || vga.max_cols === 0 || vga.max_rows === 0) return undefined;
  const glyphWidth = (vga.clocking_mode & 1) === 0 ? 9 : 8;
  return { glyphWidth, glyphHeight, width: vga.max_cols * glyphWidth, height: vga.max_rows * glyphHeight };
}

export function textScreenSize(vga: Vga): ScreenSize {
  return textMode(vga) ?? BLANK_SIZE;
}

/** Draws the screen into `pixels`, x8r8g8b8, of the size that `textScreenSize` has told. */
export function drawTextScreen(vga: Vga, pixels: Uint32Array): void {
  const mode = textMode(vga);
  const isOff = vga.palette_source === 0 || (vga.clocking_mode & 0x20) !== 0;
  if (mode === undefined || isOff) {
    pixels.fill(0);
    return;
  }
  const { vga_memory: memory, max_cols: columns, max_rows: rows } = vga;
  const palette = readPalette(vga);
  const fonts = readFonts(vga);
  const blinks = (vga.attribute_mode & 8) !== 0;
  const backgroundMask = blinks ? 7 : 15;
  const foregroundMask = vga.font_page_ab_enabled ? 7 : 15;
  const rowGap = Math.max(0, 2 * (2 * vga.offset_register - columns));
  const splitRow = rowOfLine(vga, vga.line_compare);
  let address = vga.start_address << 1;
  for (let row = 0; row < rows; row++) {
    if (row === splitRow) address = 0;
    for (let column = 0; column < columns; column++, address += 2) {
      const character = memory[address] ?? 0;
      const attribute = memory[address + 1] ?? 0;
      const foreground = palette[attribute & foregroundMask] ?? 0;
      drawGlyph(pixels, mode, column, row, {
        font: (attribute & 8) !== 0 ? fonts.bright : fonts.plain,
        character,
        foreground,
        background: palette[(attribute >> 4) & backgroundMask] ?? 0,
        repeatsLast: (vga.attribute_mode & 4) !== 0 && character >= 0xc0 && character <= 0xdf,
      });
      if (address >> 1 === vga.cursor_address) drawCursor(vga, pixels, mode, column, row, foreground);
    }
    address += rowGap;
  }
}

interface Glyph {
  readonly font: Uint8Array;
  readonly character: number;
  readonly foreground: number;
  readonly background: number;
  /** Line graphics: the ninth column is the eighth again. */
  readonly repeatsLast: boolean;
}

function drawGlyph(pixels: Uint32Array, mode: TextMode, column: number, row: number, glyph: Glyph): void {
  const { glyphWidth, glyphHeight, width } = mode;
  const { font, foreground, background } = glyph;
  let line = row * glyphHeight * width + column * glyphWidth;
  const start = glyph.character * GLYPH_BYTES;
  for (let y = 0; y < glyphHeight; y++, line += width) {
    const bits = font[start + y] ?? 0;
    for (let x = 0; x < 8; x++) pixels[line + x] = (bits & (0x80 >> x)) !== 0 ? foreground : background;
    if (glyphWidth === 9) pixels[line + 8] = glyph.repeatsLast && (bits & 1) !== 0 ? foreground : background;
  }
}

function drawCursor(
  vga: Vga,
  pixels: Uint32Array,
  mode: TextMode,
  column: number,
  row: number,
  colour: number,
): void {
  if ((vga.cursor_scanline_start & CURSOR_DISABLED) !== 0) return;
  const first = vga.cursor_scanline_start & 31;
  const last = Math.min(vga.cursor_scanline_end & 31, mode.glyphHeight - 1);
  for (let y = first; y <= last; y++) {
    const start = (row * mode.glyphHeight + y) * mode.width + column * mode.glyphWidth;
    pixels.fill(colour, start, start + mode.glyphWidth);
  }
}

function readPalette(vga: Vga): readonly number[] {
  return Array.from(vga.dac_map, (entry) => (vga.vga256_palette[vga.dac_mask & entry] ?? 0) & 0x00ff_ffff);
}

/** The font of characters with attribute bit 3, and that of those without: most often one and the same. */
function readFonts({ plane2, character_map_select: select }: Vga): {
  readonly bright: Uint8Array;
  readonly plain: Uint8Array;
} {
  const fontAt = (number: number): Uint8Array => {
    const start = FONT_OFFSETS[number] ?? 0;
    return plane2.subarray(start, start + FONT_BYTES);
  };
  return {
    bright: fontAt(((select & 0x0c) >> 2) | ((select & 0x20) >> 3)),
    plain: fontAt((select & 0x03) | ((select & 0x10) >> 2)),
  };
}

function rowOfLine(vga: Vga, line: number): number {
  let scanLine = line;
  if ((vga.max_scan_line & 0x80) !== 0) scanLine >>>= 1;
  return Math.ceil(scanLine / (1 + (vga.max_scan_line & 31)));
}
