/** `qmpd shell`: from the command line to a shell at a terminal, or to a script. */

import type { Command } from "commander";
import { ChardevError, ClientError, CommandError, connect, type QmpClient } from "../client/index.ts";
import { painterFor } from "../shell/colors.ts";
import { History, historyFile } from "../shell/history.ts";
import { runInteractive } from "../shell/interactive.ts";
import { SchemaSource } from "../shell/schema-source.ts";
import { runScript } from "../shell/script.ts";
import { systemClock } from "../util/clock.ts";
import { commandDocs } from "./command-docs.ts";

export interface ShellOptions {
  readonly events?: true;
  readonly history: boolean;
}

/** What the shell enables where it is offered: several commands in flight, and a Ctrl-C that overtakes them. */
const PREFERRED = ["oob", "async"];

export async function runShell(endpoint: string, options: ShellOptions, command: Command): Promise<void> {
  const client = await open(endpoint, command);
  // Whoever read the output has gone (`| head`): there is nobody to work for.
  process.stdout.on("error", () => process.exit(1));
  const schema = new SchemaSource(client);
  const docOf = commandDocs();
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY;
  const common = { client, schema, docOf, input: process.stdin, output: process.stdout };
  process.exitCode = isInteractive
    ? await runInteractive({
        ...common,
        paint: painterFor(true, process.env),
        history: options.history ? openHistory() : undefined,
        clock: systemClock,
      })
    : await runScript({ ...common, errors: process.stderr, events: options.events === true });
  await client.close();
}

async function open(endpoint: string, command: Command): Promise<QmpClient> {
  try {
    return await connect(endpoint, { preferred: PREFERRED });
  } catch (error) {
    if (error instanceof ClientError || error instanceof ChardevError || error instanceof CommandError) {
      command.error(`qmpd: ${error.message}`);
    }
    throw error;
  }
}

function openHistory(): History {
  return new History(historyFile(process.env), (message) => process.stderr.write(`qmpd: ${message}\n`));
}
