/** Handlers of the schema module `control`: negotiation, version, the list of commands, the end. */

import type { ControlHandlers, VersionInfo } from "../qapi/generated/control.ts";
import type { PlainContext } from "../qmp/context.ts";
import type { MachineControl } from "./machine-control.ts";

export interface ControlPorts {
  readonly machine: MachineControl;
  readonly version: VersionInfo;
  /** Names of all commands that are offered. */
  readonly commandNames: () => readonly string[];
}

export function controlHandlers({
  machine,
  version,
  commandNames,
}: ControlPorts): ControlHandlers<PlainContext> {
  return {
    qmp_capabilities({ enable = [] }, { session }) {
      session.negotiate(enable);
    },
    "query-version": () => version,
    "query-commands": () => commandNames().map((name) => ({ name })),
    quit: () => machine.quit(),
  };
}
