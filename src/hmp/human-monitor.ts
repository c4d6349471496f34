/**
 * The human monitor: command lines for people, on top of QMP commands.
 *
 * Whatever a command line does, it does by QMP commands (`commandCaller`), and prints what they return; an async one
 * is waited for, and the human monitor is suspended meanwhile.  Registers and memory, which QMP does not tell,
 * are looked at in the machine.  What a person would read as an error is output, not an error; only the wrong use of
 * the monitor itself is.
 */

import type { CpuInfoFast } from "../qapi/generated/machine.ts";
import type { HumanMonitorCommandArg } from "../qapi/generated/misc.ts";
import { type CallCommand, type CallerContext, commandCaller } from "../qmp/call-command.ts";
import type { CommandContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { CommandRegistry } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import { HMP_LINE_CHARS_MAX } from "../util/limits.ts";
import { visibleInLine } from "../util/visible.ts";
import { readArguments } from "./arguments.ts";
import type { BlockInfo } from "./block-text.ts";
import {
  type HmpCommand,
  type HmpContext,
  type HmpMachine,
  type JobStatusWatch,
  preconfigCommands,
} from "./command.ts";
import { HMP_COMMANDS } from "./commands.ts";
import type { RegisterLookup } from "./expression.ts";
import { helpText } from "./help.ts";
import { type HmpMemory, newMemory } from "./hmp-memory.ts";
import { HmpSyntaxError, LineReader } from "./line-reader.ts";
import { registerLookup } from "./registers.ts";
import type { SnapshotInfo } from "./snapshot-commands.ts";

export interface HumanMonitorOptions {
  /** Asked when a command runs: the human monitor is behind a command of it. */
  readonly registry: () => CommandRegistry;
  readonly resources: ResourceTable;
  readonly machine: HmpMachine;
  readonly isPreconfig: () => boolean;
  /** Runs `callback` in a later turn of the event loop. */
  readonly nextTurn: (callback: () => void) => void;
  readonly jobStatus: JobStatusWatch;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** What a word of a line stands for as it is. */
const PLAIN_NAME = /^[^"\s\p{C}][^\s\p{C}]*$/u;

/** Takes text as it is printed, in order. */
type Print = (text: string) => void;

export class HumanMonitor {
  readonly #options: HumanMonitorOptions;
  #jobs = 0;

  constructor(options: HumanMonitorOptions) {
    this.#options = options;
  }

  /**
   * Runs a command line for the command that `context` belongs to, and answers what it printed.  The
   * caller lets no two run at a time for one session (rule R1).  Rejects when the command is cancelled.
   */
  async run(args: HumanMonitorCommandArg, context: CommandContext): Promise<string> {
    const cpuIndex = args["cpu-index"];
    if (cpuIndex !== undefined) await requireCpu(cpuIndex, this.#caller(context));
    const line = args["command-line"];
    // As long as one that is typed: to read megabytes would keep all others waiting.
    if (line.length > HMP_LINE_CHARS_MAX) {
      throw new QmpError(`Parameter 'command-line' expects at most ${HMP_LINE_CHARS_MAX} characters`);
    }
    let output = "";
    await this.runLine(line, newMemory(), context, (text) => {
      output += text;
    });
    return output;
  }

  /** What can be typed now. */
  get commands(): readonly HmpCommand[] {
    return this.#options.isPreconfig() ? preconfigCommands(HMP_COMMANDS) : HMP_COMMANDS;
  }

  /** Names that an argument may be completed with: those that need no quotation marks.  Rejects as a command does. */
  async names(kind: "block device" | "snapshot", caller: CallerContext): Promise<string[]> {
    const call = this.#caller(caller);
    const names =
      kind === "block device"
        ? ((await call("query-block")) as unknown as readonly BlockInfo[]).map(({ device }) => device)
        : ((await call("query-snapshots")) as unknown as readonly SnapshotInfo[]).map(({ name }) => name);
    return names.filter((name) => PLAIN_NAME.test(name));
  }

  /** Runs a command line, which prints lines that are ended by CR and LF.  Rejects when it is cancelled. */
  async runLine(line: string, memory: HmpMemory, caller: CallerContext, print: Print): Promise<void> {
    const printLines = (text: string): void => print(text.replaceAll("\n", "\r\n"));
    printLines(await this.#runLine(line, memory, caller, printLines));
  }

  async #runLine(line: string, memory: HmpMemory, caller: CallerContext, print: Print): Promise<string> {
    const reader = new LineReader(line);
    if (reader.isAtEnd) return "";
    const command = findCommand(reader, HMP_COMMANDS);
    const typed = reader.read;
    if (command === undefined) return `unknown command: '${typed}'\n`;
    if (command.allowPreconfig !== true && this.#options.isPreconfig()) {
      return `Command '${typed}' not available until machine initialization has completed.\n`;
    }
    if ("commands" in command) return helpText(this.commands, typed);
    const context = this.#context(memory, caller, print);
    try {
      const registers = reader.rest.includes("$") ? await lookUpRegisters(context) : NO_REGISTERS;
      const sources = { registers, memory };
      const args = readArguments(reader, command.names.join("|"), command.parameters, sources);
      return await command.run(args, context);
    } catch (error) {
      if (error instanceof HmpSyntaxError) {
        return `${error.message}\nTry "help ${typed}" for more information\n`;
      }
      if (error instanceof QmpError && !caller.signal.aborted)
        return `Error: ${visibleInLine(error.message)}\n`;
      throw error;
    }
  }

  #context(memory: HmpMemory, caller: CallerContext, print: Print): HmpContext {
    const { machine, nextTurn, jobStatus, nowMs } = this.#options;
    return {
      call: this.#caller(caller),
      callAnyway: (name, args) => this.#caller(uncancelled(caller))(name, args),
      commands: this.commands,
      machine,
      memory,
      print,
      signal: caller.signal,
      nextTurn: () => new Promise((resolve) => nextTurn(resolve)),
      jobStatus,
      nowMs,
      newJobId: () => `hmp-${++this.#jobs}`,
    };
  }

  #caller(caller: CallerContext): CallCommand {
    return commandCaller(this.#options.registry(), this.#options.resources, caller);
  }
}

/** The same, and no longer cancelled with it. */
function uncancelled(caller: CallerContext): CallerContext {
  return {
    id: caller.id,
    session: caller.session,
    monitor: caller.monitor,
    signal: new AbortController().signal,
    progress: (progress) => caller.progress(progress),
    emitUnicast: (event, data) => caller.emitUnicast(event, data),
    replyRoom: (bytes) => caller.replyRoom(bytes),
  };
}

async function requireCpu(cpuIndex: number | bigint, call: CallCommand): Promise<void> {
  const cpus = (await call("query-cpus-fast")) as unknown as readonly CpuInfoFast[];
  if (cpus.every((cpu) => BigInt(cpu["cpu-index"]) !== BigInt(cpuIndex))) {
    throw new QmpError("Parameter 'cpu-index' expects a CPU number");
  }
}

/** For lines in which no register is named. */
const NO_REGISTERS: RegisterLookup = () => undefined;

/** Without a CPU no register has a name. */
async function lookUpRegisters({ machine }: HmpContext): Promise<RegisterLookup> {
  const registers = await machine.registers();
  return registers === undefined ? NO_REGISTERS : registerLookup(registers);
}

/** The command that comes next, with those behind it where it is a group. */
function findCommand(reader: LineReader, commands: readonly HmpCommand[]): HmpCommand | undefined {
  const name = reader.takeName();
  const command = commands.find(({ names }) => names.includes(name));
  if (command === undefined) return undefined;
  if (!("commands" in command) || reader.isAtEnd) return command;
  return findCommand(reader, command.commands);
}
