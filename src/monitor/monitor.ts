/**
 * Monitor: the sessions of one machine's endpoints, and what they share: commands, resources, events
 * (rule N0).  It knows no console and no machine; the registry that it is handed does.
 */

import { asyncScheduler, type SchedulerLike } from "rxjs";
import type { MonitorInfo, SessionStatus } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { CommandRegistry } from "../qmp/registry.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import type { Connection, JsonValue, MessageReader } from "../qmp/wire.ts";
import type { Budget } from "../util/budget.ts";
import type { Clock } from "../util/clock.ts";
import type { TurnQueue } from "../util/turn-queue.ts";
import type { EventHub } from "./event-hub.ts";
import { ProgressReports } from "./progress-reports.ts";
import { Session, type SessionLimits, type SessionPort } from "./session.ts";

/** Where a monitor's notes go; a pino logger fits. */
export interface MonitorLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface MonitorOptions {
  readonly registry: CommandRegistry;
  readonly resources: ResourceTable;
  readonly hub: EventHub;
  readonly clock: Clock;
  readonly log: MonitorLog;
  readonly limits: SessionLimits;
  readonly inputBudget: Budget;
  readonly outputBudget: Budget;
  readonly isPreconfig: () => boolean;
  readonly nextTurn: (callback: () => void) => void;
  /** Of the service, see `SessionPort`. */
  readonly slices: TurnQueue;
  readonly newReader: () => MessageReader;
  /** A number that no session of the service has had. */
  readonly newSessionId: () => number;
  /** A session has closed, and is not counted any more. */
  readonly sessionClosed?: () => void;
  /** The time of COMMAND_PROGRESS: tests pass a virtual one. */
  readonly scheduler?: SchedulerLike;
}

/** Codes of connections that the client ended, in whatever way. */
const GONE_CODES: ReadonlySet<string> = new Set(["CHARDEV_GONE", "ECONNRESET", "EPIPE"]);

/** What handlers and peers get after the grace, to let go and to read, in two halves. */
const LET_GO_MS = 500;

export class Monitor implements MonitorInfo {
  readonly #options: MonitorOptions;
  readonly #port: SessionPort;
  readonly #sessions = new Map<number, Session>();
  #closedByServer = 0;
  #allClosed: (() => void) | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#port = {
      registry: options.registry,
      resources: options.resources,
      hub: options.hub,
      reports: new ProgressReports(options.scheduler ?? asyncScheduler),
      clock: options.clock,
      limits: options.limits,
      inputBudget: options.inputBudget,
      outputBudget: options.outputBudget,
      nextTurn: options.nextTurn,
      slices: options.slices,
      isPreconfig: options.isPreconfig,
      sessions: () => this.sessions(),
      cancel: (id, sessionId) => this.cancel(id, sessionId),
      closed: (session, reason) => this.#closed(session, reason),
      defect: (error, command, { sessionId }) => {
        options.log.error({ err: error, command, sessionId }, "a command failed by a defect of this program");
      },
    };
  }

  /** Takes in a connection whose client has been greeted.  Its session lives until the connection closes. */
  accept(connection: Connection): Session {
    const { newReader, newSessionId, log } = this.#options;
    const session = new Session(this.#port, connection, newReader(), newSessionId());
    this.#sessions.set(session.sessionId, session);
    log.debug({ sessionId: session.sessionId, peer: connection.peer }, "session opened");
    return session;
  }

  /** Sessions that this side closed: because their peer did not read (rule E3), or did not go at the end. */
  get closedByServer(): number {
    return this.#closedByServer;
  }

  sessions(): readonly SessionStatus[] {
    return [...this.#sessions.values()].map((session) => session.status());
  }

  cancel(id: JsonValue, sessionId: number): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new QmpError(`Session ${sessionId} not found`);
    if (!session.cancel(id)) throw new QmpError("No command with this 'id' is in flight");
  }

  /**
   * Ends all sessions: they read no more, what is in flight gets `graceMs` to end, then it is cancelled
   * with its reply.  Settles when every session has closed, or when peers that do not read, or handlers
   * that do not let go, have used up their time too.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const closed = new Promise<void>((resolve) => {
      this.#allClosed = resolve;
    });
    for (const session of [...this.#sessions.values()]) session.stop();
    if (this.#sessions.size === 0) return;
    const steps = [
      { afterMs: graceMs, act: (session: Session) => session.cancelAll() },
      { afterMs: LET_GO_MS / 2, act: (session: Session) => session.abandonAll() },
      { afterMs: LET_GO_MS / 2, act: (session: Session) => session.destroy("the service stops") },
    ];
    for (const { afterMs, act } of steps) {
      const elapsed = await raceTimer(clock, afterMs, closed);
      if (!elapsed) return;
      for (const session of [...this.#sessions.values()]) act(session);
    }
  }

  #closed(session: Session, reason: string | Error | undefined): void {
    const { log } = this.#options;
    this.#sessions.delete(session.sessionId);
    const fields = { sessionId: session.sessionId };
    if (typeof reason === "string") {
      this.#closedByServer++;
      log.warn({ ...fields, reason, closedByServer: this.#closedByServer }, "session closed by the server");
    } else if (reason !== undefined) {
      // A client that went away is every client's right; anything else is worth a line.
      const isGone = "code" in reason && GONE_CODES.has(String(reason.code));
      log[isGone ? "debug" : "info"]({ ...fields, reason: reason.message }, "session lost");
    } else {
      log.debug(fields, "session closed");
    }
    if (this.#sessions.size === 0) this.#allClosed?.();
    this.#options.sessionClosed?.();
  }
}

/** Whether `ms` went by before `settled` did. */
function raceTimer(clock: Clock, ms: number, settled: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.startTimer(ms, () => resolve(true));
    void settled.then(() => {
      timer.cancel();
      resolve(false);
    });
  });
}
