/**
 * A plugin's handlers, held against its schema and bound to its commands.
 *
 * Each handler is wrapped: it gets a plugin's context, and a defect of its is told as the plugin's.  Everything
 * else is done by the generated code and the monitor, as for the program's own commands.
 */

import { unlessAborted } from "../commands/waiting.ts";
import type { CommandDescription, CommandKind } from "../qapi/runtime/command.ts";
import { QmpError } from "../qapi/runtime/error.ts";
import type { CommandContext } from "../qmp/context.ts";
import type { MonitorCommand } from "../qmp/registry.ts";
import { type CheckEvent, handlerContext, type MachineParts } from "./context.ts";
import { PluginDefect, PluginError } from "./errors.ts";
import type { CheckedDefinition, PluginContext, PluginMachine } from "./plugin.ts";

type Handler = (args: unknown, context: unknown) => unknown;

/** By the names of the commands: a function for a plain one, else an object with `handle`. */
type Handlers = Readonly<Record<string, unknown>>;

interface HandlerObject {
  readonly handle: Handler;
  readonly resources?: Handler;
}

/** What a handler has to be, for messages. */
const HANDLER_SHAPES: Readonly<Record<CommandKind, string>> = {
  plain: "a function",
  coroutine: "an object with a function 'handle'",
  async: "an object with a function 'handle'",
};

/** Throws `PluginError` for a handler that is missing, of another kind than its command, or of no command. */
export function bindHandlers(
  definition: CheckedDefinition,
  machine: PluginMachine,
  parts: MachineParts,
  check: CheckEvent,
): readonly MonitorCommand[] {
  const { name: plugin, schema, conditions = {} } = definition;
  const handlers = createHandlers(definition, machine);
  const described = schema.marshalCommands(handlers, conditions);
  checkHandlers(plugin, described, handlers, definition.conditions !== undefined);
  const guarded = described.map(({ name, kind }) => {
    const handler = handlers[name];
    if (kind === "plain") return [name, guardPlain(plugin, name, handler as Handler, machine)];
    const contextFor = (call: CommandContext) => handlerContext(machine, parts, call, check);
    return [name, guardObject(plugin, name, handler as HandlerObject, contextFor)];
  });
  // Commands that do not care which context their handlers are handed.
  return schema.marshalCommands(Object.fromEntries(guarded), conditions) as readonly MonitorCommand[];
}

function createHandlers(definition: CheckedDefinition, machine: PluginMachine): Handlers {
  const { name } = definition;
  let handlers: unknown;
  try {
    handlers = definition.createHandlers(machine);
  } catch (cause) {
    throw new PluginError(name, `createHandlers throws: ${String(cause)}`, { cause });
  }
  if (isThenable(handlers)) {
    handlers.then(undefined, () => {}); // Its failure is no news any more.
    throw new PluginError(name, "createHandlers answers a promise: it must answer the handlers themselves");
  }
  if (typeof handlers === "object" && handlers !== null) return handlers as Handlers;
  throw new PluginError(name, "createHandlers must answer an object that has a handler for each command");
}

/** `isConditional`: commands may be missing whose handlers are there all the same. */
function checkHandlers(
  plugin: string,
  commands: readonly CommandDescription[],
  handlers: Handlers,
  isConditional: boolean,
): void {
  for (const { name, kind } of commands) {
    const shape = HANDLER_SHAPES[kind];
    if (!Object.hasOwn(handlers, name)) {
      const todo = `add '${name}' to what createHandlers answers, as ${shape}`;
      throw new PluginError(plugin, `the command '${name}' of its schema has no handler: ${todo}`);
    }
    if (!fits(handlers[name], kind)) {
      const problem = `the handler of '${name}', a command of the kind ${kind}, must be ${shape}`;
      throw new PluginError(plugin, `${problem}; or change the command in the schema and compile it again`);
    }
  }
  if (isConditional) return;
  for (const name of Object.keys(handlers)) {
    if (commands.some((command) => command.name === name)) continue;
    const known = commands.map((command) => `'${command.name}'`).join(", ");
    throw new PluginError(
      plugin,
      `there is a handler '${name}', and no such command in its schema: it has ${known}`,
    );
  }
}

function fits(handler: unknown, kind: CommandKind): boolean {
  if (kind === "plain") return typeof handler === "function";
  if (typeof handler !== "object" || handler === null || !("handle" in handler)) return false;
  const { handle, resources } = handler as { handle: unknown; resources?: unknown };
  return typeof handle === "function" && (resources === undefined || typeof resources === "function");
}

function guardPlain(plugin: string, command: string, handler: Handler, machine: PluginMachine): Handler {
  const context = { machine };
  return (args) => {
    const result = blame(plugin, command, () => handler(args, context));
    if (!isThenable(result)) return result;
    result.then(undefined, () => {}); // Nobody waits for it.
    const todo = "make the command 'coroutine' or 'async' in the schema";
    throw new PluginDefect(
      plugin,
      `the handler of the plain command '${command}' answers a promise: ${todo}`,
    );
  };
}

function guardObject(
  plugin: string,
  command: string,
  handler: HandlerObject,
  contextFor: (call: CommandContext) => PluginContext,
): object {
  const { resources } = handler;
  /** Claims that are being looked up.  The monitor may start a lone command meanwhile: a plugin's waits for them. */
  const lookups = new WeakMap<CommandContext, Promise<unknown>>();
  return {
    // Always a promise: a handler that answers nothing has ended, too.
    handle: (args: unknown, call: CommandContext) =>
      blameAsync(plugin, command, async () => {
        const lookup = lookups.get(call);
        if (lookup !== undefined) await unlessAborted(lookup, call.signal);
        return handler.handle(args, contextFor(call));
      }),
    ...(resources !== undefined && {
      resources(args: unknown, call: CommandContext) {
        const claims = blame(plugin, command, () => resources.call(handler, args, contextFor(call)));
        if (!isThenable(claims)) return claims;
        const lookup = blameAsync(plugin, command, () => claims);
        lookups.set(call, lookup);
        return lookup;
      },
    }),
  };
}

function blame<T>(plugin: string, command: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw blamed(plugin, command, error);
  }
}

async function blameAsync(plugin: string, command: string, work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    throw blamed(plugin, command, error);
  }
}

/** What a client may read stays as it is; anything else is the plugin's defect. */
function blamed(plugin: string, command: string, error: unknown): unknown {
  if (error instanceof QmpError || error instanceof PluginDefect) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new PluginDefect(plugin, `the handler of '${command}' failed: ${what}`, { cause: error });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
