/**
 * Generated from schema/qapi-schema.json by `npm run generate`: change the schema, not this file.
 */

import { asNoMembers, type Input, type NoMembers, type Unmarshal } from "../runtime/unmarshal.ts";
import { type DeviceTrayMovedEvent, unmarshalDeviceTrayMovedEvent } from "./block.ts";
import { type DumpCompletedEvent, unmarshalDumpCompletedEvent } from "./dump.ts";
import { type JobStatusChangeEvent, unmarshalJobStatusChangeEvent } from "./job.ts";
import { type BalloonChangeEvent, unmarshalBalloonChangeEvent } from "./machine.ts";
import { type RtcChangeEvent, unmarshalRtcChangeEvent } from "./misc.ts";
import { type CommandProgressEvent, unmarshalCommandProgressEvent } from "./monitor.ts";
import {
  type GuestPanickedEvent,
  type ResetEvent,
  type ShutdownEvent,
  unmarshalGuestPanickedEvent,
  unmarshalResetEvent,
  unmarshalShutdownEvent,
  unmarshalWatchdogEvent,
  type WatchdogEvent,
} from "./run-state.ts";

/** The data of each event, by the event's name. */
export interface EventData {
  /**
   * The machine is about to be switched off, or the service to end.
   *
   * Since: 0.1
   *
   * Source: schema/run-state.json, line 130.
   */
  readonly SHUTDOWN: ShutdownEvent;

  /**
   * The machine's power button has been pressed.  The guest may ignore it.
   *
   * Since: 0.1
   *
   * Source: schema/run-state.json, line 139.
   */
  readonly POWERDOWN: NoMembers;

  /**
   * The machine has started over.
   *
   * Since: 0.1
   *
   * Source: schema/run-state.json, line 152.
   */
  readonly RESET: ResetEvent;

  /**
   * The machine has stopped.
   *
   * Since: 0.1
   *
   * Source: schema/run-state.json, line 161.
   */
  readonly STOP: NoMembers;

  /**
   * The machine runs again.
   *
   * Since: 0.1
   *
   * Source: schema/run-state.json, line 170.
   */
  readonly RESUME: NoMembers;

  /**
   * The guest has crashed.
   *
   * Since: 1.5
   *
   * Source: schema/run-state.json, line 196.
   */
  readonly GUEST_PANICKED: GuestPanickedEvent;

  /**
   * The machine's watchdog has expired.
   *
   * Note: at most one a second; see RTC_CHANGE.
   *
   * Since: 0.1
   *
   * Source: schema/run-state.json, line 234.
   */
  readonly WATCHDOG: WatchdogEvent;

  /**
   * The guest has set its clock.
   *
   * Note: at most one a second: the first at once, then the last of those that
   * came in between.
   *
   * Since: 0.1
   *
   * Source: schema/misc.json, line 102.
   */
  readonly RTC_CHANGE: RtcChangeEvent;

  /**
   * The guest has given memory back, or taken it again.
   *
   * Note: at most one a second; see RTC_CHANGE.
   *
   * Since: 0.1
   *
   * Source: schema/machine.json, line 334.
   */
  readonly BALLOON_CHANGE: BalloonChangeEvent;

  /**
   * A job has got further.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * <- { "event": "JOB_STATUS_CHANGE",
   *      "data": { "id": "save1", "status": "concluded" },
   *      "timestamp": { "seconds": 1265044230, "microseconds": 450486 } }
   * ```
   *
   * Source: schema/job.json, line 74.
   */
  readonly JOB_STATUS_CHANGE: JobStatusChangeEvent;

  /**
   * The tray of a drive has been opened or closed, by the guest or by a command.
   *
   * Since: 1.1
   *
   * Example:
   * ```
   * <- { "event": "DEVICE_TRAY_MOVED",
   *      "data": { "device": "ide1-cd0", "id": "/machine/unattached/device[4]",
   *                "tray-open": true },
   *      "timestamp": { "seconds": 1265044230, "microseconds": 450486 } }
   * ```
   *
   * Source: schema/block.json, line 195.
   */
  readonly DEVICE_TRAY_MOVED: DeviceTrayMovedEvent;

  /**
   * A dump has ended.
   *
   * Since: 0.1
   *
   * Source: schema/dump.json, line 123.
   */
  readonly DUMP_COMPLETED: DumpCompletedEvent;

  /**
   * How much of its work a command has done.  It goes to the session that sent
   * the command alone, and only if that negotiated 'async'.
   *
   * Note: at most one a second for each command.
   *
   * Since: 0.1
   *
   * Source: schema/monitor.json, line 157.
   */
  readonly COMMAND_PROGRESS: CommandProgressEvent;
}

export type EventName = keyof EventData;

const UNMARSHAL: { readonly [E in EventName]: Unmarshal<EventData[E]> } = {
  SHUTDOWN: unmarshalShutdownEvent,
  POWERDOWN: asNoMembers,
  RESET: unmarshalResetEvent,
  STOP: asNoMembers,
  RESUME: asNoMembers,
  GUEST_PANICKED: unmarshalGuestPanickedEvent,
  WATCHDOG: unmarshalWatchdogEvent,
  RTC_CHANGE: unmarshalRtcChangeEvent,
  BALLOON_CHANGE: unmarshalBalloonChangeEvent,
  JOB_STATUS_CHANGE: unmarshalJobStatusChangeEvent,
  DEVICE_TRAY_MOVED: unmarshalDeviceTrayMovedEvent,
  DUMP_COMPLETED: unmarshalDumpCompletedEvent,
  COMMAND_PROGRESS: unmarshalCommandProgressEvent,
};

/** Whether the schema has an event of that name. */
export function isEventName(name: string): name is EventName {
  return Object.hasOwn(UNMARSHAL, name);
}

/**
 * Holds an event's data against the schema; none is an object without members.  Throws `QmpError`, as
 * for an argument called `data`.
 */
export function checkEventData<E extends EventName>(event: E, data: Input): EventData[E] {
  return UNMARSHAL[event](data ?? {}, "", "data");
}
