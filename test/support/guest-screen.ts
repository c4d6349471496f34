/**
 * Reads a picture of the demo guest's text screen, cell by cell, by the glyphs of the font that its source draws.
 */

import { readFileSync } from "node:fs";
import { ROM_FOLDER } from "./demo-guest.ts";

const GLYPH_WIDTH = 8;
const GLYPH_ROWS = 16;
const FIRST_GLYPH = 0x20;
/** Printable ASCII: what comes behind it are drawings. */
const GLYPHS = 0x5f;

/** A glyph's rows, `#` where it is set. */
type Glyph = string;

function readFont(): ReadonlyMap<Glyph, string> {
  const source = readFileSync(new URL("font.asm", ROM_FOLDER), "latin1");
  const rows = Array.from(source.matchAll(/^\s+band_row "([#. ]+)"/gm), ([, row = ""]) => row.split(" "));
  return new Map(
    Array.from({ length: GLYPHS }, (_, glyph) => {
      const band = Math.floor(glyph / 8) * GLYPH_ROWS;
      const cell = rows.slice(band, band + GLYPH_ROWS).map((row) => row[glyph % 8] ?? "");
      return [cell.join("\n"), String.fromCharCode(FIRST_GLYPH + glyph)];
    }),
  );
}

/** The lines of text in a PPM; a cell that shows no character of ASCII is `?`. */
export function readScreen(ppm: Buffer): string[] {
  const font = readFont();
  const [header = "", width = 0, height = 0] =
    /^P6\n(\d+) (\d+)\n255\n/.exec(ppm.toString("latin1", 0, 32)) ?? [];
  const at = (x: number, y: number): number => ppm.readUIntBE(header.length + 3 * (y * Number(width) + x), 3);
  const cell = (column: number, row: number): Glyph => {
    const colours = Array.from({ length: GLYPH_ROWS }, (_, y) =>
      Array.from({ length: GLYPH_WIDTH }, (_, x) => at(column * GLYPH_WIDTH + x, row * GLYPH_ROWS + y)),
    );
    // No glyph of ASCII has its first pixel set.
    const background = colours[0]?.[0];
    return colours
      .map((line) => line.map((colour) => (colour === background ? "." : "#")).join(""))
      .join("\n");
  };
  return Array.from({ length: Number(height) / GLYPH_ROWS }, (_, row) =>
    Array.from({ length: Number(width) / GLYPH_WIDTH }, (_, column) => font.get(cell(column, row)) ?? "?")
      .join("")
      .trimEnd(),
  );
}
