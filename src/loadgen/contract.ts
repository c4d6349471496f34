/**
 * The words between the main thread and the load threads.  A thread first connects its clients, then waits for
 * `start`, then tells a sample every second, and `ended` after the last one.
 */

import type { ThreadTask } from "./plan.ts";

export type ToThread =
  | { readonly kind: "task"; readonly task: ThreadTask }
  /** All threads are connected; with a ramp, are about to. */
  | { readonly kind: "start" }
  /** The ramp is over, or there was none: what is counted counts from here. */
  | { readonly kind: "measure" }
  /** Heavy commands are sent, or held back for a while. */
  | { readonly kind: "heavy"; readonly allowed: boolean }
  /** No further command; replies are waited for. */
  | { readonly kind: "stop" }
  /** Replies are not waited for any more. */
  | { readonly kind: "give up" };

export type FromThread =
  | { readonly kind: "connected" }
  | { readonly kind: "sample"; readonly sample: Sample }
  /** The clients of this thread have sent all that they were to send, or have lost their connections. */
  | { readonly kind: "done" }
  | { readonly kind: "ended"; readonly ending: Ending }
  /** The thread cannot go on: nobody listens, for example.  A sentence for people. */
  | { readonly kind: "failed"; readonly message: string };

/** Values in microseconds, and how often each came: pairs, one after the other. */
export type Counts = Float64Array;

/** What happened to one command since the last sample. */
export interface CommandSample {
  readonly latencies: Counts;
  /** Those of {@link latencies} that a heavy command ran beside; empty where that is not watched. */
  readonly besideHeavy: Counts;
  readonly sent: number;
  /** By class. */
  readonly errors: ReadonlyMap<string, number>;
  /** What the first one in the whole run said. */
  readonly firstError: string | undefined;
}

export interface Sample {
  readonly phase: Phase;
  /** Wall clock, in milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  /** By the command's place in the mix. */
  readonly commands: readonly CommandSample[];
  /** From the start of a connection to the end of its negotiation. */
  readonly connects: Counts;
  readonly inFlight: number;
  /** In the drain, while replies are missing: how long they are still waited for if none comes. */
  readonly patienceMs: number | undefined;
  /** Open loop: arrivals that fell due, and those of them that wait for a client with room. */
  readonly arrivals: number;
  readonly waiting: number;
  readonly load: ThreadLoad;
}

/** `ramp`: clients are added, figures do not count.  `drain`: no further command is sent. */
export type Phase = "ramp" | "measure" | "drain";

/** What a load thread itself took of the computer, in the time of a sample. */
export interface ThreadLoad {
  /** Share of a core. */
  readonly cpuShare: number;
  /** Share of the time in which it could have run and had no core; undefined where the system does not tell. */
  readonly waitShare: number | undefined;
  /** How late its timers were, at worst. */
  readonly loopDelayMs: number;
}

export const FAULT_KINDS = [
  "lost",
  "doubled",
  "foreign",
  "misordered",
  "unreadable",
  "disconnected",
] as const;

/** What a server must not do. */
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Ending {
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** The first few, in words. */
  readonly examples: readonly string[];
  /** Of each client that was connected all the time, the slow readers apart. */
  readonly eventsByClient: readonly number[];
  readonly eventsByName: ReadonlyMap<string, number>;
  readonly reconnects: number;
  readonly slowReaders: { readonly replies: number; readonly closed: number };
  /** Open loop: arrivals that were never sent. */
  readonly unsent: number;
}
