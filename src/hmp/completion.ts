/** What a line of the human monitor may go on with: names of commands, and of what they are told to act on. */

import type { NameKind } from "./arguments.ts";
import type { HmpCommand, HmpLeaf } from "./command.ts";

export interface Completion {
  /** The end of the text that is there, which is the beginning of each candidate. */
  readonly word: string;
  /** In order. */
  readonly candidates: readonly string[];
}

/** Names that others know may follow. */
export interface Wanted {
  readonly word: string;
  readonly kind: NameKind;
}

/** What is typed behind these is a command, too. */
const HELP_NAMES: readonly (string | undefined)[] = ["help", "?"];
const NOTHING: readonly string[] = [];

/** `text` is what stands before the cursor. */
export function complete(commands: readonly HmpCommand[], text: string): Completion | Wanted {
  const path = text.split(" ");
  const word = path.pop() ?? "";
  const before = path.filter((name) => name !== "");
  const isHelp = HELP_NAMES.includes(before[0]);
  if (isHelp) before.shift();
  let level = commands;
  for (const [index, name] of before.entries()) {
    const command = level.find(({ names }) => names.includes(name));
    if (command === undefined) return { word, candidates: NOTHING };
    if (!("commands" in command)) {
      return isHelp
        ? { word, candidates: NOTHING }
        : completeArgument(command, before.slice(index + 1), word);
    }
    level = command.commands;
  }
  return matching(
    level.flatMap((command) => command.names),
    word,
  );
}

/** Those of `names` that begin with `word`. */
export function matching(names: readonly string[], word: string): Completion {
  return { word, candidates: names.filter((name) => name.startsWith(word)).sort() };
}

function completeArgument({ parameters }: HmpLeaf, before: readonly string[], word: string) {
  const places = parameters.filter((parameter) => !("letter" in parameter));
  let place = 0;
  for (let at = 0; at < before.length; at++) {
    const option = parameters.find((one) => "letter" in one && before[at] === `-${one.letter}`);
    if (option === undefined) place++;
    // Its value comes next.
    else if (option.kind === "option") at++;
  }
  const kind = nameKindOf(places[place]);
  if (kind === undefined || word.startsWith("-")) return { word, candidates: NOTHING };
  // Keys that are pressed together are one word.
  return { word: kind === "key" ? word.slice(word.lastIndexOf("-") + 1) : word, kind };
}

function nameKindOf(parameter: HmpLeaf["parameters"][number] | undefined): NameKind | undefined {
  if (parameter?.kind === "block device") return "block device";
  return parameter?.kind === "string" ? parameter.completes : undefined;
}
