/** `qmpd shell`: from the command line to a shell at a terminal, or to a script. */

import type { Command } from "commander";
import { errorText, isArgumentError, isCallersError } from "../client/errors.ts";
import { connect, type QmpClient } from "../client/index.ts";
import { painterFor } from "../shell/colors.ts";
import { History, historyFile } from "../shell/history.ts";
import { runInteractive } from "../shell/interactive.ts";
import { SchemaSource } from "../shell/schema-source.ts";
import { runScript } from "../shell/script.ts";
import { systemClock } from "../util/clock.ts";
import { visible } from "../util/visible.ts";
import { commandDocs } from "./command-docs.ts";
import { endWithError } from "./command-error.ts";
import { endWithoutReader } from "./output-end.ts";

export interface ShellOptions {
  readonly events?: true;
  readonly history: boolean;
}

/** What the shell enables where it is offered: several commands in flight, and a Ctrl-C that overtakes them. */
const PREFERRED = ["oob", "async"];

export async function runShell(endpoint: string, options: ShellOptions, command: Command): Promise<void> {
  const client = await open(endpoint, command);
  endWithoutReader();
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
    if (!isCallersError(error)) throw error;
    endWithError(command, visible(errorText(error)), isArgumentError(error));
  }
}

function openHistory(): History {
  return new History(historyFile(process.env), (message) => process.stderr.write(`qmpd: ${message}\n`));
}
