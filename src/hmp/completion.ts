/** What a line of the human monitor may go on with: names of commands. */

import type { HmpCommand } from "./command.ts";

export interface Completion {
  /** The end of the text that is there, which is the beginning of each candidate. */
  readonly word: string;
  /** In order. */
  readonly candidates: readonly string[];
}

/** What is typed behind these is a command, too. */
const HELP_NAMES: readonly (string | undefined)[] = ["help", "?"];

/** `text` is what stands before the cursor. */
export function complete(commands: readonly HmpCommand[], text: string): Completion {
  const path = text.split(" ");
  const word = path.pop() ?? "";
  const before = path.filter((name) => name !== "");
  if (HELP_NAMES.includes(before[0])) before.shift();
  let level = commands;
  for (const name of before) {
    const command = level.find(({ names }) => names.includes(name));
    if (command === undefined || !("commands" in command)) return { word, candidates: [] };
    level = command.commands;
  }
  const names = level.flatMap((command) => command.names);
  return { word, candidates: names.filter((name) => name.startsWith(word)).sort() };
}
