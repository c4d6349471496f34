/**
 * A plugin that adds the command `hash-file`: slow work with progress, which stops when it is cancelled.
 *
 * The command waits here, on the main thread, and costs nothing there: `hash-task.ts` works, in a pool thread.
 */

import { definePlugin, type PluginContext, type PluginMachine } from "qmpd/plugin";
import { type CommandHandlers, marshalCommands } from "./generated/commands.js";
import { checkEventData, type EventData } from "./generated/events.js";
import { schemaInfo } from "./generated/introspection.js";
import type hashTask from "./hash-task.js";

/** The built file: this one is built, too, when it runs. */
const HASH_TASK = new URL("./hash-task.js", import.meta.url);

type Handlers = CommandHandlers<PluginContext<EventData>>;

export default definePlugin({
  name: "hash-file",
  schema: { marshalCommands, schemaInfo, checkEventData },
  createHandlers: (machine: PluginMachine<EventData>): Handlers => ({
    "hash-file": {
      async handle({ filename, algorithm = "sha256" }, context) {
        const done = await context.runTask<typeof hashTask>(HASH_TASK, { filename, algorithm });
        const hash = { algorithm, ...done };
        machine.emit("FILE_HASHED", { filename, hash });
        return hash;
      },
    },
  }),
});
