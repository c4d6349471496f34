/**
 * Inbound: what one client has sent and its session still holds, and with it whether more is read from the
 * connection.  It is the session's message reader, and counts what passes.
 *
 *     open ---much is unread, or all sessions hold too much---> paused
 *       '<---------------- there is room again -------------------'
 *     either of them ---the client sends no more---> ended;  any ---> closed
 *
 * Invariants:
 *  - it reads ahead up to a limit, so that a client's end is noticed while its session is suspended (rule C4);
 *  - what is unread, a message half read and the requests in flight are spent from a budget of all sessions, up to
 *    date after each `regulate`; of the sessions that hold much, one may go on although it is used up: one that can,
 *    and whose next request starts at once.  Behind a command that runs for long it would keep its turn for as long.
 *    It overdraws by one large message: with `async` a session may have many in flight.
 */

import type { CommandRegistry } from "../qmp/registry.ts";
import { mustReadWhole } from "../qmp/unread.ts";
import type { Connection, JsonValue, MessageReader } from "../qmp/wire.ts";
import type { Budget } from "../util/budget.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { READ_AHEAD_BYTES_MAX } from "../util/limits.ts";

export interface InboundPort {
  readonly connection: Pick<Connection, "pause" | "resume">;
  readonly reader: MessageReader;
  /** The requests that were read and are not answered; `startsNext`: the next one would not have to wait for them. */
  readonly requests: { readonly heldBytes: number; readonly startsNext: boolean };
  readonly registry: CommandRegistry;
  readonly clock: Clock;
  readonly budget: Budget;
  /** How long an unfinished message may hold much while others wait for room. */
  readonly stalledPeerMs: number;
  /** The client keeps others waiting: the owner closes the session. */
  readonly overrun: (reason: string) => void;
  /** There may be room again, after `waitsForRoom`.  One function, so that the budget knows it again. */
  readonly room: () => void;
}

export class Inbound {
  readonly #port: InboundPort;
  /** Of the port: looked at for each message. */
  readonly #reader: MessageReader;
  readonly #requests: InboundPort["requests"];
  readonly #budget: Budget;
  #state: "open" | "paused" | "ended" | "closed" = "open";
  /** Bytes that came in all, those that were read, and those of the message read last. */
  #arrivedBytes = 0;
  #readBytes = 0;
  #messageBytes = 0;
  #budgetedBytes = 0;
  /** Runs while an unfinished message holds much: whoever sends nothing more must not keep others waiting. */
  #unfinishedTimer: Timer | undefined;
  /** What had arrived when it was started: nor must who sends a byte now and again. */
  #unfinishedBytes = 0;
  /** As `regulate` was told last. */
  #isBlocked = false;

  constructor(port: InboundPort) {
    this.#port = port;
    this.#reader = port.reader;
    this.#requests = port.requests;
    this.#budget = port.budget;
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    this.#arrivedBytes += bytes.length;
  }

  /** The client sends no more. */
  end(): void {
    this.#state = "ended";
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** The connection is gone: gives back what was held. */
  close(): void {
    this.#state = "closed";
    this.#unfinishedTimer?.cancel();
    this.#budget.forget(this.#port.room);
    this.#budget.spend(-this.#budgetedBytes);
    this.#budget.settle(this);
  }

  // ---- Reading: see `MessageReader` ----

  next(): "value" | "error" | "slice" | "starved" {
    const status = this.#reader.next();
    if (status === "value" || status === "error") {
      const readBytes = this.#arrivedBytes - this.#reader.unreadBytes;
      this.#messageBytes = readBytes - this.#readBytes;
      this.#readBytes = readBytes;
    }
    return status;
  }

  /** Bytes of the message read last, with the white space around it: what reading it took. */
  get messageBytes(): number {
    return this.#messageBytes;
  }

  /** What its value holds. */
  get valueBytes(): number {
    return this.#reader.valueBytes;
  }

  get value(): JsonValue {
    return this.#reader.value;
  }

  get errorDesc(): string {
    return this.#reader.errorDesc;
  }

  /** Whether the value may be taken as it is, with placeholders or without; otherwise it is read once more. */
  takesValue(oobEnabled: boolean): boolean {
    if (!this.#reader.isPartial) return true;
    if (!mustReadWhole(this.#reader.value, oobEnabled, this.#port.registry)) {
      this.#reader.dropUnread();
      return true;
    }
    // Its bytes are counted when it comes again.
    this.#readBytes -= this.#messageBytes;
    this.#reader.readWhole();
    return false;
  }

  // ---- The bounds ----

  /** Whether all sessions hold too much, and this one is among those that do; `room` is called then. */
  waitsForRoom(): boolean {
    if (this.#budgetedBytes <= READ_AHEAD_BYTES_MAX) return false;
    if (!this.#budget.exhausted) return false;
    if (this.#isWorthATurn && this.#budget.mayOverdraw(this)) return false;
    this.#budget.whenRoom(this.#port.room);
    return true;
  }

  /**
   * To be called when bytes have come, messages were read, or requests were answered.  `isBlocked`: output or
   * commands of its own keep the session from reading; then it takes nobody's turn.
   */
  regulate(isBlocked = false): void {
    if (this.#state === "closed") return;
    const { heldBytes: readerBytes, unreadBytes } = this.#reader;
    const heldBytes = readerBytes + this.#requests.heldBytes;
    const spentBytes = heldBytes - this.#budgetedBytes;
    if (spentBytes !== 0) {
      this.#budgetedBytes = heldBytes;
      this.#budget.spend(spentBytes);
    }
    const readsOn = !isBlocked && this.#isWorthATurn;
    if ((readsOn ? heldBytes : heldBytes - unreadBytes) <= READ_AHEAD_BYTES_MAX) this.#budget.settle(this);
    if (isBlocked && heldBytes > READ_AHEAD_BYTES_MAX) this.#budget.forget(this.#port.room);
    this.#isBlocked = isBlocked;
    const isEnded = this.#state === "ended";
    const full = !isEnded && ((!isBlocked && this.waitsForRoom()) || unreadBytes >= READ_AHEAD_BYTES_MAX);
    const goesNoFurther = isBlocked || !(full || isEnded);
    this.#watchUnfinished(goesNoFurther && readerBytes - unreadBytes > READ_AHEAD_BYTES_MAX);
    if (isEnded || full === (this.#state === "paused")) return;
    this.#state = full ? "paused" : "open";
    if (full) this.#port.connection.pause();
    else this.#port.connection.resume();
  }

  /** Of the turn to overdraw the budget: with what it may have in flight, its holder would overdraw it many times. */
  get #isWorthATurn(): boolean {
    const { startsNext, heldBytes } = this.#requests;
    return startsNext && heldBytes <= READ_AHEAD_BYTES_MAX;
  }

  #watchUnfinished(isUnfinished: boolean): void {
    const hasComeOn = this.#arrivedBytes - this.#unfinishedBytes >= READ_AHEAD_BYTES_MAX;
    if (this.#unfinishedTimer !== undefined && isUnfinished && !hasComeOn) return;
    this.#unfinishedTimer?.cancel();
    this.#unfinishedTimer = undefined;
    if (!isUnfinished) return;
    this.#unfinishedBytes = this.#arrivedBytes;
    const { clock, stalledPeerMs } = this.#port;
    this.#unfinishedTimer = clock.startTimer(stalledPeerMs, () => this.#checkUnfinished());
  }

  /** Next to nothing has come for long: while others wait for room, the half of a message is not worth it. */
  #checkUnfinished(): void {
    this.#unfinishedTimer = undefined;
    const { overrun, stalledPeerMs } = this.#port;
    if (!this.#budget.exhausted) return this.regulate(this.#isBlocked);
    const what = `an unfinished message of ${this.#reader.heldBytes} bytes`;
    overrun(`${what}, and little more for ${stalledPeerMs} ms while the input budget was used up`);
  }
}
