/** A picture as a server made it, decoded: its size and its pixels. */

import { createHash } from "node:crypto";
import type { PixelBytes } from "../machine/frame-number.ts";
import type { Format } from "./cases.ts";
import { decodePng } from "./png.ts";

const PPM_HEAD = /^P6\s+(\d+)\s+(\d+)\s+255\s/;
const PPM_HEAD_BYTES_MAX = 64;
const RGB = 3;

/** Throws an error that says what is wrong with the picture. */
export function decodePicture(bytes: Buffer, format: Format): PixelBytes {
  const image = format === "png" ? colorsOfPng(bytes) : decodePpm(bytes);
  const expected = image.stride * image.height;
  if (expected === 0) throw new Error(`it is ${image.width}x${image.height}, which no display is`);
  if (image.bytes.length === expected) return image;
  throw new Error(`it has ${image.bytes.length} bytes of pixels, not ${expected}`);
}

function colorsOfPng(bytes: Buffer): PixelBytes {
  const { width, height, data, channels, depth } = decodePng(bytes);
  if (depth !== 8 || channels < RGB || !(data instanceof Uint8Array)) {
    throw new Error(`it has ${channels} channels of ${depth} bits, not 3 or 4 of 8`);
  }
  return { bytes: data, bytesPerPixel: channels, width, height, stride: width * channels };
}

function decodePpm(bytes: Buffer): PixelBytes {
  const head = PPM_HEAD.exec(bytes.toString("latin1", 0, PPM_HEAD_BYTES_MAX));
  if (head === null) throw new Error("it does not begin as a PPM of 8 bits does");
  const [text, width, height] = [head[0], Number(head[1]), Number(head[2])];
  return {
    bytes: bytes.subarray(text.length),
    bytesPerPixel: RGB,
    width,
    height,
    stride: width * RGB,
  };
}

/** Equal for equal colours, whatever the format and the file. */
export function pixelHash({ bytes, bytesPerPixel, width, height }: PixelBytes): string {
  const hash = createHash("sha256").update(`${width}x${height}`);
  if (bytesPerPixel === RGB) return hash.update(bytes).digest("hex");
  const colours = Buffer.alloc(width * height * RGB);
  for (let from = 0, to = 0; to < colours.length; from += bytesPerPixel, to += RGB) {
    colours[to] = bytes[from] ?? 0;
    colours[to + 1] = bytes[from + 1] ?? 0;
    colours[to + 2] = bytes[from + 2] ?? 0;
  }
  return hash.update(colours).digest("hex");
}
