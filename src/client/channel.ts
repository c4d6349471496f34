/**
 * One connection as a stream of JSON values, each way.  It knows nothing of requests and replies.
 *
 *     open ---the input is over, or is no JSON: once all before it is told---> closed
 *       '------------------------------- end -------------------------------------^
 *
 * Invariants:
 *  - values are told in the order of arrival, at most so many in one turn of the event loop, and large ones are
 *    parsed in slices: a reply of 30 MiB holds up nobody in this process;
 *  - what came before the end of the connection is told before the end is;
 *  - reading stops while much is unparsed, so that a flood backs up at the server.
 */

import type { Connection, ConnectionListener, JsonValue, MessageReader } from "../qmp/wire.ts";
import type { Clock, Timer } from "../util/clock.ts";
import {
  CLIENT_CLOSE_MS,
  CLIENT_MESSAGES_PER_TURN_MAX,
  CLIENT_READ_AHEAD_BYTES_MAX,
  CLIENT_SLICES_PER_TURN_MAX,
} from "../util/limits.ts";
import { ClientError } from "./errors.ts";

export interface ChannelListener {
  value(value: JsonValue): void;
  /** There is room for output again. */
  drain(): void;
  /** The server's side is over: once, and the last call.  Not called after `end`. */
  over(error: ClientError): void;
}

/** What the outside world lends: tests own all of it. */
export interface ChannelPort {
  readonly clock: Clock;
  /** Runs `callback` in a later turn of the event loop. */
  nextTurn(callback: () => void): void;
}

export class JsonChannel implements ConnectionListener {
  readonly #connection: Connection;
  readonly #reader: MessageReader;
  readonly #listener: ChannelListener;
  readonly #port: ChannelPort;
  #state: "open" | "closed" = "open";
  #pump: "idle" | "running" | "scheduled" = "idle";
  /** The current turn tells no more values. */
  #resting = false;
  #paused = false;
  /** Set when no more bytes will come: whether the end was in order, or the connection's error. */
  #inputOver: { readonly error: Error | undefined } | undefined;
  #closeTimer: Timer | undefined;

  /** Starts the connection, which nobody else uses from now on. */
  constructor(connection: Connection, reader: MessageReader, listener: ChannelListener, port: ChannelPort) {
    this.#connection = connection;
    this.#reader = reader;
    this.#listener = listener;
    this.#port = port;
    connection.start(this);
  }

  get peer(): string {
    return this.#connection.peer;
  }

  /** False: there is no room for more; `drain` will come. */
  write(text: string): boolean {
    return this.#connection.write(text);
  }

  /** Tells no further value in this turn of the event loop. */
  rest(): void {
    this.#resting = true;
  }

  /** Sends what is waiting, and closes; what still comes is dropped.  Idempotent. */
  end(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#connection.end();
    // A server that reads nothing must not keep it.  Cancelled in `close`.
    this.#closeTimer = this.#port.clock.startTimer(CLIENT_CLOSE_MS, () => this.#connection.destroy());
  }

  // ---- ConnectionListener ----

  data(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#reader.push(bytes);
    this.#start();
  }

  inputEnd(): void {
    this.#inputOver ??= { error: undefined };
    this.#start();
  }

  drain(): void {
    if (this.#state === "open") this.#listener.drain();
  }

  close(error: Error | undefined): void {
    this.#closeTimer?.cancel();
    this.#inputOver ??= { error };
    this.#start();
  }

  // ---- Reading ----

  #start(): void {
    if (this.#pump === "idle") this.#run();
  }

  #run(): void {
    this.#pump = "running";
    this.#resting = false;
    let values = 0;
    let slices = 0;
    while (this.#state === "open" && !this.#resting) {
      const result = this.#reader.next();
      if (result === "starved") {
        this.#pump = "idle";
        return this.#starved();
      }
      if (result === "error") return this.#fail(notJson(this.peer, this.#reader.errorDesc));
      if (result === "value") {
        values++;
        this.#listener.value(this.#reader.value);
      } else {
        slices++;
      }
      if (values === CLIENT_MESSAGES_PER_TURN_MAX || slices === CLIENT_SLICES_PER_TURN_MAX) break;
    }
    if (this.#state === "closed") return;
    this.#pump = "scheduled";
    if (!this.#paused && this.#reader.unreadBytes > CLIENT_READ_AHEAD_BYTES_MAX) {
      this.#paused = true; // Resumed in `#starved`.
      this.#connection.pause();
    }
    this.#port.nextTurn(() => this.#run());
  }

  #starved(): void {
    if (this.#inputOver !== undefined) {
      return this.#fail(closedByServer(this.peer, this.#inputOver.error, this.#reader.heldBytes > 0));
    }
    if (this.#paused) {
      this.#paused = false;
      this.#connection.resume();
    }
  }

  #fail(error: ClientError): void {
    this.#state = "closed";
    this.#connection.destroy();
    this.#listener.over(error);
  }
}

function notJson(peer: string, errorDesc: string): ClientError {
  const message = `${peer}: what came is not QMP (${errorDesc}): is another service there?`;
  return new ClientError("CLIENT_PROTOCOL", message);
}

function closedByServer(peer: string, cause: Error | undefined, isTruncated: boolean): ClientError {
  const where = isTruncated ? " in the middle of a message" : "";
  const how = cause === undefined ? "the server closed the connection" : "the connection broke";
  const why = cause === undefined ? "" : ` (${cause.message})`;
  return new ClientError("CLIENT_CLOSED", `${peer}: ${how}${where}${why}`, cause && { cause });
}
