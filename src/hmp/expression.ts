/**
 * Integer expressions of the human monitor: what a number may be written as in a command line.
 *
 *     sum      = product { ("+" | "-") product }
 *     product  = bits { ("*" | "/" | "%") bits }
 *     bits     = unary { ("&" | "|" | "^") unary }
 *     unary    = ("+" | "-" | "~") unary | "(" sum ")" | "'" character "'" | "$" register | number
 *
 * Precedence and error texts are those of QEMU's human monitor.  Values wrap as int64.
 */

import { HMP_EXPRESSION_DEPTH_MAX } from "../util/limits.ts";
import { HmpSyntaxError, type LineReader } from "./line-reader.ts";

const UINT64_MAX = 2n ** 64n - 1n;

/** The value of a register of the CPU, as int64; undefined where there is none of that name. */
export type RegisterLookup = (name: string) => bigint | undefined;

/** Reads one expression, and the space behind it.  Throws `HmpSyntaxError`. */
export function readExpression(reader: LineReader, registers: RegisterLookup): bigint {
  reader.skipSpace();
  return sum({ reader, registers }, 0);
}

interface Source {
  readonly reader: LineReader;
  readonly registers: RegisterLookup;
}

type Operand = (source: Source, depth: number) => bigint;

/** A row of operators of one precedence, applied from left to right. */
function leftToRight(
  operators: string,
  operand: Operand,
  apply: (operator: string, left: bigint, right: bigint) => bigint,
): Operand {
  return (source, depth) => {
    const { reader } = source;
    let value = operand(source, depth);
    while (reader.next !== "" && operators.includes(reader.next)) {
      const operator = takeWithSpace(reader);
      value = BigInt.asIntN(64, apply(operator, value, operand(source, depth)));
    }
    return value;
  };
}

const bits = leftToRight("&|^", unary, (operator, left, right) => {
  if (operator === "&") return left & right;
  return operator === "|" ? left | right : left ^ right;
});

const product = leftToRight("*/%", bits, (operator, left, right) => {
  if (operator === "*") return left * right;
  if (right === 0n) throw new HmpSyntaxError("division by zero");
  return operator === "/" ? left / right : left % right;
});

const sum = leftToRight("+-", product, (operator, left, right) =>
  operator === "+" ? left + right : left - right,
);

function unary(source: Source, depth: number): bigint {
  const { reader } = source;
  if (depth > HMP_EXPRESSION_DEPTH_MAX) throw new HmpSyntaxError("expression too complex");
  switch (reader.next) {
    case "+":
      takeWithSpace(reader);
      return unary(source, depth + 1);
    case "-":
      takeWithSpace(reader);
      return BigInt.asIntN(64, -unary(source, depth + 1));
    case "~":
      takeWithSpace(reader);
      return ~unary(source, depth + 1);
    case "(": {
      takeWithSpace(reader);
      const value = sum(source, depth + 1);
      if (!reader.takeText(")")) throw new HmpSyntaxError("')' expected");
      reader.skipSpace();
      return value;
    }
    case "'":
      return character(reader);
    case "$":
      return register(source);
    case "":
      throw new HmpSyntaxError("unexpected end of expression");
    default:
      return number(reader);
  }
}

function character(reader: LineReader): bigint {
  reader.take();
  if (reader.next === "") throw new HmpSyntaxError("character constant expected");
  const value = BigInt(reader.take().charCodeAt(0));
  if (!reader.takeText("'")) throw new HmpSyntaxError("missing terminating ' character");
  reader.skipSpace();
  return value;
}

function register({ reader, registers }: Source): bigint {
  reader.take();
  const value = registers(reader.takeMatch(/[a-zA-Z0-9_.]*/y) ?? "");
  if (value === undefined) throw new HmpSyntaxError("unknown register");
  reader.skipSpace();
  return value;
}

function number(reader: LineReader): bigint {
  const digits = reader.takeMatch(/0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*/y);
  if (digits === undefined) throw new HmpSyntaxError(`invalid char '${reader.next}' in expression`);
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (value > UINT64_MAX) throw new HmpSyntaxError("number too large");
  reader.skipSpace();
  return BigInt.asIntN(64, value);
}

function takeWithSpace(reader: LineReader): string {
  const taken = reader.take();
  reader.skipSpace();
  return taken;
}
