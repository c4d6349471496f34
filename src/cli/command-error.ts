/** How a subcommand ends that cannot do what was asked: a sentence on standard error, and status 1. */

import type { Command } from "commander";

/** After each mistake of the command line: where its own help is.  To be called when all subcommands are there. */
export function addHelpHints(command: Command, name = command.name()): void {
  command.showHelpAfterError(`(${name} --help tells more)`);
  for (const each of command.commands) addHelpHints(each, `${name} ${each.name()}`);
}

/** `isUsage`: what was typed is wrong.  Where a server, the network or a file is the trouble, `--help` is no help. */
export function endWithError(command: Command, message: string, isUsage: boolean): never {
  if (!isUsage) command.showHelpAfterError(false);
  command.error(`qmpd: ${message}`);
}
