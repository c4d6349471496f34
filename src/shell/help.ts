/** `help` and `help COMMAND`: what the server's introspection says, and what this program's schema explains. */

import type { Painter } from "./colors.ts";
import {
  type CommandInfo,
  type Introspection,
  type Member,
  type ObjectType,
  typeText,
} from "./introspection.ts";

/** What is written about a command that this program knows. */
export interface CommandDoc {
  readonly summary: string;
  /** By the name of the argument. */
  readonly members: ReadonlyMap<string, string>;
  readonly returns: string | undefined;
}

const INTRO = `Type a command with its arguments, or QMP's JSON:
  query-status
  screendump filename=/tmp/screen.png format=png
  blockdev-add driver=raw node-name=disk file.driver=file file.filename=/tmp/disk.img
  {"execute": "query-status"}
Quotes hold a value with blanks together; a list is key=a,b or key=[...]; an object is key.name=value or key={...}.
Tab completes.  Ctrl-C cancels the newest command in flight.  Ctrl-D leaves; quit ends the machine.
help COMMAND tells what a command takes and returns.`;

export function overview(schema: Introspection | undefined, columns: number): string {
  if (schema === undefined) return `${INTRO}\n\nThis server does not tell which commands it has.\n`;
  return `${INTRO}\n\nCommands of this server:\n${inColumns(schema.commandNames, columns)}\n`;
}

function inColumns(names: readonly string[], columns: number): string {
  const width = Math.max(0, ...names.map((name) => name.length)) + 2;
  const perLine = Math.max(1, Math.floor((columns - 2) / width));
  const lineCount = Math.ceil(names.length / perLine);
  return Array.from({ length: lineCount }, (_, line) => {
    const row = Array.from({ length: perLine }, (_, column) => names[column * lineCount + line] ?? "");
    return `  ${row.map((name) => name.padEnd(width)).join("")}`.trimEnd();
  }).join("\n");
}

export function commandHelp(command: CommandInfo, doc: CommandDoc | undefined, paint: Painter): string {
  const sections = [paint("prompt", command.name) + traits(command)];
  if (doc !== undefined) sections.push(doc.summary);
  sections.push(argumentsHelp(command.args, doc, paint));
  sections.push(returnsHelp(command, doc, paint));
  return `${sections.join("\n\n")}\n`;
}

function traits({ isAsync, allowOob, features }: CommandInfo): string {
  const words = [...(isAsync ? ["async"] : []), ...(allowOob ? ["can run out of band"] : []), ...features];
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

function argumentsHelp(type: ObjectType, doc: CommandDoc | undefined, paint: Painter): string {
  if (type.members.length === 0) return "It takes no arguments.";
  const lines = ["Arguments:", ...type.members.map((member) => memberHelp(member, doc, paint))];
  if (type.tag !== undefined)
    lines.push(`  Further ones depend on ${type.tag}: Tab shows them once it is given.`);
  return lines.join("\n");
}

function memberHelp(
  { name, type, optional, features }: Member,
  doc: CommandDoc | undefined,
  paint: Painter,
): string {
  const words = [...(optional ? ["optional"] : []), ...features];
  const notes = words.length === 0 ? "" : paint("dim", ` (${words.join(", ")})`);
  const line = `  ${paint("name", name)}=${typeText(type)}${notes}`;
  const text = doc?.members.get(name);
  return text === undefined ? line : `${line}\n${indented(text, "      ")}`;
}

function returnsHelp(command: CommandInfo, doc: CommandDoc | undefined, paint: Painter): string {
  const { returns } = command;
  const isNothing = returns.kind === "object" && returns.members.length === 0;
  if (isNothing) return `Returns: ${doc?.returns ?? "nothing"}`;
  const types = returnTypes(command, paint);
  return doc?.returns === undefined ? types : `${types}\n${indented(doc.returns, "  ")}`;
}

function returnTypes({ returns }: CommandInfo, paint: Painter): string {
  const type = returns.kind === "array" ? returns.element : returns;
  const isList = returns.kind === "array";
  if (type.kind !== "object") return `Returns: ${typeText(returns)}`;
  const lines = type.members.map((member) => memberHelp(member, undefined, paint));
  return [`Returns: ${isList ? "a list of objects, each with" : "an object with"}`, ...lines].join("\n");
}

function indented(text: string, indent: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : indent + line))
    .join("\n");
}
