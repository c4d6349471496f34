/** Handlers of the schema module `machine`: what the machine is, and its reset and power buttons. */

import type { MachineHandlers } from "../qapi/generated/machine.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { MachineControl } from "./machine-control.ts";
import { runStateClaim } from "./misc.ts";
import { fromThread, machineValue } from "./results.ts";

/** What `query-uuid` answers when none was given.  Source: QEMU. */
const NIL_UUID = "00000000-0000-0000-0000-000000000000";

export function machineHandlers(
  { handle }: MachineControl,
  uuid: string | undefined,
): MachineHandlers<PlainContext, CommandContext> {
  return {
    "query-target": () => ({ arch: "x86_64" }),
    "query-uuid": () => ({ UUID: uuid ?? NIL_UUID }),
    // Emulation is this program's own: there is an interface to KVM in no build of it.
    "query-kvm": () => ({ enabled: false, present: false }),
    "query-machines": () => [machineInfo("none"), { ...machineInfo("test"), "is-default": true }],
    "query-current-machine": () => ({ "wakeup-suspend-support": false }),
    "query-cpus-fast": () => [],
    system_reset: {
      resources: runStateClaim,
      handle: async () => machineValue(await fromThread(handle.reset())),
    },
    system_powerdown: {
      resources: runStateClaim,
      handle: async () => machineValue(await fromThread(handle.powerdown())),
    },
    balloon() {
      throw new QmpError("No balloon device has been activated", "DeviceNotActive");
    },
  };
}

function machineInfo(name: string) {
  return { name, "cpu-max": 0, "hotpluggable-cpus": false, "numa-mem-supported": false, deprecated: false };
}
