/**
 * Conditions (`if`) on parts of definitions: what does not hold is refused as what the schema has not, is
 * not listed and not bound.  The code is that of `fixture/parts.json`.
 */

import { describe, expect, it } from "vitest";
import type { CallContext } from "../../src/qapi/runtime/command.ts";
import type { JsonObject, JsonValue } from "../../src/qjson/value.ts";
import { type CommandHandlers, marshalCommands } from "./fixture/generated/commands.ts";
import type { Conditions } from "./fixture/generated/conditions.ts";
import { checkEventData, type EventName, isEventName } from "./fixture/generated/events.ts";
import { schemaInfo } from "./fixture/generated/introspection.ts";

const NONE: Conditions = { FUEL: false, MOTORS: false, NAMES: false, SAFE: false };
const ALL: Conditions = { FUEL: true, MOTORS: true, NAMES: true, SAFE: true };

type Handlers = CommandHandlers<object, object>;

const context: CallContext & { returning?: (result: never) => JsonValue } = {
  begin(_claims, start, returning) {
    start();
    this.returning = returning;
  },
};

class Called extends Error {}

/** What `ride` makes of `drive`: what its handler gets, or an error's text. */
function ride(drive: JsonValue, conditions: Conditions): unknown {
  let got: unknown;
  const handlers = {
    ride: (args: { with: unknown }) => {
      got = args.with;
      throw new Called();
    },
  } as unknown as Handlers;
  const command = marshalCommands(handlers, conditions).find(({ name }) => name === "ride");
  try {
    command?.call({ with: drive }, context);
  } catch (error) {
    return error instanceof Called ? got : (error as Error).message;
  }
  throw new Error("ride neither called nor refused");
}

const MOTORS = { ...NONE, MOTORS: true };
const ROWS: [title: string, drive: JsonValue, conditions: Conditions, outcome: JsonValue][] = [
  ["a value", { engine: "motor" }, NONE, "Parameter 'engine' does not accept value 'motor'"],
  ["a value", { engine: "motor", power: 1 }, MOTORS, { engine: "motor", power: 1 }],
  ["a value with a joined condition", { engine: "rocket" }, MOTORS, { engine: "rocket" }],
  [
    "a value with a joined condition",
    { engine: "rocket" },
    { ...MOTORS, SAFE: true },
    "Parameter 'engine' does not accept value 'rocket'",
  ],
  ["a branch", { engine: "pedals" }, NONE, "Parameter 'engine' does not accept value 'pedals'"],
  ["a branch", { engine: "pedals", rpm: 60 }, MOTORS, { engine: "pedals", rpm: 60 }],
  ["a branch of an alternate", "tandem", MOTORS, "Invalid parameter type for 'with', expected: DriveRef"],
  ["a branch of an alternate", "tandem", ALL, "tandem"],
  ["a member", { engine: "motor", power: 1, tank: 2 }, MOTORS, "Parameter 'with.tank' is unexpected"],
  ["a member", { engine: "motor", power: 1 }, ALL, "Parameter 'with.tank' is missing"],
  ["a member", { engine: "motor", power: 1, tank: 2 }, ALL, { engine: "motor", power: 1, tank: 2 }],
  [
    "a member whose condition is negated",
    { engine: "motor", power: 1, tank: 2, battery: [] },
    ALL,
    "Parameter 'with.battery' is unexpected",
  ],
  [
    "an array of conditional values",
    { engine: "motor", power: 1, battery: ["rocket", "motor", "pedals"] },
    { ...MOTORS, SAFE: true },
    "Parameter 'null' does not accept value 'rocket'",
  ],
];

describe("a part with a condition", () => {
  for (const [title, drive, conditions, outcome] of ROWS) {
    const held = Object.entries(conditions).flatMap(([name, holds]) => (holds ? [name] : []));
    it(`${title}: ${JSON.stringify(drive)} with ${held.join(" ") || "nothing"}`, () => {
      expect(ride(drive, conditions)).toEqual(outcome);
    });
  }

  it("is held against results, too", () => {
    const handlers = { park: { handle: () => undefined } } as unknown as Handlers;
    const returning = (conditions: Conditions) => {
      const park = marshalCommands(handlers, conditions).find(({ name }) => name === "park");
      park?.call({ engine: "pedals" }, context);
      return context.returning?.([{ engine: "motor", power: 1 }] as never);
    };
    expect(returning(MOTORS)).toEqual([{ engine: "motor", power: 1 }]);
    expect(() => returning({ ...NONE, SAFE: true })).toThrow(
      "result of park is not of its type: Parameter 'engine' does not accept value 'motor'",
    );
  });
});

describe("a definition with a condition", () => {
  const commandNames = (conditions: Conditions): string[] =>
    marshalCommands({} as Handlers, conditions).map(({ name }) => name);

  it("is bound where that holds", () => {
    expect(commandNames(NONE)).toEqual(["ride", "park", "by-hand", "by-hand-later", "leave", "grow"]);
    expect(commandNames({ ...NONE, NAMES: true })).toEqual([
      ...["ride", "park", "walk", "by-hand", "by-hand-later", "leave", "grow"],
    ]);
  });

  it("is an event where that holds", () => {
    const names = ["GONE", "ARRIVED", "OTHER"];
    expect(names.filter((name) => isEventName(name, NONE))).toEqual(["ARRIVED"]);
    expect(names.filter((name) => isEventName(name, ALL))).toEqual(["GONE", "ARRIVED"]);
    const check = (event: EventName, data: JsonObject, conditions: Conditions) =>
      checkEventData(event, data, conditions);
    expect(check("GONE", { drive: { engine: "rocket" } }, MOTORS)).toEqual({ drive: { engine: "rocket" } });
    expect(() => check("GONE", { drive: { engine: "rocket" } }, ALL)).toThrow(
      "Parameter 'engine' does not accept value 'rocket'",
    );
    expect(() => check("ARRIVED", {}, ALL)).toThrow("Parameter 'data.at' is missing");
  });
});

describe("introspection", () => {
  const entryOf = (conditions: Conditions, name: string): JsonObject | undefined =>
    schemaInfo(conditions).find((entry) => entry.name === name);

  /** The type of `ride`'s argument `with`, and what it leads to. */
  function driveOf(conditions: Conditions) {
    const typeOf = (entry: JsonObject | undefined, list: string, index: number): JsonObject | undefined => {
      const item = (entry?.[list] as JsonObject[] | undefined)?.[index];
      return entryOf(conditions, String(item?.type));
    };
    const arg = entryOf(conditions, String(entryOf(conditions, "ride")?.["arg-type"]));
    const ref = typeOf(arg, "members", 0);
    const drive = typeOf(ref, "members", 0);
    return { ref, drive, engine: typeOf(drive, "members", 0) };
  }

  it("lists values, branches and members where their conditions hold", () => {
    const none = driveOf(NONE);
    expect(none.engine?.values).toEqual(["pedals"]);
    expect(none.drive?.variants).toEqual([]);
    expect(none.ref?.members).toHaveLength(2);
    const { engine, drive, ref } = driveOf(ALL);
    expect(engine?.values).toEqual(["pedals", "motor"]);
    expect(drive?.variants).toMatchObject([{ case: "pedals" }, { case: "motor" }]);
    expect(ref?.members).toHaveLength(3);
  });

  it("lists features where their conditions hold", () => {
    const motorOf = (conditions: Conditions): JsonObject | undefined =>
      schemaInfo(conditions).find(({ features }) => features !== undefined);
    expect(motorOf(NONE)?.features).toEqual(["quiet"]);
    expect(motorOf(ALL)?.features).toEqual([]);
  });

  it("lists definitions where their conditions hold, in the schema's order", () => {
    const roots = (conditions: Conditions): unknown[] =>
      schemaInfo(conditions)
        .filter((entry) => ["command", "event"].includes(String(entry["meta-type"])))
        .map(({ name }) => name);
    expect(roots(NONE)).toEqual(["ride", "park", "by-hand", "by-hand-later", "leave", "grow", "ARRIVED"]);
    expect(roots(ALL)).toEqual([
      ...["ride", "park", "walk", "by-hand", "by-hand-later", "leave", "grow"],
      ...["GONE", "ARRIVED"],
    ]);
  });
});

describe("gen: false", () => {
  it("hands over what the client sent, and answers what the handler answers", () => {
    const got: unknown[] = [];
    const handlers = {
      "by-hand": (args: JsonObject) => {
        got.push(args);
        return ["anything"];
      },
      "by-hand-later": { handle: (args: JsonObject) => void got.push(args) },
    } as unknown as Handlers;
    const commands = new Map(marshalCommands(handlers, NONE).map((command) => [command.name, command]));
    expect(commands.get("by-hand")?.call({ no: "text" }, context)).toEqual(["anything"]);
    commands.get("by-hand-later")?.call({ more: 1 }, context);
    expect(context.returning?.(undefined as never)).toEqual({});
    expect(got).toEqual([{ no: "text" }, { more: 1 }]);
  });
});

describe("names that JavaScript has already", () => {
  it("are members like others", () => {
    const odd = (value: JsonObject): unknown => {
      const handlers = { ride: () => ({ engine: "pedals" }) } as unknown as Handlers;
      const command = marshalCommands(handlers, ALL).find(({ name }) => name === "ride");
      try {
        return command?.call({ with: null, odd: value }, context);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(odd({})).toBe("Parameter 'odd.toString' is missing");
    expect(odd({ toString: "x" } as unknown as JsonObject)).toEqual({ engine: "pedals" });
    expect(odd({ toString: "x", valueOf: 1 } as unknown as JsonObject)).toBe(
      "Parameter 'odd.valueOf' is unexpected",
    );
  });
});
