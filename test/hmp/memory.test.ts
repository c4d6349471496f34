/**
 * `x`, `xp` and `info mem` on a memory of the test's own.  What is shown of numbers 0, 1, 2, ... from 0x13000 on, of a text at
 * 0x10000 and of ranges is what QEMU 7.2 printed with the same bytes in its memory.
 */

import { beforeEach, describe, expect, it } from "vitest";
import type { HmpMachine } from "../../src/hmp/command.ts";
import { newMemory } from "../../src/hmp/hmp-memory.ts";
import { HumanMonitor } from "../../src/hmp/human-monitor.ts";
import type { Registers } from "../../src/offload/pc-contract.ts";
import { QmpError } from "../../src/qmp/errors.ts";
import { CommandRegistry } from "../../src/qmp/registry.ts";
import { ResourceTable } from "../../src/qmp/resources.ts";
import { HMP_MEMORY_BYTES_MAX, HMP_MEMORY_RANGES_COUNT_MAX } from "../../src/util/limits.ts";

const MEMORY_BYTES = 0x80_0000;
const HOLE = 0x2_0000;
const THREAD_DEAD = new QmpError("it has died");

let bytes: Uint8Array;
let cpu: Partial<Registers> | undefined;
let copies: number;
let isThreadDead: boolean;
/** What the page tables map: address, rights, length, and again. */
let ranges: readonly number[] | undefined;
let memory = newMemory();

beforeEach(() => {
  bytes = new Uint8Array(MEMORY_BYTES);
  bytes.set(Buffer.from("qmpd demo guest: here I am!"), 0x1_0000);
  for (let index = 0; index < 4096; index++) bytes[0x1_3000 + index] = index & 255;
  const nothing = { selector: 0, base: 0, limit: 0, flags: 0 };
  cpu = { eip: 0x80, esp: 0x1_3000, cs: { ...nothing, base: 0x1_3000 }, cr0: 0, cr4: 0 };
  copies = 0;
  isThreadDead = false;
  ranges = undefined;
  memory = newMemory();
});

const machine: HmpMachine = {
  async registers() {
    if (isThreadDead) throw THREAD_DEAD;
    return cpu as Registers | undefined;
  },
  async mappedRanges(countMax) {
    return ranges && Float64Array.from(ranges.slice(0, 3 * countMax));
  },
  async copyMemory(space, address, into) {
    copies++;
    const end = Number(address) + into.length;
    const isHole = space === "virtual" && end > HOLE;
    if (isThreadDead) throw THREAD_DEAD;
    if (isHole || end > MEMORY_BYTES) return false;
    into.set(bytes.subarray(Number(address), end));
    return true;
  },
};

async function run(line: string, turns: (callback: () => void) => void = setImmediate): Promise<string> {
  const human = new HumanMonitor({
    registry: () => new CommandRegistry([]),
    resources: new ResourceTable(),
    machine,
    isPreconfig: () => false,
    nextTurn: turns,
    jobStatus: () => ({ reached: Promise.resolve(), close() {} }),
    nowMs: () => 0,
  });
  let output = "";
  const caller = {
    id: undefined,
    session: { sessionId: 1, has: () => false, negotiate() {} },
    monitor: { sessions: () => [], cancel() {} },
    signal: new AbortController().signal,
    progress() {},
    emitUnicast() {},
    replyRoom: () => Promise.resolve(),
  };
  await human.runLine(line, memory, caller, (text) => {
    output += text;
  });
  return output.replaceAll("\r\n", "\n");
}

const TRY = 'Try "help x" for more information\n';

describe("memory that is shown", () => {
  it.each([
    ["x/4xb 0x10000", "00010000: 0x71 0x6d 0x70 0x64\n"],
    ["x /4xb 0x10000", "00010000: 0x71 0x6d 0x70 0x64\n"],
    ["x/3xh 0x10000", "00010000: 0x6d71 0x6470 0x6420\n"],
    [
      "x/6xw 0x10000",
      "00010000: 0x64706d71 0x6d656420 0x7567206f 0x3a747365\n00010010: 0x72656820 0x20492065\n",
    ],
    ["x/3xg 0x10000", "00010000: 0x6d65642064706d71 0x3a7473657567206f\n00010010: 0x2049206572656820\n"],
    ["x/1L 0x10000", "00010000: 0x6d65642064706d71\n"],
    ["x/1xhx 0x10000", "00010000: 0x6d71\n"],
    ["x/10db 0x13080", "00013080: 128 129 130 131 132 133 134 135\n00013088: 136 137\n"],
    ["x/5ub 0x13000", "00013000:   0   1   2   3   4\n"],
    ["x/3dh 0x13080", "00013080: 33152 33666 34180\n"],
    ["x/3uw 0x13080", "00013080: 2206368128 2273740164 2341112200\n"],
    ["x/1dg 0x13080", "00013080: -8681104427521506944\n"],
    ["x/5ob 0x10000", "00010000: 0161 0155 0160 0144 040\n"],
    ["x/3oh 0x13080", "00013080: 0100600 0101602 0102604\n"],
    ["x/2ob 0x13000", "00013000:   0  01\n"],
    [
      "x/5og 0x10000",
      "00010000: 0665453102014434066561 0351643466256531620157\n" +
        "00010010: 0201111006256231264040              010266541\n" +
        "00010020:                      0\n",
    ],
    [
      "x/12cb 0x13080",
      "00013080: '\\x80' '\\x81' '\\x82' '\\x83' '\\x84' '\\x85' '\\x86' '\\x87'\n" +
        "00013088: '\\x88' '\\x89' '\\x8a' '\\x8b'\n",
    ],
    ["x/4c 0x10000", "00010000: 'q' 'm' 'p' 'd' ' ' 'd' 'e' 'm' 'o' ' ' 'g' 'u' 'e' 's' 't' ':'\n"],
    ["x/1cb 0x1300a", "0001300a: '\\n'\n"],
    ["x/1cb 0x13027", "00013027: '\\''\n"],
    ["x/1cb 0x1305c", "0001305c: '\\\\'\n"],
    ["xp/8cb 0x10000", "0000000000010000: 'q' 'm' 'p' 'd' ' ' 'd' 'e' 'm'\n"],
    ["x/0x 0x10000", ""],
    ["x/2xb $pc", "00013080: 0x80 0x81\n"],
    ["x/1xb $esp + 4", "00013004: 0x04\n"],
    ["x/1xb 0x1000010000", "00010000: 0x71\n"],
    ["x/1xb -4", "fffffffc: Cannot access memory\n"],
    ["xp/1xb -4", "fffffffffffffffc: Cannot access memory\n"],
    ["x/20xb 0x1fff8", "0001fff8: 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00\n00020000: Cannot access memory\n"],
    ["x/4xb 0x1fffe", "0001fffe: Cannot access memory\n"],
    ["x", `unexpected end of expression\n${TRY}`],
    ["x/2s 0x10000", `invalid char in format: 's'\n${TRY}`],
    ["x / 4xb 0", `x: extraneous characters at the end of line\n${TRY}`],
    ["x 0 0", `x: extraneous characters at the end of line\n${TRY}`],
    ["x $foo", `unknown register\n${TRY}`],
    ["x/2i 0x10000", "Error: instructions cannot be shown: there is no disassembler here\n"],
    ["x/99999999999xb 0", `Error: at most ${HMP_MEMORY_BYTES_MAX} bytes can be shown at a time\n`],
  ])("%j is shown as in QEMU, or refused", async (line, expected) => {
    expect(await run(line)).toBe(expected);
  });

  it("is shown in the format of the last time where none is given", async () => {
    await run("x/1db 0x13080");
    expect(await run("x/2 0x13080")).toBe("00013080: 128 129\n");
    expect(await run("xp 0x13080")).toBe("0000000000013080: 128\n");
    await run("x/1i 0");
    expect(await run("x 0")).toContain("no disassembler");
    expect(await run("x/x 0x13080")).toBe("00013080: 0x80\n");
  });

  it("needs a CPU, unless the address is physical", async () => {
    cpu = undefined;
    expect(await run("x 0")).toBe("Can not dump without CPU\n");
    expect(await run("xp/1i 0")).toBe("Can not dump without CPU\n");
    expect(await run("xp/1xb 0x10000")).toBe("0000000000010000: 0x71\n");
    expect(await run("x $pc")).toBe(`unknown register\n${TRY}`);
    expect(await run("info registers")).toBe("No CPU available\n");
    expect(await run("info registers 1")).toBe("CPU#1 not available\n");
    expect(await run("info mem")).toBe("No CPU available\n");
    expect(await run("memsave 0 1 file")).toBe("No CPU available\n");
  });

  it.each(["x 0", "xp 0", "info registers", "info mem", "xp $eip", "memsave 0 1 file"])(
    "is not told to be missing by %j when the thread has died that has it",
    async (line) => {
      isThreadDead = true;
      expect(await run(line)).toBe("Error: it has died\n");
    },
  );

  it("is of one moment, and becomes text in slices", async () => {
    let turns = 0;
    const text = await run(`xp/${HMP_MEMORY_BYTES_MAX}xb 0`, (callback) => {
      turns++;
      setImmediate(callback);
    });
    expect(text.split("\n").length).toBe(HMP_MEMORY_BYTES_MAX / 8 + 1);
    expect(copies).toBe(1);
    expect(turns).toBeGreaterThan(200);
  });

  it("is found in few steps where it ends within what was asked for", async () => {
    const lines = (await run(`x/${HMP_MEMORY_BYTES_MAX}xb ${HOLE - 8 * 1000}`)).split("\n");
    expect(lines.length).toBe(1000 + 2);
    expect(lines[1000]).toBe("00020000: Cannot access memory");
    expect(copies).toBeLessThan(20);
  });
});

describe("info mem", () => {
  it("says so where there is no paging", async () => {
    expect(await run("info mem")).toBe("PG disabled\n");
  });

  it("shows ranges, up to the end of all addresses, with their rights", async () => {
    ranges = [0, 1, 0x1000, 0x80_0000, 7, 0x40_0000, 0xc000_0000, 5, 0x1000, 0xffe0_0000, 3, 0x20_0000];
    expect(await run("info mem")).toBe(
      "0000000000000000-0000000000001000 0000000000001000 -r-\n" +
        "0000000000800000-0000000000c00000 0000000000400000 urw\n" +
        "00000000c0000000-00000000c0001000 0000000000001000 ur-\n" +
        "00000000ffe00000-0000000100000000 0000000000200000 -rw\n",
    );
  });

  it("tells of a limited number of ranges", async () => {
    const many = (count: number): number[] =>
      Array.from({ length: count }, (_, index) => [0x2000 * index, 3, 0x1000]).flat();
    ranges = many(HMP_MEMORY_RANGES_COUNT_MAX + 2);
    let turns = 0;
    const text = await run("info mem", (callback) => {
      turns++;
      setImmediate(callback);
    });
    const lines = text.trimEnd().split("\n");
    expect(lines.length).toBe(HMP_MEMORY_RANGES_COUNT_MAX + 1);
    expect(lines.at(-1)).toBe("(there are more ranges, from 0000000002000000 on)");
    expect(turns).toBeGreaterThan(100);
    ranges = many(HMP_MEMORY_RANGES_COUNT_MAX);
    expect((await run("info mem")).trimEnd().split("\n").length).toBe(HMP_MEMORY_RANGES_COUNT_MAX);
  });
});
