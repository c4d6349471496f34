/**
 * What a plugin's commands do over a real socket, and what its mistakes do to others: nothing.
 */

import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Line, TestClient } from "../support/client.ts";
import { BUILD_TIMEOUT_MS, buildPlugin, type PluginFolder } from "../support/plugin.ts";
import { startTestService, type TestService } from "../support/service.ts";

const SCHEMA = `
{ 'struct': 'Words', 'data': { 'words': [ 'str' ], '*when': 'Moment' } }
{ 'enum': 'Moment', 'data': [ 'now', 'later' ] }
{ 'event': 'SAID', 'data': 'Words' }
{ 'event': 'SILENCE' }
{ 'command': 'say', 'data': 'Words', 'returns': 'Words', 'allow-oob': true }
{ 'command': 'early', 'returns': 'Words', 'allow-preconfig': true }
{ 'command': 'wait', 'data': { 'do': 'str', '*arguments': 'any' }, 'returns': 'Words', 'coroutine': true }
{ 'command': 'keep', 'async': true }
{ 'command': 'work', 'data': { 'do': 'str' }, 'returns': 'Words', 'async': true }
{ 'command': 'err', 'data': { 'do': 'str' }, 'returns': 'Words' }
`;

const PLUGIN = `
import { definePlugin, QmpError, type JsonObject, type PluginContext, type PluginMachine, type PluginPlainContext }
  from "qmpd/plugin";
import { type CommandHandlers, marshalCommands } from "./generated/commands.js";
import { checkEventData, type EventData } from "./generated/events.js";
import { schemaInfo } from "./generated/introspection.js";
import type work from "./work.js";

type Handlers = CommandHandlers<PluginPlainContext<EventData>, PluginContext<EventData>>;
const WORK = new URL("./work.js", import.meta.url);
const nothing: never[] = [];

function createHandlers(machine: PluginMachine<EventData>): Handlers {
  machine.signal.addEventListener("abort", () => Reflect.set(globalThis, "endedMachine", machine.name));
  return {
    say(words, context) {
      context.machine.emit("SAID", words);
      machine.emit("SILENCE");
      return words;
    },
    early: ({}, { machine: { name = "", status } }) => ({ words: [name, status] }),
    wait: {
      resources({ do: what }) {
        if (what === "throw at claims") throw new TypeError("a slip");
        if (what === "hang at claims") return new Promise<never>(() => {});
        const claims = [{ resource: "sayer", mode: "exclusive" } as const];
        return what === "reject at claims" ? Promise.reject(new TypeError("a slip")) : claims;
      },
      async handle(args, context) {
        switch (args.do) {
          case "execute": {
            const [command, inner] = args.arguments as [string, JsonObject];
            return { words: [JSON.stringify(await context.execute(command, inner))] };
          }
          case "unicast": {
            const { emitUnicast, id } = context;
            emitUnicast("SAID", { words: [String(id)] });
            return { words: nothing };
          }
          case "forbid":
            throw new QmpError("Not today", "DeviceNotActive");
          case "throw":
            throw new TypeError("a slip");
          case "wrong result":
            return { words: 1 } as never;
          case "wrong event":
            context.emitUnicast("SAID", { words: [true] } as never);
            return { words: nothing };
          case "foreign event":
            machine.emit("STOP" as "SILENCE");
            return { words: nothing };
          default:
            context.progress({ current: 2, total: 1 });
            return { words: nothing };
        }
      },
    },
    keep: { handle: () => undefined },
    work: {
      handle: async (args, context) => ({
        words: [
          args.do === "gone"
            ? await context.runTask<typeof work>(new URL("./gone.js", import.meta.url), "")
            : args.do === "send function"
              ? await context.runTask<typeof work>(WORK, (() => {}) as never)
              : await context.runTask<typeof work>(WORK, args.do),
        ],
      }),
    },
    err(args) {
      if (args.do === "promise") return Promise.reject(new Error("unheard")) as never;
      if (args.do === "throw") throw "a bare string";
      return { words: "none" } as never;
    },
  };
}

export default definePlugin({ name: "sayer", schema: { marshalCommands, schemaInfo, checkEventData }, createHandlers });
`;

const WORK = `
import { QmpError, type TaskContext } from "qmpd/plugin";

export default async function work(what: string, task: TaskContext): Promise<string> {
  switch (what) {
    case "fail":
      throw new QmpError("No such word", "DeviceNotFound");
    case "throw":
      throw new RangeError("a slip in a thread");
    case "wrong progress":
      task.progress({ current: 1.5, total: 2 });
      return what;
    case "answer function":
      return (() => {}) as never;
    case "exit":
      process.exit(7);
    case "memory":
      for (const all: unknown[] = []; ; ) all.push(new Array(1e6).fill({}));
    case "deaf":
      for (;;) if (task.isCancelled && process.uptime() < 0) return what;
    case "look":
      for (let current = 0; ; current++) {
        task.progress({ current, total: 1e9 });
        task.throwIfCancelled();
      }
    default:
      return what.toUpperCase();
  }
}
`;

/** Besides: types of two plugins have to be told apart. */
const EXAMPLE = resolve("dist/examples/hash-file/plugin.js");

const DEFECT = { class: "GenericError", desc: "Internal error; the server's log says more" };
const CANCELLED = { class: "GenericError", desc: "Command cancelled" };
const THREAD_DIED = {
  class: "GenericError",
  desc: "The thread that served this command has died; try again",
};

let plugins: PluginFolder;
let service: TestService;
let client: TestClient;

beforeAll(async () => {
  plugins = buildPlugin({ file: "sayer.json", text: SCHEMA }, { "plugin.ts": PLUGIN, "work.ts": WORK });
  service = await startTestService({ plugins: () => [`${plugins.folder}/plugin.js`, EXAMPLE], workers: 1 });
  client = await TestClient.connect(service.sockets[0] ?? "", ["oob", "async"]);
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  client.destroy();
  await service.stop();
  plugins.remove();
});

let ids = 0;

/** The reply, without its id. */
async function ask(command: string, args: object = {}): Promise<Line> {
  const { id, ...reply } = await client.execute(command, args, ++ids);
  expect(id).toBe(ids);
  return reply;
}

describe("a plugin's commands", () => {
  it("are dispatched, checked against the schema, and tell events before their replies", async () => {
    client.send({ execute: "say", arguments: { words: ["a"], when: "now" }, id: "x" });
    expect(await client.take(3)).toEqual([
      { event: "SAID", data: { words: ["a"], when: "now" }, timestamp: expect.anything() },
      { event: "SILENCE", timestamp: expect.anything() },
      { return: { words: ["a"], when: "now" }, id: "x" },
    ]);
    expect(await ask("say", { words: [1] })).toMatchObject({
      error: { desc: "Invalid parameter type for 'words[0]', expected: string" },
    });
    expect(await ask("say", { words: [], when: "never" })).toMatchObject({
      error: { desc: "Parameter 'when' does not accept value 'never'" },
    });
    expect(await ask("early")).toEqual({ return: { words: ["vm0", "running"] } });
  });

  it("run out of band, where the schema says so", async () => {
    client.send({ "exec-oob": "say", arguments: { words: [] }, id: 0 });
    expect(await client.reply()).toEqual({ return: { words: [] }, id: 0 });
    client.send({ "exec-oob": "early", id: 0 });
    expect(await client.reply()).toMatchObject({ error: { desc: "The command early does not support OOB" } });
  });

  it("fail with the error that they throw", async () => {
    expect(await ask("wait", { do: "forbid" })).toEqual({
      error: { class: "DeviceNotActive", desc: "Not today" },
    });
    expect(await ask("work", { do: "fail" })).toEqual({
      error: { class: "DeviceNotFound", desc: "No such word" },
    });
  });

  it("C5: can be cancelled while it is not known yet what they need", async () => {
    client.send({ execute: "wait", arguments: { do: "hang at claims" }, id: "hang" });
    client.send({ "exec-oob": "cancel-command", arguments: { id: "hang" }, id: "cancel" });
    expect([await client.reply(), await client.reply()]).toContainEqual({ id: "hang", error: CANCELLED });
  });

  it("have ended when a handler without a promise has", async () => {
    expect(await ask("keep")).toEqual({ return: {} });
  });

  it("run other commands, whose errors are theirs", async () => {
    const execute = async (...args: unknown[]): Promise<Line> =>
      ask("wait", { do: "execute", arguments: args });
    expect(await execute("query-name", {})).toEqual({ return: { words: ['{"name":"vm0"}'] } });
    expect(await execute("stop", {})).toEqual({ return: { words: ["{}"] } });
    expect(await ask("early")).toEqual({ return: { words: ["vm0", "paused"] } });
    expect(await execute("cont", {})).toEqual({ return: { words: ["{}"] } });
    expect(await execute("screendump", { filename: "/no/such" })).toMatchObject({
      error: { desc: expect.stringContaining("No such file or directory") },
    });
    expect(await execute("fly", {})).toEqual({
      error: { class: "CommandNotFound", desc: "The command fly has not been found" },
    });
  });

  it("send events to their own session alone", async () => {
    const other = await TestClient.connect(service.sockets[0] ?? "", []);
    client.send({ execute: "wait", arguments: { do: "unicast" }, id: "mine" });
    expect(await client.next()).toMatchObject({ event: "SAID", data: { words: ["mine"] } });
    await client.reply();
    expect(await other.execute("query-name")).toMatchObject({ return: { name: "vm0" } });
    expect(other.texts.filter((text) => text.includes("SAID"))).toEqual([]);
    other.destroy();
  });

  it("I1: are listed and introspected as the others are, with types of their own", async () => {
    const { return: listed } = (await ask("query-commands")) as { return: { name: string }[] };
    expect(listed.map(({ name }) => name).slice(-7)).toEqual([
      ...["say", "early", "wait", "keep", "work", "err"],
      "hash-file",
    ]);
    type Entry = Line & { name: string; "meta-type": string; members?: { name: string; type: string }[] };
    const { return: entries } = (await ask("query-qmp-schema")) as unknown as { return: Entry[] };
    const types = new Map(entries.map((entry) => [entry.name, entry]));
    expect(types.size).toBe(entries.length);
    const find = (name: unknown): Entry => types.get(String(name)) as Entry;
    expect(find("work")).toMatchObject({ "meta-type": "command", async: true });
    expect(find("say")).toMatchObject({ "meta-type": "command", "allow-oob": true });
    for (const name of [find("say")["arg-type"], find("say")["ret-type"], find("SAID")["arg-type"]]) {
      const { members = [] } = find(name);
      expect(members.map((member) => member.name)).toEqual(["words", "when"]);
      expect(members[0]?.type).toBe("[str]");
      expect(find(members[1]?.type)).toMatchObject({ "meta-type": "enum", values: ["now", "later"] });
    }
    expect(find(find("hash-file")["ret-type"]).members?.map((member) => member.name)).toEqual([
      ...["algorithm", "digest", "size"],
    ]);
    // Every name that an entry tells leads somewhere.
    const named = JSON.stringify(entries).matchAll(/"(?:arg-|ret-|element-)?type":"([^"]+)"/g);
    expect(Array.from(named, ([, name = ""]) => name).filter((name) => !types.has(name))).toEqual([]);
  });
});

describe("a plugin's mistake is an internal error, logged as the plugin's, and harms nobody else:", () => {
  it.each([
    ["wait", "throw", "PLUGIN_DEFECT", "plugin sayer: the handler of 'wait' failed: a slip"],
    ["wait", "throw at claims", "PLUGIN_DEFECT", "plugin sayer: the handler of 'wait' failed: a slip"],
    ["wait", "reject at claims", "PLUGIN_DEFECT", "plugin sayer: the handler of 'wait' failed: a slip"],
    ["wait", "wrong result", "", "result of wait is not of its type: Invalid parameter type for 'words', "],
    [
      "wait",
      "wrong event",
      "PLUGIN_DEFECT",
      "the data of event 'SAID' is not of its type: Invalid parameter",
    ],
    ["wait", "foreign event", "PLUGIN_DEFECT", "the schema of plugin sayer has no event 'STOP'"],
    ["wait", "wrong progress", "PLUGIN_DEFECT", "progress 2 of 1 cannot be: use whole numbers"],
    ["err", "promise", "PLUGIN_DEFECT", "the handler of the plain command 'err' answers a promise: make the"],
    ["err", "throw", "PLUGIN_DEFECT", "the handler of 'err' failed: a bare string"],
    ["err", "wrong result", "", "result of err is not of its type: "],
    ["work", "throw", "PLUGIN_DEFECT", "RangeError: a slip in a thread"],
    ["work", "wrong progress", "PLUGIN_DEFECT", "progress 1.5 of 2 cannot be"],
    ["work", "gone", "PLUGIN_DEFECT", "gone.js"],
    ["work", "send function", "PLUGIN_DEFECT", "could not be cloned"],
    ["work", "answer function", "PLUGIN_DEFECT", "could not be cloned"],
  ])("%s, %s", async (command, what, code, text) => {
    const logged = service.log.length;
    expect(await ask(command, { do: what })).toEqual({ error: DEFECT });
    const [line = "", ...more] = service.log.slice(logged);
    expect(more).toEqual([]);
    expect(line).toContain("a command failed by a defect of this program");
    expect(line).toContain(code === "" ? `"command":"${command}"` : `"code":"${code}"`);
    expect(await ask("work", { do: "hello" })).toEqual({ return: { words: ["HELLO"] } });
    expect(line).toContain(text);
  });
});

describe("a plugin's task", () => {
  it.each(["exit", "memory"])(
    "fails its command when its thread dies of it, and the thread is replaced: %s",
    async (what) => {
      expect(await ask("work", { do: what })).toEqual({ error: THREAD_DIED });
      expect(await ask("work", { do: "hello" })).toEqual({ return: { words: ["HELLO"] } });
      expect(service.log.at(-1)).toContain("a pool thread has ended; it is replaced");
    },
  );

  it("C7: is told when its command is cancelled", async () => {
    client.send({ execute: "work", arguments: { do: "look" }, id: "look" });
    await client.until(() => client.texts.at(-1)?.includes("COMMAND_PROGRESS") === true);
    client.send({ execute: "cancel-command", arguments: { id: "look" }, id: "cancel" });
    expect([await client.reply(), await client.reply()]).toContainEqual({ id: "look", error: CANCELLED });
  });

  it("that is deaf is ended together with its thread, and one that waits never begins", async () => {
    client.send({ execute: "work", arguments: { do: "deaf" }, id: "deaf" });
    client.send({ execute: "work", arguments: { do: "look" }, id: "waits" });
    // The one thread is busy for ever: others have their own.
    expect(await ask("screendump-data", { format: "png" })).toMatchObject({ return: { format: "png" } });
    client.send({ execute: "cancel-command", arguments: { id: "waits" }, id: 1 });
    expect([await client.reply(), await client.reply()]).toContainEqual({ id: "waits", error: CANCELLED });
    client.send({ execute: "cancel-command", arguments: { id: "deaf" }, id: 2 });
    expect([await client.reply(), await client.reply()]).toContainEqual({ id: "deaf", error: CANCELLED });
    expect(await ask("work", { do: "hello" })).toEqual({ return: { words: ["HELLO"] } });
  });
});

it("N0: a machine has its own: handlers, events, and none where none was asked for", async () => {
  const two = await startTestService({
    machines: [[], [], []],
    plugins: (machine) => (machine === 2 ? [] : [`${plugins.folder}/plugin.js`]),
  });
  const clients = await Promise.all(two.sockets.map((socket) => TestClient.connect(socket, [])));
  const [one, other, none] = clients;
  expect(await one?.execute("early")).toEqual({ return: { words: ["vm0", "running"] } });
  expect(await other?.execute("early")).toEqual({ return: { words: ["vm1", "running"] } });
  expect(await none?.execute("early")).toMatchObject({ error: { class: "CommandNotFound" } });
  await one?.execute("say", { words: ["for vm0"] });
  await other?.execute("query-name");
  expect(other?.texts.filter((text) => text.includes("SAID"))).toEqual([]);
  for (const each of clients) each.destroy();
  await two.stop();
});

it("before the machine is built, what the schema allows runs, and can run no more than that", async () => {
  // Named once more: a service of its own, whose machine waits.
  const preconfig = await startTestService({
    plugins: () => [`${plugins.folder}/plugin.js`],
    preconfig: true,
  });
  const waiting = await TestClient.connect(preconfig.sockets[0] ?? "", []);
  expect(await waiting.execute("early")).toEqual({ return: { words: ["vm0", "preconfig"] } });
  expect(await waiting.execute("say", { words: [] })).toMatchObject({
    error: { desc: "The command 'say' is permitted only after machine initialization has completed" },
  });
  waiting.destroy();
  await preconfig.stop();
  expect(Reflect.get(globalThis, "endedMachine")).toBe("vm0");
});
