/**
 * Resources that commands could harm each other over (rule R1): a console, a destination file, a block
 * node, the run state.  A command claims all it needs at once and starts when it has them all.
 *
 * Each resource keeps its tickets in the order of arrival.  A shared claim holds when no exclusive one
 * is ahead of it, an exclusive one when nothing is ahead.  All claims of a ticket are queued in one step,
 * so no two tickets can wait for each other.
 *
 * Claims may have to be looked up first (which file is it?).  A command that is alone in the table starts
 * meanwhile: nobody is there that it could harm, and who comes later waits until its claims are queued; or, when
 * they cannot be found out, until it has ended, since nobody knows what it holds.
 */

import type { ResourceClaim } from "../qapi/runtime/command.ts";
import { assert } from "../util/assert.ts";

/** A place in the table.  `release` gives it up, granted or waiting; idempotent. */
export interface Ticket {
  release(): void;
}

type Claims = readonly ResourceClaim[];

export class ResourceTable {
  readonly #queues = new Map<string, ResourceQueue>();
  /**
   * Settles when the last claims still being looked up are queued: it keeps their order of arrival.  Claims
   * that are known at once are of other resources, and do not wait for it.
   */
  #lookups: Promise<void> | undefined;

  /**
   * Queues `claims` and calls `granted` once when all hold: from inside this call, or later.  `failed`
   * is called instead when the claims could not be found out (they are a promise, and it rejects); a command that
   * has started meanwhile finds the reason itself.
   */
  acquire(
    claims: Claims | Promise<Claims> | undefined,
    granted: () => void,
    failed: (error: unknown) => void,
  ): Ticket | undefined {
    if (claims === undefined || (!(claims instanceof Promise) && claims.length === 0)) {
      granted();
      return undefined;
    }
    const ticket = new TableTicket(this.#queues, granted);
    if (claims instanceof Promise) {
      const isAlone = this.#queues.size === 0 && this.#lookups === undefined;
      this.#enqueueInTurn(ticket, claims, failed);
      if (isAlone) ticket.grant();
    } else ticket.enqueue(claims);
    return ticket;
  }

  /** Number of resources that anybody holds or waits for: 0 when nothing has leaked. */
  get resourcesInUse(): number {
    return this.#queues.size;
  }

  #enqueueInTurn(ticket: TableTicket, claims: Promise<Claims>, failed: (error: unknown) => void): void {
    const before = this.#lookups;
    // Waited for together, not one after the other: lookups run side by side, only queueing is in turn.
    // A command that is cancelled lets those behind it pass, also when its own lookup never ends.
    const found = Promise.race([claims, ticket.givenUp]).then(
      (value) => () => value && ticket.enqueue(value),
      (error: unknown) => (ticket.isGranted ? ticket.givenUp.then(() => () => {}) : () => failed(error)),
    );
    const turn = Promise.all([found, before]).then(([settle]) => {
      if (this.#lookups === turn) this.#lookups = undefined;
      if (!ticket.released) settle();
    });
    this.#lookups = turn;
  }
}

class TableTicket implements Ticket {
  readonly #queues: Map<string, ResourceQueue>;
  readonly #granted: () => void;
  isGranted = false;
  readonly #resources: string[] = [];
  /** Claims that do not hold yet. */
  #missing = 0;
  released = false;
  #giveUp: () => void = () => {};
  readonly givenUp = new Promise<undefined>((resolve) => {
    this.#giveUp = () => resolve(undefined);
  });

  constructor(queues: Map<string, ResourceQueue>, granted: () => void) {
    this.#queues = queues;
    this.#granted = granted;
  }

  enqueue(claims: Claims): void {
    this.#missing = claims.length;
    for (const { resource, mode } of claims) {
      let queue = this.#queues.get(resource);
      if (queue === undefined) {
        queue = new ResourceQueue();
        this.#queues.set(resource, queue);
      }
      this.#resources.push(resource);
      if (queue.add(this, mode)) this.#missing--;
    }
    assert(this.#missing === 0 || !this.isGranted, "claims of who was alone hold at once");
    if (this.#missing === 0) this.grant();
  }

  /** One more claim holds. */
  claimHolds(): void {
    if (--this.#missing === 0) this.grant();
  }

  /** All claims hold, or will as soon as they are known.  Idempotent. */
  grant(): void {
    if (this.isGranted) return;
    this.isGranted = true;
    this.#granted();
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.#giveUp();
    for (const resource of this.#resources) {
      const queue = this.#queues.get(resource);
      if (queue?.remove(this)) this.#queues.delete(resource);
    }
  }
}

interface Entry {
  readonly mode: ResourceClaim["mode"];
  holds: boolean;
}

/** The tickets of one resource, in order of arrival (a Map keeps it). */
class ResourceQueue {
  readonly #entries = new Map<TableTicket, Entry>();
  #exclusiveCount = 0;

  /** Whether the claim holds at once. */
  add(ticket: TableTicket, mode: ResourceClaim["mode"]): boolean {
    const holds = mode === "shared" ? this.#exclusiveCount === 0 : this.#entries.size === 0;
    this.#entries.set(ticket, { mode, holds });
    if (mode === "exclusive") this.#exclusiveCount++;
    return holds;
  }

  /** Takes a ticket out and lets those behind it advance.  Whether the queue is empty now. */
  remove(ticket: TableTicket): boolean {
    const entry = this.#entries.get(ticket);
    if (entry === undefined) return false;
    this.#entries.delete(ticket);
    if (entry.mode === "exclusive") this.#exclusiveCount--;
    if (this.#entries.size === 0) return true;
    if (this.#exclusiveCount > 0 || entry.mode === "exclusive") this.#advance();
    return false;
  }

  #advance(): void {
    const ready: TableTicket[] = [];
    let first = true;
    for (const [ticket, entry] of this.#entries) {
      if (entry.mode === "exclusive") {
        if (first && !entry.holds) {
          entry.holds = true;
          ready.push(ticket);
        }
        break;
      }
      first = false;
      if (!entry.holds) {
        entry.holds = true;
        ready.push(ticket);
      }
    }
    // Called last: a ticket that starts may release at once and come back in here.
    for (const ticket of ready) ticket.claimHolds();
  }
}
