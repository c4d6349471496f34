/** What decides when clients send what: `closed-loop.ts` or `open-loop.ts`. */

import type { LoadClient } from "./load-client.ts";
import type { PlannedCommand } from "./plan.ts";
import { type Random, WeightedChoice } from "./random.ts";

/** A client, as far as it is given commands. */
export type PacedClient = Pick<LoadClient, "room" | "send" | "flush">;

export interface Pacer {
  /** The caller then tells of each client that has room. */
  start(): void;
  /** A client may have room. */
  room(client: LoadClient): void;
  /** The ramp is over: what still waits from it is nobody's any more. */
  endRamp(): void;
  stop(): void;
  /** Arrivals that fell due since the last call. */
  takeArrivals(): number;
  /** Arrivals that wait for a client with room. */
  readonly waiting: number;
  /** Arrivals that were not sent, those that wait included. */
  readonly unsent: number;
  /** The plan itself has no command for so long: the time to think, or between arrivals. */
  readonly pauseMs: number;
  /** All that the plan counts has been sent. */
  readonly isDone: boolean;
}

/** Chooses commands by their weights; while heavy ones rest, a light one takes the place of a heavy one. */
export class CommandChoice {
  readonly #all: WeightedChoice;
  /** Undefined: there are heavy ones alone. */
  readonly #light: WeightedChoice | undefined;
  readonly #isHeavy: readonly boolean[];
  areHeavyAllowed = true;

  constructor(commands: readonly Pick<PlannedCommand, "weight" | "isHeavy">[]) {
    this.#all = new WeightedChoice(commands.map(({ weight }) => weight));
    this.#isHeavy = commands.map(({ isHeavy }) => isHeavy);
    this.#light = this.#isHeavy.every((isHeavy) => isHeavy)
      ? undefined
      : new WeightedChoice(commands.map(({ weight, isHeavy }) => (isHeavy ? 0 : weight)));
  }

  /** The place of a command in the mix. */
  next(random: Random): number {
    const command = this.#all.at(random.next());
    if (this.areHeavyAllowed || this.#isHeavy[command] !== true) return command;
    return this.light(random) ?? command;
  }

  /** A light one; undefined when there is none. */
  light(random: Random): number | undefined {
    return this.#light?.at(random.next());
  }
}
