/**
 * A picture in a terminal that can show one: by kitty's graphics protocol, which takes the PNG as it is, or as sixels.
 *
 * What a terminal can do is told from its environment: asking it would mean to read its answer from among what is typed.
 *
 * Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/
 */

import { encode } from "fast-png";
import { FINALIZER, image2sixel, introducer, type RGBColor, sixelEncode } from "sixel";
import { createSupportsTerminalGraphics } from "supports-terminal-graphics";
import { decodePicture } from "../screenbench/picture.ts";
import { decodePng } from "../screenbench/png.ts";

export type PictureProtocol = "kitty" | "sixel";

/** Of base64, in one escape sequence of kitty's. */
const KITTY_CHUNK_CHARS_MAX = 4096;
const SIXEL_COLORS_MAX = 256;

const MULTIPLEXER_TERM = /^(?:tmux|screen)/;

/** How `stream` shows pictures; undefined when it is no terminal, or one of which that is not known. */
export function pictureProtocol(stream: { readonly isTTY?: boolean }): PictureProtocol | undefined {
  if (isInMultiplexer(process.env)) return undefined;
  const { kitty, sixel } = createSupportsTerminalGraphics(stream);
  if (kitty) return "kitty";
  return sixel ? "sixel" : undefined;
}

/**
 * tmux and screen stand between the terminal and this program, drop pictures, and leave the terminal's own variables as
 * they are.  TERM tells of them on another computer, too, unless they were told to set another one.
 */
function isInMultiplexer({ TERM = "", TMUX = "", STY = "" }: NodeJS.ProcessEnv): boolean {
  return TMUX !== "" || STY !== "" || MULTIPLEXER_TERM.test(TERM);
}

/**
 * What to write to the terminal, with the end of the line.  `file` is a whole PNG or PPM; where it is not, an error may be
 * thrown that says what is wrong.
 */
export function terminalPicture(file: Buffer, format: "png" | "ppm", protocol: PictureProtocol): string {
  const png = format === "png" ? file : pngOfPpm(file);
  return `${protocol === "kitty" ? kittyPicture(png) : sixelPicture(png)}\n`;
}

function pngOfPpm(ppm: Buffer): Buffer {
  const { width, height, bytes, bytesPerPixel } = decodePicture(ppm, "ppm");
  return Buffer.from(encode({ width, height, channels: bytesPerPixel, data: bytes }));
}

function kittyPicture(png: Buffer): string {
  const base64 = png.toString("base64");
  let text = "";
  for (let start = 0; start < base64.length; start += KITTY_CHUNK_CHARS_MAX) {
    const end = start + KITTY_CHUNK_CHARS_MAX;
    // Transmit and display, a PNG, and no answer: it would be taken for what somebody types.
    const what = start === 0 ? "a=T,f=100,q=2," : "";
    text += `\x1b_G${what}m=${end < base64.length ? 1 : 0};${base64.slice(start, end)}\x1b\\`;
  }
  return text;
}

function sixelPicture(png: Buffer): string {
  const { width, height, data, channels, depth, palette: indexed } = decodePng(png);
  if (indexed !== undefined) throw new Error("its pixels are of a palette, not gray or in color");
  if (depth !== 8) throw new Error(`its pixels have ${depth} bits, not 8`);
  const rgba = new Uint8Array(width * height * 4).fill(0xff);
  // Servers make pictures of 8 bits, gray or in color, with or without alpha: what is grey has one value for all three.
  const isGrey = channels < 3;
  for (let from = 0, to = 0; to < rgba.length; from += channels, to += 4) {
    for (let color = 0; color < 3; color++) rgba[to + color] = Number(data[from + (isGrey ? 0 : color)]);
  }
  const palette = fewColors(rgba);
  // Of few colors, as those of a text console are, a quantizer would make other ones.
  return palette === undefined
    ? image2sixel(rgba, width, height, SIXEL_COLORS_MAX)
    : introducer() + sixelEncode(rgba, width, height, palette) + FINALIZER;
}

/** The colors of a picture; undefined when there are more than sixels can have. */
function fewColors(rgba: Uint8Array): RGBColor[] | undefined {
  const colors = new Map<number, RGBColor>();
  for (let at = 0; at < rgba.length; at += 4) {
    const red = rgba[at] ?? 0;
    const green = rgba[at + 1] ?? 0;
    const blue = rgba[at + 2] ?? 0;
    const key = (red << 16) | (green << 8) | blue;
    if (colors.has(key)) continue;
    if (colors.size === SIXEL_COLORS_MAX) return undefined;
    colors.set(key, [red, green, blue]);
  }
  return [...colors.values()];
}
