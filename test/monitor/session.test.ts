import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/qjson/value.ts";
import type { CommandContext } from "../../src/qmp/context.ts";
import { JSON_SLICE_BYTES } from "../../src/util/limits.ts";
import { TurnQueue } from "../../src/util/turn-queue.ts";
import {
  asyncCommand,
  pendingCommands,
  plainCommand,
  type TestConnection,
  TestMonitor,
} from "../support/monitor.ts";

const cancelled = { class: "GenericError", desc: "Command cancelled" };

/** The context of a command that must be running. */
function running(pending: Map<unknown, CommandContext>, id: unknown): CommandContext {
  const context = pending.get(id);
  if (context === undefined) throw new Error(`no command with id ${String(id)} is running`);
  return context;
}

function setup(limits: ConstructorParameters<typeof TestMonitor>[1] = {}) {
  const { commands, pending } = pendingCommands();
  const monitor = new TestMonitor(commands, limits);
  return { monitor, pending };
}

const ids = (lines: readonly JsonObject[]): unknown[] => lines.map((line) => line.id);

describe("negotiation", () => {
  it("N2: answers anything before negotiation with CommandNotFound, and sends no event", async () => {
    const { monitor } = setup();
    const client = await monitor.connect();
    monitor.hub.emit("STOP");
    client.send('{"execute":"ping","id":1}{"execute":"nope"}');
    await monitor.settle();
    const error = {
      class: "CommandNotFound",
      desc: "Expecting capabilities negotiation with 'qmp_capabilities'",
    };
    expect(client.lines()).toEqual([{ id: 1, error }, { error }]);
  });

  it("N2: answers a second negotiation with CommandNotFound", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.send('{"execute":"qmp_capabilities","id":2}');
    await monitor.settle();
    expect(client.lines()).toEqual([
      {
        id: 2,
        error: {
          class: "CommandNotFound",
          desc: "Capabilities negotiation is already complete, command ignored",
        },
      },
    ]);
  });

  it("N3: refuses exec-oob, as any unknown member, until oob is negotiated", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.send('{"exec-oob":"ping","id":1}');
    await monitor.settle();
    expect(client.lines()).toEqual([
      { id: 1, error: { class: "GenericError", desc: "QMP input member 'exec-oob' is unexpected" } },
    ]);
  });

  it("refuses commands that the schema does not allow before the machine is built", async () => {
    const { monitor } = setup();
    monitor.preconfig = true;
    const client = await monitor.connect();
    client.send('{"execute":"qmp_capabilities"}');
    await monitor.settle();
    expect(client.lines()).toEqual([
      {
        error: {
          class: "GenericError",
          desc: "The command 'qmp_capabilities' is permitted only after machine initialization has completed",
        },
      },
    ]);
  });
});

describe("without async", () => {
  it("L2: makes the session wait for an async command, and needs no id", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect([]);
    client.send('{"execute":"wait"}{"execute":"ping","id":2}');
    await monitor.settle();
    expect(client.lines()).toEqual([]);
    running(pending, undefined).return({ done: true });
    await monitor.settle();
    expect(client.lines()).toEqual([{ return: { done: true } }, { return: {}, id: 2 }]);
  });

  it("L2: still sends events to a suspended session", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.send('{"execute":"wait","id":1}');
    await monitor.settle();
    monitor.hub.emit("STOP");
    await monitor.settle();
    expect(client.lines().map((line) => line.event)).toEqual(["STOP"]);
  });

  it("L1: one session's wait does not hold up another session", async () => {
    const { monitor } = setup();
    const slow = await monitor.connect([]);
    const quick = await monitor.connect([]);
    slow.send('{"execute":"wait"}');
    quick.send('{"execute":"ping"}');
    await monitor.settle();
    expect(quick.lines()).toEqual([{ return: {} }]);
  });

  it("C4: reads ahead up to a limit while it is suspended, then stops reading", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect([]);
    client.send('{"execute":"wait","id":1}');
    await monitor.settle();
    expect(client.paused).toBe(false);
    client.send(" ".repeat(70_000));
    await monitor.settle();
    expect(client.paused).toBe(true);
    running(pending, 1).return({});
    await monitor.settle();
    expect(client.paused).toBe(false);
  });
});

describe("with async", () => {
  it("L3: answers async commands when they are ready, with their ids", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send('{"execute":"wait","id":1}{"execute":"wait","id":2}{"execute":"ping","id":3}');
    await monitor.settle();
    expect(ids(client.lines())).toEqual([3]);
    running(pending, 2).return({});
    await monitor.settle();
    running(pending, 1).return({});
    await monitor.settle();
    expect(ids(client.lines())).toEqual([2, 1]);
  });

  it("L4: refuses an async command without an id, and does not start it", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send('{"execute":"wait"}');
    await monitor.settle();
    expect(client.lines()).toEqual([
      { error: { class: "GenericError", desc: "An async command requires an 'id'" } },
    ]);
    expect(pending.size).toBe(0);
  });

  it("L5: refuses an id in flight, compared as JSON values, for any command of the session", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    const other = await monitor.connect(["async"]);
    client.send('{"execute":"wait","id":1}{"execute":"wait","id":1.0}{"execute":"ping","id":1}');
    client.send('{"execute":"ping","id":"1"}');
    other.send('{"execute":"ping","id":1}');
    await monitor.settle();
    const error = { class: "GenericError", desc: "The 'id' is in use by a command in flight" };
    expect(client.lines()).toEqual([
      { id: 1, error },
      { id: 1, error },
      { return: {}, id: "1" },
    ]);
    expect(ids(other.lines())).toEqual([1]);
    running(pending, 1).return({});
    client.send('{"execute":"ping","id":1}');
    await monitor.settle();
    expect(client.lines()).toEqual([
      { return: {}, id: 1 },
      { return: {}, id: 1 },
    ]);
  });

  it("L6: lets the command over the limit wait at the head with eight behind it, and drops nothing", async () => {
    const { monitor, pending } = setup({ asyncInFlightMax: 2 });
    const client = await monitor.connect(["async"]);
    for (let id = 1; id <= 3; id++) client.send(`{"execute":"wait","id":${id}}`);
    for (let id = 4; id <= 14; id++) client.send(`{"execute":"ping","id":${id}}`);
    await monitor.settle();
    expect(client.lines()).toEqual([]);
    expect([...pending.keys()]).toEqual([1, 2]);
    const status = monitor.monitor.sessions()[0];
    expect(status?.commands.filter(({ state }) => state === "queued").map(({ id }) => id)).toEqual([
      3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    running(pending, 2).return({});
    await monitor.settle();
    expect(ids(client.lines())).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(pending.has(3)).toBe(true);
  });

  it("L7: keeps a coroutine command in the lane: the next one starts after its reply", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send('{"execute":"wait-in-lane"}{"execute":"ping","id":2}');
    await monitor.settle();
    expect(client.lines()).toEqual([]);
    running(pending, undefined).return({});
    await monitor.settle();
    expect(client.lines()).toEqual([{ return: {} }, { return: {}, id: 2 }]);
  });
});

describe("with oob", () => {
  it("runs exec-oob at once, ahead of up to eight queued requests", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["oob"]);
    client.send('{"execute":"wait","id":0}');
    for (let id = 1; id <= 7; id++) client.send(`{"execute":"ping","id":${id}}`);
    client.send('{"exec-oob":"ping","id":"oob"}');
    await monitor.settle();
    expect(ids(client.lines())).toEqual(["oob"]);
    running(pending, 0).return({});
    await monitor.settle();
    expect(ids(client.lines())).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("refuses exec-oob of a command that does not support it, at once", async () => {
    const { monitor } = setup();
    const client = await monitor.connect(["oob"]);
    client.send('{"execute":"wait","id":0}{"exec-oob":"echo","id":1}');
    await monitor.settle();
    expect(client.lines()).toEqual([
      { id: 1, error: { class: "GenericError", desc: "The command echo does not support OOB" } },
    ]);
  });

  it("N4: answers malformed input in its place in the order", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["oob"]);
    client.send('{"execute":"wait","id":0}{"execute":}{"x":1,"id":2}{"execute":"ping","id":3}');
    await monitor.settle();
    expect(client.lines()).toEqual([]);
    running(pending, 0).return({});
    await monitor.settle();
    expect(client.lines()).toEqual([
      { return: {}, id: 0 },
      { error: { class: "GenericError", desc: "JSON parse error, expecting value" } },
      { id: 2, error: { class: "GenericError", desc: "QMP input member 'x' is unexpected" } },
      { return: {}, id: 3 },
    ]);
  });

  it("L3: with both, async replies and out-of-band replies overtake the lane", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["oob", "async"]);
    client.send('{"execute":"wait","id":1}{"execute":"wait-in-lane","id":2}{"execute":"ping","id":3}');
    client.send('{"exec-oob":"ping","id":4}');
    await monitor.settle();
    running(pending, 1).return({});
    await monitor.settle();
    running(pending, 2).return({});
    await monitor.settle();
    expect(ids(client.lines())).toEqual([4, 1, 2, 3]);
  });
});

describe("cancellation", () => {
  it("C5: answers a cancelled command once its handler has let go, and drops what that returns", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send('{"execute":"wait","id":"slow"}');
    await monitor.settle();
    const context = running(pending, "slow");
    const { signal } = context;
    client.send('{"execute":"cancel-command","arguments":{"id":"slow"},"id":2}');
    await monitor.settle();
    expect(signal.aborted).toBe(true);
    expect(ids(client.lines())).toEqual([2]);
    context.return({ late: true });
    await monitor.settle();
    expect(client.lines()).toEqual([{ id: "slow", error: cancelled }]);
  });

  it("C5: cancel-command is an error when the command has ended, and its own reply stands", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send('{"execute":"wait","id":1}');
    await monitor.settle();
    running(pending, 1).return({});
    client.send('{"execute":"cancel-command","arguments":{"id":1},"id":2}');
    await monitor.settle();
    expect(client.lines()).toEqual([
      { return: {}, id: 1 },
      { id: 2, error: { class: "GenericError", desc: "No command with this 'id' is in flight" } },
    ]);
  });

  it("C5: answers a cancelled queued command in its place, and never starts it", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["oob"]);
    client.send('{"execute":"wait","id":1}{"execute":"wait","id":2}{"execute":"ping","id":3}');
    client.send('{"exec-oob":"cancel-command","arguments":{"id":2},"id":4}');
    await monitor.settle();
    running(pending, 1).return({});
    await monitor.settle();
    expect(client.lines()).toEqual([
      { return: {}, id: 4 },
      { return: {}, id: 1 },
      { id: 2, error: cancelled },
      { return: {}, id: 3 },
    ]);
    expect(pending.has(2)).toBe(false);
  });

  it("C5: cancels a command of another session, named by number", async () => {
    const { monitor, pending } = setup();
    const owner = await monitor.connect([]);
    const other = await monitor.connect([]);
    owner.send('{"execute":"wait","id":1}');
    await monitor.settle();
    other.send('{"execute":"cancel-command","arguments":{"id":1,"session":1}}');
    await monitor.settle();
    running(pending, 1).error(new Error("interrupted"));
    await monitor.settle();
    expect(owner.lines()).toEqual([{ id: 1, error: cancelled }]);
    expect(other.lines()).toEqual([{ return: {} }]);
  });

  it("C4: cancels the commands of a client that is gone, and drops their late returns", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send('{"execute":"wait","id":1}{"execute":"wait-on","id":2}');
    await monitor.settle();
    const gone = running(pending, 1);
    const goesOn = running(pending, 2);
    const signals = [gone.signal, goesOn.signal];
    client.hangUp();
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
    gone.return({});
    goesOn.return({});
    await monitor.settle();
    expect(client.lines()).toEqual([]);
    expect(monitor.defects).toEqual([]);
    expect(monitor.monitor.sessions()).toEqual([]);
  });

  it("C4: answers what had arrived before a half-close, then closes", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect([]);
    client.send('{"execute":"wait","id":1}{"execute":"ping","id":2}');
    client.halfClose();
    await monitor.settle();
    expect(client.ended).toBe(false);
    running(pending, 1).return({});
    await monitor.settle();
    expect(ids(client.lines())).toEqual([1, 2]);
    expect(client.ended).toBe(true);
  });

  it("C4: closes an idle session at once when its input ends", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.halfClose();
    await monitor.settle();
    expect(client.ended).toBe(true);
  });

  it("C5: exactly one reply, whichever of return and cancel comes first", async () => {
    for (const order of ["return first", "cancel first"]) {
      const { monitor, pending } = setup();
      const client = await monitor.connect(["async"]);
      client.send('{"execute":"wait","id":1}');
      await monitor.settle();
      const cancel = () => client.send('{"execute":"cancel-command","arguments":{"id":1},"id":2}');
      if (order === "cancel first") cancel();
      running(pending, 1).return({});
      if (order === "return first") cancel();
      await monitor.settle();
      expect(ids(client.lines()).filter((id) => id === 1)).toHaveLength(1);
    }
  });
});

describe("introspection of sessions", () => {
  it("C6: lists commands in flight with id, age, state and progress", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send('{"execute":"wait","id":7}');
    await monitor.settle();
    monitor.clock.advance(1500);
    running(pending, 7).progress({ current: 3, total: 10 });
    expect(monitor.monitor.sessions()).toEqual([
      {
        sessionId: 1,
        peer: "test",
        capabilities: ["async"],
        asyncInFlightMax: 64,
        requestQueueLenMax: 8,
        commands: [
          { id: 7, command: "wait", ageMs: 1500, state: "running", progress: { current: 3, total: 10 } },
        ],
      },
    ]);
  });

  it("C6: reports progress to the command's own session, at most once a second, never after the reply", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    const other = await monitor.connect(["async"]);
    client.send('{"execute":"wait","id":7}');
    await monitor.settle();
    const context = running(pending, 7);
    for (const current of [1, 2, 3]) context.progress({ current, total: 4 });
    monitor.advanceScheduler(1000);
    context.progress({ current: 4, total: 4 });
    context.return({});
    monitor.advanceScheduler(5000);
    await monitor.settle();
    const lines = client.lines();
    expect(lines.map((line) => (line.data as JsonObject | undefined)?.current)).toEqual([1, 3, undefined]);
    expect(lines[0]).toMatchObject({ event: "COMMAND_PROGRESS", data: { id: 7, command: "wait", total: 4 } });
    expect(other.lines()).toEqual([]);
  });
});

describe("output", () => {
  it("sends one write a turn, however many replies it holds", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    const before = client.writes;
    client.send('{"execute":"ping"}'.repeat(50));
    await monitor.settle();
    expect(client.lines()).toHaveLength(50);
    expect(client.writes - before).toBe(1);
  });

  it("starts a bounded number of requests a turn, so that others get theirs", async () => {
    const { monitor } = setup();
    const greedy = await monitor.connect([]);
    const modest = await monitor.connect([]);
    greedy.send('{"execute":"ping"}'.repeat(1000));
    modest.send('{"execute":"ping"}');
    await Promise.resolve();
    expect(greedy.lines().length).toBeLessThan(100);
    expect(modest.lines()).toHaveLength(1);
    await monitor.settle();
    expect(greedy.lines().length).toBeGreaterThan(900);
  });

  it("L8: an event leaves before the reply of the command that caused it", async () => {
    const monitor: TestMonitor = new TestMonitor([
      plainCommand("halt", () => {
        monitor.hub.emit("STOP");
        return {};
      }),
    ]);
    // More sessions than one slice of a broadcast holds; the last one asks.
    const clients = [];
    for (let i = 0; i < 100; i++) clients.push(await monitor.connect([]));
    const last = clients.at(-1);
    last?.send('{"execute":"halt"}');
    await monitor.settle();
    expect(last?.lines().map((line) => line.event ?? "return")).toEqual(["STOP", "return"]);
    for (const client of clients.slice(0, -1)) expect(client.lines()).toHaveLength(1);
  });

  it("E3: starts no further command while too many reply bytes wait, and loses none", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.stuck = true;
    const text = "x".repeat(1000);
    client.send(`{"execute":"echo","arguments":{"text":"${text}"}}`.repeat(500));
    await monitor.settle();
    expect(client.writes).toBeLessThan(10);
    client.stuck = false;
    for (let i = 0; i < 50; i++) {
      client.take();
      await monitor.settle();
    }
    expect(client.lines()).toHaveLength(500);
    expect(monitor.outputBudget.spent).toBe(0);
  });

  it("E3: closes a peer that takes no byte for the stated time while many bytes wait, and counts it", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    const other = await monitor.connect([]);
    client.stuck = true;
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 500; i++) monitor.hub.emit("STOP", { text: "x".repeat(100) });
      await monitor.settle();
    }
    monitor.clock.advance(9_000);
    expect(client.closed).toBe(false);
    monitor.clock.advance(2_000);
    expect(client.closed).toBe(true);
    expect(monitor.monitor.closedByServer).toBe(1);
    expect(monitor.warnings[0]).toContain("took no byte");
    expect(monitor.clock.timersPending).toBe(0);
    expect(monitor.outputBudget.spent).toBe(0);
    other.lines();
    other.send('{"execute":"ping"}');
    await monitor.settle();
    expect(other.lines()).toHaveLength(1);
  });

  it("E3: replies alone never close a session, however many wait and however long", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.stuck = true;
    client.send(`{"execute":"echo","arguments":{"text":"${"x".repeat(1000)}"}}`.repeat(500));
    await monitor.settle();
    monitor.clock.advance(100_000);
    expect(client.closed).toBe(false);
  });

  it("E3: keeps the order of replies when the budget of all sessions is used up meanwhile", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.stuck = true;
    const text = "x".repeat(10_000);
    for (let id = 0; id < 300; id++) {
      client.send(`{"execute":"echo","arguments":{"text":"${text}"},"id":${id}}`);
    }
    await monitor.settle();
    monitor.outputBudget.spend(1024 * 1024);
    client.halfClose();
    for (let i = 0; i < 100; i++) {
      if (i === 5) monitor.outputBudget.spend(-1024 * 1024);
      if (i === 10) client.stuck = false;
      client.take();
      await monitor.settle();
    }
    expect(client.lines().map(({ id }) => id)).toEqual(Array.from({ length: 300 }, (_, id) => id));
    expect(client.ended).toBe(true);
    expect(monitor.outputBudget.spent).toBe(0);
  });

  it("E3: makes no large reply before there is room for it, in order, and gives the room back", async () => {
    const monitor: TestMonitor = new TestMonitor([
      asyncCommand("large", async (context) => {
        await context.replyRoom(40 * 1024 * 1024);
        made.push(context.id);
        await new Promise((resolve) => release.push(resolve as () => void));
        return {};
      }),
    ]);
    const made: unknown[] = [];
    const release: (() => void)[] = [];
    const client = await monitor.connect(["async"]);
    for (let id = 1; id <= 4; id++) client.send(`{"execute":"large","id":${id}}`);
    await monitor.settle();
    expect(made).toEqual([1]);
    client.send('{"execute":"cancel-command","arguments":{"id":2},"id":"c"}');
    await monitor.settle();
    expect(ids(client.lines())).toEqual(["c", 2]);
    for (const next of [3, 4]) {
      release.shift()?.();
      await monitor.settle();
      expect(made.at(-1)).toBe(next);
    }
    release.shift()?.();
    await monitor.settle();
    expect(ids(client.lines())).toEqual([1, 3, 4]);
    expect(monitor.outputBudget.spent).toBe(0);
  });

  it("E3: gives room to a command that goes on without its client, which left without having read", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.stuck = true;
    client.send('{"execute":"wait-on","id":1}{"execute":"wait-on","id":2}');
    client.send(`{"execute":"echo","arguments":{"text":"${"x".repeat(1000)}"}}`.repeat(500));
    await monitor.settle();
    const made: number[] = [];
    const make = (id: number): void =>
      void running(pending, id)
        .replyRoom(1024)
        .then(() => made.push(id));
    make(1);
    await monitor.settle();
    expect(made).toEqual([]);
    client.hangUp();
    make(2);
    await monitor.settle();
    expect(made).toEqual([1, 2]);
    for (const id of made) running(pending, id).return({});
    await monitor.settle();
    expect(monitor.outputBudget.spent).toBe(0);
  });

  it("E3: who holds no output goes on while others have used up the budget of all", async () => {
    const { monitor } = setup();
    monitor.outputBudget.spend(2 * 1024 * 1024);
    const client = await monitor.connect([]);
    client.send('{"execute":"ping"}'.repeat(3));
    await monitor.settle();
    expect(client.lines()).toHaveLength(3);
  });

  it("E3: closes a peer whose waiting events exceed their bound", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.stuck = true;
    for (let i = 0; i < 4000; i++) {
      monitor.hub.emit("STOP", { text: "x".repeat(100) });
      if (i % 100 === 0) await monitor.settle();
    }
    await monitor.settle();
    expect(client.closed).toBe(true);
    expect(monitor.warnings[0]).toContain("events wait");
  });
});

describe("defects and the end", () => {
  it("tells a client of a defect without its details, reports it, and goes on", async () => {
    const monitor = new TestMonitor([
      plainCommand("broken", () => {
        throw new TypeError("secret");
      }),
      asyncCommand("rejects", () => Promise.reject(new TypeError("secret too"))),
    ]);
    const client = await monitor.connect([]);
    client.send('{"execute":"broken"}{"execute":"rejects"}{"execute":"ping"}');
    await monitor.settle();
    const error = { class: "GenericError", desc: "Internal error; the server's log says more" };
    expect(client.lines()).toEqual([{ error }, { error }, { return: {} }]);
    expect(monitor.defects).toHaveLength(2);
  });

  it("gives commands in flight their grace when it stops, then answers them as cancelled", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["oob"]);
    const idle = await monitor.connect([]);
    client.send('{"execute":"wait","id":1}{"execute":"ping","id":2}');
    await monitor.settle();
    const stopped = monitor.monitor.stop(1000);
    await monitor.settle();
    expect(idle.ended).toBe(true);
    expect(client.ended).toBe(false);
    const context = running(pending, 1);
    context.signal.addEventListener("abort", () => context.error(new Error("gave up")));
    monitor.clock.advance(1000);
    await monitor.settle();
    expect(client.lines()).toEqual([
      { id: 1, error: cancelled },
      { id: 2, error: cancelled },
    ]);
    expect(client.ended).toBe(true);
    await stopped;
    expect(monitor.clock.timersPending).toBe(0);
  });

  it("tells every session of the end before it closes, however many there are", async () => {
    const { monitor } = setup();
    const clients = [];
    for (let i = 0; i < 100; i++) clients.push(await monitor.connect([]));
    monitor.hub.emit("SHUTDOWN");
    const stopped = monitor.monitor.stop(1000);
    await monitor.settle();
    await stopped;
    for (const client of clients) {
      expect(client.lines().map((line) => line.event)).toEqual(["SHUTDOWN"]);
      expect(client.ended).toBe(true);
    }
  });

  it("answers for a handler that does not let go in time", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect([]);
    client.send('{"execute":"wait","id":1}');
    await monitor.settle();
    const stopped = monitor.monitor.stop(1000);
    await monitor.settle();
    monitor.clock.advance(1000);
    await monitor.settle();
    monitor.clock.advance(250);
    await monitor.settle();
    expect(client.lines()).toEqual([{ id: 1, error: cancelled }]);
    await stopped;
    running(pending, 1).return({}); // Late, and expected to be.
    expect(monitor.defects).toEqual([]);
  });

  it("W5: counts the requests that wait or run, and reads none while all sessions hold too much", async () => {
    const { monitor, pending } = setup();
    const clients = [await monitor.connect(["oob"]), await monitor.connect(["oob"])];
    const text = "y".repeat(200_000);
    for (const client of clients) {
      client.send('{"execute":"wait","id":"w"}');
      for (let id = 0; id < 8; id++) client.send(`{"execute":"echo","arguments":{"t":"${text}"},"id":${id}}`);
    }
    await monitor.settle();
    expect(monitor.inputBudget.spent).toBeGreaterThan(1024 * 1024);
    expect(clients.some((client) => client.paused)).toBe(true);
    for (const call of [...pending.values()]) call.return({});
    await monitor.settle();
    for (const call of [...pending.values()].slice(1)) void call;
    for (const [index] of clients.entries()) {
      // The command of the same id of the other session took the place in the map: end what still waits.
      const status = monitor.monitor.sessions()[index];
      if (status?.commands.some(({ command }) => command === "wait")) clients[index]?.hangUp();
    }
    await monitor.settle();
    expect(monitor.inputBudget.spent).toBe(0);
  });

  it("W5: does not count the white space of a request that runs", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    client.send(`{"execute":"wait",${" ".repeat(2_000_000)}"id":1}`);
    await monitor.settle();
    expect(pending.has(1)).toBe(true);
    expect(monitor.inputBudget.spent).toBeLessThan(1000);
  });

  it("W5: lets the next one go on when a session that holds much has to wait for a command of its own", async () => {
    const { monitor, pending } = setup();
    const echo = (bytes: number) => `{"execute":"echo","arguments":{"t":"${"y".repeat(bytes)}"}}`;
    const full = await monitor.connect(["oob"]);
    full.send(`{"execute":"wait","id":0}${echo(500_000).repeat(3)}`);
    await monitor.settle();
    // More of them than are called in one turn, each with requests that would wait behind its own command.
    const busy = await Promise.all(Array.from({ length: 20 }, () => monitor.connect(["oob"])));
    for (const [index, client] of busy.entries()) {
      client.send(`{"execute":"wait","id":${index + 1}}`);
      await monitor.settle();
      client.send(echo(100_000).repeat(2));
      await monitor.settle();
    }
    const honest = await monitor.connect([]);
    honest.send(echo(300_000));
    await monitor.settle();
    expect(honest.lines()).toHaveLength(1);
    for (const call of pending.values()) call.return({});
    for (let i = 0; i < 50; i++) await monitor.settle();
    for (const client of [full, ...busy]) {
      expect(client.lines().filter((line) => "return" in line)).toHaveLength(client === full ? 4 : 3);
    }
    expect(monitor.inputBudget.spent).toBe(0);
  });

  it("W5: overdraws the budget by one large message, not by as many as a session may have in flight", async () => {
    const { monitor, pending } = setup();
    const client = await monitor.connect(["async"]);
    const padding = "y".repeat(400_000);
    for (let id = 0; id < 10; id++) {
      client.send(`{"execute":"wait","arguments":{"t":"${padding}"},"id":${id}}`);
      for (let turn = 0; turn < 10; turn++) await monitor.settle();
    }
    // The third one uses the budget up; here a connection goes on to send although it is paused.
    expect([pending.size, client.paused]).toEqual([2, true]);
    for (let id = 0; id < 10; id++) {
      pending.get(id)?.return({});
      for (let turn = 0; turn < 10; turn++) await monitor.settle();
    }
    expect(client.lines().map((line) => line.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(monitor.inputBudget.spent).toBe(0);
  });

  it("W5: closes a session that keeps others waiting with a message that it does not finish", async () => {
    const { monitor } = setup();
    const idle = await monitor.connect([]);
    const honest = await monitor.connect([]);
    idle.send(`{"execute":"echo","arguments":{"t":"${"y".repeat(1_500_000)}`);
    await monitor.settle();
    honest.send(`{"execute":"echo","arguments":{"t":"${"y".repeat(300_000)}`);
    await monitor.settle();
    expect(honest.paused).toBe(true);
    monitor.clock.advance(10_000);
    await monitor.settle();
    expect(idle.closed).toBe(true);
    expect(monitor.warnings[0]).toContain("unfinished message");
    honest.send('"}}');
    await monitor.settle();
    expect(honest.lines()).toHaveLength(1);
    expect(monitor.inputBudget.spent).toBe(0);
    expect(monitor.clock.timersPending).toBe(0);
  });

  it("W5: closes one that goes on a byte at a time, too, and none that sends as much as is worth waiting for", async () => {
    const { monitor } = setup();
    const half = `{"execute":"echo","arguments":{"t":"${"y".repeat(1_500_000)}`;
    const idle = await monitor.connect([]);
    idle.send(half);
    for (let second = 0; second < 30; second += 5) {
      idle.send("y".repeat(70_000));
      await monitor.settle();
      monitor.clock.advance(5_000);
    }
    expect(idle.closed).toBe(false);
    for (let second = 0; second < 11; second++) {
      idle.send("y");
      await monitor.settle();
      monitor.clock.advance(1_000);
    }
    expect(idle.closed).toBe(true);
    expect([monitor.inputBudget.spent, monitor.clock.timersPending]).toEqual([0, 0]);
  });

  it("W5: lets the next one go on when a session that holds much does not read its replies", async () => {
    const { monitor } = setup();
    const half = (bytes: number) => `{"execute":"echo","arguments":{"t":"${"y".repeat(bytes)}`;
    const first = await monitor.connect([]);
    first.send(half(1_500_000));
    await monitor.settle();
    const deaf = await monitor.connect([]);
    deaf.stuck = true;
    deaf.send(`{"execute":"echo","arguments":{"text":"${"x".repeat(1000)}"}}`.repeat(500));
    const second = await monitor.connect([]);
    second.send(half(1_500_000));
    const honest = await monitor.connect([]);
    honest.send(half(300_000));
    await monitor.settle();
    first.hangUp();
    await monitor.settle();
    expect(second.paused).toBe(false);
    monitor.clock.advance(10_000);
    await monitor.settle();
    expect([second.closed, deaf.closed, honest.paused]).toEqual([true, false, false]);
    honest.send('"}}');
    deaf.stuck = false;
    for (let i = 0; i < 50; i++) {
      deaf.take();
      await monitor.settle();
    }
    expect(honest.lines()).toHaveLength(1);
    expect(deaf.lines()).toHaveLength(500);
    expect(monitor.inputBudget.spent).toBe(0);
  });

  it.each([
    ["paused", (client: TestConnection) => client.send("y".repeat(100_000))],
    ["over", (client: TestConnection) => client.halfClose()],
  ])(
    "W5: closes a session that goes no further with half a message, also while it cannot be read and is %s",
    async (what, act) => {
      const { monitor, pending } = setup();
      const idle = await monitor.connect(["async"]);
      idle.send('{"execute":"wait","id":1}');
      idle.send(`{"execute":"echo","arguments":{"t":"${"y".repeat(1_500_000)}`);
      await monitor.settle();
      const honest = await monitor.connect([]);
      honest.send(`{"execute":"echo","arguments":{"t":"${"y".repeat(300_000)}`);
      await monitor.settle();
      expect([idle.paused, honest.paused]).toEqual([false, true]);
      // Its command's reply is more than may wait for a peer that does not read: its session reads no further.
      idle.stuck = true;
      running(pending, 1).return({ t: "x".repeat(600_000) });
      await monitor.settle();
      act(idle);
      await monitor.settle();
      expect(idle.paused).toBe(what === "paused");
      monitor.clock.advance(10_000);
      await monitor.settle();
      expect([idle.closed, honest.paused]).toEqual([true, false]);
      honest.send('"}}');
      await monitor.settle();
      expect(honest.lines()).toHaveLength(1);
      expect(monitor.clock.timersPending).toBe(0);
    },
  );

  it("W5: closes it also when there was room for others at first", async () => {
    const { monitor, pending } = setup();
    const half = (bytes: number) => `{"execute":"echo","arguments":{"t":"${"y".repeat(bytes)}`;
    const first = await monitor.connect([]);
    first.send(half(600_000));
    const idle = await monitor.connect(["async"]);
    idle.send(`{"execute":"wait","id":1}${half(700_000)}`);
    await monitor.settle();
    expect([first.paused, idle.paused]).toEqual([false, false]);
    idle.stuck = true;
    running(pending, 1).return({ t: "x".repeat(600_000) });
    await monitor.settle();
    idle.send("y".repeat(100_000));
    first.hangUp();
    await monitor.settle();
    monitor.clock.advance(10_000);
    await monitor.settle();
    const honest = await monitor.connect([]);
    honest.send(half(600_000));
    await monitor.settle();
    expect([idle.closed, honest.paused]).toEqual([false, true]);
    monitor.clock.advance(10_000);
    await monitor.settle();
    expect([idle.closed, honest.paused]).toEqual([true, false]);
  });

  it("W5: parses a slice of one large message in a turn, whoever sent it, and of each in its turn", async () => {
    const turns: (() => void)[] = [];
    const monitor = new TestMonitor([], {}, undefined, new TurnQueue((turn) => turns.push(turn)));
    const clients = [await monitor.connect([]), await monitor.connect([]), await monitor.connect([])];
    const slices = 20;
    const message = `{"execute":"nope","arguments":{"t":"${"y".repeat(slices * JSON_SLICE_BYTES)}"}}`;
    for (const client of clients) client.send(message);
    const answered: number[] = [];
    for (let turn = 0; answered.length < clients.length; turn++) {
      expect(turns).toHaveLength(1);
      turns.shift()?.();
      await monitor.settle();
      for (const client of clients) if (client.lines().length > 0) answered.push(turn);
    }
    expect(answered[0]).toBeGreaterThanOrEqual(clients.length * (slices - 2));
    expect(answered).toEqual([0, 1, 2].map((index) => (answered[0] ?? 0) + index));
    expect(turns).toEqual([]);
  });

  it("W5: refuses an id that is too large to be echoed", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    const ids = [`"${"x".repeat(70_000)}"`, `[${"1,".repeat(70_000)}1]`, `{"${"k".repeat(70_000)}":1}`];
    for (const id of ids) client.send(`{"execute":"ping","id":${id}}`);
    client.send(`{"execute":"ping","arguments":{"t":"${"x".repeat(70_000)}"},"id":5}`);
    await monitor.settle();
    const error = { class: "GenericError", desc: "The 'id' is larger than 65536 bytes" };
    expect(client.lines()).toEqual([{ error }, { error }, { error }, { return: {}, id: 5 }]);
  });

  it("ends the sentence of an error that quotes too much", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.send(`{"execute":"${"x".repeat(100_000)}"}`);
    await monitor.settle();
    const [line] = client.lines();
    const desc = String((line?.error as { desc?: string } | undefined)?.desc);
    expect(desc.length).toBeLessThan(10_000);
    expect(desc).toMatch(/^The command x+\.\.\.$/);
  });

  it("W5: counts the input that sessions hold in one budget, and gives it back", async () => {
    const { monitor } = setup();
    const client = await monitor.connect([]);
    client.send(`{"execute":"echo","arguments":{"x":"${"y".repeat(300_000)}`);
    await monitor.settle();
    expect(monitor.inputBudget.spent).toBeGreaterThan(300_000);
    client.send('"}}');
    await monitor.settle();
    expect(monitor.inputBudget.spent).toBe(0);
    client.send(`{"x":"${"y".repeat(300_000)}`);
    await monitor.settle();
    client.hangUp();
    expect(monitor.inputBudget.spent).toBe(0);
  });
});
