import type { Cpu } from "v86";
import { describe, expect, it } from "vitest";
import { copyMemory, memoryOf } from "../../../src/machine/pc/memory.ts";
import { listMappings, listRanges } from "../../../src/machine/pc/page-tables.ts";

const SIZE_BYTES = 2 ** 21;

/** A CPU with RAM alone, whose paging is on. */
function cpu(cr4: number, words: readonly (readonly [address: number, word: number])[]): Cpu {
  const mem8 = new Uint8Array(SIZE_BYTES);
  const view = new DataView(mem8.buffer);
  for (const [address, word] of words) view.setUint32(address, word, true);
  return {
    mem8,
    memory_size: Uint32Array.of(SIZE_BYTES),
    memory_map_read8: [],
    cr: Int32Array.of(0x8000_0001 | 0, 0, 0, 0x1000, cr4),
  } as unknown as Cpu;
}

function read(machine: Cpu, address: bigint, length: number): string {
  const into = new Uint8Array(length);
  copyMemory(machine, "virtual", address, into);
  return Buffer.from(into).toString("hex");
}

describe("a virtual address is looked up", () => {
  it("in two levels of tables, across pages that lie apart, and not beyond what is mapped", () => {
    const machine = cpu(0, [
      [0x1000 + 4 * 0x300, 0x2003], // 0xc0000000
      [0x2000, 0x5003],
      [0x2004, 0x9003],
      [0x5ffc, 0x44332211],
      [0x9000, 0x88776655],
    ]);
    expect(read(machine, 0xc000_0ffcn, 8)).toBe("1122334455667788");
    expect(() => read(machine, 0xc000_1ff0n, 32)).toThrow(
      "Invalid addr 0x00000000c0001ff0/size 32 specified",
    );
    expect(() => read(machine, 0n, 1)).toThrow("Invalid addr 0x0000000000000000/size 1 specified");
    expect(() => read(machine, 2n ** 32n - 1n, 2)).toThrow("Invalid addr 0x00000000ffffffff/size 2");
    expect(read(machine, 0x1_c000_0ffcn, 8)).toBe("1122334455667788");
  });

  it("as a page of 4 MiB where the CPU may have such", () => {
    const words = [
      [0x1000 + 4 * 0x300, 0x0000_0083],
      [0x4_5678, 0x0badcafe],
    ] as const;
    expect(read(cpu(1 << 4, words), 0xc004_5678n, 4)).toBe("fecaad0b");
    // Without them the entry leads to a table, at 0, that maps nothing.
    expect(() => read(cpu(0, words), 0xc004_5678n, 4)).toThrow("Invalid addr");
  });

  it("in three levels with the extension, and as a page of 2 MiB", () => {
    const machine = cpu(1 << 5, [
      [0x1000 + 8 * 3, 0x3001], // 0xc0000000 to 0xffffffff
      [0x3000, 0x4003],
      [0x3008, 0x0000_0083], // 0xc0200000
      [0x4008, 0x7003], // 0xc0001000
      [0x7010, 0x04030201],
    ]);
    expect(read(machine, 0xc000_1010n, 4)).toBe("01020304");
    expect(read(machine, 0xc020_7010n, 4)).toBe("01020304");
    expect(() => read(machine, 0xc000_0000n, 1)).toThrow("Invalid addr");
    expect(() => read(machine, 0x8000_0000n, 1)).toThrow("Invalid addr");
  });
});

/** Virtual address, physical address and length of each run. */
function runs(machine: Cpu): number[][] {
  return triples(listMappings(machine));
}

function triples(numbers: Float64Array): number[][] {
  return Array.from({ length: numbers.length / 3 }, (_, index) => [
    ...numbers.subarray(3 * index, 3 * index + 3),
  ]);
}

describe("what the page tables map is listed", () => {
  it("in runs that lie one behind the other in both spaces", () => {
    const machine = cpu(1 << 4, [
      [0x1000, 0x2003],
      [0x1000 + 4 * 0x300, 0x3003],
      [0x1000 + 4 * 0x301, 0x0040_0083],
      [0x1000 + 4 * 0x302, 0x0080_0083],
      [0x2000, 0x5003],
      [0x2004, 0x6003],
      [0x2008, 0x9003],
      [0x2010, 0xa003],
      // The last page of a table, and the large one behind it.
      [0x3ffc, 0x003f_f003],
    ]);
    expect(runs(machine)).toEqual([
      [0, 0x5000, 0x2000],
      [0x2000, 0x9000, 0x1000],
      [0x4000, 0xa000, 0x1000],
      [0xc03f_f000, 0x003f_f000, 0x80_1000],
    ]);
  });

  it("with the extension", () => {
    const machine = cpu(1 << 5, [
      [0x1018, 0x3001],
      [0x3000, 0x4003],
      [0x3008, 0x0000_0083],
      [0x4008, 0x7003],
      [0x4ff8, 0x001f_f003],
    ]);
    expect(runs(machine)).toEqual([
      [0xc000_1000, 0x7000, 0x1000],
      [0xc01f_f000, 0x001f_f000, 0x1000],
      [0xc020_0000, 0, 0x20_0000],
    ]);
  });

  it("however many they are", () => {
    const physical = (index: number): number => (index ^ 1) * 0x1000;
    const pages = Array.from({ length: 1024 }, (_, index) => index);
    const machine = cpu(0, [
      [0x1000, 0x2003],
      ...pages.map((index) => [0x2000 + 4 * index, physical(index) + 3] as const),
    ]);
    expect(runs(machine)).toEqual(pages.map((index) => [index * 0x1000, physical(index), 0x1000]));
  });

  it("as nothing without paging, and where a table does not lie in memory", () => {
    const machine = cpu(0, [[0x1000, 0xff00_0003]]);
    expect(runs(machine)).toEqual([]);
    machine.cr[0] = 1;
    expect(runs(machine)).toEqual([]);
  });
});

/** Virtual address, rights and length of each, as tables' entries have them. */
function ranges(machine: Cpu, countMax = 100): number[][] {
  return triples(listRanges(machine, countMax));
}

describe("what may be used alike is one range", () => {
  it("of small and of large pages, wherever they lie", () => {
    const machine = cpu(1 << 4, [
      [0x1000, 0x2003],
      [0x1004, 0x0083],
      [0x1008, 0x0087 + 0x80_0000],
      ...Array.from({ length: 1024 }, (_, index) => [0x2000 + 4 * index, 0x9003] as const),
      [0x1000 + 4 * 0x300, 0x3007],
      [0x3000, 0x5],
      [0x3004, 0x7],
      [0x3008, 0x6],
      [0x300c, 0x3],
    ]);
    expect(ranges(machine)).toEqual([
      [0, 3, 0x80_0000],
      [0x80_0000, 7, 0x40_0000],
      [0xc000_0000, 5, 0x1000],
      [0xc000_1000, 7, 0x1000],
      [0xc000_3000, 3, 0x1000],
    ]);
    expect(ranges(machine, 5)).toEqual(ranges(machine));
    expect(ranges(machine, 2)).toEqual(ranges(machine).slice(0, 2));
  });

  it("with no more rights than the directory gives", () => {
    const machine = cpu(0, [
      [0x1000, 0x2001],
      [0x2000, 0x7],
    ]);
    expect(ranges(machine)).toEqual([[0, 1, 0x1000]]);
  });

  it("with the extension, up to the end of all addresses", () => {
    const machine = cpu(1 << 5, [
      [0x1000, 0x2001],
      [0x1018, 0x2001],
      [0x2000, 0x3003],
      [0x2008, 0x0087],
      [0x2000 + 8 * 511, 0x0083],
      [0x3000, 0x1003],
    ]);
    expect(ranges(machine)).toEqual([
      [0, 3, 0x1000],
      [0x20_0000, 7, 0x20_0000],
      [0x3fe0_0000, 3, 0x20_0000],
      [0xc000_0000, 3, 0x1000],
      [0xc020_0000, 7, 0x20_0000],
      [0xffe0_0000, 3, 0x20_0000],
    ]);
  });
});

it("memory of several ranges is read as if they were one", () => {
  const machine = cpu(0, [
    [0x1ffc, 0x44332211],
    [0x9000, 0x88776655],
    [0xa000, 0xccbbaa99],
  ]);
  const source = memoryOf(machine, [
    { address: 0x1ff0, length: 16 },
    { address: 0x9000, length: 4 },
    { address: 0xa000, length: 4 },
  ]);
  const read = (offset: number, length: number): string => {
    const into = new Uint8Array(length);
    source(offset, into);
    return Buffer.from(into).toString("hex");
  };
  expect(read(12, 12)).toBe("112233445566778899aabbcc");
  expect(read(14, 4)).toBe("33445566");
  expect(read(17, 2)).toBe("6677");
  expect(read(20, 4)).toBe("99aabbcc");
});
