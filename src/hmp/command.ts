/** What a command of the human monitor is, and what it is given. */

import type { AddressSpace, Registers } from "../offload/pc-contract.ts";
import type { CallCommand } from "../qmp/call-command.ts";
import type { HmpArguments, HmpParameter } from "./arguments.ts";
import type { HmpMemory } from "./hmp-memory.ts";

/** What the human monitor shows of a machine that no QMP command tells. */
export interface HmpMachine {
  /** Undefined where there is no CPU.  Rejects with `QmpError` when the machine does not answer. */
  registers(): Promise<Registers | undefined>;
  /** Fills `into` from `address` on, at one moment; false where that cannot be read.  Rejects as above. */
  copyMemory(space: AddressSpace, address: bigint, into: Uint8Array<SharedArrayBuffer>): Promise<boolean>;
  /** What the page tables map, as `PcControl` answers it.  Rejects with `QmpError` where there is no CPU. */
  mappedRanges(countMax: number): Promise<Float64Array | undefined>;
}

/**
 * Waits until the job of this id is told to be in a state.  It is asked before the job is begun, and `close` is called
 * in the end, whether the state was reached or not.
 */
export type JobStatusWatch = (
  id: string,
  status: string,
) => { readonly reached: Promise<void>; close(): void };

/** What a command runs with. */
export interface HmpContext {
  /** What can be typed now, for help. */
  readonly commands: readonly HmpCommand[];
  /** Calls a QMP command, and waits for its return. */
  readonly call: CallCommand;
  /** The same, also when the command has been cancelled: for what has to be tidied up then. */
  readonly callAnyway: CallCommand;
  readonly machine: HmpMachine;
  readonly memory: HmpMemory;
  /** Prints at once, for what is too much to be handled in one turn of the event loop. */
  print(text: string): void;
  /** Fires when the command is cancelled. */
  readonly signal: AbortSignal;
  /** Settles in a later turn of the event loop. */
  nextTurn(): Promise<void>;
  readonly jobStatus: JobStatusWatch;
  /** An id that no job has had. */
  newJobId(): string;
  /** Milliseconds since 1970. */
  nowMs(): number;
}

interface HmpEntry {
  /** The names it is called by. */
  readonly names: readonly string[];
  /** How its arguments are written, for help. */
  readonly usage: string;
  readonly help: string;
  /** May run before the machine has been made. */
  readonly allowPreconfig?: true;
}

export interface HmpLeaf extends HmpEntry {
  readonly parameters: readonly HmpParameter[];
  /** What it prints in the end, lines ended by LF.  Rejects with `QmpError`, which is printed. */
  run(args: HmpArguments, context: HmpContext): Promise<string>;
}

/** A command that others stand behind: `info status`. */
export interface HmpGroup extends HmpEntry {
  readonly commands: readonly HmpCommand[];
}

export type HmpCommand = HmpLeaf | HmpGroup;

/** Of those, what there is before the machine has been made. */
export function preconfigCommands(commands: readonly HmpCommand[]): HmpCommand[] {
  return commands.flatMap((command): HmpCommand[] => {
    if (command.allowPreconfig !== true) return [];
    return "commands" in command
      ? [{ ...command, commands: preconfigCommands(command.commands) }]
      : [command];
  });
}
