import type { Cpu } from "v86";
import { describe, expect, it } from "vitest";
import { copyMemory } from "../../../src/machine/pc/memory.ts";

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
