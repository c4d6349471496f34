/**
 * The one way from a handler to other QMP commands: the human monitor's, and those of plugins.  A command that
 * is called from here runs as a call of its own, with its own resources; whoever calls it waits for its return,
 * however late that comes.
 */

import type { JsonObject, JsonValue } from "../qjson/value.ts";
import { type CallOwner, CommandCall } from "./call.ts";
import type { CommandContext } from "./context.ts";
import { QmpError } from "./errors.ts";
import type { CommandRegistry } from "./registry.ts";
import type { ResourceTable } from "./resources.ts";

/** What a call needs of whoever it is made for: the context of a command, or of a human monitor's line. */
export type CallerContext = Pick<
  CommandContext,
  "id" | "session" | "monitor" | "signal" | "progress" | "emitUnicast" | "replyRoom"
>;

export type CallCommand = (name: string, args?: JsonObject) => Promise<JsonValue>;

/**
 * Calls for what `context` belongs to, and on behalf of its session: cancelled with it, its progress
 * is told as its own.  Rejects with what the called command failed with, a `QmpError` unless there is a defect.
 */
export function commandCaller(
  registry: CommandRegistry,
  resources: ResourceTable,
  context: CallerContext,
): CallCommand {
  return async (name, args = {}) => {
    context.signal.throwIfAborted();
    const command = registry.find(name);
    if (command === undefined) {
      throw new QmpError(`The command ${name} has not been found`, "CommandNotFound");
    }
    if (command.kind === "plain") return command.call(args, context);
    return new Promise<JsonValue>((resolve, reject) => {
      const cancel = (): void => call.cancel();
      const owner: CallOwner = {
        session: context.session,
        monitor: context.monitor,
        resources,
        completed(_, outcome) {
          context.signal.removeEventListener("abort", cancel);
          if ("error" in outcome) reject(outcome.error);
          else resolve(outcome.result);
        },
        progressed: (_, progress) => context.progress(progress),
        unicast: (event, data) => context.emitUnicast(event, data),
        replyRoom: (_, bytes) => context.replyRoom(bytes),
      };
      // Its age is that of the command it is called for, which alone is told.
      const call = new CommandCall(owner, command, args, context.id, 0);
      context.signal.addEventListener("abort", cancel);
      call.run();
    });
  };
}
