/** What `help` prints. */

import { HMP_HELP_WORDS_COUNT_MAX } from "../util/limits.ts";
import type { HmpCommand } from "./command.ts";
import { LineReader } from "./line-reader.ts";

/** All of `commands`, or those that the words of `line` lead to. */
export function helpText(commands: readonly HmpCommand[], line: string): string {
  const words: string[] = [];
  const reader = new LineReader(line);
  for (reader.skipSpace(); reader.next !== ""; reader.skipSpace()) {
    const word = reader.takeString();
    if (word === undefined || words.length >= HMP_HELP_WORDS_COUNT_MAX) return "";
    words.push(word);
  }
  return helpBelow(commands, words, 0);
}

/** `depth`: of `words`, those that led here. */
function helpBelow(commands: readonly HmpCommand[], words: readonly string[], depth: number): string {
  const word = words[depth];
  const path = words.slice(0, depth);
  if (word === undefined) return commands.map((command) => helpLine(command, path)).join("");
  const command = commands.find(({ names }) => names.includes(word));
  if (command === undefined) return `unknown command: '${[...path, word].join(" ")}'\n`;
  return "commands" in command ? helpBelow(command.commands, words, depth + 1) : helpLine(command, path);
}

function helpLine({ names, usage, help }: HmpCommand, path: readonly string[]): string {
  return `${[...path, names.join("|")].join(" ")} ${usage} -- ${help}\n`;
}
