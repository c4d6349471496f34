/**
 * What a plugin is to its author: commands and events of a schema of one's own, and what serves them.
 *
 *     schema.json --qmpd schema compile--> generated/ --.
 *                                                       '--> definePlugin({ name, schema, createHandlers })
 *
 * The types here are the contract; `host.ts` holds a plugin against it when a service starts.
 */

import type { AsyncCommand, PlainCommand } from "../qapi/runtime/command.ts";
import type { Input, JsonObject, JsonValue } from "../qapi/runtime/unmarshal.ts";
import type { Progress } from "./progress.ts";
import type { Task } from "./task.ts";

/** Events by name, with their data: `EventData` of the generated code. */
export type EventMap = object;

/** The data of an event; one without members may be left out. */
export type EventArguments<Data> = Record<string, never> extends Data ? [data?: Data] : [data: Data];

/** What a plugin sees of a machine.  One object a machine, as long as the machine lives. */
export interface PluginMachine<Events extends EventMap = EventMap> {
  readonly name: string | undefined;
  /** As `query-status` tells it; `preconfig` before the machine is built. */
  readonly status: string;
  /** Fires when the machine ends: the plugin lets go of what it holds for it. */
  readonly signal: AbortSignal;
  /** Sends one of the plugin's events to all sessions, at any time.  Throws for data that is not the schema's. */
  emit<Name extends keyof Events & string>(event: Name, ...data: EventArguments<Events[Name]>): void;
}

/** The context of a plain command. */
export interface PluginPlainContext<Events extends EventMap = EventMap> {
  readonly machine: PluginMachine<Events>;
}

/** The context of a coroutine or async command. */
export interface PluginContext<Events extends EventMap = EventMap> extends PluginPlainContext<Events> {
  /** Name of the command. */
  readonly command: string;
  /** As received; `undefined` when the client gave none. */
  readonly id: JsonValue | undefined;
  /** Fires when the command is cancelled: by `cancel-command`, its client's end, or the service's. */
  readonly signal: AbortSignal;
  /** Tells how far the work has got: `query-sessions` shows it, COMMAND_PROGRESS tells it. */
  progress(progress: Progress): void;
  /** Sends one of the plugin's events to the command's session alone. */
  emitUnicast<Name extends keyof Events & string>(event: Name, ...data: EventArguments<Events[Name]>): void;
  /**
   * Runs another command of the machine on behalf of this one, and answers its result.  Rejects with a
   * `QmpError`, the command's own or that of the cancelled one.
   */
  execute(command: string, args?: JsonObject): Promise<JsonValue>;
  /**
   * Runs the default export of `module` in a pool thread.  Its progress becomes the command's; it is told when
   * the command is cancelled.  Rejects with a `QmpError` that the task threw, or when its thread has died.
   */
  runTask<T extends Task<never, unknown>>(
    module: URL,
    input: Parameters<T>[0],
  ): Promise<Awaited<ReturnType<T>>>;
}

/** A command that the generated code has bound to a handler. */
export type GeneratedCommand = PlainCommand<never> | AsyncCommand<never>;

/** Of the generated code, what the service needs: the names are those of `commands`, `introspection`, `events`. */
export interface GeneratedSchema<Handlers, Conditions> {
  readonly marshalCommands: (handlers: Handlers, conditions: Conditions) => readonly GeneratedCommand[];
  readonly schemaInfo: (conditions: Conditions) => readonly JsonObject[];
  /** For a schema with events. */
  readonly checkEventData?: (event: never, data: Input, conditions: Conditions) => unknown;
}

export interface PluginDefinition<Handlers, Conditions = object, Events extends EventMap = EventMap> {
  /** What messages call it. */
  readonly name: string;
  readonly schema: GeneratedSchema<Handlers, Conditions>;
  /** Which of the schema's conditions (`if`) hold; all others do not. */
  readonly conditions?: Conditions;
  /** Called once for each machine that has the plugin, before any client is served. */
  createHandlers(machine: PluginMachine<Events>): Handlers;
}

/** A plugin as a service takes it. */
export interface Plugin {
  readonly name: string;
}

/** A definition whose types have been checked, and do not matter any more. */
export interface CheckedDefinition {
  readonly name: string;
  readonly schema: {
    readonly marshalCommands: (handlers: object, conditions: object) => readonly GeneratedCommand[];
    readonly schemaInfo: (conditions: object) => readonly JsonObject[];
    readonly checkEventData?: (event: string, data: Input, conditions: object) => unknown;
  };
  readonly conditions?: object;
  createHandlers(machine: PluginMachine): object;
}

/** Plugins that this copy of the program has made: those of another have another `QmpError`. */
const definitions = new WeakMap<object, CheckedDefinition>();

/** Makes a plugin: the default export of its module. */
export function definePlugin<Handlers, Conditions, Events extends EventMap>(
  definition: PluginDefinition<Handlers, Conditions, Events>,
): Plugin {
  const plugin = { name: definition.name };
  definitions.set(plugin, definition as unknown as CheckedDefinition);
  return plugin;
}

/** What `plugin` was made of; undefined when it was not made by `definePlugin`. */
export function definitionOf(plugin: unknown): CheckedDefinition | undefined {
  return typeof plugin === "object" && plugin !== null ? definitions.get(plugin) : undefined;
}
