/**
 * The commands of one machine: every handler with what it needs, bound by the generated marshallers.
 */

import { blockCoreHandlers } from "../commands/block-core.ts";
import { BlockGraph } from "../commands/block-graph.ts";
import { charHandlers } from "../commands/char.ts";
import { controlHandlers } from "../commands/control.ts";
import { introspectHandlers } from "../commands/introspect.ts";
import { machineHandlers } from "../commands/machine.ts";
import type { MachineControl } from "../commands/machine-control.ts";
import { machineTargetHandlers } from "../commands/machine-target.ts";
import { migrationHandlers } from "../commands/migration.ts";
import { type HumanMonitorPort, miscHandlers } from "../commands/misc.ts";
import { monitorHandlers } from "../commands/monitor.ts";
import { netHandlers } from "../commands/net.ts";
import { qdevHandlers } from "../commands/qdev.ts";
import { qomHandlers } from "../commands/qom.ts";
import { qtestHandlers } from "../commands/qtest.ts";
import { runStateHandlers } from "../commands/run-state.ts";
import { uiHandlers } from "../commands/ui.ts";
import { openBlockFile } from "../offload/block-files.ts";
import { readConfigText } from "../offload/config-file.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type { PluginHost } from "../plugin/host.ts";
import { marshalCommands } from "../qapi/generated/commands.ts";
import type { VersionInfo } from "../qapi/generated/control.ts";
import { schemaInfo } from "../qapi/generated/introspection.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { CommandRegistry } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import { systemClock } from "../util/clock.ts";
import type { MachineOptions } from "./config.ts";

export interface CommandParts {
  readonly machine: MachineControl;
  readonly options: MachineOptions;
  readonly version: VersionInfo;
  readonly pool: () => Promise<WorkerPool>;
  readonly resources: ResourceTable;
  readonly humanMonitor: HumanMonitorPort;
  /** Undefined: no machine of the service has any. */
  readonly plugins: PluginHost | undefined;
}

export interface Commands {
  readonly registry: CommandRegistry;
  /** Gives back what handlers hold beyond their commands: open block nodes. */
  close(): Promise<void>;
}

export function buildCommands(parts: CommandParts): Commands {
  const { machine, options, version, pool, resources, humanMonitor } = parts;
  const conditions = { QTEST: options.qtest === true };
  const blockGraph = new BlockGraph({ open: openBlockFile, readText: readConfigText });
  const plugins = parts.plugins?.bind(options.plugins ?? [], {
    machine,
    registry: () => registry,
    resources,
    clock: systemClock,
  });
  const schema = schemaInfo(conditions);
  const registry: CommandRegistry = new CommandRegistry([
    ...marshalCommands<PlainContext, CommandContext>(
      {
        ...runStateHandlers(machine),
        ...controlHandlers({ machine, version, commandNames: () => registry.names() }),
        ...introspectHandlers(plugins?.extend(schema) ?? schema),
        ...miscHandlers(machine, humanMonitor),
        ...machineHandlers(machine, options.uuid),
        ...machineTargetHandlers(),
        ...qomHandlers(machine),
        ...qdevHandlers(machine),
        ...netHandlers(),
        ...uiHandlers(machine, pool, systemClock),
        ...blockCoreHandlers(blockGraph),
        ...charHandlers(machine),
        ...migrationHandlers(),
        ...monitorHandlers(),
        ...qtestHandlers(machine, systemClock),
      },
      conditions,
    ),
    ...(plugins?.commands ?? []),
  ]);
  const close = (): Promise<void> => {
    plugins?.close();
    return blockGraph.close();
  };
  return { registry, close };
}
