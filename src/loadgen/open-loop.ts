/**
 * Open loop: commands arrive by a schedule, whether or not the server keeps up.  An arrival takes the client that has been
 * idle longest; without one it waits, and its latency is counted from when it was due: a server that stalls makes all
 * that arrive meanwhile late, as it would in life (no coordinated omission).
 *
 * An arrival that waits because heavy commands hold all clients is beside these, though they may have ended when it is
 * sent: what heavy ones there were is noted when it is due.  One that waits behind others has the first one's note, as what
 * had made that one wait makes this one late too.
 *
 * Timers have a grain of a millisecond.  That much of a lateness is the timer's and not the server's, and is not counted.
 */

import { LOAD_ARRIVALS_WAITING_MAX } from "../util/limits.ts";
import type { CommandChoice, PacedClient, Pacer } from "./pacer.ts";
import type { LoadPlan } from "./plan.ts";
import { Random } from "./random.ts";

const TIMER_GRAIN_US = 1000;

/** What the outside lends; tests own it. */
export interface OpenLoopClock {
  nowUs(): number;
  /** Calls back about every millisecond until told to stop. */
  every(callback: () => void): { stop(): void };
}

export const timerClock: OpenLoopClock = {
  nowUs: () => performance.now() * 1000,
  every(callback) {
    const timer = setInterval(callback, 1);
    return { stop: () => clearInterval(timer) };
  },
};

export class OpenLoop implements Pacer {
  readonly #choice: CommandChoice;
  readonly #clock: OpenLoopClock;
  readonly #random: Random;
  /** Of this thread: from one arrival to its next. */
  readonly #periodUs: number;
  readonly #offsetUs: number;
  readonly #arrivalsMax: number;
  #startUs = 0;
  #timer: { stop(): void } | undefined;
  #state: "waiting" | "running" | "stopped" = "waiting";
  #arrived = 0;
  #arrivedTold = 0;
  #dropped = 0;
  readonly #heavyMark: () => number;
  /** Arrivals that wait: when they were due, and what heavy commands there were.  What is before `#first` has been sent. */
  #dues: number[] = [];
  #marks: number[] = [];
  #first = 0;
  /** Clients with room, that which has had it longest first. */
  readonly #idle = new Set<PacedClient>();
  readonly #written = new Set<PacedClient>();

  /** `heavyMark` is a `HeavyWatch`'s. */
  constructor(
    plan: LoadPlan,
    thread: number,
    choice: CommandChoice,
    heavyMark: () => number,
    clock: OpenLoopClock = timerClock,
  ) {
    this.#heavyMark = heavyMark;
    this.#choice = choice;
    this.#clock = clock;
    this.#random = new Random(plan.seed, thread);
    const betweenUs = 1e6 / (plan.ratePerSecond ?? 1);
    this.#periodUs = betweenUs * plan.threads;
    this.#offsetUs = betweenUs * thread;
    const { end, threads } = plan;
    this.#arrivalsMax =
      end.kind === "count"
        ? Math.floor(end.commands / threads) + (thread < end.commands % threads ? 1 : 0)
        : Number.POSITIVE_INFINITY;
  }

  get waiting(): number {
    return this.#dues.length - this.#first;
  }

  get unsent(): number {
    return this.#dropped + this.waiting;
  }

  get pauseMs(): number {
    return this.#offsetUs / 1000 + this.#periodUs / 1000;
  }

  get isDone(): boolean {
    return this.#arrived === this.#arrivalsMax && this.waiting === 0;
  }

  takeArrivals(): number {
    const arrivals = this.#arrived - this.#arrivedTold;
    this.#arrivedTold = this.#arrived;
    return arrivals;
  }

  start(): void {
    this.#state = "running";
    this.#startUs = this.#clock.nowUs() + this.#offsetUs;
    this.#timer = this.#clock.every(() => this.#arrive());
  }

  room(client: PacedClient): void {
    if (client.room === 0) return;
    this.#idle.add(client);
    if (this.#state === "running" && this.waiting > 0) this.#serve();
  }

  /** In the ramp there were too few clients: what they left would be late all through what is measured. */
  endRamp(): void {
    this.#arrive();
    this.#dues = [];
    this.#marks = [];
    this.#first = 0;
    this.#dropped = 0;
  }

  /** What is due by now has arrived; what waits stays unsent. */
  stop(): void {
    if (this.#state === "running") this.#arrive();
    this.#state = "stopped";
    this.#timer?.stop();
  }

  #arrive(): void {
    const nowUs = this.#clock.nowUs();
    const mark = (this.waiting > 0 ? this.#marks.at(-1) : undefined) ?? this.#heavyMark();
    const due = Math.floor((nowUs - this.#startUs) / this.#periodUs) + 1;
    const arrived = Math.max(this.#arrived, Math.min(due, this.#arrivalsMax));
    // What finds no place to wait is not gone through one by one: at a high rate the next would be due before its end.
    const kept = Math.min(arrived, this.#arrived + LOAD_ARRIVALS_WAITING_MAX - this.waiting);
    for (let number = this.#arrived; number < kept; number++) {
      const dueUs = this.#startUs + number * this.#periodUs;
      this.#dues.push(Math.min(nowUs, dueUs + TIMER_GRAIN_US));
      this.#marks.push(mark);
    }
    this.#dropped += arrived - kept;
    this.#arrived = arrived;
    if (this.waiting > 0) this.#serve();
  }

  #serve(): void {
    for (const client of this.#idle) {
      if (this.waiting === 0) break;
      // To the end of the row, or out of it.
      this.#idle.delete(client);
      if (client.room === 0) continue;
      client.send(
        this.#choice.next(this.#random),
        this.#dues[this.#first] ?? 0,
        this.#marks[this.#first] ?? 0,
      );
      this.#first++;
      this.#written.add(client);
      if (client.room > 0) this.#idle.add(client);
    }
    for (const client of this.#written) client.flush();
    this.#written.clear();
    if (this.#first > 1024 && this.#first * 2 > this.#dues.length) {
      this.#dues = this.#dues.slice(this.#first);
      this.#marks = this.#marks.slice(this.#first);
      this.#first = 0;
    }
  }
}
