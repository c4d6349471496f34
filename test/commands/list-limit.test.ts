/**
 * Lists among arguments that are too long: nobody looks at what is in them.
 */

import { expect, it } from "vitest";
import { limitLists } from "../../src/commands/list-limit.ts";
import { marshalUiCommands, type UiHandlers } from "../../src/qapi/generated/ui.ts";
import type { CommandContext, PlainContext } from "../../src/qmp/context.ts";
import { QmpError } from "../../src/qmp/errors.ts";

const untouched = { handle: () => expect.unreachable("a handler is called") };
const handlers = new Proxy({}, { get: () => untouched }) as UiHandlers<PlainContext, CommandContext>;
const commands = new Map(
  marshalUiCommands<PlainContext, CommandContext>(handlers).map((command) => [
    command.name,
    limitLists(command),
  ]),
);

it.each([
  ["input-send-event", "events"],
  ["send-key", "keys"],
] as const)("%s refuses 100000 elements without a look at them", (name, list) => {
  let looks = 0;
  const elements = new Proxy(Array(100_000).fill(0), {
    get(target, key) {
      if (/^[0-9]/.test(String(key))) looks++;
      return Reflect.get(target, key);
    },
  });
  const error = new QmpError(`Parameter '${list}' has more than 512 elements`);
  const command = commands.get(name);
  expect(() => command?.check?.({ [list]: elements })).toThrow(error);
  expect(() => command?.call({ [list]: elements }, undefined as never)).toThrow(error);
  expect(looks).toBe(0);
});

it("checks what is in a list of up to 512 as before", () => {
  const command = commands.get("input-send-event");
  const wrong = new QmpError("Parameter 'type' does not accept value 'nosuch'");
  expect(() => command?.check?.({ events: Array(512).fill({ type: "nosuch", data: {} }) })).toThrow(wrong);
  expect(() =>
    command?.check?.({ events: Array(512).fill({ type: "rel", data: { axis: "x", value: 1 } }) }),
  ).not.toThrow();
});
