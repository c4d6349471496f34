/**
 * A monitor under test: real sessions, dispatch and events over a connection in memory, with a clock and
 * an event loop that the test owns.  Its registry is tiny: neither machine nor console is near.
 */

import { VirtualTimeScheduler } from "rxjs";
import { EventHub } from "../../src/monitor/event-hub.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import type { SessionLimits } from "../../src/monitor/session.ts";
import type { AsyncCommand, CommandDescription, PlainCommand } from "../../src/qapi/runtime/command.ts";
import { QmpError } from "../../src/qapi/runtime/error.ts";
import { JsonStreamer } from "../../src/qjson/streamer.ts";
import type { JsonObject, JsonValue } from "../../src/qjson/value.ts";
import type { Capability } from "../../src/qmp/capabilities.ts";
import type { CommandContext, PlainContext } from "../../src/qmp/context.ts";
import { CommandRegistry, type MonitorCommand } from "../../src/qmp/registry.ts";
import { ResourceTable } from "../../src/qmp/resources.ts";
import type { Connection, ConnectionListener, MessageReader } from "../../src/qmp/wire.ts";
import { Budget } from "../../src/util/budget.ts";
import { ManualClock } from "../../src/util/clock.ts";
import { TurnQueue } from "../../src/util/turn-queue.ts";

/** A connection whose peer is the test. */
export class TestConnection implements Connection {
  readonly peer = "test";
  /** Everything the server sent, as one text; bytes as latin1. */
  sent = "";
  writes = 0;
  closed = false;
  ended = false;
  paused = false;
  /** While true, the peer takes nothing: writes wait. */
  stuck = false;
  unsentBytes = 0;
  #listener: ConnectionListener | undefined;

  start(listener: ConnectionListener): void {
    this.#listener = listener;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  write(data: string | Uint8Array): boolean {
    if (this.closed) return true;
    this.writes++;
    this.sent += typeof data === "string" ? data : Buffer.from(data).toString("latin1");
    if (this.stuck) this.unsentBytes += data.length;
    return !this.stuck;
  }

  end(): void {
    this.ended = true;
    this.hangUp();
  }

  destroy(): void {
    this.hangUp();
  }

  // ---- The peer's side ----

  send(text: string): void {
    this.#listener?.data(Buffer.from(text, "utf8"));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#listener?.data(bytes);
  }

  halfClose(): void {
    this.#listener?.inputEnd();
  }

  hangUp(): void {
    if (this.closed) return;
    this.closed = true;
    this.#listener?.close(undefined);
  }

  /** The peer reads everything that waits. */
  take(): void {
    this.unsentBytes = 0;
    this.#listener?.drain();
  }

  /** What came since the last call, a JSON value a line. */
  lines(): JsonObject[] {
    const lines = this.sent.split("\r\n");
    this.sent = lines.pop() ?? "";
    return lines.map((line) => JSON.parse(line) as JsonObject);
  }
}

const PLAIN: Omit<CommandDescription, "name"> = {
  kind: "plain",
  allowOob: false,
  allowPreconfig: false,
  successResponse: true,
  onDisconnect: "cancel",
};

export function plainCommand(
  name: string,
  call: PlainCommand<PlainContext>["call"],
  options: Partial<CommandDescription> = {},
): MonitorCommand {
  return { ...PLAIN, name, call, ...options, kind: "plain" };
}

/** A handler as the generated code would bind it, without arguments to check. */
export function asyncCommand(
  name: string,
  handle: (context: CommandContext, input: JsonObject) => unknown,
  options: Partial<CommandDescription> & { claims?: Parameters<CommandContextCall["begin"]>[0] } = {},
): MonitorCommand {
  const { claims, ...description } = options;
  const kind = description.kind === "coroutine" ? "coroutine" : "async";
  return {
    ...PLAIN,
    name,
    ...description,
    kind,
    call: (input, context) =>
      context.begin(
        claims,
        () => handle(context, input),
        (result: JsonValue) => result ?? {},
      ),
  };
}

type CommandContextCall = Parameters<AsyncCommand<CommandContext>["call"]>[1];

/** The commands that every test monitor has. */
const BASE_COMMANDS: MonitorCommand[] = [
  plainCommand("qmp_capabilities", ({ enable }, { session }) => {
    session.negotiate((enable ?? []) as Capability[]);
    return {};
  }),
  plainCommand("ping", () => ({}), { allowOob: true }),
  plainCommand("echo", (input) => input),
  plainCommand("fail", () => {
    throw new QmpError("It failed", "DeviceNotFound");
  }),
  plainCommand(
    "cancel-command",
    ({ id, session }, context) => {
      context.monitor.cancel(id ?? null, Number(session ?? context.session.sessionId));
      return {};
    },
    { allowOob: true },
  ),
];

export class TestMonitor {
  readonly clock = new ManualClock();
  readonly scheduler = new VirtualTimeScheduler();
  readonly resources = new ResourceTable();
  readonly hub: EventHub;
  readonly monitor: Monitor;
  readonly defects: unknown[] = [];
  readonly warnings: string[] = [];
  preconfig = false;
  #turns: (() => void)[] = [];
  readonly #nextTurn = (callback: () => void): void => void this.#turns.push(callback);
  readonly inputBudget = new Budget(1024 * 1024, this.#nextTurn);
  readonly outputBudget = new Budget(1024 * 1024, this.#nextTurn);
  #nextSessionId = 1;

  constructor(
    commands: readonly MonitorCommand[] = [],
    limits: Partial<SessionLimits> = {},
    newReader: () => MessageReader = () => new JsonStreamer(),
    slices?: TurnQueue,
  ) {
    const nextTurn = this.#nextTurn;
    this.hub = new EventHub({
      clock: this.clock,
      nextTurn,
      scheduler: this.scheduler,
      throttled: { RTC_CHANGE: () => "", BLOCKY: (data) => String(data.device) },
    });
    this.monitor = new Monitor({
      registry: new CommandRegistry([...BASE_COMMANDS, ...commands]),
      resources: this.resources,
      hub: this.hub,
      clock: this.clock,
      log: {
        debug: () => {},
        info: () => {},
        warn: (fields) => this.warnings.push(JSON.stringify(fields)),
        error: (fields) => this.defects.push((fields as { err: unknown }).err),
      },
      limits: {
        asyncInFlightMax: 64,
        repliesWaitingBytesMax: 64 * 1024,
        stalledOutputBytes: 64 * 1024,
        stalledPeerMs: 10_000,
        eventsWaitingBytesMax: 256 * 1024,
        ...limits,
      },
      inputBudget: this.inputBudget,
      outputBudget: this.outputBudget,
      isPreconfig: () => this.preconfig,
      nextTurn,
      slices: slices ?? new TurnQueue(nextTurn),
      newReader,
      newSessionId: () => this.#nextSessionId++,
      scheduler: this.scheduler,
    });
  }

  /** A client that has been greeted, and has negotiated when `capabilities` are given. */
  async connect(capabilities?: readonly Capability[]): Promise<TestConnection> {
    const connection = new TestConnection();
    this.monitor.accept(connection);
    if (capabilities !== undefined) {
      connection.send(JSON.stringify({ execute: "qmp_capabilities", arguments: { enable: capabilities } }));
    }
    await this.settle();
    connection.lines();
    return connection;
  }

  /** Lets everything happen that can happen without time going by. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 3; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const turns = this.#turns;
      this.#turns = [];
      for (const turn of turns) turn();
      idle = turns.length === 0 ? idle + 1 : 0;
    }
  }

  /** Moves the virtual time of rate limits on. */
  advanceScheduler(ms: number): void {
    this.scheduler.maxFrames = this.scheduler.now() + ms;
    this.scheduler.flush();
    this.scheduler.frame = this.scheduler.maxFrames;
  }
}

/** A command that the test ends by hand: `pending` holds those that run, by id. */
export function pendingCommands(): {
  readonly commands: MonitorCommand[];
  readonly pending: Map<unknown, CommandContext>;
} {
  const pending = new Map<unknown, CommandContext>();
  const handle = (context: CommandContext): undefined => void pending.set(context.id, context);
  return {
    pending,
    commands: [
      asyncCommand("wait", handle),
      asyncCommand("wait-in-lane", handle, { kind: "coroutine" }),
      asyncCommand("wait-on", handle, { onDisconnect: "finish" }),
    ],
  };
}
