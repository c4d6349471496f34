/**
 * The requests of one client that have no reply yet, and what a reply must be to be right.
 *
 * Ids are `serial * clients + number of the client`, serials count upwards over all connections of the client.  So an id
 * belongs to one client of the run and to one request of it, and a reply that went astray is known as such:
 *
 *     foreign     the id is another client's, or was never sent
 *     doubled     it was sent, and has been answered
 *     misordered  it has its request, but came after the reply to a later one that must not overtake
 *     lost        there is none: known at the end of the run, or of the connection
 *
 * What may overtake: an out-of-band command anything; an async command what was sent later, but nothing in order that was
 * sent earlier, as it starts when that has ended.
 */

import type { Lane } from "./plan.ts";

export type Verdict = "right" | "misordered" | "doubled" | "foreign";

/** No request is there: no serial is that. */
const NONE = -1;

export class InFlight {
  readonly #clients: number;
  readonly #number: number;
  readonly #mask: number;
  readonly #lanes: readonly Lane[];
  /** By serial, modulo the size: the request there, or {@link NONE}. */
  readonly #serials: Float64Array;
  readonly #startsUs: Float64Array;
  readonly #commands: Uint16Array;
  /** What the caller notes beside a request. */
  readonly #marks: Int32Array;
  /** 1: a later reply came before this one's, and must not. */
  readonly #overtaken: Uint8Array;
  #nextSerial = 0;
  /** The oldest request in order that has no reply and was not overtaken; at {@link #nextSerial} there is none. */
  #head = 0;
  /** Requests without a reply. */
  size = 0;
  // Of the request that the last right reply was for:
  startUs = 0;
  command = 0;
  mark = 0;

  constructor(number: number, clients: number, inFlightMax: number, lanes: readonly Lane[]) {
    this.#number = number;
    this.#clients = clients;
    this.#lanes = lanes;
    // Twice as many places as requests: a late async command is in nobody's way for long.
    let size = 4;
    while (size < inFlightMax * 2) size *= 2;
    this.#mask = size - 1;
    this.#serials = new Float64Array(size).fill(NONE);
    this.#startsUs = new Float64Array(size);
    this.#commands = new Uint16Array(size);
    this.#marks = new Int32Array(size);
    this.#overtaken = new Uint8Array(size);
  }

  /** Notes a request; answers its id. */
  add(command: number, startUs: number, mark: number): number {
    let serial = this.#nextSerial;
    while (this.#serials[serial & this.#mask] !== NONE) serial++;
    const place = serial & this.#mask;
    this.#serials[place] = serial;
    this.#startsUs[place] = startUs;
    this.#commands[place] = command;
    this.#marks[place] = mark;
    this.#overtaken[place] = 0;
    const hasHead = this.#head < this.#nextSerial;
    this.#nextSerial = serial + 1;
    if (!hasHead) this.#head = this.#lanes[command] === "in order" ? serial : this.#nextSerial;
    this.size++;
    return serial * this.#clients + this.#number;
  }

  /** Takes the reply with this id.  When it has a request, `startUs`, `command` and `mark` are that one's. */
  answer(id: number): Verdict {
    const serial = (id - this.#number) / this.#clients;
    const place = serial & this.#mask;
    if (serial < 0 || this.#serials[place] !== serial) {
      return Number.isInteger(serial) && serial >= 0 && serial < this.#nextSerial ? "doubled" : "foreign";
    }
    this.#serials[place] = NONE;
    this.size--;
    this.startUs = this.#startsUs[place] ?? 0;
    this.command = this.#commands[place] ?? 0;
    this.mark = this.#marks[place] ?? 0;
    if (serial > this.#head && this.#lanes[this.command] !== "out of band") this.#overtake(serial);
    else if (serial === this.#head) this.#advance(serial + 1);
    return this.#overtaken[place] === 1 ? "misordered" : "right";
  }

  /** The requests without a reply, with their ids and commands.  They are forgotten. */
  drop(): { readonly id: number; readonly command: number; readonly mark: number }[] {
    const dropped = [];
    for (let place = 0; place <= this.#mask; place++) {
      const serial = this.#serials[place] ?? NONE;
      if (serial === NONE) continue;
      const id = serial * this.#clients + this.#number;
      dropped.push({ id, command: this.#commands[place] ?? 0, mark: this.#marks[place] ?? 0 });
      this.#serials[place] = NONE;
    }
    this.size = 0;
    this.#head = this.#nextSerial;
    return dropped;
  }

  /** The reply to `serial` came before all in order that are older. */
  #overtake(serial: number): void {
    while (this.#head < serial) {
      this.#overtaken[this.#head & this.#mask] = 1;
      this.#advance(this.#head + 1);
    }
    if (this.#head === serial) this.#advance(serial + 1);
  }

  /** Finds the oldest request in order from `serial` on. */
  #advance(serial: number): void {
    let at = serial;
    for (; at < this.#nextSerial; at++) {
      const place = at & this.#mask;
      if (this.#serials[place] === at && this.#lanes[this.#commands[place] ?? 0] === "in order") break;
    }
    this.#head = at;
  }
}
