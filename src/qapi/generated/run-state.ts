/**
 * Generated from schema/run-state.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asBoolean,
  asNoMembers,
  asObject,
  firstMembers,
  type Input,
  type JsonValue,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * What the machine is doing.
 *
 * - `debug`: stopped by a debugger
 * - `inmigrate`: waits for the state of another machine to arrive
 * - `internal-error`: the emulation failed in a way that it cannot go on from
 * - `io-error`: stopped because a disk failed
 * - `paused`: stopped by a client
 * - `postmigrate`: its state has been sent away
 * - `prelaunch`: has not been started yet
 * - `finish-migrate`: stopped for the last part of sending its state away
 * - `restore-vm`: a saved state is being loaded
 * - `running`: runs
 * - `save-vm`: its state is being saved
 * - `shutdown`: switched off, with the process kept
 * - `suspended`: sleeps
 * - `watchdog`: stopped because the watchdog had expired
 * - `guest-panicked`: stopped because the guest reported a panic
 * - `colo`: stopped while two machines are brought into step
 *
 * Since: 0.1
 *
 * Source: schema/run-state.json, line 46.
 */
export type RunState =
  | "debug"
  | "inmigrate"
  | "internal-error"
  | "io-error"
  | "paused"
  | "postmigrate"
  | "prelaunch"
  | "finish-migrate"
  | "restore-vm"
  | "running"
  | "save-vm"
  | "shutdown"
  | "suspended"
  | "watchdog"
  | "guest-panicked"
  | "colo";

export function unmarshalRunState(input: Input, at: string, name: string | number): RunState {
  switch (input) {
    case "debug":
    case "inmigrate":
    case "internal-error":
    case "io-error":
    case "paused":
    case "postmigrate":
    case "prelaunch":
    case "finish-migrate":
    case "restore-vm":
    case "running":
    case "save-vm":
    case "shutdown":
    case "suspended":
    case "watchdog":
    case "guest-panicked":
    case "colo":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * What asked for a shutdown or a reset.
 *
 * - `none`: nothing has been asked for
 * - `host-error`: a fault of the host or of the program
 * - `host-qmp-quit`: the command quit
 * - `host-qmp-system-reset`: the command system_reset
 * - `host-signal`: a signal to the process
 * - `host-ui`: somebody at the display
 * - `guest-shutdown`: the guest switched the machine off
 * - `guest-reset`: the guest asked for a reset
 * - `guest-panic`: the guest panicked
 * - `subsystem-reset`: a part of the machine is reset, without an event
 * - `snapshot-load`: a saved state is loaded
 *
 * Since: 0.1
 *
 * Source: schema/run-state.json, line 81.
 */
export type ShutdownCause =
  | "none"
  | "host-error"
  | "host-qmp-quit"
  | "host-qmp-system-reset"
  | "host-signal"
  | "host-ui"
  | "guest-shutdown"
  | "guest-reset"
  | "guest-panic"
  | "subsystem-reset"
  | "snapshot-load";

export function unmarshalShutdownCause(input: Input, at: string, name: string | number): ShutdownCause {
  switch (input) {
    case "none":
    case "host-error":
    case "host-qmp-quit":
    case "host-qmp-system-reset":
    case "host-signal":
    case "host-ui":
    case "guest-shutdown":
    case "guest-reset":
    case "guest-panic":
    case "subsystem-reset":
    case "snapshot-load":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * Whether the machine runs.
 *
 * Since: 0.1
 *
 * Source: schema/run-state.json, line 99.
 */
export type StatusInfo = {
  /** true while the guest's processors run */
  readonly running: boolean;
  /** true when they run one instruction at a time; always false here */
  readonly singlestep: boolean;
  /** the state, more closely */
  readonly status: RunState;
};

export function unmarshalStatusInfo(input: Input, at: string, name: string | number): StatusInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<StatusInfo>;
  result.running = asBoolean(object.running, path, "running");
  result.singlestep = asBoolean(object.singlestep, path, "singlestep");
  result.status = unmarshalRunState(object.status, path, "status");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "running":
      case "singlestep":
      case "status":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * What happens when the guest has panicked.
 *
 * - `pause`: it stands still, in state guest-panicked, until it is reset
 * - `poweroff`: the machine is switched off
 * - `run`: it goes on
 *
 * Since: 2.1
 *
 * Source: schema/run-state.json, line 185.
 */
export type GuestPanicAction = "pause" | "poweroff" | "run";

export function unmarshalGuestPanicAction(
  input: Input,
  at: string,
  name: string | number,
): GuestPanicAction {
  switch (input) {
    case "pause":
    case "poweroff":
    case "run":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * What happens when the machine's watchdog expires.
 *
 * - `reset`: the machine starts over
 * - `shutdown`: the guest is asked to shut down
 * - `poweroff`: the machine is switched off
 * - `pause`: the machine stops
 * - `debug`: a message is printed
 * - `none`: nothing
 * - `inject-nmi`: the guest gets a non-maskable interrupt
 *
 * Since: 0.1
 *
 * Source: schema/run-state.json, line 219.
 */
export type WatchdogAction = "reset" | "shutdown" | "poweroff" | "pause" | "debug" | "none" | "inject-nmi";

export function unmarshalWatchdogAction(input: Input, at: string, name: string | number): WatchdogAction {
  switch (input) {
    case "reset":
    case "shutdown":
    case "poweroff":
    case "pause":
    case "debug":
    case "none":
    case "inject-nmi":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * The machine is about to be switched off, or the service to end.
 *
 * Data of the event `SHUTDOWN`.
 *
 * Source: schema/run-state.json, line 130.
 */
export type ShutdownEvent = {
  /** true if the guest asked for it */
  readonly guest: boolean;
  /** what asked for it */
  readonly reason: ShutdownCause;
};

export function unmarshalShutdownEvent(input: Input, at: string, name: string | number): ShutdownEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ShutdownEvent>;
  result.guest = asBoolean(object.guest, path, "guest");
  result.reason = unmarshalShutdownCause(object.reason, path, "reason");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "guest":
      case "reason":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * The machine has started over.
 *
 * Data of the event `RESET`.
 *
 * Source: schema/run-state.json, line 152.
 */
export type ResetEvent = {
  /** true if the guest asked for it */
  readonly guest: boolean;
  /** what asked for it */
  readonly reason: ShutdownCause;
};

export function unmarshalResetEvent(input: Input, at: string, name: string | number): ResetEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ResetEvent>;
  result.guest = asBoolean(object.guest, path, "guest");
  result.reason = unmarshalShutdownCause(object.reason, path, "reason");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "guest":
      case "reason":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * The guest has crashed.
 *
 * Data of the event `GUEST_PANICKED`.
 *
 * Source: schema/run-state.json, line 196.
 */
export type GuestPanickedEvent = {
  /** what happens then */
  readonly action: GuestPanicAction;
};

export function unmarshalGuestPanickedEvent(
  input: Input,
  at: string,
  name: string | number,
): GuestPanickedEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<GuestPanickedEvent>;
  result.action = unmarshalGuestPanicAction(object.action, path, "action");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "action":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * The machine's watchdog has expired.
 *
 * Data of the event `WATCHDOG`.
 *
 * Source: schema/run-state.json, line 234.
 */
export type WatchdogEvent = {
  /** what is done about it */
  readonly action: WatchdogAction;
};

export function unmarshalWatchdogEvent(input: Input, at: string, name: string | number): WatchdogEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<WatchdogEvent>;
  result.action = unmarshalWatchdogAction(object.action, path, "action");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "action":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/run-state.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface RunStateHandlers<P> {
  /**
   * Tells whether the machine runs.
   *
   * Returns: the machine's state.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "query-status" }
   * <- { "return": { "running": true, "singlestep": false, "status": "running" } }
   * ```
   */
  readonly "query-status": PlainHandler<NoMembers, StatusInfo, P>;
}

function returnQueryStatus(result: StatusInfo): JsonValue {
  return marshalResult("query-status", result, unmarshalStatusInfo);
}

function marshalQueryStatus<P>(handler: PlainHandler<NoMembers, StatusInfo, P>): PlainCommand<P> {
  return {
    name: "query-status",
    kind: "plain",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQueryStatus(handler(args, context));
    },
  };
}

/** Binds the commands in schema/run-state.json to their handlers. */
export function marshalRunStateCommands<P>(handlers: RunStateHandlers<P>): PlainCommand<P>[] {
  return [marshalQueryStatus(handlers["query-status"])];
}
