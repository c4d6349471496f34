/** Closed loop: each client keeps its commands in flight, and sends the next when it has a reply, or a think time later. */

import type { LoadClient } from "./load-client.ts";
import type { CommandChoice, Pacer } from "./pacer.ts";
import { type LoadPlan, quotaOf } from "./plan.ts";
import { Random } from "./random.ts";

interface ClientState {
  readonly random: Random;
  left: number;
  thinking: number;
}

export class ClosedLoop implements Pacer {
  readonly #plan: LoadPlan;
  readonly #choice: CommandChoice;
  readonly #clients = new Map<LoadClient, ClientState>();
  #state: "waiting" | "running" | "stopped" = "waiting";
  #unfinished = 0;
  readonly waiting = 0;
  readonly unsent = 0;

  constructor(plan: LoadPlan, clients: readonly LoadClient[], choice: CommandChoice) {
    this.#plan = plan;
    this.#choice = choice;
    for (const client of clients) {
      const left = quotaOf(plan, client.number);
      if (left > 0) this.#unfinished++;
      this.#clients.set(client, { random: new Random(plan.seed, client.number), left, thinking: 0 });
    }
  }

  get pauseMs(): number {
    return this.#plan.thinkMs;
  }

  get isDone(): boolean {
    return this.#unfinished === 0;
  }

  start(): void {
    this.#state = "running";
  }

  room(client: LoadClient): void {
    const state = this.#clients.get(client);
    if (state === undefined || this.#state !== "running") return;
    // What it was to send nobody sends.
    if (client.isGone) return this.#sent(state, state.left);
    if (this.#plan.thinkMs === 0 || client.replies === 0) return this.#send(client, state, client.room);
    for (let free = client.room - state.thinking; free > 0; free--) {
      state.thinking++;
      setTimeout(() => {
        state.thinking--;
        if (this.#state === "running" && client.room > 0) this.#send(client, state, 1);
      }, this.#plan.thinkMs);
    }
  }

  /** Nothing waits here. */
  endRamp(): void {}

  stop(): void {
    this.#state = "stopped";
  }

  takeArrivals(): number {
    return 0;
  }

  #send(client: LoadClient, state: ClientState, room: number): void {
    const count = Math.min(room, state.left);
    if (count <= 0) return;
    const nowUs = performance.now() * 1000;
    for (let index = 0; index < count; index++) client.send(this.#choice.next(state.random), nowUs);
    client.flush();
    this.#sent(state, count);
  }

  #sent(state: ClientState, count: number): void {
    if (state.left === 0) return;
    // Of infinitely many, too.
    state.left = state.left === count ? 0 : state.left - count;
    if (state.left === 0) this.#unfinished--;
  }
}
