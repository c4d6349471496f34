/**
 * The commands of one machine's monitor, by name.  A monitor is handed one; it knows no command itself.
 */

import type { AsyncCommand, PlainCommand } from "../qapi/runtime/command.ts";
import { assert } from "../util/assert.ts";
import type { CommandContext, PlainContext } from "./context.ts";

export type MonitorCommand = PlainCommand<PlainContext> | AsyncCommand<CommandContext>;

export class CommandRegistry {
  readonly #commands = new Map<string, MonitorCommand>();

  constructor(commands: Iterable<MonitorCommand>) {
    for (const command of commands) {
      assert(!this.#commands.has(command.name), `command ${command.name} is registered twice`);
      this.#commands.set(command.name, command);
    }
  }

  find(name: string): MonitorCommand | undefined {
    return this.#commands.get(name);
  }

  /** Names of all commands, in the schema's order. */
  names(): string[] {
    return [...this.#commands.keys()];
  }
}
