/** What a hostile server can put into a PNG takes no more memory than a picture of the size that it says. */

import { crc32, deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { decodePng } from "../../src/screenbench/png.ts";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const BOMB = deflateSync(Buffer.alloc(2 ** 24));

function chunk(name: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

function header(width: number, height: number): Buffer {
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  return chunk("IHDR", data);
}

const DATA = chunk("IDAT", deflateSync(Buffer.from([0, 1, 2, 3])));
const END = chunk("IEND");

function png(...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([SIGNATURE, ...chunks]);
}

describe("a PNG", () => {
  it("is decoded without what is no part of its pixels", () => {
    const profile = chunk("iCCP", Buffer.concat([Buffer.from("name\0\0"), BOMB]));
    const picture = decodePng(png(header(1, 1), profile, DATA, END, Buffer.from("behind")));
    expect(picture).toMatchObject({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });
    expect(picture.iccEmbeddedProfile).toBeUndefined();
  });

  it.each([
    [
      "is larger than any display",
      [header(100_000, 100_000), DATA, END],
      "it says that it is 100000x100000, which",
    ],
    [
      "has lines without pixels, whatever their number",
      [header(0, 2 ** 29), chunk("IDAT", BOMB), END],
      "it says that it is 0x536870912, which",
    ],
    ["has data for more pixels", [header(1, 1), chunk("IDAT", BOMB), END], "it has more pixels than 1x1"],
    ["has another header", [header(1, 1), header(9, 9), DATA, END], "it is no whole PNG: it has two headers"],
    ["has its header late", [DATA, header(1, 1), END], "it is no whole PNG: it does not begin with a header"],
    ["has no header", [END], "it is no whole PNG: it does not begin with a header"],
    ["has no end", [header(1, 1), DATA], "it is no whole PNG: it ends after 57 bytes"],
    ["has data that are none", [header(1, 1), chunk("IDAT", END), END], "it is no whole PNG: "],
  ] as const)("that %s is refused", (_, chunks, message) => {
    expect(() => decodePng(png(...chunks))).toThrow(message);
  });

  it("cut anywhere is refused as such, and so is one of which a byte is another", () => {
    const whole = Buffer.from(encode({ width: 2, height: 1, data: new Uint8Array(6), channels: 3 }));
    for (let at = 0; at < whole.length; at++) {
      expect(() => decodePng(whole.subarray(0, at))).toThrow(/^it is no whole PNG: /);
      const other = Buffer.from(whole);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(() => decodePng(other)).toThrow(/^it is no whole PNG: /);
    }
  });
});
