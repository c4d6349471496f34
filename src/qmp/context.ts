/**
 * What a handler sees of the command it serves (rule C1).
 */

import type { JsonObject, JsonValue } from "../qjson/value.ts";
import type { Capability } from "./capabilities.ts";

export interface Progress {
  /** Work done so far, in the command's own unit. */
  readonly current: number;
  /** Work in all, in the same unit. */
  readonly total: number;
  /** How long the guest stood still for it, in microseconds, where it did. */
  readonly pausedUs?: number;
}

/** The session that a command came from. */
export interface SessionInfo {
  /** Unique in the service, never used again. */
  readonly sessionId: number;
  /** Whether the capability was negotiated. */
  has(capability: Capability): boolean;
  /** Ends the negotiation.  Throws `QmpError` when it has ended before (rule N2). */
  negotiate(enable: readonly Capability[]): void;
}

/** A command in flight: accepted and not yet answered. */
export interface CommandStatus {
  readonly id: JsonValue | undefined;
  readonly command: string;
  readonly ageMs: number;
  /** `waiting`: for a resource.  `cancelling`: its handler is letting go of what it holds. */
  readonly state: "queued" | "waiting" | "running" | "cancelling";
  readonly progress: Progress | undefined;
}

export interface SessionStatus {
  readonly sessionId: number;
  readonly peer: string;
  readonly capabilities: readonly Capability[];
  readonly asyncInFlightMax: number;
  readonly requestQueueLenMax: number;
  readonly commands: readonly CommandStatus[];
}

/** The monitor that a command came to. */
export interface MonitorInfo {
  sessions(): readonly SessionStatus[];
  /**
   * Cancels a command in flight (rule C5).  `sessionId` defaults to the caller's.  Throws `QmpError`
   * when there is no such session, or no such command in flight.
   */
  cancel(id: JsonValue, sessionId: number): void;
}

/** The context of a plain command. */
export interface PlainContext {
  readonly session: SessionInfo;
  readonly monitor: MonitorInfo;
}

/** The context of a coroutine or async command. */
export interface CommandContext<R = unknown> extends PlainContext {
  /** Name of the command. */
  readonly command: string;
  /** As received; `undefined` when the client gave none. */
  readonly id: JsonValue | undefined;
  /** Fires when the command is cancelled: by `cancel-command`, its client's end, or the service's. */
  readonly signal: AbortSignal;
  /** Tells how far the work has got: `query-sessions` shows it, COMMAND_PROGRESS tells it (rule C6). */
  progress(progress: Progress): void;
  /** Sends an event to this command's session alone. */
  emitUnicast(event: string, data?: JsonObject): void;
  /**
   * Settles when there is room for a large reply of up to `bytes`, which is held until the command ends: so
   * many that wait for clients which do not read are never made.  Rejects when the command is cancelled.
   */
  replyRoom(bytes: number): Promise<void>;
  /** Completes the command, once: with its result as the schema types it, or with what went wrong. */
  return(result: R): void;
  error(error: unknown): void;
}
