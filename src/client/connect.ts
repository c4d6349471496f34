/** How a client comes to be: connected to an endpoint, or on top of a connection that is there. */

import type { Chardev } from "../chardev/chardev.ts";
import { connectChardev, readSocketEndpoint, type SocketEndpoint } from "../chardev/connect.ts";
import { JsonStreamer } from "../qjson/streamer.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { CLIENT_CONNECT_MS, TIMER_MS_MAX } from "../util/limits.ts";
import { QmpClient } from "./client.ts";
import { ClientError } from "./errors.ts";

export interface ConnectOptions {
  /** Capabilities to enable, of those that the server offers; none by default.  Each has to be offered. */
  readonly capabilities?: readonly string[];
  /** Capabilities to enable where the server offers them; `client.capabilities` tells which it did. */
  readonly preferred?: readonly string[];
  /** For connecting, the greeting and the negotiation together; 10 s by default. */
  readonly timeoutMs?: number;
  /** Gives up; has no effect on a client that is open. */
  readonly signal?: AbortSignal;
}

/** For tests and embedders: what a client otherwise takes from its process. */
export interface AttachOptions extends ConnectOptions {
  readonly clock?: Clock;
  readonly nextTurn?: (callback: () => void) => void;
}

/**
 * Connects to `unix:PATH` or `tcp:HOST:PORT` and negotiates.  Rejects with {@link ClientError}, with `ChardevError`
 * (CHARDEV_CONNECT) when there is nobody, and with `CommandError` when the server refuses the negotiation.
 */
export async function connect(endpoint: string, options: ConnectOptions = {}): Promise<QmpClient> {
  const where = socketEndpoint(endpoint);
  return withDeadline(endpoint, options, systemClock, async (wait) =>
    open(await connectChardev(where, wait.signal), options, wait),
  );
}

/** As {@link connect}, over a connection that nobody else uses.  The client owns it from now on. */
export function attach(chardev: Chardev, options: AttachOptions = {}): Promise<QmpClient> {
  return withDeadline(chardev.peer, options, options.clock ?? systemClock, (wait) =>
    open(chardev, options, wait),
  );
}

/** What is waited for, to be told when it takes too long; and the signal that ends the wait. */
interface Wait {
  for: string;
  /** What it may be that it does not come. */
  hint: string;
  readonly signal: AbortSignal;
}

function open(chardev: Chardev, options: AttachOptions, wait: Wait): Promise<QmpClient> {
  const { capabilities = [], preferred = [], clock = systemClock, nextTurn = setImmediate } = options;
  wait.for = "greeting";
  wait.hint = ": is another client connected? QEMU serves one at a time";
  const parts = {
    connection: chardev,
    reader: new JsonStreamer(),
    port: { clock, nextTurn: (callback: () => void) => void nextTurn(callback) },
    capabilities,
    preferred,
    greeted: () => {
      wait.for = "answer to qmp_capabilities";
      wait.hint = "";
    },
  };
  return QmpClient.open(parts, wait.signal);
}

/** Runs `work` with a signal that fires when the time is up, or the caller's does. */
async function withDeadline(
  peer: string,
  { timeoutMs = CLIENT_CONNECT_MS, signal }: ConnectOptions,
  clock: Clock,
  work: (wait: Wait) => Promise<QmpClient>,
): Promise<QmpClient> {
  const deadline = new AbortController();
  const wait: Wait = { for: "connection", hint: "", signal: deadline.signal };
  const timer = clock.startTimer(Math.min(timeoutMs, TIMER_MS_MAX), () => {
    const message = `${peer}: no ${wait.for} within ${timeoutMs} ms${wait.hint}`;
    deadline.abort(new ClientError("CLIENT_TIMEOUT", message));
  });
  const abort = (): void => {
    const options = { cause: signal?.reason };
    deadline.abort(new ClientError("CLIENT_ABORTED", `${peer}: given up by the caller`, options));
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await work(wait);
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", abort);
  }
}

function socketEndpoint(text: string): SocketEndpoint {
  const endpoint = readSocketEndpoint(text);
  if (endpoint !== undefined) return endpoint;
  const message = `'${text}' is no endpoint to connect to: write unix:PATH or tcp:HOST:PORT`;
  throw new ClientError("CLIENT_ARGUMENT", message);
}
