import { describe, expect, it } from "vitest";
import { CommandError } from "../../src/client/errors.ts";
import type { QmpEvent, QmpMessage } from "../../src/client/index.ts";
import { JsonDouble } from "../../src/qjson/value.ts";
import { CLIENT_CALLS_COUNT_MAX, CLIENT_CANCEL_MS } from "../../src/util/limits.ts";
import { ASYNC_GREETING, QEMU_GREETING, ScriptedServer, settle } from "../support/scripted-server.ts";

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}

async function open(capabilities: readonly string[] = [], greeting = ASYNC_GREETING) {
  const server = new ScriptedServer();
  const client = await server.opened(greeting, capabilities);
  return { server, client };
}

describe("opening", () => {
  it("reads the greeting and enables what is asked for", async () => {
    const { server, client } = await open(["async"]);
    expect(server.requests).toEqual([
      { execute: "qmp_capabilities", arguments: { enable: ["async"] }, id: 1 },
    ]);
    expect(client.greeting.capabilities).toEqual(["oob", "async"]);
    expect(client.greeting.version).toMatchObject({ qemu: { major: 7, minor: 2 } });
    expect(client.capabilities).toEqual(["async"]);
  });

  it("sends no `enable` when nothing is asked for", async () => {
    const { server } = await open([]);
    expect(server.requests).toEqual([{ execute: "qmp_capabilities", id: 1 }]);
  });

  it("rejects a capability that is not offered, and says which are", async () => {
    const server = new ScriptedServer();
    const opening = server.attach({ capabilities: ["oob", "async"] });
    server.send(QEMU_GREETING);
    expect(await rejection(opening)).toMatchObject({
      code: "CLIENT_CAPABILITY",
      message: "memory: the server does not offer the capability async (it offers: oob)",
    });
    await settle();
    expect(server.requests).toEqual([]);
    expect(server.closed).toBe(true);
  });

  it("enables of those that are preferred what is offered", async () => {
    const server = new ScriptedServer();
    const opening = server.attach({ preferred: ["async", "oob"] });
    server.send(QEMU_GREETING);
    const request = await server.next();
    expect(request.arguments).toEqual({ enable: ["oob"] });
    server.answer(request);
    expect((await opening).capabilities).toEqual(["oob"]);
  });

  it("rejects with the server's error when it refuses the negotiation", async () => {
    const server = new ScriptedServer();
    const opening = server.attach();
    server.send(QEMU_GREETING);
    server.fail(await server.next(), "CommandNotFound", "Capabilities negotiation is already complete");
    expect(await rejection(opening)).toMatchObject({ name: "CommandError", errorClass: "CommandNotFound" });
    await settle();
    expect(server.closed).toBe(true);
  });

  it("tells events that came in one packet with the answer to the negotiation", async () => {
    const server = new ScriptedServer();
    const opening = server.attach();
    server.send(QEMU_GREETING);
    const { id } = await server.next();
    server.send(`{"return": {}, "id": ${id}}\r\n{"event": "STOP"}\r\n`);
    const client = await opening;
    const events: QmpEvent[] = [];
    client.events.subscribe((event) => events.push(event));
    await settle();
    expect(events).toEqual([{ event: "STOP", data: {}, timestamp: undefined }]);
  });
});

describe("opening on a server that misbehaves", () => {
  it("rejects with a time limit when there is no greeting", async () => {
    const server = new ScriptedServer();
    const opening = server.attach({ timeoutMs: 500 });
    await settle();
    server.clock.advance(500);
    expect(await rejection(opening)).toMatchObject({
      code: "CLIENT_TIMEOUT",
      message: "memory: no greeting within 500 ms: is another client connected? QEMU serves one at a time",
    });
    await settle();
    expect(server.closed).toBe(true);
  });

  it("waits for a greeting that is late", async () => {
    const server = new ScriptedServer();
    const opening = server.attach({ timeoutMs: 500 });
    await settle();
    server.clock.advance(499);
    server.send(QEMU_GREETING);
    server.answer(await server.next());
    await opening;
    expect(server.clock.timersPending).toBe(0);
  });

  it("rejects with a time limit when the negotiation is not answered", async () => {
    const server = new ScriptedServer();
    const opening = server.attach({ timeoutMs: 500 });
    server.send(QEMU_GREETING);
    await server.next();
    server.clock.advance(500);
    expect(await rejection(opening)).toMatchObject({
      message: "memory: no answer to qmp_capabilities within 500 ms",
    });
  });

  it.each([
    ["text", "SSH-2.0-OpenSSH_9.2\r\n", /^memory: what came is not QMP \(JSON parse error, .+\): is another/],
    ["a line of HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", /^memory: what came is not QMP/],
    ["bytes", "\x00\xff\x16\x03\x01", /^memory: what came is not QMP/],
    [
      "JSON of another protocol",
      '{"hello": 1}\r\n',
      /a message of QMP was expected, and this came: {"hello": 1}$/,
    ],
    ["a reply", '{"return": {}, "id": 1}\r\n', /the greeting was expected, and this came: {"return"/],
    ["an event", '{"event": "STOP"}\r\n', /the greeting was expected, and this came: {"event": "STOP"}$/],
  ])("rejects %s before the greeting", async (_, garbage, message) => {
    const server = new ScriptedServer();
    const opening = server.attach();
    server.send(garbage + QEMU_GREETING);
    expect(await rejection(opening)).toMatchObject({
      code: "CLIENT_PROTOCOL",
      message: expect.stringMatching(message),
    });
    await settle();
    expect(server.closed).toBe(true);
  });

  it.each([
    ["without a word", "", "memory: the server closed the connection"],
    [
      "in the middle of the greeting",
      '{"QMP": {"ver',
      "memory: the server closed the connection in the middle of a message",
    ],
  ])("rejects when the server closes %s", async (_, text, message) => {
    const server = new ScriptedServer();
    const opening = server.attach();
    if (text !== "") server.send(text);
    server.end();
    expect(await rejection(opening)).toMatchObject({ code: "CLIENT_CLOSED", message });
    expect(server.clock.timersPending).toBeLessThanOrEqual(1);
  });

  it("gives up when the caller's signal fires", async () => {
    const server = new ScriptedServer();
    const controller = new AbortController();
    const opening = server.attach({ signal: controller.signal });
    controller.abort("enough");
    expect(await rejection(opening)).toMatchObject({ code: "CLIENT_ABORTED", cause: "enough" });
    await settle();
    expect(server.closed).toBe(true);
  });
});

describe("commands", () => {
  it("are sent in one write a turn, each with an id of its own, and answered by it", async () => {
    const { server, client } = await open(["async"]);
    const first = client.execute("query-status");
    const second = client.execute("screendump", { filename: "/tmp/ä" });
    const requests = [await server.next(), await server.next()];
    expect(requests).toEqual([
      { execute: "query-status", id: 2 },
      { execute: "screendump", arguments: { filename: "/tmp/ä" }, id: 3 },
    ]);
    server.answer(requests[1] ?? {}, "second");
    server.answer(requests[0] ?? {}, "first");
    expect(await Promise.all([first, second])).toEqual(["first", "second"]);
    expect(client.unansweredCount).toBe(0);
  });

  it("reject with the class and the sentence of the server's error", async () => {
    const { server, client } = await open();
    for (const errorClass of [
      "GenericError",
      "CommandNotFound",
      "DeviceNotActive",
      "DeviceNotFound",
      "NewClass",
    ]) {
      const call = client.execute("nope");
      server.fail(await server.next(), errorClass, "It is so");
      const error = await rejection(call);
      expect(error).toBeInstanceOf(CommandError);
      expect(error).toMatchObject({ command: "nope", errorClass, desc: "It is so", message: "It is so" });
    }
  });

  it("keep integers exact and doubles apart", async () => {
    const { server, client } = await open();
    const call = client.execute("query", { at: 2n ** 64n - 1n });
    const { id } = await server.next();
    server.send(`{"return": [18446744073709551615, -9223372036854775808, 0.5, 1.0, 7], "id": ${id}}\r\n`);
    expect(await call).toEqual([2n ** 64n - 1n, -(2n ** 63n), new JsonDouble(0.5), new JsonDouble(1), 7]);
  });

  it.each([
    ["split over single bytes", true, "\r\n"],
    ["without a line end", false, ""],
  ])("take a reply %s", async (_, isBytewise, lineEnd) => {
    const { server, client } = await open();
    const call = client.execute("query-name");
    const { id } = await server.next();
    const text = `{"return": {"name": "\\u00FC\\uD83D\\uDE42"}, "id": ${id}}${lineEnd}`;
    if (isBytewise) server.sendBytewise(text);
    else server.send(text);
    expect(await call).toEqual({ name: "ü🙂" });
  });

  it("take several replies of one packet, and an event right before a reply", async () => {
    const { server, client } = await open();
    const told: string[] = [];
    client.messages.subscribe((message) => told.push(message.kind));
    const calls = [client.execute("cont"), client.execute("query-status")];
    const [cont, status] = [await server.next(), await server.next()];
    server.send(
      `{"event": "RESUME"}\r\n{"return": {}, "id": ${cont.id}}\r\n{"return": {"running": true}, "id": ${status.id}}\r\n`,
    );
    expect(await Promise.all(calls)).toEqual([{}, { running: true }]);
    expect(told).toEqual(["event", "reply", "reply"]);
  });

  it("take a large reply in slices, between which other work has its turn", async () => {
    const { server, client } = await open();
    const call = client.execute("screendump-data");
    const request = await server.next();
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    server.answer(request, { data: "QUJD".repeat(1024 * 1024) });
    const { data } = (await call) as { data: string };
    expect(data.length).toBe(4 * 1024 * 1024);
    isDone = true;
    expect(turns).toBeGreaterThan(100);
  });

  it("are sent out of band only when that is enabled", async () => {
    const { server, client } = await open(["oob"]);
    const call = client.execute("migrate-pause", undefined, { oob: true });
    const request = await server.next();
    expect(request).toEqual({ "exec-oob": "migrate-pause", id: 2 });
    server.answer(request);
    await call;
    const { client: other } = await open([]);
    expect(await rejection(other.execute("migrate-pause", undefined, { oob: true }))).toMatchObject({
      code: "CLIENT_CAPABILITY",
    });
  });

  it("reject arguments that JSON cannot say, and the connection goes on", async () => {
    const { server, client } = await open();
    const isSaid = { code: "CLIENT_ARGUMENT" };
    expect(await rejection(client.execute("x", { value: Number.NaN }))).toMatchObject(isSaid);
    // From JavaScript, where nothing checks the types.
    for (const value of [() => {}, Symbol("x"), [undefined]]) {
      expect(await rejection(client.execute("x", { value } as never))).toMatchObject(isSaid);
    }
    expect(await rejection(client.execute(undefined as never))).toMatchObject(isSaid);
    const call = client.execute("query-name");
    const request = await server.next();
    expect(request.id).toBe(2);
    server.answer(request);
    await call;
  });
});

describe("replies that nobody asked for", () => {
  async function strayAfter(text: (id: number) => string) {
    const { server, client } = await open();
    const strays: QmpMessage[] = [];
    client.messages.subscribe((message) => strays.push(message));
    const call = client.execute("query-name");
    const { id } = await server.next();
    server.send(text(Number(id)));
    server.send(`{"return": "mine", "id": ${id}}\r\n`);
    expect(await call).toBe("mine");
    return strays.filter(({ kind }) => kind === "stray");
  }

  it.each([
    ["a number never sent", '{"return": {}, "id": 4711}', "foreign"],
    ["a string", '{"return": {}, "id": "libvirt-12"}', "foreign"],
    ["the id as a string", '{"return": {}, "id": "2"}', "foreign"],
    ["an id that was answered", '{"return": {}, "id": 1}', "repeated"],
    ["an error of a foreign id", '{"id": null, "error": {"class": "GenericError", "desc": "x"}}', "foreign"],
  ])("are told as strays and are nobody's answer: %s", async (_, text, why) => {
    expect(await strayAfter(() => `${text}\r\n`)).toEqual([{ kind: "stray", why, wire: JSON.parse(text) }]);
  });

  it("are told when one is doubled", async () => {
    const { server, client } = await open();
    const strays: QmpMessage[] = [];
    client.messages.subscribe((message) => strays.push(message));
    const call = client.execute("query-name");
    const request = await server.next();
    server.answer(request, 1);
    server.answer(request, 2);
    expect(await call).toBe(1);
    await settle();
    expect(strays[1]).toMatchObject({ kind: "stray", why: "repeated", wire: { return: 2 } });
  });

  it("without an id are the oldest command's where replies keep the order", async () => {
    const { server, client } = await open(["oob"]);
    const calls = [client.execute("a"), client.execute("b")];
    await server.next();
    await server.next();
    server.send('{"return": 1}\r\n{"error": {"class": "GenericError", "desc": "JSON parse error"}}\r\n');
    expect(await calls[0]).toBe(1);
    expect(await rejection(calls[1] ?? (calls[0] as never))).toMatchObject({ errorClass: "GenericError" });
  });

  it("without an id end a session whose replies come in no order", async () => {
    const { server, client } = await open(["async"]);
    const call = client.execute("a");
    await server.next();
    server.send('{"return": {}}\r\n');
    const error = await rejection(call);
    expect(error).toMatchObject({
      code: "CLIENT_CLOSED",
      cause: { code: "CLIENT_PROTOCOL", message: expect.stringContaining("a reply without an id") },
    });
    expect(await client.closed).toMatchObject({ code: "CLIENT_PROTOCOL" });
  });

  it("are told to be out of order when nothing was negotiated that lets them overtake", async () => {
    const orders = async (capabilities: readonly string[]) => {
      const { server, client } = await open(capabilities);
      const seen: boolean[] = [];
      client.messages.subscribe((message) => message.kind === "reply" && seen.push(message.inOrder));
      const calls = [client.execute("a"), client.execute("b")];
      const requests = [await server.next(), await server.next()];
      for (const request of requests.reverse()) server.answer(request);
      await Promise.all(calls);
      return seen;
    };
    expect(await orders([])).toEqual([false, true]);
    expect(await orders(["oob"])).toEqual([false, true]);
    expect(await orders(["async"])).toEqual([true, true]);
  });
});

describe("giving up", () => {
  it("with a signal cancels the command where the server can, and settles as the server says", async () => {
    const { server, client } = await open(["async"]);
    const controller = new AbortController();
    const call = client.execute("screendump", { filename: "x" }, { signal: controller.signal });
    const request = await server.next();
    controller.abort("enough");
    const cancel = await server.next();
    expect(cancel).toEqual({ execute: "cancel-command", arguments: { id: request.id }, id: 3 });
    server.answer(cancel);
    server.fail(request, "GenericError", "Command cancelled");
    expect(await rejection(call)).toMatchObject({
      code: "CLIENT_ABORTED",
      cause: { desc: "Command cancelled" },
    });
    expect(client.unansweredCount).toBe(0);
    expect(server.clock.timersPending).toBe(0);
  });

  it("cancels out of band with oob", async () => {
    const { server, client } = await open(["oob"]);
    const controller = new AbortController();
    const call = client.execute("screendump", {}, { signal: controller.signal });
    const request = await server.next();
    controller.abort();
    const cancel = await server.next();
    expect(cancel).toEqual({ "exec-oob": "cancel-command", arguments: { id: request.id }, id: 3 });
    server.fail(cancel, "GenericError", "No command with this 'id' is in flight");
    server.answer(request, "it was faster");
    expect(await call).toBe("it was faster");
  });

  it("gives a command up when the server does not answer that it is cancelled", async () => {
    const { server, client } = await open(["async"]);
    const controller = new AbortController();
    const call = client.execute("screendump", {}, { signal: controller.signal });
    await server.next();
    controller.abort("enough");
    await server.next();
    server.clock.advance(CLIENT_CANCEL_MS);
    expect(await rejection(call)).toMatchObject({ code: "CLIENT_ABORTED", cause: "enough" });
  });

  it.each([
    ["a server without cancel-command", ["oob"], QEMU_GREETING],
    ["a session that negotiated nothing", [], ASYNC_GREETING],
  ])("gives a command up at once with %s, and drops its late reply", async (_, capabilities, greeting) => {
    const { server, client } = await open(capabilities, greeting);
    const messages: QmpMessage[] = [];
    client.messages.subscribe((message) => messages.push(message));
    const controller = new AbortController();
    const call = client.execute("slow", {}, { signal: controller.signal });
    const request = await server.next();
    controller.abort();
    expect(await rejection(call)).toMatchObject({ code: "CLIENT_ABORTED" });
    expect(client.unansweredCount).toBe(1);
    server.answer(request);
    await settle();
    expect(client.unansweredCount).toBe(0);
    expect(messages).toMatchObject([{ kind: "reply", command: "slow" }]);
    expect(server.requests).toHaveLength(2);
  });

  it("with a time limit fails the call in time, and cancels it there", async () => {
    const { server, client } = await open(["async"]);
    const call = client.execute("slow", {}, { timeoutMs: 100 });
    const request = await server.next();
    server.clock.advance(100);
    expect(await rejection(call)).toMatchObject({
      code: "CLIENT_TIMEOUT",
      message: "slow: no reply within 100 ms",
    });
    expect(await server.next()).toMatchObject({ execute: "cancel-command", arguments: { id: request.id } });
  });

  it("leaves no timer and no listener when the reply comes first", async () => {
    const { server, client } = await open(["async"]);
    const { signal } = new AbortController();
    let listeners = 0;
    const counted = new Proxy(signal, {
      get(target, name) {
        if (name === "addEventListener") listeners++;
        if (name === "removeEventListener") listeners--;
        const member = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const call = client.execute("a", {}, { signal: counted, timeoutMs: 100 });
    expect([listeners, server.clock.timersPending]).toEqual([1, 1]);
    server.answer(await server.next());
    await call;
    expect([listeners, server.clock.timersPending]).toEqual([0, 0]);
  });

  it("sends nothing when the signal fired before", async () => {
    const { server, client } = await open();
    expect(await rejection(client.execute("a", {}, { signal: AbortSignal.abort() }))).toMatchObject({
      code: "CLIENT_ABORTED",
    });
    await settle();
    expect(server.requests).toHaveLength(1);
  });
});

describe("a server that stops reading", () => {
  it("gets nothing more than the transport holds, and the rest in order when it reads again", async () => {
    const { server, client } = await open();
    server.stopReading();
    const long = "x".repeat(300_000);
    const calls = [client.execute("a", { long }), client.execute("b", { long })];
    await settle();
    const controller = new AbortController();
    const dropped = client.execute("never-sent", {}, { signal: controller.signal });
    const last = client.execute("c");
    await settle();
    controller.abort();
    expect(await rejection(dropped)).toMatchObject({ code: "CLIENT_ABORTED" });
    server.startReading();
    for (const name of ["a", "b", "c"]) {
      const request = await server.next();
      expect(request.execute).toBe(name);
      server.answer(request);
    }
    await Promise.all([...calls, last]);
  });

  it("fails calls in their time, and further ones when too many wait", async () => {
    const { server, client } = await open();
    server.stopReading();
    const timed = client.execute("a", {}, { timeoutMs: 50 });
    const waiting = Array.from({ length: CLIENT_CALLS_COUNT_MAX - 1 }, () => client.execute("b"));
    const lost = Promise.allSettled(waiting);
    expect(await rejection(client.execute("one-too-many"))).toMatchObject({ code: "CLIENT_BUSY" });
    server.clock.advance(50);
    expect(await rejection(timed)).toMatchObject({ code: "CLIENT_TIMEOUT" });
    await client.close();
    expect((await lost).every(({ status }) => status === "rejected")).toBe(true);
  });
});

describe("the end of the connection", () => {
  it.each([
    ["closes instead of a reply", "", "memory: the server closed the connection"],
    [
      "breaks off in a reply",
      '{"return": {"a": ',
      "memory: the server closed the connection in the middle of a message",
    ],
  ])("fails every command in flight with its cause when the server %s", async (_, text, message) => {
    const { server, client } = await open(["async"]);
    const calls = [client.execute("a"), client.execute("b", {}, { timeoutMs: 1000 })];
    await server.next();
    if (text !== "") server.send(text);
    server.end();
    for (const [index, call] of calls.entries()) {
      const command = index === 0 ? "a" : "b";
      expect(await rejection(call)).toMatchObject({
        code: "CLIENT_CLOSED",
        message: `${command}: no reply: ${message}`,
        cause: { code: "CLIENT_CLOSED", message },
      });
    }
    expect(await client.closed).toMatchObject({ message });
    expect(await rejection(client.execute("c"))).toMatchObject({ code: "CLIENT_CLOSED", cause: { message } });
    await settle();
    expect(server.clock.timersPending).toBe(0);
  });

  it("comes after what was sent before it", async () => {
    const { server, client } = await open();
    const events: string[] = [];
    client.events.subscribe({
      next: ({ event }) => events.push(event),
      complete: () => events.push("complete"),
    });
    const call = client.execute("quit");
    const request = await server.next();
    server.answer(request);
    server.send(Array.from({ length: 200 }, (_, index) => `{"event": "E${index}"}\r\n`).join(""));
    server.end();
    await call;
    await client.closed;
    expect(events).toEqual([...Array.from({ length: 200 }, (_, index) => `E${index}`), "complete"]);
  });

  it.each([
    ["JSON that is none", "{]"],
    ["a value that is no message", "[1, 2]"],
    ["a second greeting", QEMU_GREETING],
    ["an error without a class", '{"error": "no"}'],
  ])("comes when the server sends %s", async (_, text) => {
    const { server, client } = await open();
    const call = client.execute("a");
    await server.next();
    server.send(`${text}\r\n`);
    expect(await rejection(call)).toMatchObject({
      code: "CLIENT_CLOSED",
      cause: { code: "CLIENT_PROTOCOL" },
    });
    expect(await client.closed).toMatchObject({ code: "CLIENT_PROTOCOL" });
    await settle();
    expect(server.closed).toBe(true);
  });

  it("is in order after `close`, which sends what was asked for before", async () => {
    const { server, client } = await open();
    const call = client.execute("a");
    const lost = rejection(call);
    await server.next();
    await client.close();
    await client.close();
    expect(await lost).toMatchObject({
      code: "CLIENT_CLOSED",
      message: "a: no reply: the client was closed",
    });
    expect(await client.closed).toBeUndefined();
    await settle();
    expect(server.closed).toBe(true);
    expect(server.clock.timersPending).toBe(0);
  });
});
