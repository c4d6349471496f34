/** Handlers of the schema module `qdev`: devices here are built in, none can be unplugged. */

import type { QdevHandlers } from "../qapi/generated/qdev.ts";
import type { CommandContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread, machineValue } from "./results.ts";

export function qdevHandlers({ handle }: MachineControl): QdevHandlers<CommandContext> {
  return {
    device_del: {
      async handle({ id }) {
        const path = id.startsWith("/") ? id : `/machine/peripheral/${id}`;
        const properties = await fromThread(handle.qomList(path));
        if (!properties.ok) throw new QmpError(`Device '${id}' not found`, "DeviceNotFound");
        const type = machineValue(await fromThread(handle.qomGet(path, "type")));
        const isDevice = (await fromThread(handle.consoles())).some(({ devicePath }) => devicePath === path);
        throw new QmpError(
          isDevice
            ? `Device '${String(type)}' does not support hotplugging`
            : `${id} is not a hotpluggable device`,
        );
      },
    },
  };
}
