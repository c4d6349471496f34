/** What a command of the human monitor is. */

import type { CallCommand } from "../qmp/call-command.ts";
import type { HmpArguments, HmpParameter } from "./arguments.ts";

interface HmpEntry {
  /** The names it is called by. */
  readonly names: readonly string[];
  /** How its arguments are written, for help. */
  readonly usage: string;
  readonly help: string;
}

export interface HmpLeaf extends HmpEntry {
  readonly parameters: readonly HmpParameter[];
  /** What it prints, lines ended by LF.  Rejects with `QmpError`, which is printed. */
  run(args: HmpArguments, call: CallCommand): Promise<string>;
}

/** A command that others stand behind: `info status`. */
export interface HmpGroup extends HmpEntry {
  readonly commands: readonly HmpCommand[];
}

export type HmpCommand = HmpLeaf | HmpGroup;
