import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { paintStill } from "../../src/machine/still.ts";
import { createSurface } from "../../src/machine/surface.ts";

function stillBytes(width: number, height: number): Uint8Array {
  const surface = createSurface(width, height);
  paintStill(surface);
  return new Uint8Array(surface.pixels.buffer);
}

describe("the still picture", () => {
  it.each([
    [320, 200, "20b79acbf5c6961f"],
    [1024, 768, "be09fda14cc7d206"],
  ])("is the same for ever at %dx%d", (width, height, digest) => {
    expect(createHash("sha256").update(stillBytes(width, height)).digest("hex").slice(0, 16)).toBe(digest);
  });

  it("compresses as a desktop does: neither a plain area nor noise", () => {
    const bytes = stillBytes(1280, 720);
    const share = deflateSync(bytes).length / bytes.length;
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.2);
  });

  it("uses 24 bits of a pixel", () => {
    const surface = createSurface(640, 480);
    paintStill(surface);
    expect(surface.pixels.every((pixel) => pixel >>> 24 === 0)).toBe(true);
  });
});
