import { describe, expect, it } from "vitest";
import { type CoreContent, type CoreRegisters, encodeCoreHead } from "../../src/dump/core-head.ts";
import { memoryOfCore, readCore } from "../support/elf.ts";

const segment = (selector: number) => ({
  selector,
  base: selector * 16,
  limit: 0xffff_ffff,
  flags: 0xcf_9300,
});

const REGISTERS: CoreRegisters = {
  eax: 0xa1,
  ebx: 0xb2,
  ecx: 0xc3,
  edx: 0xd4,
  esi: 0x51,
  edi: 0xd1,
  ebp: 0xb9,
  esp: 0x59,
  eip: 0xfff0_1234,
  eflags: 0x246,
  es: segment(0x10),
  cs: segment(0x08),
  ss: segment(0x18),
  ds: segment(0x20),
  fs: segment(0x28),
  gs: segment(0x30),
  ldt: segment(0x38),
  tr: segment(0x40),
  gdt: { base: 0xf_2000, limit: 0x17 },
  idt: { base: 0x1000, limit: 0x7ff },
  cr0: 0xe000_0011,
  cr2: 0xdead_beef,
  cr3: 0x2_0000,
  cr4: 0x10,
};

/** Two runs of memory, of which each byte tells where it lies. */
const RANGES = [
  { address: 0x1000, length: 0x2000 },
  { address: 0x8000, length: 0x1000 },
];

function core(mappings?: Float64Array) {
  const content: CoreContent = { registers: REGISTERS, ranges: RANGES, mappings };
  const memory = RANGES.map(({ address, length }) => Buffer.alloc(length, address >>> 12));
  return readCore(Buffer.concat([encodeCoreHead(content), ...memory]));
}

describe("the head of a core file", () => {
  it("has each run of memory where it lies", () => {
    expect(core().loads.map(({ virtual, physical, bytes }) => [virtual, physical, bytes.length])).toEqual([
      [0x1000, 0x1000, 0x2000],
      [0x8000, 0x8000, 0x1000],
    ]);
    expect(memoryOfCore(core(), 0x8fff, 1)?.[0]).toBe(8);
  });

  it("has what is mapped where it is seen, without what the file does not have", () => {
    const { loads } = core(
      Float64Array.of(
        ...[0x40_0000, 0x2000, 0x1000], // Inside a run.
        ...[0x50_0000, 0, 0x1_0000], // Over both, and what lies between.
        ...[0x60_0000, 0xa_0000, 0x1000], // Elsewhere.
      ),
    );
    expect(loads.map(({ virtual, physical, bytes }) => [virtual, physical, bytes.length])).toEqual([
      [0x40_0000, 0x2000, 0x1000],
      [0x50_1000, 0x1000, 0x2000],
      [0x50_8000, 0x8000, 0x1000],
    ]);
    expect(loads.map(({ bytes }) => bytes[0])).toEqual([1, 1, 8]);
  });

  it("has the registers of a thread, in Linux's order", () => {
    const [status] = core().notes;
    expect(status).toMatchObject({ name: "CORE", type: 1 });
    expect(status?.bytes.length).toBe(144);
    expect(status?.bytes.readUInt32LE(24)).toBe(1);
    const words = Array.from({ length: 17 }, (_, index) => status?.bytes.readUInt32LE(72 + index * 4));
    const { ebx, ecx, edx, esi, edi, ebp, eax, eip, eflags, esp } = REGISTERS;
    expect(words).toEqual([
      ...[ebx, ecx, edx, esi, edi, ebp, eax],
      ...[0x20, 0x10, 0x28, 0x30, 0, eip, 0x08, eflags, esp, 0x18],
    ]);
  });

  it("has QEMU's note, with segments, tables and control registers", () => {
    const [, note] = core().notes;
    expect(note).toMatchObject({ name: "QEMU", type: 0 });
    const bytes = note?.bytes ?? Buffer.alloc(0);
    expect([bytes.length, bytes.readUInt32LE(0), bytes.readUInt32LE(4)]).toEqual([440, 1, 440]);
    const long = (at: number) => Number(bytes.readBigUInt64LE(at));
    expect([long(8), long(16), long(136), long(144)]).toEqual([0xa1, 0xb2, REGISTERS.eip, 0x246]);
    // CS is the first of ten, each of 24 bytes.
    expect([152, 156, 160].map((at) => bytes.readUInt32LE(at))).toEqual([0x08, 0xffff_ffff, 0xcf_9300]);
    expect(long(168)).toBe(0x80);
    expect([bytes.readUInt32LE(152 + 8 * 24 + 4), long(152 + 8 * 24 + 16)]).toEqual([0x17, 0xf_2000]);
    expect([392, 400, 408, 416, 424].map(long)).toEqual([0xe000_0011, 0, 0xdead_beef, 0x2_0000, 0x10]);
  });

  it("tells of more program headers than its field can count", () => {
    const count = 70_000;
    const mappings = Float64Array.from({ length: 3 * count }, (_, index) =>
      index % 3 === 0 ? 0x1_0000 + (index / 3) * 0x2000 : index % 3 === 1 ? 0x1000 : 0x1000,
    );
    const { loads, notes } = core(mappings);
    expect([loads.length, notes.length]).toEqual([count, 2]);
    expect(loads.at(-1)).toMatchObject({ virtual: 0x1_0000 + (count - 1) * 0x2000, physical: 0x1000 });
  });
});
