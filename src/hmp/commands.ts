/** The commands of the human monitor: what each is called, what it takes, and what it prints. */

import type { HmpCommand } from "./command.ts";
import { helpText } from "./help.ts";
import { INFO_COMMANDS } from "./info-commands.ts";
import { INPUT_COMMANDS } from "./input-commands.ts";
import { MACHINE_COMMANDS } from "./machine-commands.ts";
import { MEDIA_COMMANDS } from "./media-commands.ts";
import { MEMORY_COMMANDS } from "./memory-commands.ts";
import { SNAPSHOT_COMMANDS } from "./snapshot-commands.ts";

const GENERAL_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["help", "?"],
    usage: "[cmd]",
    help: "tell what a command does, or all of them",
    allowPreconfig: true,
    parameters: [{ kind: "rest", name: "name" }],
    run: async (args, { commands }) => helpText(commands, String(args.get("name") ?? "")),
  },
  {
    names: ["info"],
    usage: "[subcommand]",
    help: "tell about the machine",
    allowPreconfig: true,
    commands: INFO_COMMANDS,
  },
];

/** In the order in which `help` lists them. */
export const HMP_COMMANDS: readonly HmpCommand[] = [
  ...GENERAL_COMMANDS,
  ...INPUT_COMMANDS,
  ...MACHINE_COMMANDS,
  ...MEDIA_COMMANDS,
  ...MEMORY_COMMANDS,
  ...SNAPSHOT_COMMANDS,
].sort((a, b) => ((a.names[0] ?? "") < (b.names[0] ?? "") ? -1 : 1));
