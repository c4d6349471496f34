/**
 * Whole runs against servers with a script: what is wrong is found, and a stall is seen.
 */

import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LineMemory } from "../../src/loadgen/line-memory.ts";
import { type ClientParts, LoadClient } from "../../src/loadgen/load-client.ts";
import { Recorder } from "../../src/loadgen/recorder.ts";
import type { ServerFigure } from "../../src/loadgen/server-figures.ts";
import { summaryNotes } from "../../src/loadgen/summary.ts";
import { histogramOf } from "../../src/loadgen/tally.ts";
import { faults, LIGHT, load } from "./scripted-run.ts";
import { reply, type ScriptedRequest, ScriptedServer } from "./scripted-server.ts";

const PARTS: ClientParts = {
  commands: [LIGHT],
  clients: 1,
  inFlight: 1,
  recorder: new Recorder(1),
  heavy: undefined,
  capabilities: [],
  isSlow: false,
  owner: { room() {}, fault() {}, slowReaderClosed() {}, event() {} },
  buffer: Buffer.alloc(1025),
  memory: new LineMemory(),
};

it("finds nothing wrong with a line that the end of the run cuts", async () => {
  const result = await load(({ id, socket }) => void socket.write(`${reply(id)}{"timestamp": {`), {
    clients: 1,
    end: { kind: "count", commands: 1 },
  });
  expect(faults(result)).toEqual({});
});

it("tells what a server has against its capabilities", async () => {
  const refusal = '{"error": {"class": "GenericError", "desc": "not today"}}';
  const server = await new ScriptedServer(() => {}, refusal).listen();
  const client = new LoadClient(0, { kind: "unix", path: server.path }, PARTS);
  await expect(client.connect()).rejects.toThrow(
    `the return of qmp_capabilities was expected, and this came: ${refusal}`,
  );
  server.close();
});

it("counts a connection as made anew when it has been made", async () => {
  const server = await new ScriptedServer(() => {}).listen();
  let tell = (): void => {};
  const owner = { ...PARTS.owner, room: () => tell() };
  const client = new LoadClient(0, { kind: "unix", path: server.path }, { ...PARTS, owner });
  const comeAgain = async (): Promise<number> => {
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    client.reconnect();
    await told;
    // It has room a moment before its connecting is over.
    await new Promise(setImmediate);
    return client.reconnects;
  };
  await client.connect();
  expect(await comeAgain()).toBe(1);
  rmSync(server.path);
  expect(await comeAgain()).toBe(1);
  expect(client.isUnbroken).toBe(false);
  server.close();
});

it("finds nothing wrong where nothing is, and counts", async () => {
  const result = await load(({ id, socket }) => void socket.write(reply(id)), { threads: 2 });
  expect(faults(result)).toEqual({});
  expect(result.total.replies).toBe(200);
  expect(result.connects).toBe(2);
});

describe("finds", () => {
  it("a lost reply: it never came", async () => {
    const result = await load(({ id, index, socket }) => void (index !== 20 && socket.write(reply(id))), {
      end: { kind: "duration", ms: 200 },
    });
    expect(faults(result)).toEqual({ lost: 2 });
    expect(result.faultExamples[0]).toMatch(
      /^lost: client 0 \(unix:.*\): id 40 \(query-status\) had no reply when the run was over$/,
    );
  }, 20_000);

  it("a lost reply in a run that counts, without waiting for it twice", async () => {
    const startMs = performance.now();
    const result = await load(({ id, index, socket }) => void (index !== 20 && socket.write(reply(id))), {
      clients: 1,
    });
    expect(faults(result)).toEqual({ lost: 1 });
    expect(performance.now() - startMs).toBeLessThan(17_000);
  }, 30_000);

  it("a doubled reply", async () => {
    const result = await load(
      ({ id, index, socket }) => void socket.write(reply(id) + (index === 20 ? reply(id) : "")),
    );
    expect(faults(result)).toEqual({ doubled: 2 });
    expect(result.faultExamples[0]).toMatch(
      /^doubled: client [01] \(.*\): a second reply came for id 4[01]$/,
    );
  });

  it("a second reply that comes when all is answered", async () => {
    const result = await load(
      ({ id, socket }) => {
        socket.write(reply(id));
        setTimeout(() => socket.write(reply(id)), 20);
      },
      { clients: 1, end: { kind: "count", commands: 1 } },
    );
    expect(faults(result)).toEqual({ doubled: 1 });
  });

  it("a reply that is another client's", async () => {
    const result = await load(
      ({ id, index, socket }) => void socket.write(index === 20 ? reply(id ^ 1) + reply(id) : reply(id)),
    );
    expect(faults(result)).toEqual({ foreign: 2 });
    expect(result.faultExamples[0]).toMatch(
      /^foreign: .*: a reply came whose id was never sent here: id 4[01]$/,
    );
  });

  it.each([
    ["a string", reply('"x"'), '"x"'],
    ["none", '{"return": {}}\r\n', "none"],
    ["null", '{"id": null, "error": {"class": "GenericError", "desc": "x"}}\r\n', "null"],
  ])("a reply whose id is %s", async (_, text, shown) => {
    const result = await load(
      ({ id, index, socket }) => void socket.write(index === 20 ? text + reply(id) : reply(id)),
    );
    expect(faults(result)).toEqual({ foreign: 2 });
    expect(result.faultExamples[0]).toContain(`whose id was never sent: ${shown}`);
  });

  it("replies in an order that was not negotiated", async () => {
    let held = "";
    const result = await load(
      ({ id, index, socket }) => {
        if (index === 20) held = reply(id);
        else socket.write(reply(id) + (index === 21 ? held : ""));
      },
      { clients: 1 },
    );
    expect(faults(result)).toEqual({ misordered: 1 });
    expect(result.faultExamples[0]).toMatch(
      /: the reply to id 20 \(query-status\) came after that to a later command$/,
    );
  });

  it("no fault in that order, for an async command where async is negotiated", async () => {
    let held = "";
    const result = await load(
      ({ id, index, socket }) => {
        if (index === 20) held = reply(id);
        else socket.write(reply(id) + (index === 21 ? held : ""));
      },
      { clients: 1, commands: [{ ...LIGHT, lane: "async" }], capabilities: ["async"] },
    );
    expect(faults(result)).toEqual({});
  });

  it("what is no message", async () => {
    const result = await load(
      ({ id, index, socket }) => void socket.write((index === 20 ? "what?\r\n" : "") + reply(id)),
    );
    expect(faults(result)).toEqual({ unreadable: 2 });
    expect(result.faultExamples[0]).toContain("this came, which is no reply: what?");
  });

  it("a return whose value is no JSON", async () => {
    const result = await load(
      ({ id, index, socket }) =>
        void socket.write(index === 20 ? `{"return": {"a": [}, "id": ${id}}\r\n${reply(id)}` : reply(id)),
    );
    expect(faults(result)).toEqual({ unreadable: 2 });
    expect(result.faultExamples[0]).toContain('{"return": {"a": [}, "id": 4');
  });

  it("a connection that breaks, and what it took with it", async () => {
    const result = await load(
      ({ id, index, socket }) => void (index === 20 ? socket.destroy() : socket.write(reply(id))),
      { end: { kind: "duration", ms: 200 } },
    );
    expect(result.faults.disconnected).toBe(2);
    expect(result.faults.lost).toBeGreaterThanOrEqual(2);
  });
});

it("counts what it is to count, also when clients come one after the other", async () => {
  const result = await load(({ id, socket }) => void socket.write(reply(id)), {
    clients: 4,
    rampMs: 300,
    threads: 2,
  });
  expect(result.total.replies).toBe(200);
  expect(result.total.ratePerSecond).toBeGreaterThan(0);
});

it("measures a run that counts up to its last reply, whatever is asked of the server afterwards", async () => {
  const cpuMs = (): Promise<number> => new Promise((resolve) => setTimeout(resolve, 500, 1));
  const read = async (): Promise<ServerFigure> => ({ cpuMs: await cpuMs(), loopDelayMs: undefined });
  const changes = { clients: 1, end: { kind: "count", commands: 1 } } as const;
  const result = await load(({ id, socket }) => void socket.write(reply(id)), changes, { read, cpuMs });
  expect(result.durationMs).toBeLessThan(400);
});

it("counts errors by class, and events by client and name", async () => {
  const event = '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}\r\n';
  const error = (id: number): string =>
    `{"id": ${id}, "error": {"class": "DeviceNotFound", "desc": "x"}}\r\n`;
  const result = await load(
    ({ id, index, socket }) => void socket.write(index % 2 === 0 ? event + reply(id) : error(id)),
  );
  expect(faults(result)).toEqual({});
  expect(result.total.errors).toEqual({ DeviceNotFound: 100 });
  expect(result.events).toEqual({ total: 100, byName: { STOP: 100 }, perClientMin: 50, perClientMax: 50 });
});

it("tells no number of events a client where none was connected all the time", async () => {
  const event = '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN"}\r\n';
  const result = await load(({ socket }) => void socket.end(event), { clients: 1 });
  expect(result.events).toEqual({
    ...{ total: 1, byName: { SHUTDOWN: 1 } },
    ...{ perClientMin: undefined, perClientMax: undefined },
  });
  expect(summaryNotes(result)).toContain("events: 1 (SHUTDOWN 1)");
});

it("counts names that are those of an object's own members, and not too many of them", async () => {
  const names = ["__proto__", "constructor", ...Array.from({ length: 200 }, (_, index) => `E${index}`)];
  const event = names.map((name) => `{"event": "${name}", "timestamp": {}}\r\n`).join("");
  const error = (id: number): string => `{"id": ${id}, "error": {"class": "__proto__", "desc": "x"}}\r\n`;
  const result = await load(({ id, socket }) => void socket.write(event + error(id)), {
    clients: 1,
    end: { kind: "count", commands: 3 },
  });
  expect(Object.entries(result.total.errors)).toEqual([["__proto__", 3]]);
  const { byName, total } = result.events;
  expect(Object.entries(byName).slice(0, 2)).toEqual([
    ["__proto__", 3],
    ["constructor", 3],
  ]);
  expect(Object.keys(byName).length).toBe(101);
  expect(total).toBe(3 * names.length);
});

it("keeps what a server says within its line, and short", async () => {
  const name = "X\\nchecked: all is well\\u001b[31m";
  const lines = [
    `{"event": "${name}", "timestamp": {}}`,
    `{"event": "${"E".repeat(5000)}", "timestamp": {}}`,
    "\x1b[31mno JSON",
  ];
  const error = (id: number): string => `{"id": ${id}, "error": {"class": "${name}", "desc": "x"}}`;
  const result = await load(
    ({ id, socket }) => void socket.write([...lines, error(id), ""].join("\r\n"), "latin1"),
    { clients: 1, end: { kind: "count", commands: 1 } },
  );
  const shown = "X\\x0achecked: all is well\\x1b[31m";
  expect(result.total.errors).toEqual({ [shown]: 1 });
  expect(result.events.byName).toEqual({ [shown]: 1, ["E".repeat(80)]: 1 });
  expect(result.faultExamples).toEqual([
    expect.stringMatching(/this came, which is no reply: \\x1b\[31mno JSON$/),
  ]);
});

it("hands on the latencies of what counts, without those of the ramp", async () => {
  let handedOn = 0;
  const changes = { rampMs: 300, end: { kind: "duration", ms: 300 } } as const;
  const result = await load(({ id, socket }) => void socket.write(reply(id)), changes, undefined, {
    onSecond: ({ latencies }) => {
      for (const counts of latencies.flat()) handedOn += histogramOf([counts]).totalCount;
    },
  });
  expect(result.intervals.some(({ phase, replies }) => phase === "ramp" && replies > 0)).toBe(true);
  expect(handedOn).toBe(result.total.replies);
});

describe("a server that stalls for half a second", () => {
  const STALL_MS = 500;

  /** Answers at once, but for a while in which it answers nothing; then what has come meanwhile. */
  function stalling(): (request: ScriptedRequest) => void {
    let waiting: (() => void)[] | undefined;
    let answered = 0;
    return ({ id, socket }) => {
      const answer = (): void => void socket.write(reply(id));
      if (waiting !== undefined) return void waiting.push(answer);
      answer();
      if (++answered !== 200) return;
      waiting = [];
      setTimeout(() => {
        for (const each of waiting ?? []) each();
        waiting = undefined;
      }, STALL_MS);
    };
  }

  it("is seen by all that arrived meanwhile, in an open loop", async () => {
    const result = await load(stalling(), {
      inFlight: 1,
      ratePerSecond: 400,
      end: { kind: "duration", ms: 2000 },
    });
    expect(faults(result)).toEqual({});
    // 200 of 800 arrivals fell into the stall: they waited for 0 to 500 ms, evenly.
    const { latencyUs, replies } = result.total;
    expect(replies).toBeGreaterThan(780);
    expect(latencyUs?.p99).toBeGreaterThan(400_000);
    expect(latencyUs?.p90).toBeGreaterThan(200_000);
    // The last one may have come when both clients had a command.
    expect(result.arrivals?.unsent).toBeLessThan(3);
  });

  it("is seen by two commands alone, in a closed loop: that is why there is the open one", async () => {
    const result = await load(stalling(), { inFlight: 1, thinkMs: 5, end: { kind: "duration", ms: 2000 } });
    expect(result.total.latencyUs?.max).toBeGreaterThan(400_000);
    expect(result.total.latencyUs?.p99).toBeLessThan(400_000);
  });
});

it("tells arrivals that could not be sent", async () => {
  let answered = 0;
  const result = await load(({ id, socket }) => void (++answered <= 20 && socket.write(reply(id))), {
    clients: 1,
    inFlight: 1,
    ratePerSecond: 500,
    end: { kind: "duration", ms: 500 },
  });
  expect(result.arrivals?.scheduled).toBeGreaterThan(240);
  expect(result.arrivals?.unsent).toBe((result.arrivals?.scheduled ?? 0) - 21);
  expect(faults(result)).toEqual({ lost: 1 });
}, 20_000);

it("does not count what the clients of a ramp, being too few, could not send", async () => {
  const result = await load(({ id, socket }) => void setTimeout(() => socket.write(reply(id)), 500), {
    ...{ clients: 2, inFlight: 1, ratePerSecond: 400, rampMs: 800, threads: 2 },
    end: { kind: "duration", ms: 400 },
  });
  const { scheduled = 0, unsent = 0 } = result.arrivals ?? {};
  expect(unsent).toBeGreaterThan(0);
  expect(unsent).toBeLessThanOrEqual(scheduled);
});

it("sends the same commands for the same seed, and others for another", async () => {
  const commands = [LIGHT, { ...LIGHT, label: "b", name: "b", head: '{"execute": "b", "id": ' }];
  const sequence = async (seed: number): Promise<string[]> => {
    const seen = new Map<number, string[]>();
    const result = await load(
      ({ id, command, socket }) => {
        const ofClient = seen.get(id % 2) ?? [];
        seen.set(id % 2, [...ofClient, command]);
        socket.write(reply(id));
      },
      { commands, seed },
    );
    expect(result.total.replies).toBe(200);
    return [...(seen.get(0) ?? []), "|", ...(seen.get(1) ?? [])];
  };
  const first = await sequence(7);
  expect(await sequence(7)).toEqual(first);
  expect(await sequence(8)).not.toEqual(first);
});

it("measures light commands beside heavy ones and without, in one run", async () => {
  // While a heavy command runs, this server answers nobody, as QEMU does.
  let busyUntilMs = 0;
  const heavy = { ...LIGHT, label: "dump", name: "dump", isHeavy: true, head: '{"execute": "dump", "id": ' };
  const result = await load(
    ({ id, command, socket }) => {
      const nowMs = performance.now();
      if (command === "dump") busyUntilMs = Math.max(nowMs, busyUntilMs) + 50;
      setTimeout(() => socket.write(reply(id)), busyUntilMs - nowMs);
    },
    {
      clients: 8,
      inFlight: 1,
      ratePerSecond: 100,
      commands: [{ ...LIGHT, weight: 20 }, heavy],
      end: { kind: "duration", ms: 2500 },
    },
  );
  expect(faults(result)).toEqual({});
  expect(result.headOfLine?.besideUs?.p50).toBeGreaterThan(10_000);
  expect(result.headOfLine?.aloneUs?.p50).toBeLessThan(10_000);
  expect(result.headOfLine?.p50Ratio).toBeGreaterThan(3);
});
