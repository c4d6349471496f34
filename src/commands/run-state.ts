/** Handlers of the schema module `run-state`. */

import type { RunStateHandlers } from "../qapi/generated/run-state.ts";
import type { PlainContext } from "../qmp/context.ts";
import type { MachineControl } from "./machine-control.ts";

export function runStateHandlers({ handle }: MachineControl): RunStateHandlers<PlainContext> {
  return {
    "query-status": () => ({
      status: handle.runState,
      singlestep: false,
      running: handle.runState === "running",
    }),
  };
}
