/**
 * What a handler sees of the command it serves (rule C1).  `src/monitor/` implements it.
 */

import type { JsonObject, JsonValue } from "../qjson/value.ts";

export interface Progress {
  /** Work done so far, in the command's own unit. */
  readonly current: number;
  /** Work in all, in the same unit. */
  readonly total: number;
}

/** The session that a command came from. */
export interface SessionInfo {
  /** Unique in the service, never used again. */
  readonly sessionId: number;
  /** Whether the capability was negotiated. */
  has(capability: "oob" | "async"): boolean;
}

/** The context of a command of any kind. */
export interface PlainContext {
  readonly session: SessionInfo;
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
  /** Completes the command.  A second use of either, by a handler, is a defect; after a cancel it is ignored. */
  return(result: R): void;
  error(error: unknown): void;
}
