/**
 * From `key=value` words to the arguments of a command, typed as the server's introspection says.
 *
 *     words ---split at the dots---> a tree of texts ---typed---> JSON
 *
 * A mistake is told before anything is sent: a name that is none, a value of another type, what is missing.
 * Without introspection a value is what it looks like: JSON if it is that, a string otherwise.
 */

import { JsonDouble, type JsonObject, type JsonValue } from "../qjson/value.ts";
import { JSON_NESTING_DEPTH_MAX } from "../util/limits.ts";
import {
  type CommandInfo,
  type Member,
  membersFor,
  type ObjectType,
  type SchemaType,
  typeText,
} from "./introspection.ts";
import { parseJson } from "./json-input.ts";
import { quote, ShellError } from "./shell-error.ts";
import type { Word } from "./words.ts";

/** A value as typed: a text, or members by name where the keys had dots. */
type Node = { readonly kind: "text"; readonly text: string; readonly quoted: boolean } | Tree;

interface Tree {
  readonly kind: "tree";
  readonly members: Map<string, Node>;
}

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const TRUE_WORDS = ["true", "on", "yes"];
const FALSE_WORDS = ["false", "off", "no"];

/** Commands that take more than their introspection says, by what else they are given.  Source: QEMU, `'gen': false`. */
const OPEN_COMMANDS = ["device_add"];

/** Throws {@link ShellError}.  `command` is undefined when the server's schema is not known. */
export function readArguments(words: readonly Word[], command: CommandInfo | undefined): JsonObject {
  const tree: Tree = { kind: "tree", members: new Map() };
  for (const word of words) insert(tree, word);
  if (command === undefined) return guessTree(tree) as JsonObject;
  return typeObject(tree, command.args, "", command.name);
}

function insert(tree: Tree, word: Word): void {
  const equals = word.text.indexOf("=");
  if (equals < 1) throw new ShellError(`${quote(word.text)} is no argument: write key=value`);
  const key = word.text.slice(0, equals);
  const path = key.split(".");
  if (path.length > JSON_NESTING_DEPTH_MAX) throw new ShellError(`${quote(key)} is nested too deep`);
  const name = path.pop() ?? "";
  let place = tree;
  for (const part of path) {
    let next = place.members.get(part);
    if (next === undefined) {
      next = { kind: "tree", members: new Map() };
      place.members.set(part, next);
    }
    if (next.kind === "text") throw new ShellError(`'${key}': '${part}' has a value already`);
    place = next;
  }
  if (place.members.has(name)) throw new ShellError(`'${key}' is given twice`);
  place.members.set(name, { kind: "text", text: word.text.slice(equals + 1), quoted: word.quoted });
}

function typeObject(tree: Tree, type: ObjectType, path: string, of: string): JsonObject {
  const tag = type.tag === undefined ? undefined : tree.members.get(type.tag);
  const tagValue = tag?.kind === "text" ? tag.text : undefined;
  const members = membersFor(type, tagValue);
  const result: Record<string, JsonValue> = {};
  for (const [name, node] of tree.members) {
    if (members.some((member) => member.name === name)) continue;
    if (!OPEN_COMMANDS.includes(of) || path !== "") throw unknown(path + name, members, type, of);
    setMember(result, name, guessNode(node));
  }
  for (const { name, type: memberType, optional } of members) {
    const node = tree.members.get(name);
    if (node !== undefined) setMember(result, name, typeNode(node, memberType, path + name, of));
    else if (!optional) throw new ShellError(`${of} needs ${path}${name} (${typeText(memberType)})`);
  }
  return result;
}

function unknown(name: string, members: readonly Member[], type: ObjectType, of: string): ShellError {
  const names = members.map((member) => member.name).join(", ");
  const there = names === "" ? "it has none" : `there are ${names}`;
  const more = type.tag === undefined ? "" : `; others depend on ${type.tag}`;
  return new ShellError(`${quote(name)} is no argument of ${of}: ${there}${more}`);
}

function typeNode(node: Node, type: SchemaType, path: string, of: string): JsonValue {
  if (node.kind === "tree") return typeTree(node, type, path, of);
  switch (type.kind) {
    case "scalar":
    case "enum": {
      const value = readScalar(node.text, type, node.quoted);
      if (value === undefined) throw mismatch(path, node.text, type);
      return value;
    }
    case "any":
      return guessText(node.text, node.quoted);
    case "array":
      if (node.text.startsWith("[")) return parseValue(node.text, path);
      if (node.text === "") return [];
      return node.text.split(",").map((text) => {
        return typeNode({ kind: "text", text, quoted: node.quoted }, type.element, path, of);
      });
    case "object":
      if (node.text.startsWith("{")) return parseValue(node.text, path);
      throw new ShellError(`'${path}' is an object: write ${path}.NAME=VALUE, or ${path}={...}`);
    case "alternate":
      return typeAlternate(node.text, node.quoted, type.choices, path, of);
  }
}

/** A key with dots: `a.b=1` of an object, `a.0=1` of an array. */
function typeTree(tree: Tree, type: SchemaType, path: string, of: string): JsonValue {
  switch (type.kind) {
    case "object":
      return typeObject(tree, type, `${path}.`, of);
    case "any":
      return guessTree(tree);
    case "array":
      return elementsOf(tree, path).map((node, index) =>
        typeNode(node, type.element, `${path}.${index}`, of),
      );
    case "alternate": {
      const choice = type.choices.find(({ kind }) => kind === "object" || kind === "array");
      if (choice !== undefined) return typeTree(tree, choice, path, of);
      break;
    }
  }
  const name = [...tree.members.keys()][0] ?? "";
  throw new ShellError(`'${path}.${name}': '${path}' is ${typeText(type)} and has no members`);
}

function elementsOf(tree: Tree, path: string): Node[] {
  return Array.from({ length: tree.members.size }, (_, index) => {
    const node = tree.members.get(`${index}`);
    if (node === undefined) throw new ShellError(`'${path}' is an array: count from ${path}.0 without gaps`);
    return node;
  });
}

/** The first choice that the text can be; a string last, as it can be anything. */
function typeAlternate(
  text: string,
  quoted: boolean,
  choices: readonly SchemaType[],
  path: string,
  of: string,
): JsonValue {
  const isString = (type: SchemaType): boolean => type.kind === "scalar" && type.name === "str";
  const sorted = [...choices].sort((a, b) => Number(isString(a)) - Number(isString(b)));
  for (const choice of sorted) {
    if (choice.kind === "object" ? text.startsWith("{") : choice.kind === "array" && text.startsWith("[")) {
      return typeNode({ kind: "text", text, quoted }, choice, path, of);
    }
    if (choice.kind !== "scalar" && choice.kind !== "enum") continue;
    const value = readScalar(text, choice, quoted);
    if (value !== undefined) return value;
  }
  throw mismatch(path, text, { kind: "alternate", choices });
}

/** `undefined`: the text is no such value. */
function readScalar(
  text: string,
  type: Extract<SchemaType, { kind: "scalar" | "enum" }>,
  quoted: boolean,
): JsonValue | undefined {
  if (type.kind === "enum") return type.values.includes(text) ? text : undefined;
  if (type.name === "str") return text;
  if (quoted) return undefined;
  switch (type.name) {
    case "bool":
      return TRUE_WORDS.includes(text) ? true : FALSE_WORDS.includes(text) ? false : undefined;
    case "int":
      return readInteger(text);
    case "number": {
      const value = text === "" ? Number.NaN : Number(text);
      if (!Number.isFinite(value)) return undefined;
      return readInteger(text) ?? new JsonDouble(value);
    }
    case "null":
      return text === "null" ? null : undefined;
  }
}

/** Decimal or `0x...`; exact. */
function readInteger(text: string): number | bigint | undefined {
  if (!/^(?:-?\d+|0x[0-9a-f]+)$/i.test(text)) return undefined;
  const value = BigInt(text);
  if (value < INT64_MIN || value > UINT64_MAX) return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function mismatch(path: string, text: string, type: SchemaType): ShellError {
  const expected =
    type.kind === "enum"
      ? `one of ${type.values.join(", ")}`
      : { str: "a string", int: "an integer", number: "a number", bool: "true or false", null: "null" }[
          type.kind === "scalar" ? type.name : "str"
        ];
  const what = type.kind === "alternate" ? typeText(type) : expected;
  return new ShellError(`'${path}' is to be ${what}, and ${quote(text)} is not`);
}

function parseValue(text: string, path: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    throw new ShellError(`'${path}': ${error.message}`, { cause: error });
  }
}

function guessTree(tree: Tree): JsonValue {
  const result: Record<string, JsonValue> = {};
  for (const [name, node] of tree.members) {
    setMember(result, name, guessNode(node));
  }
  return result;
}

function guessNode(node: Node): JsonValue {
  return node.kind === "tree" ? guessTree(node) : guessText(node.text, node.quoted);
}

function guessText(text: string, quoted: boolean): JsonValue {
  if (quoted) return text;
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    return text;
  }
}

/** A plain assignment to `__proto__` would change the prototype instead. */
function setMember(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
