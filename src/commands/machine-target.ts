/** Handlers of the schema module `machine-target`: the processors. */

import type { MachineTargetHandlers } from "../qapi/generated/machine-target.ts";
import type { PlainContext } from "../qmp/context.ts";

/** The type of the PC's processor, among those that `qom-list-types` tells. */
export const CPU_TYPE = "v86-i386-cpu";

export function machineTargetHandlers(): MachineTargetHandlers<PlainContext> {
  return {
    "query-cpu-definitions": () => [
      {
        name: CPU_TYPE.replace(/-i386-cpu$/, ""),
        // It needs nothing of this computer's processor.  What it can do may change with the emulator's version.
        "migration-safe": false,
        static: false,
        "unavailable-features": [],
        typename: CPU_TYPE,
        deprecated: false,
      },
    ],
  };
}
