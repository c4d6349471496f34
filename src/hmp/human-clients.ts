/** The clients of one machine's human monitor. */

import type { MonitorInfo } from "../qmp/context.ts";
import type { Connection } from "../qmp/wire.ts";
import type { Clock } from "../util/clock.ts";
import { HumanClient } from "./human-client.ts";
import type { HumanMonitor } from "./human-monitor.ts";

export interface HumanClientsOptions {
  readonly human: HumanMonitor;
  readonly monitor: MonitorInfo;
  /** What `sendkey` may be told. */
  readonly keyNames: readonly string[];
  readonly clock: Clock;
  readonly nextTurn: (callback: () => void) => void;
  readonly newSessionId: () => number;
  /** A client has gone, and is not counted any more. */
  readonly clientClosed: () => void;
  readonly defect: (error: unknown, line: string) => void;
}

/** What a cancelled command gets to let go, and then a peer to read the last of its output. */
const LET_GO_MS = 500;

export class HumanClients {
  readonly #options: HumanClientsOptions;
  readonly #clients = new Set<HumanClient>();
  #allClosed: () => void = () => {};

  constructor(options: HumanClientsOptions) {
    this.#options = options;
  }

  /** Takes in a connection whose client has been shown the prompt. */
  accept(connection: Connection): void {
    const { human, monitor, keyNames, nextTurn, newSessionId, defect } = this.#options;
    const client = new HumanClient(
      {
        human,
        monitor,
        keyNames,
        sessionId: newSessionId(),
        nextTurn,
        closed: (gone) => this.#closed(gone),
        defect,
      },
      connection,
    );
    this.#clients.add(client);
  }

  /** Settles when all have gone: those whose command runs get `graceMs`, then it is cancelled. */
  async stop(graceMs: number): Promise<void> {
    if (this.#clients.size === 0) return;
    const closed = new Promise<void>((resolve) => {
      this.#allClosed = resolve;
    });
    const steps = [
      this.#later(graceMs, (client) => client.cancel()),
      this.#later(graceMs + LET_GO_MS, (client) => client.destroy()),
    ];
    for (const client of [...this.#clients]) client.stop();
    await closed;
    for (const step of steps) step.cancel();
  }

  #later(delayMs: number, act: (client: HumanClient) => void) {
    return this.#options.clock.startTimer(delayMs, () => {
      for (const client of [...this.#clients]) act(client);
    });
  }

  #closed(client: HumanClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#allClosed();
    this.#options.clientClosed();
  }
}
