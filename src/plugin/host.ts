/**
 * The plugins of a service: loaded once each, bound once for each machine that has them.
 *
 *     sources --load--> definitions --bind, for a machine--> commands, schema
 *
 * Guaranteed: a plugin that is bound has a handler of the right kind for each of its commands, and no name that
 * anybody else has.  What its handlers do wrong later becomes an internal error of the command that did it.
 */

import type { WorkerPool } from "../offload/pool.ts";
import type { SchemaInfo } from "../qapi/generated/introspect.ts";
import { schemaInfo } from "../qapi/generated/introspection.ts";
import type { MonitorCommand } from "../qmp/registry.ts";
import { type CheckEvent, eventChecker, type MachineParts, machineView } from "./context.ts";
import { PluginError } from "./errors.ts";
import { bindHandlers } from "./handlers.ts";
import { joinSchemas } from "./introspection.ts";
import { checkDefinition, loadPluginFile } from "./load.ts";
import type { CheckedDefinition, Plugin } from "./plugin.ts";

/** A plugin, or the file whose default export is one. */
export type PluginSource = Plugin | string;

/** What the plugins of one machine add to it. */
export interface MachinePlugins {
  readonly commands: readonly MonitorCommand[];
  /** What `query-qmp-schema` answers, of what it would answer without them. */
  extend(entries: readonly SchemaInfo[]): readonly SchemaInfo[];
  /** The machine ends. */
  close(): void;
}

/** Names of this program's own schema, whatever its conditions. */
const BUILT_IN: ReadonlyMap<string, string> = namesOf(schemaInfo({ QTEST: true }), "qmpd");

export class PluginHost {
  readonly #definitions: ReadonlyMap<PluginSource, CheckedDefinition>;
  readonly #startPool: () => Promise<WorkerPool>;
  #pool: Promise<WorkerPool> | undefined;

  private constructor(
    definitions: ReadonlyMap<PluginSource, CheckedDefinition>,
    startPool: () => Promise<WorkerPool>,
  ) {
    this.#definitions = definitions;
    this.#startPool = startPool;
  }

  /** Rejects with `PluginError`.  `startPool` is called with the first task. */
  static async load(
    sources: Iterable<PluginSource>,
    startPool: () => Promise<WorkerPool>,
  ): Promise<PluginHost> {
    const definitions = new Map<PluginSource, CheckedDefinition>();
    for (const source of sources) {
      if (definitions.has(source)) continue;
      const definition =
        typeof source === "string" ? await loadPluginFile(source) : checkDefinition(source.name, source);
      definitions.set(source, definition);
    }
    return new PluginHost(definitions, startPool);
  }

  /** Throws `PluginError`. */
  bind(sources: readonly PluginSource[], parts: Omit<MachineParts, "pool">): MachinePlugins {
    const ended = new AbortController();
    const taken = new Map(BUILT_IN);
    const commands: MonitorCommand[] = [];
    const schemas: SchemaInfo[][] = [];
    const bound = new Set<CheckedDefinition>();
    try {
      for (const source of sources) {
        const definition = this.#definitions.get(source);
        if (definition === undefined) throw new PluginError(String(source), "it was not loaded");
        // Two paths may lead to one file.
        if (bound.has(definition))
          throw new PluginError(definition.name, "a machine has it twice: name it once");
        bound.add(definition);
        const entries = describe(definition);
        takeNames(entries, definition.name, taken);
        const check: CheckEvent = eventChecker(definition, eventsOf(definition, entries));
        const machine = machineView(parts.machine, check, ended.signal);
        commands.push(...bindHandlers(definition, machine, { ...parts, pool: this.#taskPool }, check));
        schemas.push(entries);
      }
    } catch (error) {
      ended.abort(); // Those that fit may have started something.
      throw error;
    }
    return {
      commands,
      extend: (entries) => schemas.reduce(joinSchemas, [...entries]),
      close: () => ended.abort(),
    };
  }

  /** Ends the threads of the tasks. */
  async close(): Promise<void> {
    await this.#pool?.then((pool) => pool.close());
  }

  /** Threads of their own: however long tasks take, no screendump waits for one. */
  readonly #taskPool = (): Promise<WorkerPool> => {
    this.#pool ??= this.#startPool();
    return this.#pool;
  };
}

function describe({ name, schema, conditions = {} }: CheckedDefinition): SchemaInfo[] {
  try {
    return [...schema.schemaInfo(conditions)] as unknown as SchemaInfo[];
  } catch (cause) {
    throw new PluginError(name, `its schema cannot be read: ${String(cause)}; compile it again`, { cause });
  }
}

/** Names of the plugin's events. */
function eventsOf({ name, schema }: CheckedDefinition, entries: readonly SchemaInfo[]): ReadonlySet<string> {
  const events = entries.filter((entry) => entry["meta-type"] === "event");
  const [first] = events;
  if (first !== undefined && typeof schema.checkEventData !== "function") {
    const todo = "give 'checkEventData' of the generated 'events' to definePlugin, in 'schema'";
    throw new PluginError(name, `its schema has the event '${first.name}': ${todo}`);
  }
  return new Set(events.map((event) => event.name));
}

/** Commands and events, by name, with whose they are. */
function namesOf(entries: readonly SchemaInfo[], owner: string): Map<string, string> {
  const named = entries.filter((entry) => entry["meta-type"] === "command" || entry["meta-type"] === "event");
  return new Map(named.map((entry) => [entry.name, `the ${entry["meta-type"]} of that name of ${owner}`]));
}

function takeNames(entries: readonly SchemaInfo[], plugin: string, taken: Map<string, string>): void {
  for (const [name, whose] of namesOf(entries, `plugin ${plugin}`)) {
    const other = taken.get(name);
    if (other !== undefined) {
      throw new PluginError(plugin, `'${name}' clashes with ${other}: give it another name in the schema`);
    }
    taken.set(name, whose);
  }
}
