#!/usr/bin/env node
/**
 * `qmpd`: the program's entry.  It parses arguments, and says what was wrong with them; what a
 * subcommand does is in a file of its name.
 */

import { Command } from "commander";
import { readVersion } from "../server/version.ts";
import { addClientCommands } from "./client-commands.ts";
import { addServeCommand } from "./serve.ts";

const program = new Command("qmpd")
  .description("An asynchronous QMP server: many clients, concurrent commands, screendumps that stop nobody.")
  .version(readVersion())
  .showHelpAfterError("(qmpd --help tells more)");

addServeCommand(program);
addClientCommands(program);

await program.parseAsync();
