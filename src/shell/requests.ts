/** From a line of input to what is to be done: requests to send, or help. */

import { readJsonText } from "../qjson/text.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../qjson/value.ts";
import { readArguments } from "./arguments.ts";
import type { Introspection } from "./introspection.ts";
import { quote, ShellError } from "./shell-error.ts";
import { splitWords } from "./words.ts";

export interface ShellRequest {
  readonly command: string;
  readonly args: JsonObject | undefined;
  readonly oob: boolean;
  /** The id that was typed; the one on the wire is the client's. */
  readonly id: JsonValue | undefined;
}

export type Input =
  | { readonly kind: "nothing" }
  | { readonly kind: "requests"; readonly requests: readonly ShellRequest[] }
  | { readonly kind: "help"; readonly command: string | undefined };

/** Whether the server's schema is needed to read `line`: it has arguments that have to be typed, or asks for help. */
export function needsSchema(line: string): boolean {
  return !isJsonLine(line) && /^\s*(?:[^\s#]\S*\s+\S|help\s*$)/.test(line);
}

/** `line`: a complete input, so JSON may have several lines.  Throws {@link ShellError} for what cannot be sent. */
export function readInput(line: string, schema: Introspection | undefined): Input {
  if (/^\s*(?:#|$)/.test(line)) return { kind: "nothing" };
  // What was no UTF-8 has become this.  To send it would name another file, or another device.
  if (line.includes("\uFFFD"))
    throw new ShellError("the line is not UTF-8 (U+FFFD itself is \\uFFFD in JSON)");
  if (isJsonLine(line)) return readJsonLine(line);
  const [first, ...rest] = splitWords(line);
  const command = first?.text ?? "";
  if (command === "help") return { kind: "help", command: rest[0]?.text };
  if (command.includes("=")) throw new ShellError(`${quote(command)} is no command: the command comes first`);
  const info = schema?.command(command);
  if (schema !== undefined && info === undefined) throw unknownCommand(command, schema);
  const args = readArguments(rest, info);
  return one({ command, args: rest.length === 0 ? undefined : args, oob: false, id: undefined });
}

export function unknownCommand(command: string, schema: Introspection): ShellError {
  const near = schema.commandNames.filter((name) => name.includes(command) || command.includes(name));
  const hint = near.length === 0 || near.length > 5 ? "help lists them" : `there is ${near.join(", ")}`;
  return new ShellError(`the server has no command ${quote(command)}: ${hint}`);
}

function one(request: ShellRequest): Input {
  return { kind: "requests", requests: [request] };
}

/** JSON begins like this, and nothing else does. */
export function isJsonLine(line: string): boolean {
  return /^\s*[{[]/.test(line);
}

function readJsonLine(line: string): Input {
  const input = readJsonText(line);
  if (input.kind === "error") throw new ShellError(input.desc);
  if (input.kind === "incomplete") throw new ShellError("the JSON has no end");
  return { kind: "requests", requests: input.values.map(readRequest) };
}

function readRequest(value: JsonValue): ShellRequest {
  if (!isJsonObject(value)) throw new ShellError('a request is an object: {"execute": "query-status"}');
  const { execute, "exec-oob": execOob, arguments: args, id, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new ShellError(`'${other}' is no member of a request: write execute, arguments, id`);
  const command = execute ?? execOob;
  if (typeof command !== "string" || (execute !== undefined && execOob !== undefined)) {
    throw new ShellError('a request names one command: {"execute": "query-status"}');
  }
  if (args !== undefined && !isJsonObject(args))
    throw new ShellError("the arguments of a request are an object");
  return { command, args, oob: execute === undefined, id };
}
