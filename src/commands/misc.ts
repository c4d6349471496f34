/** Handlers of the schema module `misc`: the name, run control, the human monitor. */

import type { HumanMonitorCommandArg, MiscHandlers } from "../qapi/generated/misc.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread, machineValue } from "./results.ts";

/** Commands that change whether the machine runs go one after the other (rule R1). */
export const runStateClaim = (): readonly ResourceClaim[] => [{ resource: "run-state", mode: "exclusive" }];

/** The human monitor: it runs a command line and answers what that printed. */
export interface HumanMonitorPort {
  run(args: HumanMonitorCommandArg, context: CommandContext): Promise<string>;
}

export function miscHandlers(
  machine: MachineControl,
  humanMonitor: HumanMonitorPort,
): MiscHandlers<PlainContext, CommandContext> {
  const { handle } = machine;
  return {
    "query-name": () => (machine.name === undefined ? {} : { name: machine.name }),
    stop: {
      resources: runStateClaim,
      handle: async () => machineValue(await fromThread(handle.stop())),
    },
    cont: {
      resources: runStateClaim,
      handle: async () => machineValue(await fromThread(handle.cont())),
    },
    "x-exit-preconfig": {
      async handle() {
        if (!machine.isPreconfig) {
          throw new QmpError("The command is permitted only before machine initialization");
        }
        await fromThread(machine.exitPreconfig());
      },
    },
    "human-monitor-command": {
      // Those of one session run one after the other (rule R1).
      resources: (_, { session }) => [{ resource: `human-monitor:${session.sessionId}`, mode: "exclusive" }],
      handle: (args, context) => humanMonitor.run(args, context),
    },
  };
}
