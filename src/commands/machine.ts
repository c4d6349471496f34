/** Handlers of the schema module `machine`: what the machine is, and its reset and power buttons. */

import type { CpuDescription } from "../offload/pc-contract.ts";
import type { CpuInfoFast, MachineHandlers } from "../qapi/generated/machine.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { MachineControl } from "./machine-control.ts";
import { CPU_TYPE } from "./machine-target.ts";
import { runStateClaim } from "./misc.ts";
import { fromThread, machineValue } from "./results.ts";

/** What `query-uuid` answers when none was given.  Source: QEMU. */
const NIL_UUID = "00000000-0000-0000-0000-000000000000";

export function machineHandlers(
  { handle }: MachineControl,
  uuid: string | undefined,
): MachineHandlers<PlainContext, CommandContext> {
  const isPc = handle.config.type === "pc";
  return {
    // The PC's processor knows nothing of 64 bits.
    "query-target": () => ({ arch: isPc ? "i386" : "x86_64" }),
    "query-uuid": () => ({ UUID: uuid ?? NIL_UUID }),
    // Emulation is this program's own: there is an interface to KVM in no build of it.
    "query-kvm": () => ({ enabled: false, present: false }),
    "query-machines": () => [
      { ...machineInfo("pc"), "cpu-max": 1, "is-default": true, "default-cpu-type": CPU_TYPE },
      machineInfo("none"),
      machineInfo("test"),
    ],
    "query-current-machine": () => ({ "wakeup-suspend-support": false }),
    "query-cpus-fast": {
      handle: async () => (await fromThread(handle.cpus())).map(cpuInfo),
    },
    system_reset: {
      resources: runStateClaim,
      handle: async () => machineValue(await fromThread(handle.reset())),
    },
    system_powerdown: {
      resources: runStateClaim,
      handle: async () => machineValue(await fromThread(handle.powerdown())),
    },
    "inject-nmi": {
      handle: async () => machineValue(await fromThread(handle.injectNmi())),
    },
    balloon() {
      throw new QmpError("No balloon device has been activated", "DeviceNotActive");
    },
  };
}

function cpuInfo({ index, path, threadId }: CpuDescription): CpuInfoFast {
  return {
    "cpu-index": index,
    "qom-path": path,
    "thread-id": threadId,
    props: { "socket-id": 0, "core-id": 0, "thread-id": 0 },
    target: "i386",
  };
}

function machineInfo(name: string) {
  return { name, "cpu-max": 0, "hotpluggable-cpus": false, "numa-mem-supported": false, deprecated: false };
}
