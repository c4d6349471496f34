/**
 * A limit for a list among a command's arguments, looked at before any of its elements is: the generated code checks and
 * converts a list in one go, and other clients wait meanwhile.
 */

import type { CallContext } from "../qapi/runtime/command.ts";
import type { JsonObject } from "../qjson/value.ts";
import type { CommandContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { MonitorCommand } from "../qmp/registry.ts";
import { INPUT_EVENTS_COUNT_MAX } from "../util/limits.ts";

/** Names of the lists that are limited, by command. */
const LISTS: ReadonlyMap<string, string> = new Map([
  ["input-send-event", "events"],
  ["send-key", "keys"],
]);

/** The same command, which refuses a list that is too long. */
export function limitLists(command: MonitorCommand): MonitorCommand {
  const list = LISTS.get(command.name);
  if (list === undefined || command.kind === "plain") return command;
  return {
    ...command,
    check(input: JsonObject) {
      refuseLong(input, list);
      command.check?.(input);
    },
    call(input: JsonObject, context: CommandContext & CallContext) {
      refuseLong(input, list);
      command.call(input, context);
    },
  };
}

function refuseLong(input: JsonObject, name: string): void {
  const list = input[name];
  if (!Array.isArray(list) || list.length <= INPUT_EVENTS_COUNT_MAX) return;
  throw new QmpError(`Parameter '${name}' has more than ${INPUT_EVENTS_COUNT_MAX} elements`);
}
