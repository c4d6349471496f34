import type { Vga } from "v86";
import { describe, expect, it } from "vitest";
import { drawTextScreen, textScreenSize } from "../../../src/machine/pc/text-screen.ts";

const [BLACK, WHITE, BLUE] = [0, 0xffffff, 0x0000aa] as const;

/** Two columns and one row of eight lines: `A`, white on blue, has its first and last dots; `─` is 0xc4. */
function vga(changes: Partial<Vga> = {}): Vga {
  const plane2 = new Uint8Array(0x1_0000);
  plane2.fill(0b1000_0001, 0x41 * 32, 0x41 * 32 + 8);
  plane2[0xc4 * 32] = 0xff;
  return {
    vga_memory: Uint8Array.of(0x41, 0x1f, 0xc4, 0x0f),
    plane2,
    max_cols: 2,
    max_rows: 1,
    max_scan_line: 7,
    clocking_mode: 0,
    attribute_mode: 4,
    palette_source: 0x20,
    dac_mask: 0xff,
    dac_map: Uint8Array.from({ length: 16 }, (_, index) => index),
    vga256_palette: Int32Array.from({ length: 256 }, (_, index) =>
      index === 15 ? WHITE : index === 1 ? BLUE : 0,
    ),
    start_address: 0,
    offset_register: 1,
    line_compare: 1023,
    crtc_mode: 3,
    cursor_address: 99,
    cursor_scanline_start: 0x20,
    cursor_scanline_end: 0,
    character_map_select: 0,
    font_page_ab_enabled: false,
    ...changes,
  } as unknown as Vga;
}

function draw(screen: Vga): { lines: number[][]; width: number; height: number } {
  const { width, height } = textScreenSize(screen);
  const pixels = new Uint32Array(width * height);
  drawTextScreen(screen, pixels);
  const lines = Array.from({ length: height }, (_, y) => [...pixels.subarray(y * width, (y + 1) * width)]);
  return { lines, width, height };
}

describe("text mode", () => {
  it("draws glyphs of nine columns, the last one the eighth again for lines alone", () => {
    const { lines, width, height } = draw(vga());
    expect([width, height]).toEqual([18, 8]);
    expect(lines[0]?.slice(0, 9)).toEqual([WHITE, ...Array(6).fill(BLUE), WHITE, BLUE]);
    expect(lines[0]?.slice(9)).toEqual(Array(9).fill(WHITE));
    expect(lines[1]?.slice(9)).toEqual(Array(9).fill(BLACK));
  });

  it("draws glyphs of eight columns where the guest wants them", () => {
    const { lines, width } = draw(vga({ clocking_mode: 1 }));
    expect(width).toBe(16);
    expect(lines[0]?.slice(6, 10)).toEqual([BLUE, WHITE, WHITE, WHITE]);
  });

  it("draws the cursor where it is, unless it is switched off", () => {
    const shape = { cursor_address: 0, cursor_scanline_start: 6, cursor_scanline_end: 7 };
    expect(draw(vga(shape)).lines[6]?.slice(0, 9)).toEqual(Array(9).fill(WHITE));
    expect(draw(vga({ ...shape, cursor_scanline_start: 0x26 })).lines[6]?.[1]).toBe(BLUE);
  });

  it("begins where the guest's screen begins, and again at 0 below its split", () => {
    expect(draw(vga({ start_address: 1 })).lines[0]?.slice(0, 9)).toEqual(Array(9).fill(WHITE));
    expect(draw(vga({ start_address: 1, line_compare: 0 })).lines[0]?.[1]).toBe(BLUE);
  });

  it("is black while the screen is off, and before there is a mode", () => {
    expect(new Set(draw(vga({ palette_source: 0 })).lines.flat())).toEqual(new Set([BLACK]));
    expect(textScreenSize(vga({ max_scan_line: 0 }))).toEqual({ width: 720, height: 400 });
  });
});
