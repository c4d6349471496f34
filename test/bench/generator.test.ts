/** The benchmarks' load generator, against servers that are scripted here. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeEach, expect, it as test, vi } from "vitest";
import { compile, removePrograms } from "../../bench/compile.ts";
import { type GeneratorTask, runLoad } from "../../bench/load.ts";

const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\r\n';
const RETURN = '{"return": {}}\r\n';
const ERROR = '{"error": {"class": "GenericError", "desc": "not today"}}\r\n';
const EVENT = '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP", "data": {"return": 1}}\r\n';

const hasCompiler = spawnSync("cc", ["--version"]).status === 0;
if (!hasCompiler) console.warn("skipped: there is no cc, which makes the load generator");
const it = test.skipIf(!hasCompiler);

let directory = "";
const servers: Server[] = [];
const sockets = new Set<Socket>();

afterAll(removePrograms);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-generator-"));
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Client {
  /** In the order in which they came. */
  readonly index: number;
  readonly send: (text: string) => void;
  readonly close: () => void;
}

interface FakeServer {
  readonly path: string;
  /** All that ever came. */
  readonly clients: readonly Client[];
}

/** Greets, answers the negotiation, and leaves the rest to `onRequest`. */
function serve(
  onRequest: (client: Client, line: string) => void,
  { backlog = 64, onClient = (): void => {} } = {},
): Promise<FakeServer> {
  const path = join(directory, `${servers.length}.sock`);
  const clients: Client[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    const send = (text: string): void => void socket.write(text, "latin1");
    const client = { index: clients.length, send, close: () => socket.destroy() };
    clients.push(client);
    onClient();
    client.send(GREETING);
    let isNegotiated = false;
    const lines = createInterface({ input: socket });
    lines.on("line", (line) => {
      if (isNegotiated) return onRequest(client, line);
      isNegotiated = true;
      expect(line).toBe('{"execute": "qmp_capabilities"}');
      client.send(RETURN);
    });
    // The generator's connections end with its process.
    for (const emitter of [socket, lines]) emitter.on("error", () => {});
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen({ path, backlog }, () => resolve({ path, clients }));
  });
}

function load(servers: readonly FakeServer[], task: Partial<GeneratorTask>, whenWarm?: () => unknown) {
  const usual = { clients: 1, inFlightPerClient: 1, requests: ["ask\n"], measure: "reply" } as const;
  const times = { warmUpMs: 20, durationMs: 100, serverPid: process.pid };
  return runLoad({ ...usual, ...times, ...task, sockets: servers.map(({ path }) => path) }, whenWarm);
}

it("is compiled without a warning", () => {
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
  const { status, stderr } = spawnSync("cc", [...flags, "bench/generator.c"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

it("says what to install where there is no cc", () => {
  vi.stubEnv("PATH", directory);
  try {
    expect(() => compile("bench/node-echo.c")).toThrow(
      "bench/node-echo.c could not be compiled: there is no cc: install a C compiler, gcc or clang",
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

it("counts the replies of the measured time, exactly", async () => {
  const answered = 1_000;
  // So many are answered before the load is warm.
  let left = 50;
  let isWithheld = true;
  const waiting: Client[] = [];
  const answer = (): void => {
    while (waiting.length > 0 && (!isWithheld || left-- > 0)) waiting.shift()?.send(RETURN);
  };
  const server = await serve((client) => {
    waiting.push(client);
    if (left > 0 || !isWithheld) answer();
  });
  const report = await load(
    [server],
    { clients: 5, inFlightPerClient: 3, warmUpMs: 100, durationMs: 500 },
    () => {
      left = answered;
      answer();
      // Long after the measured time: those that still wait end the run, and do not count.
      setTimeout(() => {
        isWithheld = false;
        answer();
      }, 1_500);
    },
  );
  expect(report.commands).toBe(answered);
  expect(report.elapsedMs).toBeGreaterThanOrEqual(500);
  // The first fifteen waited from before the load was warm.
  expect(report.p50Us).toBeLessThan(100_000);
  expect(report.p99Us).toBeGreaterThan(report.p50Us);
  expect(report.p999Us).toBeGreaterThanOrEqual(90_000);
  expect(report.serverCpuUs).toBeGreaterThan(0);
  expect(report.generatorCpuShare).toBeGreaterThan(0);
  expect(report.generatorCpuShare).toBeLessThan(0.5);
});

it("joins what several generators report that share the clients", async () => {
  // Each has one client.  So many replies that client gets in the measured time, and the second's take longer.
  const left = [30, 50];
  const delaysMs = [0, 5];
  let isOpen = false;
  let isOver = false;
  const waiting: Client[] = [];
  const answer = (client: Client): void => {
    const { index } = client;
    if (!isOver && (!isOpen || left[index] === 0)) return void waiting.push(client);
    left[index] = (left[index] ?? 0) - 1;
    setTimeout(client.send, delaysMs[index], RETURN);
  };
  const goOn = (): void => {
    for (const client of waiting.splice(0)) answer(client);
  };
  const server = await serve(answer);
  const times = { warmUpMs: 100, durationMs: 1_000 };
  const report = await load([server], { clients: 2, generators: 2, ...times }, () => {
    // By then both are warm.
    setTimeout(() => {
      isOpen = true;
      goOn();
    }, 200);
    setTimeout(() => {
      isOver = true;
      goOn();
    }, 2_000);
  });
  expect(server.clients).toHaveLength(2);
  expect(report.commands).toBe(80);
  expect(report.elapsedMs).toBeGreaterThanOrEqual(1_000);
  expect(report.elapsedMs).toBeLessThan(1_900);
  expect(report.p50Us).toBeGreaterThanOrEqual(4_900);
});

it("sends each client's requests in turn, spreads clients over sockets, and leaves none unanswered", async () => {
  const seen: string[][] = [];
  const onRequest = (socket: number) => (client: Client, line: string) => {
    const number = client.index * 2 + socket;
    seen[number] = [...(seen[number] ?? []), line];
    client.send(RETURN);
  };
  const servers = [await serve(onRequest(0)), await serve(onRequest(1))];
  const requests = ["a {client} {client}\n", "b\n", "{client}c\n"];
  await load(servers, { clients: 3, inFlightPerClient: 4, requests, durationMs: 50 });
  expect(servers.map(({ clients }) => clients.length)).toEqual([2, 1]);
  expect(seen).toHaveLength(3);
  for (const [number, lines] of seen.entries()) {
    expect(lines.length).toBeGreaterThan(4);
    const expected = [`a ${number} ${number}`, "b", `${number}c`];
    expect(lines).toEqual(lines.map((_, index) => expected[index % 3]));
  }
});

it("sends a request whole that the socket takes in parts", async () => {
  const request = "x".repeat(5 * 1024 * 1024);
  let count = 0;
  const server = await serve((client, line) => {
    expect(line === request).toBe(true);
    count++;
    client.send(RETURN);
  });
  const { commands } = await load([server], { requests: [`${request}\n`], durationMs: 300 });
  expect(commands).toBeGreaterThan(0);
  expect(count).toBeGreaterThan(commands);
});

it("takes an event for no reply, and a reply for one, wherever their bytes are split", async () => {
  // A byte to the first client for each request of the second one: when that sends its next, the byte has been read.
  const text = EVENT + RETURN;
  const rounds = 2;
  let at = 0;
  let isAsked = false;
  const asked: number[] = [];
  const server = await serve((client) => {
    if (client.index === 0) {
      asked.push(at);
      isAsked = true;
      // The second client asks no more when the run ends.
      if (asked.length > rounds) client.send(RETURN);
      return;
    }
    if (isAsked && asked.length <= rounds) {
      server.clients[0]?.send(text.charAt(at % text.length));
      at++;
      isAsked = at % text.length !== 0;
    }
    client.send(RETURN);
  });
  await load([server], { clients: 2, durationMs: 1_000 });
  expect(asked.slice(0, rounds + 1)).toEqual([0, text.length, rounds * text.length]);
});

it("fails with what the server answers, when that is not what it should", async () => {
  const refusing = await serve((client) => client.send(EVENT + ERROR));
  await expect(load([refusing], {})).rejects.toThrow(
    `the load generator ended with status 1: the server answers ${ERROR.trim()}`,
  );
  const willing = await serve((client) => client.send(RETURN));
  await expect(load([willing], { isRefused: true })).rejects.toThrow(`the server answers ${RETURN.trim()}`);
  const talkative = await serve((client) => client.send(RETURN + RETURN));
  await expect(load([talkative], {})).rejects.toThrow(`the server answers ${RETURN.trim()}`);
});

it.each([1_000, 100_000])(
  "fails with the beginning of an answer of %i words, in one part or several",
  async (count) => {
    const answer = `{"error": "${"long".repeat(count)}"}\r\n`;
    const server = await serve((client) => client.send(answer));
    const failure = load([server], { clients: 2 });
    await expect(failure).rejects.toThrow(`the server answers ${answer.slice(0, 200)}`);
    await expect(failure).rejects.toMatchObject({ message: expect.not.stringMatching(/.{400}/) });
  },
);

it("counts errors where the requests are refused", async () => {
  const server = await serve((client) => client.send(ERROR));
  expect((await load([server], { isRefused: true })).commands).toBeGreaterThan(0);
});

it("fails when the server closes a connection, also one that is idle", async () => {
  const server = await serve((client) => client.close());
  await expect(load([server], {})).rejects.toThrow("the server closed a connection");
  const idle = await serve(() => {});
  const closing = load([idle], { measure: "nothing", requests: [], clients: 100 }, () =>
    idle.clients[1]?.close(),
  );
  await expect(closing).rejects.toThrow("the server closed a connection");
});

it("says where nobody listens", async () => {
  const path = join(directory, "nobody.sock");
  await expect(load([{ path, clients: [] }], {})).rejects.toThrow(
    `cannot connect to ${path}: No such file or directory`,
  );
});

it("goes through all requests of last-event before it ends, one at a time", async () => {
  const requests = Array.from({ length: 50 }, (_, index) => `step ${index}\n`);
  const seen: string[] = [];
  const server = await serve((client, line) => {
    expect(client.index).toBe(0);
    seen.push(`${line}\n`);
    for (const { send } of server.clients) send(EVENT);
    client.send(RETURN);
  });
  const { commands, p50Us } = await load([server], { measure: "last-event", clients: 3, requests });
  expect(commands).toBeGreaterThan(0);
  expect(p50Us).toBeGreaterThan(0);
  expect(seen.length).toBeGreaterThanOrEqual(commands);
  expect(seen.length % requests.length).toBe(0);
  expect(seen).toEqual(seen.map((_, index) => requests[index % requests.length]));
});

it("waits with last-event for the event at each client, and takes no second one in place of it", async () => {
  const server = await serve((client) => {
    server.clients[1]?.send(EVENT + EVENT);
    client.send(EVENT + RETURN);
  });
  const failure = load([server], { measure: "last-event", clients: 3 });
  await expect(failure).rejects.toThrow("the server sends an event too many");
});

it("lets clients come and go in a cycle, each with all its requests answered", async () => {
  const seen: string[][] = [];
  const server = await serve((client, line) => {
    seen[client.index] = [...(seen[client.index] ?? []), line];
    client.send(EVENT + RETURN);
  });
  const { commands } = await load([server], {
    measure: "cycle",
    clients: 3,
    requests: ["a {client}\n", "b\n"],
    durationMs: 300,
  });
  expect(commands).toBeGreaterThan(0);
  expect(server.clients.length).toBeGreaterThan(3);
  expect(server.clients.length).toBeGreaterThanOrEqual(commands);
  expect(seen).toHaveLength(server.clients.length);
  for (const lines of seen) expect(lines).toEqual([expect.stringMatching(/^a [012]$/), "b"]);
});

it("comes again where the backlog is full, without a busy loop, until all are accepted", async () => {
  const blockedMs = 300;
  const server = await serve(() => {}, {
    backlog: 1,
    onClient: () => {
      if (server.clients.length === 1)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedMs);
    },
  });
  let warm = 0;
  const report = await load([server], { measure: "accept", clients: 8, requests: [] }, () => warm++);
  expect(report).toMatchObject({ commands: 8, p50Us: 0, p99Us: 0, p999Us: 0 });
  expect(server.clients).toHaveLength(8);
  expect(report.elapsedMs).toBeGreaterThan(blockedMs / 2);
  expect(report.generatorCpuShare).toBeLessThan(0.15);
  expect(warm).toBe(1);
});
