/**
 * The two halves of a command (rule C2), the commands of a test service, events and introspection.
 */

import { describe, expect, it } from "vitest";
import { type CommandHandlers, marshalCommands } from "../../src/qapi/generated/commands.ts";
import { checkEventData, isEventName } from "../../src/qapi/generated/events.ts";
import { schemaInfo } from "../../src/qapi/generated/introspection.ts";
import type { ScreendumpArg } from "../../src/qapi/generated/ui.ts";
import type { CallContext, ResourceClaim } from "../../src/qapi/runtime/command.ts";
import type { JsonObject, JsonValue } from "../../src/qjson/value.ts";

type Handlers = CommandHandlers<object, object>;

function commandOf(name: keyof Handlers, handlers: Partial<Handlers>) {
  const command = marshalCommands(handlers as Handlers, { QTEST: true }).find((each) => each.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return command;
}

/** Keeps what a calling half hands over. */
class RecordingContext implements CallContext {
  claims: unknown;
  start: (() => unknown) | undefined;
  marshalReturn: ((result: never) => JsonValue) | undefined;

  begin(
    claims: readonly ResourceClaim[] | Promise<readonly ResourceClaim[]> | undefined,
    start: () => unknown,
    marshalReturn: (result: never) => JsonValue,
  ): void {
    Object.assign(this, { claims, start, marshalReturn });
  }
}

describe("the halves of an async command", () => {
  it("C2: the calling half checks the arguments, claims, and calls the handler when it is started", async () => {
    const calls: [ScreendumpArg, object][] = [];
    const command = commandOf("screendump", {
      screendump: {
        resources: ({ filename }) => [{ resource: `file:${filename}`, mode: "exclusive" }],
        async handle(args, context) {
          calls.push([args, context]);
        },
      },
    });
    expect(command).toMatchObject({ kind: "async", onDisconnect: "cancel", allowOob: false });
    const context = new RecordingContext();
    command.call({ format: "png", filename: "/tmp/x" }, context);
    expect(context.claims).toEqual([{ resource: "file:/tmp/x", mode: "exclusive" }]);
    expect(calls).toEqual([]);
    await context.start?.();
    expect(calls).toEqual([[{ filename: "/tmp/x", format: "png" }, context]]);
    expect(context.marshalReturn?.(undefined as never)).toEqual({});
  });

  it("C2: wrong arguments are refused before the handler is asked for its resources", () => {
    const context = new RecordingContext();
    const command = commandOf("screendump", {
      screendump: {
        resources: () => expect.unreachable(),
        handle: () => expect.unreachable(),
      },
    });
    expect(() => command.call({}, context)).toThrow("Parameter 'filename' is missing");
    expect(context.start).toBeUndefined();
  });

  it("C2: the returning half holds the result against the schema", () => {
    const context = new RecordingContext();
    commandOf("screendump-data", { "screendump-data": { handle: () => undefined } }).call({}, context);
    const result = { data: "AAAA", width: 1, height: 1, format: "png" };
    expect(context.marshalReturn?.(result as never)).toEqual(result);
    expect(() => context.marshalReturn?.({ ...result, format: "bmp" } as never)).toThrow(
      /^result of screendump-data is not of its type/,
    );
  });
});

describe("conditions", () => {
  const names = (QTEST: boolean): string[] =>
    marshalCommands({} as Handlers, { QTEST }).map(({ name }) => name);

  it("leave the test commands out of a service that is not for tests", () => {
    const plain = names(false);
    expect(plain).not.toContain("qtest-emit");
    expect(names(true)).toEqual([...plain, "qtest-timeout", "qtest-emit"]);
  });

  it("I1: introspection lists the commands that are there, and the types that these lead to", () => {
    for (const QTEST of [false, true]) {
      const entries = schemaInfo({ QTEST });
      const listed = entries.filter((entry) => entry["meta-type"] === "command").map(({ name }) => name);
      expect(listed.sort()).toEqual(names(QTEST).sort());
      const known = new Set(entries.map(({ name }) => name));
      expect(known.size).toBe(entries.length);
      for (const name of entries.flatMap(namedTypes)) expect(known).toContain(name);
    }
  });
});

describe("introspection", () => {
  const entries = schemaInfo({ QTEST: false });

  it("I1: tells for every command whether it is async and allow-oob", () => {
    const commands = marshalCommands({} as Handlers, { QTEST: false });
    for (const { name, kind, allowOob } of commands) {
      const entry = entries.find((each) => each.name === name);
      if (entry?.["meta-type"] !== "command") throw new Error(`${name} is not listed`);
      expect([entry.async ?? false, entry["allow-oob"] ?? false]).toEqual([kind === "async", allowOob]);
    }
  });

  it("is what query-qmp-schema may answer", () => {
    const handlers = { "query-qmp-schema": () => entries } as unknown as Handlers;
    const command = marshalCommands(handlers, { QTEST: false }).find(
      ({ name }) => name === "query-qmp-schema",
    );
    if (command?.kind !== "plain") throw new Error("query-qmp-schema is not plain");
    expect(command.call({}, {})).toEqual(entries);
  });

  it("names no type of the schema", () => {
    const types = entries.filter((entry) => !["command", "event", "builtin"].includes(entry["meta-type"]));
    for (const { name } of types) expect(name).toMatch(/^(\d+|\[(\d+|str|int)\])$/);
  });
});

/** Names that an entry gives to types. */
function namedTypes(entry: JsonObject): JsonValue[] {
  const own = [entry["arg-type"], entry["ret-type"], entry["element-type"]];
  const lists = [entry.members, entry.variants].flatMap((list) => (Array.isArray(list) ? list : []));
  return [...own, ...lists.map((each: JsonObject) => each.type)].filter((name) => name !== undefined);
}

describe("event data", () => {
  it("is held against the schema as an argument called data", () => {
    expect(checkEventData("RTC_CHANGE", { offset: 1, "qom-path": "/rtc" })).toEqual({
      offset: 1,
      "qom-path": "/rtc",
    });
    expect(() => checkEventData("RTC_CHANGE", { offset: "1" })).toThrow(
      "Invalid parameter type for 'data.offset', expected: integer",
    );
    expect(() => checkEventData("RTC_CHANGE", undefined)).toThrow("Parameter 'data.offset' is missing");
    expect(() => checkEventData("STOP", { guest: true })).toThrow("Parameter 'data.guest' is unexpected");
    expect(() => checkEventData("STOP", [])).toThrow("Invalid parameter type for 'data', expected: object");
    expect(checkEventData("STOP", undefined)).toEqual({});
  });

  it("belongs to events of the schema alone", () => {
    expect(isEventName("RESET")).toBe(true);
    expect(isEventName("reset")).toBe(false);
    expect(isEventName("toString")).toBe(false);
  });
});
