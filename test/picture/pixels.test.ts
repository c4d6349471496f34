import { readFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combineAdler32, createKernels, createLoopKernels } from "../../src/picture/pixels.ts";
import { buildPixelsModule, TARGET } from "./build-wasm.ts";

const MEMORY_BYTES = 65_536;
const PICTURE_AT = 32_768;

/** Two memories of the same random bytes, for both kinds of kernels. */
function twins(seed: Uint8Array) {
  const [simd, loop] = [0, 1].map(() => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    for (let at = 0; at < MEMORY_BYTES; at++) bytes[at] = (seed[at % seed.length] ?? 0) ^ (at >> 8);
    return { memory, bytes };
  });
  if (simd === undefined || loop === undefined) throw new Error("unreachable");
  return {
    simd: { ...simd, kernels: createKernels(simd.memory) },
    loop: { ...loop, kernels: createLoopKernels(loop.memory.buffer, loop.memory.buffer) },
  };
}

/** The checksum that zlib puts at the end of its stream. */
function adler32(bytes: Uint8Array): number {
  return deflateSync(bytes).readUInt32BE(deflateSync(bytes).length - 4);
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const pixels = fc.nat(2000);
const word = fc.nat(1000).map((n) => n * 4);
const place = fc.nat(1000).map((n) => PICTURE_AT + n);

describe("pixel kernels", () => {
  it("are made of WebAssembly, which the loops are tested against", () => {
    const { simd } = twins(new Uint8Array([1]));
    expect(String(simd.kernels.rgb)).toContain("native code");
  });

  it("convert pixels the same in SIMD and in a loop, for any count and alignment", () => {
    fc.assert(
      fc.property(bytes, word, place, pixels, (seed, source, target, count) => {
        const { simd, loop } = twins(seed);
        simd.kernels.rgb(source, target, count);
        loop.kernels.rgb(source, target, count);
        expect(Buffer.compare(simd.bytes, loop.bytes)).toBe(0);
      }),
    );
  });

  it("subtract pixels the same in SIMD and in a loop, for any distance", () => {
    fc.assert(
      fc.property(bytes, word, word, place, pixels, (seed, source, reference, target, count) => {
        const { simd, loop } = twins(seed);
        simd.kernels.difference(source, reference, target, count);
        loop.kernels.difference(source, reference, target, count);
        expect(Buffer.compare(simd.bytes, loop.bytes)).toBe(0);
      }),
    );
  });

  it("sum differences of one in four pixels the same in SIMD and in a loop, the unused byte left out", () => {
    fc.assert(
      fc.property(bytes, word, word, pixels, (seed, source, reference, count) => {
        const { simd, loop } = twins(seed);
        const sum = simd.kernels.distance(source, reference, count);
        expect(loop.kernels.distance(source, reference, count)).toBe(sum);
        simd.kernels.difference(source, reference, PICTURE_AT, count);
        const left = new Int8Array(simd.memory.buffer, PICTURE_AT, count * 3);
        const isCounted = (pixel: number): boolean => pixel % 16 < 4 && pixel - (pixel % 16) + 4 <= count;
        const counted = left.filter((_, index) => isCounted(Math.floor(index / 3)));
        expect(counted.reduce((a, b) => a + Math.abs(b), 0)).toBe(sum);
      }),
    );
  });

  it("compute zlib's checksum, in SIMD and in a loop", () => {
    fc.assert(
      fc.property(bytes, place, fc.nat(30_000), (seed, target, count) => {
        const { simd, loop } = twins(seed);
        const expected = adler32(new Uint8Array(simd.bytes.slice(target, target + count)));
        expect(simd.kernels.adler32(target, count) >>> 0).toBe(expected);
        expect(loop.kernels.adler32(target, count)).toBe(expected);
      }),
    );
  });

  it("do not overflow on the largest sums", () => {
    const pages = 16;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const all = new Uint8Array(memory.buffer).fill(0xff);
    const expected = adler32(new Uint8Array(all));
    expect(createKernels(memory).adler32(0, all.length) >>> 0).toBe(expected);
    expect(createLoopKernels(memory.buffer, memory.buffer).adler32(0, all.length)).toBe(expected);
    all.fill(0x80, 0, all.length / 2).fill(0, all.length / 2);
    const count = all.length / 8;
    expect(createKernels(memory).distance(0, all.length / 2, count)).toBe((0x80 * 3 * count) / 4);
  });

  it("combine the checksums of two pieces into that of both", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 5000 }), (first, second) => {
        const both = adler32(Buffer.concat([first, second]));
        expect(combineAdler32(adler32(first), adler32(second), second.length)).toBe(both);
      }),
    );
  });
});

it("the committed WebAssembly module is what its source makes", async () => {
  expect(await buildPixelsModule()).toBe(await readFile(TARGET, "utf8"));
});
