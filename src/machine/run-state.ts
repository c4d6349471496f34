/**
 * Run state: whether the guest runs, and the guest's time, which stands still while it does not.
 *
 *     prelaunch --cont--> running --stop--> paused --cont--> running
 *         ^                  '--reset--> running     |
 *         '------------------reset-------------------'      (also from those below)
 *
 *     running --the guest switches off--> shutdown       --it crashes--> guest-panicked
 *             --the emulation fails--> internal-error
 *
 * The verbs answer the events that they caused, in order.  Their manner is QEMU's: `stop` of a machine that
 * does not run and `cont` of one that runs succeed without an event; a reset of a machine that
 * does not run leaves it in `prelaunch`.
 */

import type { Clock } from "../util/clock.ts";
import { MachineError } from "./error.ts";

/**
 * As QEMU's `RunState`.  `internal-error`: the emulation was lost; `shutdown`: the guest switched itself off;
 * `guest-panicked`: it crashed.  A reset brings the machine back.
 */
export type RunState = "prelaunch" | "running" | "paused" | "shutdown" | "guest-panicked" | "internal-error";

/** Something that happened to the machine. */
export type MachineEvent =
  | { readonly kind: "stop" }
  | { readonly kind: "resume" }
  | { readonly kind: "reset"; readonly guest: boolean; readonly reason: string }
  | { readonly kind: "powerdown" }
  /** `isEnd`: nothing is to be left of the machine. */
  | { readonly kind: "shutdown"; readonly guest: boolean; readonly reason: string; readonly isEnd: boolean }
  | { readonly kind: "guest-panicked" }
  | {
      readonly kind: "tray-moved";
      readonly drive: "ide0-hd0" | "ide1-cd0" | "floppy0";
      readonly devicePath: string;
      readonly isOpen: boolean;
    };

const NEEDS_RESET: ReadonlySet<RunState> = new Set(["internal-error", "shutdown", "guest-panicked"]);

export class RunControl {
  readonly #clock: Clock;
  #state: RunState;
  /** Guest time when the machine last began or ceased to run. */
  #guestTimeMs = 0;
  #resumedAtMs: number;

  constructor(clock: Clock, initialState: RunState) {
    this.#clock = clock;
    this.#state = initialState;
    this.#resumedAtMs = clock.nowMs();
  }

  get state(): RunState {
    return this.#state;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** How long the guest has run since it was reset, in milliseconds. */
  get guestTimeMs(): number {
    return this.isRunning ? this.#guestTimeMs + this.#clock.nowMs() - this.#resumedAtMs : this.#guestTimeMs;
  }

  /** Throws {@link MachineError} when only a reset can help. */
  cont(): MachineEvent[] {
    if (this.isRunning) return [];
    if (NEEDS_RESET.has(this.#state)) throw new MachineError("Resetting the Virtual Machine is required");
    this.#resumedAtMs = this.#clock.nowMs();
    this.#state = "running";
    return [{ kind: "resume" }];
  }

  stop(): MachineEvent[] {
    return this.halt("paused");
  }

  /** A machine that runs comes to a stand, in `state`. */
  halt(state: Exclude<RunState, "running" | "prelaunch">): MachineEvent[] {
    if (!this.isRunning) return [];
    this.#guestTimeMs = this.guestTimeMs;
    this.#state = state;
    return [{ kind: "stop" }];
  }

  /** Nothing can be done with the machine any more, whether it ran or not, but to reset it. */
  lose(): MachineEvent[] {
    const events = this.halt("internal-error");
    this.#state = "internal-error";
    return events;
  }

  reset(guest = false, reason = "host-qmp-system-reset"): MachineEvent[] {
    this.#guestTimeMs = 0;
    this.#resumedAtMs = this.#clock.nowMs();
    if (!this.isRunning) this.#state = "prelaunch";
    return [{ kind: "reset", guest, reason }];
  }

  /** The machine, which does not run, is as it was when its state was saved: `cont` will do. */
  restored(guestTimeMs: number): void {
    this.#guestTimeMs = guestTimeMs;
    if (NEEDS_RESET.has(this.#state)) this.#state = "paused";
  }

  /** The power button.  No guest here listens to it. */
  powerdown(): MachineEvent[] {
    return [{ kind: "powerdown" }];
  }
}
