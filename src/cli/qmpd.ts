#!/usr/bin/env node
/**
 * `qmpd`: the program's entry.  It parses arguments, and says what was wrong with them; what a
 * subcommand does is in a file of its name.
 */

import { Command } from "commander";
import { readVersion } from "../server/version.ts";
import { addBenchCommand } from "./bench-options.ts";
import { addClientCommands } from "./client-commands.ts";
import { addHelpHints } from "./command-error.ts";
import { addLoadCommand } from "./load-options.ts";
import { addServeCommand } from "./serve.ts";

const program = new Command("qmpd")
  .description("An asynchronous QMP server: many clients, concurrent commands, screendumps that stop nobody.")
  .version(readVersion())
  // A subcommand that has subcommands leaves their options to them.
  .enablePositionalOptions();

addServeCommand(program);
addClientCommands(program);
addLoadCommand(program);
addBenchCommand(program);

const schema = program
  .command("schema")
  .description("Checks, compiles, documents and compares QAPI schemas.");
// The compiler is loaded for those who ask for it: `serve` has to be quick.
if (process.argv.slice(2, 4).includes("schema")) {
  const { addSchemaCommands } = await import("./schema.ts");
  addSchemaCommands(schema);
}

addHelpHints(program);
await program.parseAsync();
