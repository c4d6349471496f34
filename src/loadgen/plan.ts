/**
 * What a run is to do: the whole of it, and the part of one thread.  All of it is plain data that crosses to threads.
 */

import type { SocketEndpoint } from "../chardev/connect.ts";

/** How the replies to a command may be ordered among the others of its connection. */
export type Lane =
  /** In the order of the requests. */
  | "in order"
  /** It leaves the order: `async` was negotiated, and the schema says that the command is async. */
  | "async"
  /** Sent out of band: it overtakes. */
  | "out of band";

/** One command of the mix, as it is sent. */
export interface PlannedCommand {
  /** As tables show it; unique in the mix. */
  readonly label: string;
  readonly name: string;
  readonly weight: number;
  readonly lane: Lane;
  /** It takes long; light commands are measured beside it, and without it. */
  readonly isHeavy: boolean;
  /** The request up to its id; `{client}` in it is the client's number. */
  readonly head: string;
  /** The request after its id. */
  readonly tail: string;
}

/** When the run ends. */
export type RunEnd =
  | { readonly kind: "duration"; readonly ms: number }
  /** So many commands, shared evenly by the clients. */
  | { readonly kind: "count"; readonly commands: number };

export interface LoadPlan {
  readonly endpoints: readonly SocketEndpoint[];
  readonly clients: number;
  readonly rampMs: number;
  readonly inFlight: number;
  readonly end: RunEnd;
  readonly commands: readonly PlannedCommand[];
  /** Enabled at each connection. */
  readonly capabilities: readonly string[];
  /** Between a reply and the next request of the same client. */
  readonly thinkMs: number;
  /** Arrivals a second, of all clients; undefined: each client sends when it has its reply (closed loop). */
  readonly ratePerSecond: number | undefined;
  /** Connections that are closed and made anew, a second. */
  readonly reconnectsPerSecond: number;
  readonly slowReaders: number;
  readonly seed: number;
  readonly threads: number;
}

/** What one thread does of a plan: every so many-th client, from its own number on. */
export interface ThreadTask {
  readonly plan: LoadPlan;
  readonly thread: number;
  /** Seen by all threads; see `HeavyWatch`. */
  readonly heavy: Int32Array;
}

/** Numbers of the clients of a thread.  Slow readers come after the others. */
export function clientsOf({ plan, thread }: ThreadTask): number[] {
  const numbers: number[] = [];
  for (let number = thread; number < clientsTotal(plan); number += plan.threads) numbers.push(number);
  return numbers;
}

/** All connections, those that read slowly included. */
export function clientsTotal(plan: LoadPlan): number {
  return plan.clients + plan.slowReaders;
}

/** Commands that a client sends in a run that counts; the first clients take what is left over. */
export function quotaOf(plan: LoadPlan, client: number): number {
  if (plan.end.kind !== "count") return Number.POSITIVE_INFINITY;
  const { commands } = plan.end;
  return Math.floor(commands / plan.clients) + (client < commands % plan.clients ? 1 : 0);
}
