/**
 * What a plugin's handlers are handed, made of what the program's own handlers get.
 *
 * Whatever a plugin tells is checked here before anybody else sees it: events against its schema, progress by
 * its range.  A mistake is thrown at the plugin, and harms nobody else.
 */

import type { MachineControl } from "../commands/machine-control.ts";
import { fromThread } from "../commands/results.ts";
import type { WorkerPool } from "../offload/pool.ts";
import { type Input, isJsonObject, type JsonObject, type JsonValue } from "../qapi/runtime/unmarshal.ts";
import { commandCaller } from "../qmp/call-command.ts";
import type { CommandContext } from "../qmp/context.ts";
import { QmpError, type QmpErrorClass } from "../qmp/errors.ts";
import type { CommandRegistry } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { TASK_PROGRESS_PERIOD_MS } from "../util/limits.ts";
import { createProgressWords, type ProgressWords, readProgress } from "../util/progress-words.ts";
import type { CheckedDefinition, PluginContext, PluginMachine } from "./plugin.ts";
import { checkProgress, type Progress } from "./progress.ts";

/** What a machine lends to its plugins. */
export interface MachineParts {
  readonly machine: MachineControl;
  /** Asked when a command runs: the plugins' own are among them. */
  readonly registry: () => CommandRegistry;
  readonly resources: ResourceTable;
  /** The pool of the plugins' tasks, started with the first of them. */
  readonly pool: () => Promise<WorkerPool>;
  readonly clock: Clock;
}

type EventData = JsonObject | undefined;

/** Holds an event against the plugin's schema; answers its data as it is sent.  Throws for one that is not there. */
export type CheckEvent = (event: string, data: Input) => EventData;

export function eventChecker(definition: CheckedDefinition, events: ReadonlySet<string>): CheckEvent {
  const { name, schema, conditions = {} } = definition;
  return (event, data) => {
    if (!events.has(event)) throw new Error(`the schema of plugin ${name} has no event '${event}'`);
    let checked: unknown;
    try {
      checked = schema.checkEventData?.(event, data, conditions);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`the data of event '${event}' is not of its type: ${reason}`, { cause });
    }
    const isEmpty = !isJsonObject(checked as Input) || Object.keys(checked as object).length === 0;
    return isEmpty ? undefined : (checked as JsonObject);
  };
}

/** Its functions may be taken out of it: a handler takes what it needs. */
export function machineView(
  machine: MachineControl,
  check: CheckEvent,
  signal: AbortSignal,
): PluginMachine<Record<string, JsonObject>> {
  return {
    get name() {
      return machine.name;
    },
    get status() {
      return machine.isPreconfig ? "preconfig" : machine.handle.runState;
    },
    signal,
    emit: (event, data) => machine.emit(event, check(event, data)),
  };
}

/** The context of one command, `call`; as {@link machineView}. */
export function handlerContext(
  machine: PluginMachine,
  parts: MachineParts,
  call: CommandContext,
  check: CheckEvent,
): PluginContext {
  return {
    machine,
    command: call.command,
    id: call.id,
    get signal() {
      return call.signal;
    },
    progress({ current, total }) {
      checkProgress({ current, total });
      call.progress({ current, total });
    },
    emitUnicast: (event: string, data?: Input) => call.emitUnicast(event, check(event, data)),
    execute: (command, args = {}) => execute(parts, call, command, args),
    // The types of input and output are the plugin's; they were checked where the plugin was compiled.
    runTask: (module, input) => runTask(parts, call, module, input) as Promise<never>,
  };
}

async function execute(
  { machine, registry, resources }: MachineParts,
  call: CommandContext,
  command: string,
  args: JsonObject,
): Promise<JsonValue> {
  if (machine.isPreconfig && registry().find(command)?.allowPreconfig === false) {
    throw new QmpError(
      `The command '${command}' is permitted only after machine initialization has completed`,
    );
  }
  return commandCaller(registry(), resources, call)(command, args);
}

async function runTask(
  { pool, clock }: MachineParts,
  call: CommandContext,
  module: URL,
  input: unknown,
): Promise<unknown> {
  const { signal } = call;
  signal.throwIfAborted();
  const progress = createProgressWords();
  const reports = new ProgressWatch(progress, clock, (told) => call.progress(told));
  try {
    const threads = await pool();
    const result = await fromThread(threads.runPlugin({ module: module.href, input, progress }, signal));
    if (result.ok) return result.value;
    throw new QmpError(result.desc, result.errorClass as QmpErrorClass);
  } finally {
    reports.stop();
  }
}

/** Fetches a task's progress while it runs, and tells it when it has changed. */
class ProgressWatch {
  readonly #words: ProgressWords;
  readonly #clock: Clock;
  readonly #tell: (progress: Progress) => void;
  #told: Progress = { current: 0, total: 0 };
  #timer: Timer;

  constructor(words: ProgressWords, clock: Clock, tell: (progress: Progress) => void) {
    this.#words = words;
    this.#clock = clock;
    this.#tell = tell;
    this.#timer = this.#start();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #start(): Timer {
    return this.#clock.startTimer(TASK_PROGRESS_PERIOD_MS, () => {
      const { current, total } = readProgress(this.#words);
      if (current !== this.#told.current || total !== this.#told.total) {
        this.#told = { current, total };
        this.#tell(this.#told);
      }
      this.#timer = this.#start();
    });
  }
}
