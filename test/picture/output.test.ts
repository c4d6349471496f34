import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeBase64 } from "../../src/picture/base64.ts";
import { CancelledError } from "../../src/picture/cancelled.ts";
import { writePicture } from "../../src/picture/write.ts";
import { cancel, createCancelFlag } from "../../src/util/cancel-flag.ts";
import { BASE64_BAND_BYTES } from "../../src/util/limits.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-output-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A picture in pieces, out of order in memory, and its bytes in order. */
function pieces(...lengths: readonly number[]) {
  const total = lengths.reduce((a, b) => a + b, 0);
  const buffer = new SharedArrayBuffer(total + 100);
  const bytes = new Uint8Array(buffer).map((_, at) => at * 7 + (at >> 8));
  new Uint8Array(buffer).set(bytes);
  const extents: number[] = [];
  let end = total + 50;
  for (const length of lengths) {
    end -= length;
    extents.push(end, length);
  }
  const parts: Uint8Array[] = [];
  for (let index = 0; index < extents.length; index += 2) {
    parts.push(bytes.slice(extents[index], (extents[index] ?? 0) + (extents[index + 1] ?? 0)));
  }
  return { buffer, extents, whole: Buffer.concat(parts) };
}

describe("writing", () => {
  it.each([
    ["longer than", 5_000_000],
    ["as long as", 3_000_033],
    ["shorter than", 10],
  ])("D5: overwrites a file %s the picture, which is complete afterwards", (_, fileBytes) => {
    const path = join(directory, "picture");
    writeFileSync(path, Buffer.alloc(fileBytes, 1));
    const { buffer, extents, whole } = pieces(33, 2_500_000, 0, 500_000);
    const fd = openSync(path, "r+");
    writePicture({ buffer, extents, fd, isFile: true, fileBytes, cancel: createCancelFlag() });
    closeSync(fd);
    expect(Buffer.compare(readFileSync(path), whole)).toBe(0);
  });

  it("C7: writes nothing more once it is cancelled", () => {
    const { buffer, extents } = pieces(1000);
    const path = join(directory, "cancelled");
    const fd = openSync(path, "w");
    const flag = createCancelFlag();
    cancel(flag);
    const work = { buffer, extents, fd, isFile: true, fileBytes: 0, cancel: flag };
    expect(() => writePicture(work)).toThrow(CancelledError);
    closeSync(fd);
    expect(readFileSync(path)).toHaveLength(0);
  });
});

describe("base64", () => {
  it.each([
    [[0]],
    [[1]],
    [[2, 3, 1]],
    [[BASE64_BAND_BYTES, 1]],
    [[100_001, 700_002, 5, BASE64_BAND_BYTES + 1]],
  ])("D6: is that of the whole picture, however it is divided (%j)", (lengths) => {
    const { buffer, extents, whole } = pieces(...lengths);
    const work = { buffer, extents, sizeBytes: whole.length, cancel: createCancelFlag() };
    const base64 = encodeBase64(work);
    expect(base64.byteLength).toBe(base64.buffer.byteLength);
    expect(Buffer.from(base64).toString("latin1")).toBe(whole.toString("base64"));
  });

  it("C7: ends when it is cancelled", () => {
    const { buffer, extents } = pieces(10);
    const flag = createCancelFlag();
    cancel(flag);
    const work = { buffer, extents, sizeBytes: 10, cancel: flag };
    expect(() => encodeBase64(work)).toThrow(CancelledError);
  });
});
