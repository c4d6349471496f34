/**
 * The human monitor: command lines for people, on top of QMP commands.
 *
 * It knows no machine.  Whatever a command line does, it does by QMP commands (`commandCaller`), and prints what
 * they return; an async one is waited for, and the human monitor is suspended meanwhile.  What a person would
 * read as an error is output, not an error; only the wrong use of the monitor itself is.
 */

import type { CpuInfoFast } from "../qapi/generated/machine.ts";
import type { HumanMonitorCommandArg } from "../qapi/generated/misc.ts";
import { type CallCommand, commandCaller } from "../qmp/call-command.ts";
import type { CommandContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { CommandRegistry } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import { readArguments } from "./arguments.ts";
import type { HmpCommand } from "./command.ts";
import { HMP_COMMANDS } from "./commands.ts";
import { helpText } from "./help.ts";
import { HmpSyntaxError, LineReader } from "./line-reader.ts";

export class HumanMonitor {
  readonly #registry: () => CommandRegistry;
  readonly #resources: ResourceTable;

  /** `registry` is asked when a command runs: the human monitor is behind a command of it. */
  constructor(registry: () => CommandRegistry, resources: ResourceTable) {
    this.#registry = registry;
    this.#resources = resources;
  }

  /**
   * Runs a command line for the command that `context` belongs to, and answers what it printed.  The
   * caller lets no two run at a time for one session (rule R1).  Rejects when the command is cancelled.
   */
  async run(args: HumanMonitorCommandArg, context: CommandContext): Promise<string> {
    const call = commandCaller(this.#registry(), this.#resources, context);
    const cpuIndex = args["cpu-index"];
    if (cpuIndex !== undefined) await requireCpu(cpuIndex, call);
    const output = await runLine(args["command-line"], context, call);
    return output.replaceAll("\n", "\r\n");
  }
}

async function requireCpu(cpuIndex: number | bigint, call: CallCommand): Promise<void> {
  const cpus = (await call("query-cpus-fast")) as unknown as readonly CpuInfoFast[];
  if (cpus.every((cpu) => BigInt(cpu["cpu-index"]) !== BigInt(cpuIndex))) {
    throw new QmpError("Parameter 'cpu-index' expects a CPU number");
  }
}

async function runLine(line: string, context: CommandContext, call: CallCommand): Promise<string> {
  const reader = new LineReader(line);
  if (reader.isAtEnd) return "";
  const command = findCommand(reader, HMP_COMMANDS);
  const typed = reader.read;
  if (command === undefined) return `unknown command: '${typed}'\n`;
  if ("commands" in command) return helpText(HMP_COMMANDS, typed);
  try {
    const args = readArguments(reader, command.names.join("|"), command.parameters);
    return await command.run(args, call);
  } catch (error) {
    if (error instanceof HmpSyntaxError) {
      return `${error.message}\nTry "help ${typed}" for more information\n`;
    }
    if (error instanceof QmpError && !context.signal.aborted) return `Error: ${error.message}\n`;
    throw error;
  }
}

/** The command that comes next, with those behind it where it is a group. */
function findCommand(reader: LineReader, commands: readonly HmpCommand[]): HmpCommand | undefined {
  const name = reader.takeName();
  const command = commands.find(({ names }) => names.includes(name));
  if (command === undefined) return undefined;
  if (!("commands" in command) || reader.isAtEnd) return command;
  return findCommand(reader, command.commands);
}
