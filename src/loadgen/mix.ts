/**
 * The mix: which commands are sent, how often, and with which arguments; from the command line or from a YAML file.
 *
 *     query-status:9; screendump:1 filename=/tmp/screen-{client}.png format=png
 *
 *     - command: query-status
 *       weight: 9
 *     - command: screendump
 *       weight: 1
 *       arguments: { filename: "/tmp/screen-{client}.png", format: png }
 */

import { printJson } from "../qjson/print.ts";
import { readJsonText } from "../qjson/text.ts";
import type { JsonObject, JsonValue } from "../qjson/value.ts";
import { UsageError } from "./load-error.ts";

export interface MixEntry {
  readonly command: string;
  readonly weight: number;
  readonly args: JsonObject | undefined;
  readonly isHeavy: boolean;
}

/** Light questions that every QMP server answers. */
export const DEFAULT_MIX = "query-status:8; query-name:1; query-version:1";

/** Commands that take long, where the mix does not say. */
const HEAVY_COMMANDS = new Set([
  "screendump",
  "screendump-data",
  "memsave",
  "pmemsave",
  "dump-guest-memory",
  "snapshot-save",
  "qtest-timeout",
]);

const COMMAND_NAME = /^[A-Za-z_][\w.-]*$/;
const FILE_FIELDS = ["command", "weight", "arguments", "heavy"];
const WEIGHT_MAX = 1e6;
/** Of values inside one another in a file. */
const FILE_DEPTH_MAX = 100;
/** Commands of a mix are numbered in 16 bits; tables of more than this are read by nobody. */
const MIX_COMMANDS_MAX = 256;

/** Reads a mix as it is written on a command line.  Throws {@link UsageError}. */
export function parseMix(text: string): MixEntry[] {
  const entries = text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseEntry);
  return checked(entries, "--mix");
}

function parseEntry(text: string): MixEntry {
  const [first = "", ...words] = text.split(/\s+/);
  const [command = "", weight = "1", ...rest] = first.split(":");
  if (!COMMAND_NAME.test(command) || rest.length > 0) {
    throw new UsageError(`--mix: '${first}' is no COMMAND or COMMAND:WEIGHT`);
  }
  const args = Object.fromEntries(words.map((word) => parseArgument(command, word)));
  return {
    command,
    weight: checkedWeight(Number(weight), `--mix: ${command}`),
    args: words.length === 0 ? undefined : args,
    isHeavy: HEAVY_COMMANDS.has(command),
  };
}

function parseArgument(command: string, word: string): [string, JsonValue] {
  const equals = word.indexOf("=");
  if (equals < 1) throw new UsageError(`--mix: ${command}: '${word}' is no argument, which is NAME=VALUE`);
  return [word.slice(0, equals), parseValue(word.slice(equals + 1))];
}

/** JSON, or else a string.  QEMU's dialect would take quotes away that a shell has left there. */
function parseValue(text: string): JsonValue {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const exact = readJsonText(text);
  return exact.kind === "values" ? (exact.values[0] ?? null) : text;
}

/** As a mix says it; values as JSON. */
export function mixEntryText({ command, weight, args }: MixEntry): string {
  const words = Object.entries(args ?? {}).map(([name, value]) => `${name}=${printJson(value ?? null)}`);
  return [`${command}:${weight}`, ...words].join(" ");
}

/** Reads a mix from the text of a YAML file, whose name is for errors.  Rejects with {@link UsageError}. */
export async function parseMixFile(text: string, file: string): Promise<MixEntry[]> {
  const { parse } = await import("yaml");
  let list: unknown;
  try {
    // What is no integer of JavaScript's is one of QMP's.
    list = jsonOf(parse(text, { intAsBigInt: true, logLevel: "error" }));
  } catch (error) {
    // Further lines show the place once more.
    const [why = ""] = (error as Error).message.split("\n");
    throw new UsageError(`${file}: ${why.replace(/:$/, "")}`, { cause: error });
  }
  if (!Array.isArray(list)) throw new UsageError(`${file}: a list of commands is expected`);
  return checked(
    list.map((entry: unknown, index) => fileEntry(entry, `${file}: [${index}]`)),
    file,
  );
}

/** A value of YAML as QMP has it.  Throws a sentence for people for one that has no place there. */
function jsonOf(value: unknown, depth = 0): JsonValue {
  if (depth > FILE_DEPTH_MAX) throw new Error("values are too deep inside one another, or inside themselves");
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((element) => jsonOf(element, depth + 1));
  if (isObject(value) && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, jsonOf(member, depth + 1)]),
    );
  }
  throw new Error(`JSON has no such value: ${String(value)}`);
}

function fileEntry(entry: unknown, place: string): MixEntry {
  if (!isObject(entry))
    throw new UsageError(`${place}: 'command:' and its weight and arguments are expected`);
  const unknown = Object.keys(entry).find((key) => !FILE_FIELDS.includes(key));
  if (unknown !== undefined) {
    throw new UsageError(`${place}: there is no '${unknown}'; there are ${FILE_FIELDS.join(", ")}`);
  }
  const { command, weight = 1, arguments: args, heavy } = entry;
  if (typeof command !== "string" || !COMMAND_NAME.test(command)) {
    throw new UsageError(`${place}: 'command' has to be the name of a command`);
  }
  if (args !== undefined && !isObject(args))
    throw new UsageError(`${place}: 'arguments' has to be a mapping`);
  if (heavy !== undefined && typeof heavy !== "boolean") {
    throw new UsageError(`${place}: 'heavy' is true or false`);
  }
  return {
    command,
    weight: checkedWeight(weight, place),
    args: args as JsonObject | undefined,
    isHeavy: heavy ?? HEAVY_COMMANDS.has(command),
  };
}

function checkedWeight(weight: unknown, place: string): number {
  if (typeof weight === "number" && weight > 0 && weight <= WEIGHT_MAX) return weight;
  throw new UsageError(`${place}: the weight has to be a number above 0, up to ${WEIGHT_MAX}`);
}

function checked(entries: MixEntry[], place: string): MixEntry[] {
  if (entries.length === 0) throw new UsageError(`${place}: there is no command in it`);
  if (entries.length > MIX_COMMANDS_MAX) {
    throw new UsageError(`${place}: more than ${MIX_COMMANDS_MAX} commands`);
  }
  return entries;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
