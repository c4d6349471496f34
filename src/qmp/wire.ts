/**
 * What a monitor asks of the wire below it: a connection that carries bytes, and a reader that makes
 * values of them.  `src/chardev/` and `src/qjson/` fit; neither knows of the monitor, nor it of them.
 */

import type { JsonValue } from "../qjson/value.ts";

export type { JsonObject, JsonValue } from "../qjson/value.ts";

/** Receives what happens to a connection.  The connection makes no call from inside a call made to it. */
export interface ConnectionListener {
  /** Bytes from the peer.  The receiver owns them. */
  data(bytes: Uint8Array): void;
  /** The peer sends no more, but may still read: a half-close.  At most once. */
  inputEnd(): void;
  /** There is room again, after a `write` that answered false. */
  drain(): void;
  /** The connection is over: exactly once, and the last call. */
  close(error: Error | undefined): void;
}

export interface Connection {
  /** For people: what carries it and who is at the other end. */
  readonly peer: string;
  /** Bytes written that have not left this process. */
  readonly unsentBytes: number;
  start(listener: ConnectionListener): void;
  /** Stops and starts reading; idempotent. */
  pause(): void;
  resume(): void;
  /** False: it is full, and will call `drain`. */
  write(data: string | Uint8Array): boolean;
  /** Closes when everything written has left. */
  end(): void;
  /** Closes now. */
  destroy(): void;
}

/**
 * A pull parser over pushed bytes: a suspended session simply stops pulling.
 *
 * `next` answers `value` or `error` when `value` or `errorDesc` holds one, `slice` when it has worked long
 * enough for one turn of the event loop, `starved` when it needs more bytes.
 */
export interface MessageReader {
  push(bytes: Uint8Array): void;
  next(): "value" | "error" | "slice" | "starved";
  readonly value: JsonValue;
  /** Bytes of what `value` was made of: white space, of which a client may send any amount, is not held with it. */
  readonly valueBytes: number;
  /**
   * Whether `value` has placeholders for parts of a large message: before anything else, call `readWhole`, and `next`
   * will answer the whole of it, or `dropUnread`.
   */
  readonly isPartial: boolean;
  readWhole(): void;
  dropUnread(): void;
  readonly errorDesc: string;
  /** Memory that pushed bytes and a half-read message hold. */
  readonly heldBytes: number;
  /** Of these, bytes not looked at yet. */
  readonly unreadBytes: number;
}
