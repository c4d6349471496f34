/** The CPU's registers, as a debugger shows them. */

import type { Cpu } from "v86";

export interface SegmentRegister {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly flags: number;
}

export type Registers = ReturnType<typeof readRegisters>;

const GRANULARITY = 1 << 23;
const BIG = 1 << 22;
/** Limits above it count in pages. */
const BYTE_LIMIT_MAX = 0xf_ffff;

export function readRegisters(cpu: Cpu) {
  const [eax = 0, ecx = 0, edx = 0, ebx = 0, esp = 0, ebp = 0, esi = 0, edi = 0] = Array.from(
    cpu.reg32.slice(),
    unsigned,
  );
  const cr = Array.from(cpu.cr.slice(), unsigned);
  const [es, cs, ss, ds, fs, gs, tr, ldt] = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => segment(cpu, index)) as [
    SegmentRegister,
    SegmentRegister,
    SegmentRegister,
    SegmentRegister,
    SegmentRegister,
    SegmentRegister,
    SegmentRegister,
    SegmentRegister,
  ];
  return {
    eax,
    ebx,
    ecx,
    edx,
    esi,
    edi,
    ebp,
    esp,
    eip: unsigned(cpu.get_real_eip()),
    eflags: unsigned(cpu.get_eflags()),
    es,
    cs,
    ss,
    ds,
    fs,
    gs,
    ldt,
    tr,
    gdt: { base: unsigned(cpu.gdtr_offset[0] ?? 0), limit: unsigned(cpu.gdtr_size[0] ?? 0) },
    idt: { base: unsigned(cpu.idtr_offset[0] ?? 0), limit: unsigned(cpu.idtr_size[0] ?? 0) },
    cr0: cr[0] ?? 0,
    cr2: cr[2] ?? 0,
    cr3: cr[3] ?? 0,
    cr4: cr[4] ?? 0,
    dr: Array.from(cpu.dreg.slice(), unsigned),
    cpl: cpu.cpl[0] ?? 0,
    isHalted: cpu.in_hlt[0] === 1,
    fpu: readFpu(cpu),
  };
}

const TASK = 6;
const IS_SEGMENT_OF_MEMORY = 0x10;
/** Those that v86 does not set before the guest loads them.  Source: Intel 64 and IA-32 manual, volume 3, table 9-1. */
const AT_RESET = { selector: 0, base: 0, limit: 0xffff };

function segment(cpu: Cpu, index: number): SegmentRegister {
  const limit = cpu.segment_limits[index] ?? 0;
  const access = cpu.segment_access_bytes[index] ?? 0;
  if (index >= TASK && (access & IS_SEGMENT_OF_MEMORY) !== 0) {
    return { ...AT_RESET, flags: index === TASK ? 0x8b00 : 0x8200 };
  }
  const isBig = index === 1 ? cpu.is_32[0] === 1 : index === 2 ? cpu.stack_size_32[0] === 1 : limit > 0xffff;
  const isCounted = limit > BYTE_LIMIT_MAX;
  const highLimit = (isCounted ? limit >>> 12 : limit) & 0xf_0000;
  return {
    selector: cpu.sreg[index] ?? 0,
    base: unsigned(cpu.segment_offsets[index] ?? 0),
    limit,
    flags: (isCounted ? GRANULARITY : 0) | (isBig && index < 6 ? BIG : 0) | highLimit | (access << 8),
  };
}

function readFpu(cpu: Cpu) {
  const st = new DataView(cpu.fpu_st.slice().buffer);
  const xmm = new DataView(cpu.reg_xmm32s.slice().buffer);
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  return {
    controlWord: cpu.fpu_control_word[0] ?? 0,
    // The top of the stack is kept apart from the word that it is a part of.
    statusWord: ((cpu.fpu_status_word[0] ?? 0) & ~0x3800) | ((cpu.fpu_stack_ptr[0] ?? 0) << 11),
    tagWord: ~(cpu.fpu_stack_empty[0] ?? 0) & 0xff,
    registers: eight.map((index) => ({
      mantissa: st.getBigUint64(index * 16, true),
      exponent: st.getUint16(index * 16 + 8, true),
    })),
    mxcsr: unsigned(cpu.mxcsr[0] ?? 0),
    xmm: eight.map(
      (index) => (xmm.getBigUint64(index * 16 + 8, true) << 64n) | xmm.getBigUint64(index * 16, true),
    ),
  };
}

function unsigned(value: number): number {
  return value >>> 0;
}
