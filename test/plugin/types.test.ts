/**
 * What the compiler says to authors of plugins: the lines marked as errors are, or this file does not build.
 */

import { expect, it } from "vitest";
import { type CommandHandlers, marshalCommands } from "../../examples/hash-file/generated/commands.ts";
import { checkEventData, type EventData } from "../../examples/hash-file/generated/events.ts";
import { schemaInfo } from "../../examples/hash-file/generated/introspection.ts";
import type hashTask from "../../examples/hash-file/hash-task.ts";
import { definePlugin, type PluginContext, type PluginMachine } from "../../src/plugin/index.ts";

const TASK = new URL("file:///task.js");

type Handlers = CommandHandlers<PluginContext<EventData>>;

const schema = { marshalCommands, schemaInfo, checkEventData };

const handlers = (machine: PluginMachine<EventData>): Handlers => ({
  "hash-file": {
    async handle({ filename, algorithm = "sha1" }, { emitUnicast, runTask }) {
      // @ts-expect-error: the task takes an algorithm, too
      await runTask<typeof hashTask>(TASK, { filename });
      const { digest, size } = await runTask<typeof hashTask>(TASK, { filename, algorithm });
      // @ts-expect-error: an event has its data
      machine.emit("FILE_HASHED");
      // @ts-expect-error: of its type
      emitUnicast("FILE_HASHED", { filename, hash: digest });
      // @ts-expect-error: an event is the schema's
      machine.emit("STOP");
      emitUnicast("FILE_HASHED", { filename, hash: { digest, size, algorithm } });
      return { digest, size, algorithm };
    },
  },
});

it("a plugin whose types fit is one", () => {
  expect(definePlugin({ name: "hash-file", schema, createHandlers: handlers }).name).toBe("hash-file");
});

it("handlers that are missing, misspelt or answer something else do not compile", () => {
  // @ts-expect-error: the command has no handler
  const missing: Handlers = {};
  const misspelt: Handlers = {
    ...handlers({} as PluginMachine<EventData>),
    // @ts-expect-error: there is no such command
    "hash-files": { handle: async () => undefined },
  };
  // @ts-expect-error: the result lacks a member
  const wrong: Handlers = { "hash-file": { handle: async () => ({ digest: "", size: 1 }) } };
  // @ts-expect-error: handlers of another schema
  const foreign = definePlugin({ name: "foreign", schema, createHandlers: () => ({ shout: () => "" }) });
  expect([missing, misspelt, wrong, foreign]).toHaveLength(4);
});
