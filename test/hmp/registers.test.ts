/** Expected texts are what QEMU 7.2 (qemu-system-i386) prints of a CPU in the same state. */

import { describe, expect, it } from "vitest";
import { registerLookup, registersText } from "../../src/hmp/registers.ts";
import type { Registers, SegmentRegister } from "../../src/offload/pc-contract.ts";

const FLAT: SegmentRegister = { selector: 0x10, base: 0, limit: 0xffff_ffff, flags: 0xcf_9300 };
const REAL: SegmentRegister = { selector: 0, base: 0, limit: 0xffff, flags: 0x9300 };
const NOTHING = [0, 1, 2, 3, 4, 5, 6, 7];
const FPU: Registers["fpu"] = {
  controlWord: 0x37f,
  statusWord: 0,
  tagWord: 0,
  registers: NOTHING.map(() => ({ mantissa: 0n, exponent: 0 })),
  mxcsr: 0x1f80,
  xmm: NOTHING.map(() => 0n),
};

/** The demo guest, at rest. */
const DEMO: Registers = {
  eax: 0x20,
  ebx: 0x5342_4152,
  ecx: 0,
  edx: 0x3c9,
  esi: 0xf_20c7,
  edi: 0x6024,
  ebp: 0,
  esp: 0x2_0000,
  eip: 0xf_2062,
  eflags: 0x246,
  es: FLAT,
  cs: { selector: 8, base: 0, limit: 0xffff_ffff, flags: 0xcf_9a00 },
  ss: FLAT,
  ds: FLAT,
  fs: FLAT,
  gs: FLAT,
  ldt: { selector: 0, base: 0, limit: 0xffff, flags: 0x8200 },
  tr: { selector: 0, base: 0, limit: 0xffff, flags: 0x8b00 },
  gdt: { base: 0xf_0020, limit: 0x17 },
  idt: { base: 0x1000, limit: 0x7ff },
  cr0: 0xe000_0011,
  cr2: 0,
  cr3: 0x2000,
  cr4: 0x10,
  dr: [0, 0, 0, 0, 0, 0, 0xffff_0ff0, 0x400],
  cpl: 0,
  isHalted: true,
  fpu: FPU,
};

const DEMO_TEXT = `
CPU#0
EAX=00000020 EBX=53424152 ECX=00000000 EDX=000003c9
ESI=000f20c7 EDI=00006024 EBP=00000000 ESP=00020000
EIP=000f2062 EFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
ES =0010 00000000 ffffffff 00cf9300 DPL=0 DS   [-WA]
CS =0008 00000000 ffffffff 00cf9a00 DPL=0 CS32 [-R-]
SS =0010 00000000 ffffffff 00cf9300 DPL=0 DS   [-WA]
DS =0010 00000000 ffffffff 00cf9300 DPL=0 DS   [-WA]
FS =0010 00000000 ffffffff 00cf9300 DPL=0 DS   [-WA]
GS =0010 00000000 ffffffff 00cf9300 DPL=0 DS   [-WA]
LDT=0000 00000000 0000ffff 00008200 DPL=0 LDT
TR =0000 00000000 0000ffff 00008b00 DPL=0 TSS32-busy
GDT=     000f0020 00000017
IDT=     00001000 000007ff
CR0=e0000011 CR2=00000000 CR3=00002000 CR4=00000010
DR0=00000000 DR1=00000000 DR2=00000000 DR3=00000000 
DR6=ffff0ff0 DR7=00000400
EFER=0000000000000000
FCW=037f FSW=0000 [ST=0] FTW=00 MXCSR=00001f80
FPR0=0000000000000000 0000 FPR1=0000000000000000 0000
FPR2=0000000000000000 0000 FPR3=0000000000000000 0000
FPR4=0000000000000000 0000 FPR5=0000000000000000 0000
FPR6=0000000000000000 0000 FPR7=0000000000000000 0000
XMM00=0000000000000000 0000000000000000 XMM01=0000000000000000 0000000000000000
XMM02=0000000000000000 0000000000000000 XMM03=0000000000000000 0000000000000000
XMM04=0000000000000000 0000000000000000 XMM05=0000000000000000 0000000000000000
XMM06=0000000000000000 0000000000000000 XMM07=0000000000000000 0000000000000000
`;

describe("the registers as a text", () => {
  it("are laid out as QEMU does, of a CPU in protected mode", () => {
    expect(registersText(DEMO)).toBe(DEMO_TEXT);
  });

  it("say nothing of the kinds of segments in real mode", () => {
    const cs = { selector: 0xf000, base: 0xffff_0000, limit: 0xffff, flags: 0x9b00 };
    const text = registersText({ ...DEMO, cr0: 0x6000_0010, es: REAL, cs, eflags: 2, isHalted: false });
    expect(text).toContain("ES =0000 00000000 0000ffff 00009300\nCS =f000 ffff0000 0000ffff 00009b00\n");
    expect(text).toContain("EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0\n");
  });

  it("show each flag by its letter", () => {
    expect(registersText({ ...DEMO, eflags: 0xcd5 })).toContain("EFL=00000cd5 [DOSZAPC]");
  });

  it("name the kinds of segments, and what the stack of the FPU holds", () => {
    const registers = [...FPU.registers];
    registers[1] = { mantissa: 0x8000_0000_0000_0000n, exponent: 0x3fff };
    const fpu = {
      ...FPU,
      statusWord: 0x3800,
      tagWord: 0x80,
      registers,
      xmm: [1n << 64n, ...FPU.xmm.slice(1)],
    };
    const small = { selector: 0x23, base: 0x100, limit: 0xffff, flags: 0xf700 };
    const code = { selector: 0x1b, base: 0, limit: 0xffff, flags: 0xfe00 };
    const text = registersText({ ...DEMO, fpu, fs: small, cs: code });
    expect(text).toContain("FS =0023 00000100 0000ffff 0000f700 DPL=3 DS16 [EWA]\n");
    expect(text).toContain("CS =001b 00000000 0000ffff 0000fe00 DPL=3 CS16 [CR-]\n");
    expect(text).toContain("FSW=3800 [ST=7] FTW=80 ");
    expect(text).toContain("FPR1=8000000000000000 3fff\n");
    expect(text).toContain("XMM00=0000000000000001 0000000000000000 XMM01");
  });
});

it.each([
  ["eax", 0x20n],
  ["sp", 0x2_0000n],
  ["esp", 0x2_0000n],
  ["fp", 0n],
  ["eflags", 0x246n],
  ["eip", 0xf_2062n],
  ["pc", 0xf_2062n],
  ["cs", 8n],
  ["cs.base", 0n],
  ["cs.limit", -1n],
  ["ebx", 0x5342_4152n],
  ["ax", undefined],
  ["EAX", undefined],
  ["cr0", undefined],
  ["tr", undefined],
  ["eax.base", undefined],
  ["cs.base.x", undefined],
  ["cs.flags", undefined],
  ["constructor", undefined],
  ["", undefined],
])("register $%s is %s, as in QEMU", (name, value) => {
  expect(registerLookup(DEMO)(name)).toBe(value);
});

it("the program counter is an address, whatever the segment", () => {
  const cs = { selector: 0xf000, base: 0xffff_0000, limit: 0xffff, flags: 0x9b00 };
  expect(registerLookup({ ...DEMO, cs, eip: 0xfff0 })("pc")).toBe(-16n);
});
