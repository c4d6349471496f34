/**
 * Arguments of the human monitor: a command line, read as a command's parameters say.  Which text stands for
 * which parameter, and what is said when one does not, follows QEMU.
 */

import { readExpression } from "./expression.ts";
import { HmpSyntaxError, type LineReader } from "./line-reader.ts";

/** One parameter.  An optional one is left out at the end of the line alone, an option anywhere. */
export type HmpParameter =
  | { readonly kind: "filename"; readonly name: string }
  | { readonly kind: "string"; readonly name: string; readonly optional: boolean }
  /** An expression whose value fits 32 bits. */
  | { readonly kind: "int32"; readonly name: string; readonly optional: boolean }
  /** All that is left of the line, if anything is. */
  | { readonly kind: "rest"; readonly name: string }
  /** A letter behind "-", and its value. */
  | { readonly kind: "option"; readonly name: string; readonly letter: string };

/** By parameter; one that was left out is missing. */
export type HmpArguments = ReadonlyMap<string, string | number>;

/** Throws `HmpSyntaxError`.  `command` is named in it. */
export function readArguments(
  reader: LineReader,
  command: string,
  parameters: readonly HmpParameter[],
): HmpArguments {
  const args = new Map<string, string | number>();
  for (const parameter of parameters) {
    reader.skipSpace();
    const value = readArgument(reader, command, parameter);
    if (value !== undefined) args.set(parameter.name, value);
  }
  reader.skipSpace();
  if (reader.next !== "") throw new HmpSyntaxError(`${command}: extraneous characters at the end of line`);
  return args;
}

function readArgument(
  reader: LineReader,
  command: string,
  parameter: HmpParameter,
): string | number | undefined {
  switch (parameter.kind) {
    case "filename":
    case "string": {
      if (parameter.kind === "string" && parameter.optional && reader.next === "") return undefined;
      const text = reader.takeString();
      if (text === undefined) throw new HmpSyntaxError(`${command}: ${parameter.kind} expected`);
      return text;
    }
    case "int32": {
      if (parameter.optional && reader.next === "") return undefined;
      const value = readExpression(reader);
      if (BigInt.asUintN(32, value) !== value) {
        throw new HmpSyntaxError(`'${command}' has failed: integer is for 32-bit values`);
      }
      return Number(value);
    }
    case "rest":
      return reader.next === "" ? undefined : (reader.takeMatch(/.+/sy) ?? "");
    case "option":
      return readOption(reader, command, parameter.letter);
  }
}

function readOption(reader: LineReader, command: string, letter: string): string | undefined {
  if (!reader.takeText("-")) return undefined;
  if (!reader.takeText(letter)) {
    throw new HmpSyntaxError(`${command}: unsupported option -${reader.next}`);
  }
  const value = reader.takeString();
  if (value === undefined) throw new HmpSyntaxError(`${command}: value expected for -${letter}`);
  return value;
}
