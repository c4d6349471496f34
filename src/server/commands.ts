/**
 * The commands of one machine: every handler with what it needs, bound by the generated marshallers.
 */

import { blockHandlers } from "../commands/block.ts";
import { blockCoreHandlers } from "../commands/block-core.ts";
import { driveHandlers } from "../commands/block-drives.ts";
import { BlockGraph } from "../commands/block-graph.ts";
import { charHandlers } from "../commands/char.ts";
import { controlHandlers } from "../commands/control.ts";
import { DriveNodes } from "../commands/drive-nodes.ts";
import { GuestDumps } from "../commands/dump.ts";
import { introspectHandlers } from "../commands/introspect.ts";
import { jobHandlers } from "../commands/job.ts";
import { JobTable } from "../commands/job-table.ts";
import { limitLists } from "../commands/list-limit.ts";
import { machineHandlers } from "../commands/machine.ts";
import type { MachineControl } from "../commands/machine-control.ts";
import { machineTargetHandlers } from "../commands/machine-target.ts";
import { memoryHandlers } from "../commands/memory.ts";
import type { CopyNote } from "../commands/memory-file.ts";
import { migrationHandlers } from "../commands/migration.ts";
import { type HumanMonitorPort, miscHandlers } from "../commands/misc.ts";
import { monitorHandlers } from "../commands/monitor.ts";
import { netHandlers } from "../commands/net.ts";
import { qdevHandlers } from "../commands/qdev.ts";
import { qomHandlers } from "../commands/qom.ts";
import { qtestHandlers } from "../commands/qtest.ts";
import { runStateHandlers } from "../commands/run-state.ts";
import { Snapshots } from "../commands/snapshots.ts";
import { uiHandlers } from "../commands/ui.ts";
import { openBlockFile } from "../offload/block-files.ts";
import { readConfigText } from "../offload/config-file.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type { SnapshotStore } from "../offload/snapshot-store.ts";
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
  /** Undefined: the machine was given no directory for snapshots. */
  readonly snapshotStore: (() => Promise<SnapshotStore>) | undefined;
  /** Is told of what fails by a defect of this program where no reply tells. */
  readonly onDefect: (error: unknown) => void;
  readonly log: { info(fields: object, message: string): void };
}

export interface Commands {
  readonly registry: CommandRegistry;
  /** Gives back what handlers hold beyond their commands: jobs, which are cancelled, open block nodes, a dump. */
  close(): Promise<void>;
}

export function buildCommands(parts: CommandParts): Commands {
  const { machine, options, version, pool, resources, humanMonitor, snapshotStore, onDefect } = parts;
  const conditions = { QTEST: options.qtest === true };
  const blockGraph = new BlockGraph({ open: openBlockFile, readText: readConfigText });
  const driveNodes = new DriveNodes(blockGraph);
  const jobs = new JobTable((event, data) => machine.emit(event, data), onDefect);
  const snapshots = new Snapshots({ machine, resources, store: snapshotStore, nowMs: Date.now });
  const plugins = parts.plugins?.bind(options.plugins ?? [], {
    machine,
    registry: () => registry,
    resources,
    clock: systemClock,
  });
  const copied = (command: string, note: CopyNote): void =>
    parts.log.info(
      { machine: options.name, command, ...note },
      "the guest stood still for a copy of its memory",
    );
  const dumps = new GuestDumps({ machine, pool, resources, copied });
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
        ...memoryHandlers(machine, pool, copied),
        ...dumps.handlers(),
        ...qomHandlers(machine),
        ...qdevHandlers(machine),
        ...netHandlers(),
        ...uiHandlers(machine, pool, systemClock),
        ...jobHandlers(jobs),
        ...blockCoreHandlers(blockGraph),
        ...charHandlers(machine),
        ...driveHandlers(machine, snapshots, driveNodes),
        ...blockHandlers(machine, driveNodes),
        ...migrationHandlers(jobs, snapshots),
        ...monitorHandlers(),
        ...qtestHandlers(machine, systemClock),
      },
      conditions,
    ).map(limitLists),
    ...(plugins?.commands ?? []),
  ]);
  const close = async (): Promise<void> => {
    plugins?.close();
    await Promise.all([jobs.close(), dumps.close(), blockGraph.close()]);
  };
  return { registry, close };
}
