/**
 * A chardev: one connection's bytes, both ways, whatever carries them (unix socket, TCP, standard input
 * and output, a pair in memory).  It knows nothing of QMP.
 *
 *     open ---peer ends its output---> half-closed ---end / destroy / gone---> closed
 *       '---------------end / destroy / reset / EPIPE--------------------------^
 */

export interface ChardevListener {
  /** Bytes from the peer.  The receiver owns them. */
  data(bytes: Uint8Array): void;
  /** The peer sends no more; it may still read (a half-close).  At most once. */
  inputEnd(): void;
  /** What had been written is with the peer's kernel, after a `write` that answered false. */
  drain(): void;
  /** The connection is over; exactly once, the last call.  `error` when it was not an orderly end. */
  close(error: Error | undefined): void;
}

export interface Chardev {
  /** For people and `query-sessions`: `unix:/run/qmp.sock`, `tcp:127.0.0.1:53412`, `stdio`. */
  readonly peer: string;
  /**
   * Called once.  Before it, nothing is read, and only `write` and `destroy` may be called; a connection that is lost
   * by then is told of later.  No listener call is made before it, or from inside it.
   */
  start(listener: ChardevListener): void;
  /** Stops reading.  Idempotent.  Bytes already on their way may still arrive. */
  pause(): void;
  /** Reads again.  Idempotent. */
  resume(): void;
  /**
   * Takes `data` (a string is ASCII) for the peer, in order.  False: more than the transport likes to
   * hold is waiting; `drain` will come.  The caller does not change a buffer afterwards.  After the end: dropped.
   */
  write(data: string | Uint8Array): boolean;
  /** Bytes written that the peer's kernel has not taken yet. */
  readonly unsentBytes: number;
  /** Sends what is waiting, then closes.  Idempotent. */
  end(): void;
  /** Closes now; what is waiting is lost.  Idempotent. */
  destroy(): void;
}
