/**
 * Generated from schema/qapi-schema.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, PlainCommand } from "../runtime/command.ts";
import { type BlockCoreHandlers, marshalBlockCoreCommands } from "./block-core.ts";
import { type BlockHandlers, marshalBlockCommands } from "./block.ts";
import { type CharHandlers, marshalCharCommands } from "./char.ts";
import type { Conditions } from "./conditions.ts";
import { type ControlHandlers, marshalControlCommands } from "./control.ts";
import { type DumpHandlers, marshalDumpCommands } from "./dump.ts";
import { type IntrospectHandlers, marshalIntrospectCommands } from "./introspect.ts";
import { type JobHandlers, marshalJobCommands } from "./job.ts";
import { type MachineTargetHandlers, marshalMachineTargetCommands } from "./machine-target.ts";
import { type MachineHandlers, marshalMachineCommands } from "./machine.ts";
import { marshalMigrationCommands, type MigrationHandlers } from "./migration.ts";
import { marshalMiscCommands, type MiscHandlers } from "./misc.ts";
import { marshalMonitorCommands, type MonitorHandlers } from "./monitor.ts";
import { marshalNetCommands, type NetHandlers } from "./net.ts";
import { marshalQdevCommands, type QdevHandlers } from "./qdev.ts";
import { marshalQomCommands, type QomHandlers } from "./qom.ts";
import { marshalQtestCommands, type QtestHandlers } from "./qtest.ts";
import { marshalRunStateCommands, type RunStateHandlers } from "./run-state.ts";
import { marshalUiCommands, type UiHandlers } from "./ui.ts";

/** Handlers of all commands, by name.  `P`: the context of a plain command; `C`: of any other. */
export interface CommandHandlers<P, C>
  extends RunStateHandlers<P>,
    ControlHandlers<P>,
    IntrospectHandlers<P>,
    MiscHandlers<P, C>,
    MachineHandlers<P, C>,
    MachineTargetHandlers<P>,
    QomHandlers<C>,
    QdevHandlers<C>,
    NetHandlers<P>,
    UiHandlers<P, C>,
    JobHandlers<P>,
    BlockCoreHandlers<P, C>,
    BlockHandlers<C>,
    DumpHandlers<P, C>,
    CharHandlers<P>,
    MigrationHandlers<P, C>,
    MonitorHandlers<P>,
    QtestHandlers<P, C> {}

/** Binds all commands to their handlers, in the schema's order. */
export function marshalCommands<P, C>(
  handlers: CommandHandlers<P, C>,
  conditions: Conditions,
): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    ...marshalRunStateCommands(handlers),
    ...marshalControlCommands(handlers),
    ...marshalIntrospectCommands(handlers),
    ...marshalMiscCommands(handlers),
    ...marshalMachineCommands(handlers),
    ...marshalMachineTargetCommands(handlers),
    ...marshalQomCommands(handlers),
    ...marshalQdevCommands(handlers),
    ...marshalNetCommands(handlers),
    ...marshalUiCommands(handlers),
    ...marshalJobCommands(handlers),
    ...marshalBlockCoreCommands(handlers),
    ...marshalBlockCommands(handlers),
    ...marshalDumpCommands(handlers),
    ...marshalCharCommands(handlers),
    ...marshalMigrationCommands(handlers),
    ...marshalMonitorCommands(handlers),
    ...marshalQtestCommands(handlers, conditions),
  ];
}
