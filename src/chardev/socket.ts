/**
 * The chardev over a socket: unix or TCP.
 *
 * Invariants:
 *  - a half-close is not an end: after `inputEnd` everything written still goes out (rule C4);
 *  - on a unix socket a peer that is gone is told from one that half-closed: it refuses a write of zero
 *    bytes.  The probe runs at the end of input and then now and again, as nothing else would tell;
 *  - an idle connection costs one object beside Node's own: the handlers are shared functions that find
 *    their chardev on the socket.
 */

import type { Socket } from "node:net";
import { HALF_CLOSE_PROBE_PERIOD_MS } from "../util/limits.ts";
import type { Chardev, ChardevListener } from "./chardev.ts";
import { ChardevError, systemErrorCode } from "./errors.ts";
import { judgeFirstBytes } from "./http-guard.ts";

/** What the first bytes of a connection are held against before any is handed on. */
export type FirstBytes = "any" | "no-http";

const chardevOf: unique symbol = Symbol("chardev");

interface ChardevSocket extends Socket {
  [chardevOf]?: SocketChardev;
}

/**
 * Node's handle of a socket.  No public property tells how much of a large write the kernel has taken:
 * `writableLength` counts a chunk in full until its last byte is gone, and a peer that drinks 8 MiB
 * slowly would look stalled.  Both fields are checked before use.
 */
interface StreamHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** `finishing`: `end` or `destroy` was called; input that still comes is dropped. */
type State = "created" | "open" | "half-closed" | "finishing" | "closed";

const EMPTY = new Uint8Array(0);

export class SocketChardev implements Chardev {
  readonly peer: string;
  readonly #socket: ChardevSocket;
  readonly #kind: "unix" | "tcp";
  #state: State = "created";
  #listener: ChardevListener | undefined;
  /** First bytes that may yet turn out to be HTTP; `undefined` when that is settled. */
  #undecided: Uint8Array | undefined;
  #probe: NodeJS.Timeout | undefined;
  #probing = false;
  #error: Error | undefined;
  #acceptedBytes = 0;

  /** `socket` was made with `allowHalfOpen`; the chardev owns it from now on. */
  constructor(socket: Socket, kind: "unix" | "tcp", peer: string, firstBytes: FirstBytes) {
    this.#socket = socket;
    this.#kind = kind;
    this.peer = peer;
    this.#undecided = firstBytes === "no-http" ? EMPTY : undefined;
    this.#socket[chardevOf] = this;
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  start(listener: ChardevListener): void {
    this.#listener = listener;
    if (this.#state === "closed") return queueMicrotask(() => listener.close(this.#error));
    if (this.#state === "created") this.#state = "open";
    const socket = this.#socket;
    socket.on("end", onEnd);
    socket.on("drain", onDrain);
    socket.on("data", onData);
    // An end with nothing before it has been told by the stream already.
    if (socket.readableEnded) queueMicrotask(() => this.inputEnded());
  }

  pause(): void {
    // While finishing, input is read and dropped: the peer must be able to get rid of it.
    if (this.#state !== "finishing") this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  write(data: string | Uint8Array): boolean {
    if (this.#state === "finishing" || this.#state === "closed") return true;
    this.#acceptedBytes += data.length;
    return typeof data === "string" ? this.#socket.write(data, "latin1") : this.#socket.write(data);
  }

  get unsentBytes(): number {
    if (this.#state === "closed") return 0;
    const handle = (this.#socket as { readonly _handle?: Partial<StreamHandle> | null })._handle;
    if (typeof handle?.bytesWritten !== "number" || typeof handle.writeQueueSize !== "number") {
      return this.#socket.writableLength;
    }
    return this.#acceptedBytes - (handle.bytesWritten - handle.writeQueueSize);
  }

  end(): void {
    if (this.#state === "finishing" || this.#state === "closed") return;
    const isAllDone = this.#state === "half-closed" && this.#socket.writableLength === 0;
    this.#state = "finishing";
    // Nothing is left to read or to send: there is no use in saying so first.
    if (isAllDone) return void this.#socket.destroy();
    // Closing with unread input makes the kernel reset the connection, and a reset can overtake our last bytes.
    this.#socket.resume();
    this.#socket.destroySoon();
  }

  destroy(): void {
    if (this.#state === "closed") return;
    this.#state = "finishing";
    this.#socket.destroy();
  }

  /** @internal For the shared handlers below, as are all that follow. */
  receive(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    if (this.#undecided === undefined) this.#listener?.data(bytes);
    else this.#judge(bytes);
  }

  #judge(bytes: Uint8Array): void {
    const held = this.#undecided ?? EMPTY;
    const start = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const verdict = judgeFirstBytes(start);
    if (verdict === "undecided") {
      this.#undecided = start;
    } else if (verdict === "other") {
      this.#undecided = undefined;
      this.#listener?.data(start);
    } else {
      const error = "the peer speaks HTTP; a web page must not reach the monitor";
      this.#socket.destroy(new ChardevError("CHARDEV_HTTP", error));
    }
  }

  inputEnded(): void {
    if (this.#state !== "open") return;
    const held = this.#undecided;
    this.#undecided = undefined;
    if (held !== undefined && held.length > 0) this.#listener?.data(held);
    // The listener may have ended or destroyed the connection over these bytes.
    if (!this.#inState("open")) return;
    this.#state = "half-closed";
    this.#listener?.inputEnd();
    // A listener that has nothing more to say has ended the connection.  To learn that a peer has gone costs an error.
    if (!this.#inState("half-closed") || this.#kind !== "unix") return;
    this.#probePeer();
    // Cleared in `closed`.
    this.#probe = setInterval(() => this.#probePeer(), HALF_CLOSE_PROBE_PERIOD_MS);
    this.#probe.unref();
  }

  /** Control flow analysis does not see that a listener's call changes the state. */
  #inState(state: State): boolean {
    return this.#state === state;
  }

  #probePeer(): void {
    // With output waiting, the kernel itself reports that the peer has gone.
    if (this.#socket.writableLength > 0 || this.#probing || this.#socket.writableEnded) return;
    this.#probing = true;
    this.#socket.write(EMPTY, (error) => {
      this.#probing = error != null; // `failed` comes next, and has to know.
    });
  }

  drained(): void {
    if (this.#state !== "finishing") this.#listener?.drain();
  }

  failed(error: Error): void {
    // A probe that finds nobody says that the peer closed in its own time: nothing that was sent is lost.
    const foundGone = this.#probing && systemErrorCode(error) === "EPIPE";
    if (!foundGone) this.#error ??= error;
  }

  closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearInterval(this.#probe);
    this.#undecided = undefined;
    this.#listener?.close(this.#error);
  }
}

// `this` is the socket.  One function each for all connections, in place of five closures a connection.

function onData(this: ChardevSocket, bytes: Uint8Array): void {
  this[chardevOf]?.receive(bytes);
}

function onEnd(this: ChardevSocket): void {
  this[chardevOf]?.inputEnded();
}

function onDrain(this: ChardevSocket): void {
  this[chardevOf]?.drained();
}

function onError(this: ChardevSocket, error: Error): void {
  this[chardevOf]?.failed(error);
}

function onClose(this: ChardevSocket): void {
  this[chardevOf]?.closed();
}
