/**
 * Arguments of the human monitor: a command line, read as a command's parameters say.  Which text stands for
 * which parameter, and what is said when one does not, follows QEMU.
 */

import { type RegisterLookup, readExpression } from "./expression.ts";
import type { HmpMemory } from "./hmp-memory.ts";
import { HmpSyntaxError, type LineReader } from "./line-reader.ts";

/** Whose names an argument is completed with. */
export type NameKind = "block device" | "snapshot" | "key";

/** One parameter.  An optional one is left out at the end of the line alone, an option anywhere. */
export type HmpParameter =
  | { readonly kind: "filename"; readonly name: string }
  | { readonly kind: "block device"; readonly name: string; readonly optional?: boolean }
  | {
      readonly kind: "string";
      readonly name: string;
      readonly optional: boolean;
      readonly completes?: NameKind;
    }
  /** An expression whose value fits 32 bits. */
  | { readonly kind: "int32"; readonly name: string; readonly optional: boolean }
  /** An expression, as int64. */
  | { readonly kind: "int64"; readonly name: string; readonly optional?: boolean }
  /** All that is left of the line, if anything is. */
  | { readonly kind: "rest"; readonly name: string }
  /** A letter behind "-", and its value where it has one. */
  | { readonly kind: "option" | "flag"; readonly name: string; readonly letter: string }
  /** How memory is shown: "/", a count, a letter, and a letter for the size.  They are `count`, `format` and `size`. */
  | { readonly kind: "format"; readonly name: "format" };

type Value = string | number | bigint | true;

/** By parameter; one that was left out is missing. */
export type HmpArguments = ReadonlyMap<string, Value>;

export interface ArgumentSources {
  readonly registers: RegisterLookup;
  readonly memory: HmpMemory;
}

/** Throws `HmpSyntaxError`.  `command` is named in it. */
export function readArguments(
  reader: LineReader,
  command: string,
  parameters: readonly HmpParameter[],
  { registers, memory }: ArgumentSources,
): HmpArguments {
  const args = new Map<string, Value>();
  for (const [index, parameter] of parameters.entries()) {
    reader.skipSpace();
    if (parameter.kind === "format") {
      for (const [name, value] of readFormat(reader, memory)) args.set(name, value);
      continue;
    }
    const later = parameters.slice(index + 1);
    const value =
      "letter" in parameter
        ? readOption(reader, command, parameter, later)
        : readArgument(reader, command, parameter, registers);
    if (value !== undefined) args.set(parameter.name, value);
  }
  reader.skipSpace();
  if (reader.next !== "") throw new HmpSyntaxError(`${command}: extraneous characters at the end of line`);
  return args;
}

type OptionParameter = Extract<HmpParameter, { letter: string }>;
type PlainParameter = Exclude<HmpParameter, OptionParameter | { kind: "format" }>;

function readArgument(
  reader: LineReader,
  command: string,
  parameter: PlainParameter,
  registers: RegisterLookup,
): Value | undefined {
  const isLeftOut = "optional" in parameter && parameter.optional === true && reader.next === "";
  if (isLeftOut) return undefined;
  switch (parameter.kind) {
    case "filename":
    case "block device":
    case "string": {
      const text = reader.takeString();
      if (text !== undefined) return text;
      const what = parameter.kind === "block device" ? "block device name" : parameter.kind;
      throw new HmpSyntaxError(`${command}: ${what} expected`);
    }
    case "int32": {
      const value = readExpression(reader, registers);
      if (BigInt.asUintN(32, value) !== value) {
        throw new HmpSyntaxError(`'${command}' has failed: integer is for 32-bit values`);
      }
      return Number(value);
    }
    case "int64":
      return readExpression(reader, registers);
    case "rest":
      return reader.next === "" ? undefined : (reader.takeMatch(/.+/sy) ?? "");
  }
}

/** One that is not there may be a later one: then the line stays as it is. */
function readOption(
  reader: LineReader,
  command: string,
  { kind, letter }: OptionParameter,
  later: readonly HmpParameter[],
): string | true | undefined {
  if (reader.next !== "-") return undefined;
  const isLater = later.some((other) => "letter" in other && reader.rest.startsWith(`-${other.letter}`));
  if (!reader.takeText(`-${letter}`)) {
    if (isLater) return undefined;
    throw new HmpSyntaxError(`${command}: unsupported option -${reader.rest.charAt(1)}`);
  }
  if (kind === "flag") return true;
  const value = reader.takeString();
  if (value === undefined) throw new HmpSyntaxError(`${command}: value expected for -${letter}`);
  return value;
}

const SIZE_BYTES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8, L: 8 };
const COUNT_DIGITS_MAX = 9;

/** What is not said is as it was the last time. */
function readFormat(reader: LineReader, memory: HmpMemory): readonly (readonly [string, Value])[] {
  if (!reader.takeText("/")) return formatEntries(1, memory.format, memory.size);
  const digits = reader.takeMatch(/[0-9]+/y);
  let format: string | undefined;
  let size: number | undefined;
  for (let letter = reader.takeMatch(/[oduxicbhwgL]/y); letter !== undefined; ) {
    if (SIZE_BYTES[letter] === undefined) format = letter;
    else size = SIZE_BYTES[letter];
    letter = reader.takeMatch(/[oduxicbhwgL]/y);
  }
  if (reader.next !== "" && !reader.isAtSpace)
    throw new HmpSyntaxError(`invalid char in format: '${reader.next}'`);
  memory.format = format ?? memory.format;
  if (memory.format !== "i") memory.size = size ?? memory.size;
  // A count with more digits is too large whatever it is.
  const count = digits === undefined ? 1 : Number(digits.slice(0, COUNT_DIGITS_MAX));
  return formatEntries(count, memory.format, memory.size);
}

function formatEntries(count: number, format: string, size: number) {
  return [
    ["count", count],
    ["format", format],
    ["size", size],
  ] as const;
}
