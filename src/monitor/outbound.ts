/**
 * Outbound: what one client is sent.  It is the observer at the end of the client's stream, which merges
 * returns, unicast events and broadcast events in the order in which they arose (rule L8).
 *
 *   next ─▶ text of this turn ─▶ one write a turn ─▶ connection
 *                 '─▶ queue, while the connection is full ─▶ one piece for each drain
 *
 * A peer that does not read is bounded (rule E3): waiting replies keep its session from starting further
 * commands, and never close it; waiting events do, when they are too many or the peer takes no byte for long.
 * What waits here is spent from a budget of all sessions.
 */

import type { Observer } from "rxjs";
import type { OutputChunk } from "../qmp/messages.ts";
import type { Connection } from "../qmp/wire.ts";
import type { Budget } from "../util/budget.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { OUTPUT_SLICE_BYTES } from "../util/limits.ts";
import type { EncodedEvent } from "./event-hub.ts";

/** An element of a client's stream: a reply as text, a reply that holds bytes, or an event. */
export type Outgoing = string | readonly OutputChunk[] | EncodedEvent;

/** Bounds of one client's output, in bytes and milliseconds; rule E3 says what each does. */
export interface OutputLimits {
  readonly repliesWaitingBytesMax: number;
  readonly stalledOutputBytes: number;
  readonly stalledPeerMs: number;
  readonly eventsWaitingBytesMax: number;
}

export interface OutboundPort {
  readonly connection: Pick<Connection, "write" | "unsentBytes" | "end">;
  readonly clock: Clock;
  readonly budget: Budget;
  readonly limits: OutputLimits;
  /** The peer does not read and its bound is reached: the owner closes the session. */
  overrun(reason: string): void;
  /** There may be room again, after `hasRoom` was false. */
  room(): void;
}

/** A stalled peer is looked at this many times in the period that it is granted. */
const STALL_CHECKS = 10;

export class Outbound implements Observer<Outgoing> {
  readonly #port: OutboundPort;
  /** Gathered in this turn. */
  #text = "";
  #textEventBytes = 0;
  #flushPending = false;
  /** The connection is full: `drained` will come. */
  #blocked = false;
  #blockedBytes = 0;
  #queue: { data: OutputChunk; eventBytes: number }[] = [];
  #queuedBytes = 0;
  #queuedEventBytes = 0;
  #ending = false;
  #closed = false;
  #writtenBytes = 0;
  #stallTimer: Timer | undefined;
  #stalledSinceMs = 0;
  #takenBytes = 0;

  constructor(port: OutboundPort) {
    this.#port = port;
  }

  /** False while so much waits that the session starts no further command.  Who holds nothing is never held up. */
  get hasRoom(): boolean {
    if (this.#queuedBytes === 0) return true;
    if (this.#port.budget.exhausted) return false;
    return this.#queuedBytes - this.#queuedEventBytes <= this.#port.limits.repliesWaitingBytesMax;
  }

  next(outgoing: Outgoing): void {
    if (this.#closed) return;
    if (typeof outgoing === "string") {
      this.#text += outgoing;
    } else if ("text" in outgoing) {
      this.#text += outgoing.text;
      this.#textEventBytes += outgoing.text.length;
    } else {
      this.#queueText();
      for (const chunk of outgoing) this.#enqueue(chunk, 0);
    }
    if (this.#flushPending) return;
    this.#flushPending = true;
    queueMicrotask(() => this.#flush());
  }

  error(): void {
    // The streams that feed this observer do not fail; a defect of theirs reaches the process.
  }

  complete(): void {}

  /** The connection has room again. */
  drained(): void {
    if (this.#closed) return;
    const taken = this.#blockedBytes;
    this.#blocked = false;
    this.#blockedBytes = 0;
    this.#port.budget.spend(-taken);
    this.#flush();
    this.#port.room();
  }

  /** Sends what is there, then closes the connection. */
  end(): void {
    this.#ending = true;
    this.#flush();
  }

  /** The connection is gone: gives back what waited. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.budget.spend(-this.#queuedBytes - this.#blockedBytes);
    this.#queuedBytes = 0;
    this.#queue = [];
    this.#text = "";
    this.#stallTimer?.cancel();
  }

  #flush(): void {
    this.#flushPending = false;
    if (this.#closed) return;
    if (
      this.#text !== "" &&
      !this.#blocked &&
      this.#queue.length === 0 &&
      this.#text.length <= OUTPUT_SLICE_BYTES
    ) {
      const text = this.#text;
      this.#text = "";
      this.#textEventBytes = 0;
      this.#write(text);
    } else {
      this.#queueText();
      while (!this.#blocked && this.#queue.length > 0) this.#writeQueued();
    }
    if (this.#ending && this.#queue.length === 0) this.#port.connection.end();
    else if (this.#blocked) this.#watchPeer();
  }

  #write(data: OutputChunk): void {
    this.#writtenBytes += data.length;
    if (this.#port.connection.write(data)) return;
    this.#blocked = true;
    this.#blockedBytes = data.length;
    this.#port.budget.spend(data.length);
  }

  #writeQueued(): void {
    const piece = this.#queue.shift();
    if (piece === undefined) return;
    this.#queuedBytes -= piece.data.length;
    this.#queuedEventBytes -= piece.eventBytes;
    this.#write(piece.data);
    this.#port.budget.spend(-piece.data.length);
  }

  #queueText(): void {
    if (this.#text === "") return;
    const last = this.#queue.at(-1);
    // Small texts are joined: a peer that sleeps through a flood has few pieces waiting.
    if (
      last !== undefined &&
      typeof last.data === "string" &&
      last.data.length + this.#text.length <= OUTPUT_SLICE_BYTES
    ) {
      last.data += this.#text;
      last.eventBytes += this.#textEventBytes;
      this.#account(this.#text.length, this.#textEventBytes);
    } else {
      this.#enqueue(this.#text, this.#textEventBytes);
    }
    this.#text = "";
    this.#textEventBytes = 0;
  }

  /** Queues `data` in pieces; its events are counted with the first ones. */
  #enqueue(data: OutputChunk, eventBytes: number): void {
    let eventBytesLeft = eventBytes;
    for (let start = 0; start < data.length; start += OUTPUT_SLICE_BYTES) {
      const end = start + OUTPUT_SLICE_BYTES;
      const piece = typeof data === "string" ? data.slice(start, end) : data.subarray(start, end);
      const pieceEventBytes = Math.min(eventBytesLeft, piece.length);
      eventBytesLeft -= pieceEventBytes;
      this.#queue.push({ data: piece, eventBytes: pieceEventBytes });
      this.#account(piece.length, pieceEventBytes);
    }
  }

  #account(bytes: number, eventBytes: number): void {
    this.#queuedBytes += bytes;
    this.#queuedEventBytes += eventBytes;
    this.#port.budget.spend(bytes);
  }

  #watchPeer(): void {
    const { limits, overrun } = this.#port;
    if (this.#queuedEventBytes > limits.eventsWaitingBytesMax) {
      overrun(`${this.#queuedEventBytes} bytes of events wait for a peer that does not read`);
    } else if (this.#stallTimer === undefined && this.#isOverrun) {
      this.#stalledSinceMs = this.#port.clock.nowMs();
      this.#takenBytes = this.#writtenBytes - this.#port.connection.unsentBytes;
      this.#startStallTimer();
    }
  }

  get #waitingBytes(): number {
    return this.#queuedBytes + this.#port.connection.unsentBytes;
  }

  /** Replies alone never close a session: there, waiting is the client's own choice. */
  get #isOverrun(): boolean {
    return this.#queuedEventBytes > 0 && this.#waitingBytes > this.#port.limits.stalledOutputBytes;
  }

  #startStallTimer(): void {
    const { clock, limits } = this.#port;
    this.#stallTimer = clock.startTimer(limits.stalledPeerMs / STALL_CHECKS, () => this.#checkStall());
  }

  #checkStall(): void {
    this.#stallTimer = undefined;
    const { connection, clock, limits } = this.#port;
    if (!this.#isOverrun) return;
    const takenBytes = this.#writtenBytes - connection.unsentBytes;
    if (takenBytes !== this.#takenBytes) {
      this.#takenBytes = takenBytes;
      this.#stalledSinceMs = clock.nowMs();
    } else if (clock.nowMs() - this.#stalledSinceMs >= limits.stalledPeerMs) {
      return this.#port.overrun(
        `the peer took no byte for ${limits.stalledPeerMs} ms while ${this.#waitingBytes} bytes waited`,
      );
    }
    this.#startStallTimer();
  }
}
