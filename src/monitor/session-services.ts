/**
 * What a monitor lends to all its sessions and to their parts.
 */

import type { MonitorInfo, SessionInfo } from "../qmp/context.ts";
import type { CommandRegistry } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import type { Budget } from "../util/budget.ts";
import type { Clock } from "../util/clock.ts";
import type { TurnQueue } from "../util/turn-queue.ts";
import type { EventHub } from "./event-hub.ts";
import type { OutputLimits } from "./outbound.ts";
import type { ProgressReports } from "./progress-reports.ts";

export interface SessionLimits extends OutputLimits {
  /** Async commands of one session in flight (rule L6). */
  readonly asyncInFlightMax: number;
}

export interface SessionServices extends MonitorInfo {
  readonly registry: CommandRegistry;
  readonly resources: ResourceTable;
  readonly hub: EventHub;
  readonly reports: ProgressReports;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  /** Bytes that wait in all sessions of the service together. */
  readonly inputBudget: Budget;
  readonly outputBudget: Budget;
  /** Runs `callback` in a later turn of the event loop. */
  nextTurn(callback: () => void): void;
  /** The same for a slice of a large message: of all sessions together, one goes in a turn. */
  readonly slices: TurnQueue;
  /** Whether the machine is not built yet: only commands that the schema allows then may run. */
  isPreconfig(): boolean;
  /** A defect of this program came up while `command` was served. */
  defect(error: unknown, command: string, session: SessionInfo): void;
}
