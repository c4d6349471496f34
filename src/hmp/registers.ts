/**
 * The CPU's registers, as `info registers` prints them and expressions name them.
 *
 * The layout is QEMU's for a CPU of 32 bits: debuggers and test suites take it apart.
 */

import type { Registers, SegmentRegister } from "../offload/pc-contract.ts";
import type { RegisterLookup } from "./expression.ts";

const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

export function registersText(registers: Registers): string {
  const { eip, eflags, cpl, isHalted, gdt, idt, dr } = registers;
  const named = (name: "eax" | "ebx" | "ecx" | "edx" | "esi" | "edi" | "ebp" | "esp"): string =>
    `${name.toUpperCase()}=${hex(registers[name])}`;
  // What only the host sees: interrupts are not held back, addresses have all their lines, nobody is in SMM.
  const hidden = `II=0 A20=1 SMM=0 HLT=${isHalted ? 1 : 0}`;
  return `
CPU#0
${named("eax")} ${named("ebx")} ${named("ecx")} ${named("edx")}
${named("esi")} ${named("edi")} ${named("ebp")} ${named("esp")}
EIP=${hex(eip)} EFL=${hex(eflags)} [${flagLetters(eflags)}] CPL=${cpl} ${hidden}
${SEGMENTS.map((name) => segmentText(name, registers)).join("\n")}
${segmentText("ldt", registers)}
${segmentText("tr", registers)}
GDT=     ${hex(gdt.base)} ${hex(gdt.limit)}
IDT=     ${hex(idt.base)} ${hex(idt.limit)}
CR0=${hex(registers.cr0)} CR2=${hex(registers.cr2)} CR3=${hex(registers.cr3)} CR4=${hex(registers.cr4)}
${[0, 1, 2, 3].map((index) => `DR${index}=${hex(dr[index] ?? 0)} `).join("")}
DR6=${hex(dr[6] ?? 0)} DR7=${hex(dr[7] ?? 0)}
EFER=0000000000000000
${fpuText(registers.fpu)}
`;
}

/** From the highest to the lowest bit, as a letter where it is set. */
const FLAGS: readonly (readonly [bit: number, letter: string])[] = [
  [10, "D"],
  [11, "O"],
  [7, "S"],
  [6, "Z"],
  [4, "A"],
  [2, "P"],
  [0, "C"],
];

function flagLetters(eflags: number): string {
  return FLAGS.map(([bit, letter]) => (((eflags >>> bit) & 1) === 1 ? letter : "-")).join("");
}

/** Bits of a descriptor's second word.  Source: Intel 64 and IA-32 manual, volume 3, section 3.4.5. */
const DESCRIPTOR = { type: 8, isSegment: 1 << 12, dpl: 13, isPresent: 1 << 15, isBig: 1 << 22 };
const SYSTEM_TYPES = [
  "Reserved",
  "TSS16-avl",
  "LDT",
  "TSS16-busy",
  "CallGate16",
  "TaskGate",
  "IntGate16",
  "TrapGate16",
  "Reserved",
  "TSS32-avl",
  "Reserved",
  "TSS32-busy",
  "CallGate32",
  "Reserved",
  "IntGate32",
  "TrapGate32",
];
const PROTECTED_MODE = 1;

function segmentText(name: (typeof SEGMENTS)[number] | "ldt" | "tr", registers: Registers): string {
  const { selector, base, limit, flags } = registers[name];
  const label = name.toUpperCase().padEnd(3);
  const text = `${label}=${hex(selector, 4)} ${hex(base)} ${hex(limit)} ${hex(flags)}`;
  const isProtected = (registers.cr0 & PROTECTED_MODE) !== 0;
  if (!isProtected || (flags & DESCRIPTOR.isPresent) === 0) return text;
  return `${text} DPL=${(flags >>> DESCRIPTOR.dpl) & 3} ${segmentKind(registers[name])}`;
}

function segmentKind({ flags }: SegmentRegister): string {
  const type = (flags >>> DESCRIPTOR.type) & 15;
  if ((flags & DESCRIPTOR.isSegment) === 0) return SYSTEM_TYPES[type] ?? "";
  const has = (bit: number, letter: string): string => ((type & bit) !== 0 ? letter : "-");
  const isBig = (flags & DESCRIPTOR.isBig) !== 0;
  if ((type & 8) === 0) return `${isBig ? "DS  " : "DS16"} [${has(4, "E")}${has(2, "W")}${has(1, "A")}]`;
  return `${isBig ? "CS32" : "CS16"} [${has(4, "C")}${has(2, "R")}${has(1, "A")}]`;
}

function fpuText({ controlWord, statusWord, tagWord, mxcsr, registers, xmm }: Registers["fpu"]): string {
  const top = (statusWord >>> 11) & 7;
  const status = `FCW=${hex(controlWord, 4)} FSW=${hex(statusWord, 4)} [ST=${top}]`;
  const stack = registers.map(
    ({ mantissa, exponent }, index) => `FPR${index}=${hex(mantissa, 16)} ${hex(exponent, 4)}`,
  );
  const vectors = xmm.map((value, index) => {
    const high = hex(value >> 64n, 16);
    return `XMM${String(index).padStart(2, "0")}=${high} ${hex(BigInt.asUintN(64, value), 16)}`;
  });
  const lines = [`${status} FTW=${hex(tagWord, 2)} MXCSR=${hex(mxcsr)}`, ...pairs(stack), ...pairs(vectors)];
  return lines.join("\n");
}

function pairs(texts: readonly string[]): string[] {
  return texts.flatMap((text, index) => (index % 2 === 0 ? [`${text} ${texts[index + 1] ?? ""}`] : []));
}

function hex(value: number | bigint, digits = 8): string {
  return value.toString(16).padStart(digits, "0");
}

/** Names for what has another one, too. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["sp", "esp"],
  ["fp", "ebp"],
]);
const PLAIN_NAMES = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eflags", "eip"] as const;

/** QEMU's names.  Values are those of 32 bits with a sign, as there. */
export function registerLookup(registers: Registers): RegisterLookup {
  return (name) => {
    const value = registerValue(registers, ALIASES.get(name) ?? name);
    return value === undefined ? undefined : BigInt(value | 0);
  };
}

function registerValue(registers: Registers, name: string): number | undefined {
  if (name === "pc") return registers.eip + registers.cs.base;
  const plain = PLAIN_NAMES.find((known) => known === name);
  if (plain !== undefined) return registers[plain];
  const [segmentName, part, ...rest] = name.split(".");
  const segment = SEGMENTS.find((known) => known === segmentName);
  if (segment === undefined || rest.length > 0) return undefined;
  if (part === undefined) return registers[segment].selector;
  return part === "base" || part === "limit" ? registers[segment][part] : undefined;
}
