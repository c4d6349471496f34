/** Commands of the human monitor that show memory, and save it. */

import type { AddressSpace } from "../offload/pc-contract.ts";
import { QmpError } from "../qmp/errors.ts";
import { assert } from "../util/assert.ts";
import { HMP_MEMORY_BYTES_MAX, HMP_MEMORY_LINES_PER_TURN } from "../util/limits.ts";
import type { HmpArguments, HmpParameter } from "./arguments.ts";
import type { HmpCommand, HmpContext } from "./command.ts";
import { addressText, lineBytes, type MemoryLayout, wordsText } from "./memory-text.ts";

const SHOW_PARAMETERS: readonly HmpParameter[] = [
  { kind: "format", name: "format" },
  { kind: "int64", name: "address" },
];
const SAVE_PARAMETERS: readonly HmpParameter[] = [
  { kind: "int64", name: "address" },
  { kind: "int32", name: "size", optional: false },
  { kind: "string", name: "filename", optional: false },
];

export const MEMORY_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["x"],
    usage: "/fmt addr",
    help: "show memory by the CPU's addresses; fmt: count, x d u o or c, size b h w or g",
    parameters: SHOW_PARAMETERS,
    run: (args, context) => show("virtual", args, context),
  },
  {
    names: ["xp"],
    usage: "/fmt addr",
    help: "show memory by physical addresses",
    parameters: SHOW_PARAMETERS,
    run: (args, context) => show("physical", args, context),
  },
  {
    names: ["memsave"],
    usage: "addr size file",
    help: "save memory to a file, by the CPU's addresses",
    parameters: SAVE_PARAMETERS,
    async run(args, { call, machine }) {
      if ((await machine.registers()) === undefined) return "No CPU available\n";
      await call("memsave", { ...saved(args), "cpu-index": 0 });
      return "";
    },
  },
  {
    names: ["pmemsave"],
    usage: "addr size file",
    help: "save memory to a file, by physical addresses",
    parameters: SAVE_PARAMETERS,
    async run(args, { call }) {
      await call("pmemsave", saved(args));
      return "";
    },
  },
  {
    names: ["dump-guest-memory"],
    usage: "[-p] [-d] [-z|-l|-s|-w] filename [begin length]",
    help: "write memory for a debugger (-p: by the CPU's addresses, -d: do not wait)",
    parameters: [
      { kind: "flag", name: "paging", letter: "p" },
      { kind: "flag", name: "detach", letter: "d" },
      { kind: "flag", name: "win-dmp", letter: "w" },
      { kind: "flag", name: "kdump-zlib", letter: "z" },
      { kind: "flag", name: "kdump-lzo", letter: "l" },
      { kind: "flag", name: "kdump-snappy", letter: "s" },
      { kind: "filename", name: "filename" },
      { kind: "int64", name: "begin", optional: true },
      { kind: "int64", name: "length", optional: true },
    ],
    run: dump,
  },
];

function saved(args: HmpArguments): { val: number | bigint; size: number; filename: string } {
  return {
    val: asInteger(int64(args, "address")),
    size: Number(args.get("size")),
    filename: String(args.get("filename")),
  };
}

function int64(args: HmpArguments, name: string): bigint {
  const value = args.get(name);
  assert(typeof value === "bigint", `${name} is an int64`);
  return value;
}

/** As a parser of JSON hands it out. */
function asInteger(value: bigint): number | bigint {
  return BigInt.asIntN(53, value) === value ? Number(value) : value;
}

const DUMP_FORMATS = ["win-dmp", "kdump-zlib", "kdump-lzo", "kdump-snappy"];

async function dump(args: HmpArguments, { call }: HmpContext): Promise<string> {
  const formats = DUMP_FORMATS.filter((format) => args.has(format));
  if (formats.length > 1) throw new QmpError("only one of '-z|-l|-s|-w' can be set");
  await call("dump-guest-memory", {
    paging: args.has("paging"),
    protocol: `file:${args.get("filename")}`,
    detach: args.has("detach"),
    ...(args.has("begin") && { begin: asInteger(int64(args, "begin")) }),
    ...(args.has("length") && { length: asInteger(int64(args, "length")) }),
    format: formats[0] ?? "elf",
  });
  return "";
}

async function show(space: AddressSpace, args: HmpArguments, context: HmpContext): Promise<string> {
  const [count, size] = [Number(args.get("count")), Number(args.get("size"))];
  const format = String(args.get("format"));
  if (format === "i" || space === "virtual") {
    if ((await context.machine.registers()) === undefined) return "Can not dump without CPU\n";
  }
  if (format === "i") throw new QmpError("instructions cannot be shown: there is no disassembler here");
  const length = count * size;
  if (length > HMP_MEMORY_BYTES_MAX) {
    throw new QmpError(`at most ${HMP_MEMORY_BYTES_MAX} bytes can be shown at a time`);
  }
  const layout = { format, sizeBytes: size, addressDigits: space === "virtual" ? 8 : 16 };
  const address = BigInt.asUintN(layout.addressDigits * 4, int64(args, "address"));
  const bytes = await readable(space, address, length, lineBytes(layout), context);
  await printMemory(address, bytes, layout, context);
  if (bytes.length === length) return "";
  return `${addressText(address + BigInt(bytes.length), layout)} Cannot access memory\n`;
}

/** A slice a turn: others have theirs in between. */
async function printMemory(
  address: bigint,
  bytes: Uint8Array,
  layout: MemoryLayout,
  { print, nextTurn }: HmpContext,
): Promise<void> {
  const step = lineBytes(layout);
  let text = "";
  for (let at = 0; at < bytes.length; at += step) {
    if (at > 0 && at % (HMP_MEMORY_LINES_PER_TURN * step) === 0) {
      print(text);
      text = "";
      await nextTurn();
    }
    const line = bytes.subarray(at, at + step);
    text += `${addressText(address + BigInt(at), layout)}${wordsText(line, layout)}\n`;
  }
  print(text);
}

/**
 * What can be read from `address` on, up to `length`: all of it, of one moment, or as many whole lines as come before
 * one that cannot.
 */
async function readable(
  space: AddressSpace,
  address: bigint,
  length: number,
  step: number,
  { machine }: HmpContext,
): Promise<Uint8Array> {
  const read = async (size: number): Promise<Uint8Array | undefined> => {
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    return (await machine.copyMemory(space, address, bytes)) ? bytes : undefined;
  };
  if (length === 0) return new Uint8Array(0);
  const whole = await read(length);
  if (whole !== undefined) return whole;
  let found = new Uint8Array(0);
  // What can be read is less than `end` lines.
  for (let lines = 0, end = Math.ceil(length / step); end - lines > 1; ) {
    const middle = (lines + end) >>> 1;
    const bytes = await read(middle * step);
    if (bytes === undefined) end = middle;
    else [lines, found] = [middle, new Uint8Array(bytes)];
  }
  return found;
}
