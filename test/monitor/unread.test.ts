/**
 * Large messages whose large parts are read only when somebody needs them: every reply is that of a session which reads
 * all.  The limits are small here, so that short messages are large.
 */

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type CommandHandlers, marshalCommands } from "../../src/qapi/generated/commands.ts";
import { QmpError } from "../../src/qapi/runtime/error.ts";
import { printJson } from "../../src/qjson/print.ts";
import { JsonStreamer } from "../../src/qjson/streamer.ts";
import type { JsonValue } from "../../src/qjson/value.ts";
import type { Capability } from "../../src/qmp/capabilities.ts";
import type { MonitorCommand } from "../../src/qmp/registry.ts";
import {
  type CommandHandlers as FixtureHandlers,
  marshalCommands as marshalFixture,
} from "../qapi/fixture/generated/commands.ts";
import { value } from "../support/json-arbitraries.ts";
import { type TestConnection, TestMonitor } from "../support/monitor.ts";

vi.mock("../../src/util/limits.ts", async (original) => ({
  ...(await original<object>()),
  JSON_PLAIN_MESSAGE_BYTES_MAX: 8,
  JSON_BUILT_BYTES_MAX: 100,
  JSON_LARGE_OBJECT_MEMBERS: 8,
  JSON_SLICE_BYTES: 7,
  ID_BYTES_MAX: 64,
}));

/** Each tells its arguments in an error: what has not been read cannot hide. */
function tellArguments(args: unknown): never {
  throw new QmpError(`called with ${printJson(args as JsonValue)}`);
}
const tellers = new Proxy(
  {},
  { get: () => Object.assign(tellArguments, { handle: async (args: unknown) => tellArguments(args) }) },
);
const conditions = { QTEST: true, MOTORS: true, SAFE: true, FUEL: true, NAMES: true };
const OWN = new Set(["qmp_capabilities", "cancel-command"]);
const COMMANDS = [
  ...marshalCommands(tellers as CommandHandlers<object, object>, conditions),
  ...marshalFixture(tellers as FixtureHandlers<object, object>, conditions),
].filter(({ name }) => !OWN.has(name)) as MonitorCommand[];

interface Pair {
  readonly sparing: { readonly monitor: TestMonitor; readonly client: TestConnection; rereads: () => number };
  readonly whole: { readonly monitor: TestMonitor; readonly client: TestConnection };
}

async function setup(capabilities: readonly Capability[] = ["oob"]): Promise<Pair> {
  let rereads = 0;
  class CountingStreamer extends JsonStreamer {
    override readWhole(): void {
      rereads++;
      super.readWhole();
    }
  }
  const monitor = new TestMonitor(COMMANDS, {}, () => new CountingStreamer({ unreadSeed: 7 }));
  const other = new TestMonitor(COMMANDS);
  return {
    sparing: { monitor, client: await monitor.connect(capabilities), rereads: () => rereads },
    whole: { monitor: other, client: await other.connect(capabilities) },
  };
}

/** What `text` is answered with, by the session that reads no more than it must; the other answers the same. */
async function repliesTo(pair: Pair, text: string): Promise<unknown[]> {
  for (const { client, monitor } of [pair.sparing, pair.whole]) {
    client.send(text);
    await monitor.settle();
    expect(monitor.defects).toEqual([]);
    expect(monitor.inputBudget.spent).toBe(0);
  }
  const replies = pair.sparing.client.lines();
  expect(replies).toEqual(pair.whole.client.lines());
  return replies;
}

const LONG = "x".repeat(200);
/** Each row: what it shows, the message, whether it is read once more, its reply. */
const ROWS: [string, string, boolean, string][] = [
  [
    "an argument that is unexpected",
    `{"execute":"ping-none","arguments":{"x":"${LONG}"}}`,
    false,
    "not been found",
  ],
  [
    "an unknown command",
    `{"execute":"query-status","arguments":{"x":"${LONG}"},"id":[1]}`,
    false,
    "Parameter 'x' is unexpected",
  ],
  [
    "an argument of another type",
    `{"execute":"screendump","arguments":{"filename":["${LONG}"]}}`,
    false,
    "Invalid parameter type for 'filename', expected: string",
  ],
  [
    "an argument of the right type beside a wrong one",
    `{"execute":"screendump","arguments":{"filename":1,"device":"${LONG}"}}`,
    false,
    "Invalid parameter type for 'filename', expected: string",
  ],
  [
    "a string that a command takes",
    `{"execute":"screendump","arguments":{"filename":"${LONG}"}}`,
    true,
    `called with`,
  ],
  [
    "a value that an enumeration has not",
    `{"execute":"screendump","arguments":{"filename":"f","format":"${LONG}"}}`,
    true,
    `Parameter 'format' does not accept value '${LONG}'`,
  ],
  [
    "a value of any type",
    `{"execute":"qom-set","arguments":{"path":"p","property":"q","value":{"a":["${LONG}"]}}}`,
    true,
    LONG,
  ],
  ["arguments that nobody checks", `{"execute":"by-hand","arguments":{"text":"${LONG}"}}`, true, LONG],
  ["an alternate", `{"execute":"ride","arguments":{"with":"${LONG}"}}`, true, LONG],
  ["a list", `{"execute":"ride","arguments":{"with":["${LONG}"]}}`, false, "expected: DriveRef"],
  [
    "a name that is unexpected",
    `{"execute":"query-status","arguments":{"${LONG}":1}}`,
    true,
    `Parameter '${LONG}' is unexpected`,
  ],
  ["a command's name", `{"execute":"${LONG}"}`, true, `The command ${LONG} has not been found`],
  [
    "a member of the message",
    `{"execute":"query-status","${LONG}":1,"id":5}`,
    true,
    `member '${LONG}' is unexpected`,
  ],
  [
    "a list instead of a name",
    `{"execute":["${LONG}"],"id":5}`,
    false,
    "QMP input member 'execute' must be a string",
  ],
  [
    "arguments that are none",
    `{"arguments":"${LONG}","id":5}`,
    false,
    "QMP input member 'arguments' must be an object",
  ],
  ["what is no object", `["${LONG}"]`, false, "QMP input must be a JSON object"],
  [
    "an id that is too large",
    `{"execute":"ping","id":["${LONG}"]}`,
    false,
    "The 'id' is larger than 64 bytes",
  ],
  [
    "a member of an id that is too large",
    `{"execute":"ping","id":{"a":"${LONG}"}}`,
    false,
    "The 'id' is larger than 64 bytes",
  ],
  ["an id that is long and small", `{"execute":"fail","id":[${"[],".repeat(40)}1]}`, true, "It failed"],
  [
    "an id of an error that is long and small",
    `{"exec":1,"id":{"a":[${"[],".repeat(40)}1]}}`,
    true,
    "'exec' is unexpected",
  ],
  [
    "many arguments of a command that takes none",
    `{"execute":"query-status","arguments":{${Array.from({ length: 50 }, (_, i) => `"${i}":${i}`).join()}},"id":5}`,
    false,
    "Parameter '0' is unexpected",
  ],
  [
    "many arguments of another",
    `{"execute":"screendump","arguments":{${Array.from({ length: 50 }, (_, i) => `"${i}":${i}`).join()},"filename":1}}`,
    true,
    "Invalid parameter type for 'filename', expected: string",
  ],
];

describe("a large message", () => {
  it.each(ROWS)("W5: is answered as any other with %s", async (_title, text, isReread, reply) => {
    const pair = await setup();
    const replies = await repliesTo(pair, text);
    expect(replies).toHaveLength(1);
    expect(JSON.stringify(replies)).toContain(reply);
    expect(pair.sparing.rereads()).toBe(isReread ? 1 : 0);
    expect(await repliesTo(pair, '{"execute":"ping","id":9}')).toEqual([{ return: {}, id: 9 }]);
  });

  it("W5: is answered in its place in the order, before and after it was read once more", async () => {
    const pair = await setup([]);
    const messages = [
      `{"execute":"ping","id":1}`,
      `{"execute":"screendump","arguments":{"filename":"${LONG}"},"id":2}`,
      `{"execute":"query-status","arguments":{"x":["${LONG}"]},"id":3}`,
      `{"execute":"qom-get","arguments":{"path":"${LONG}","property":"p"},"id":4}`,
      `{"execute":"ping","id":5}`,
    ];
    const replies = await repliesTo(pair, messages.join(""));
    expect(replies.map((reply) => (reply as { id?: unknown }).id)).toEqual([1, 2, 3, 4, 5]);
  });
});

/** Members of a message or of its arguments, some of which belong there. */
const string = fc.oneof(
  fc.constant(LONG),
  fc.constantFrom("png", "p", "motor", "pedals", "oob"),
  fc.string({ maxLength: 150 }),
);
const member = fc.oneof(string, value, fc.array(string, { maxLength: 3 }), fc.constantFrom(1, [], {}, true));
const name = fc.oneof(
  fc.constantFrom("filename", "device", "format", "head", "path", "property", "value", "x", "enable"),
  fc.constantFrom("with", "odd", "input", "engine", "power", "constructor", "text", "id", "command-line"),
  fc.constant(LONG),
);
const command = fc.constantFrom(...COMMANDS.map((each) => each.name), "ping", "echo", "nope", LONG);
const members = fc.array(fc.tuple(name, member), { maxLength: 6 }).map((list) => Object.fromEntries(list));
const message = fc
  .record(
    {
      execute: fc.oneof({ weight: 8, arbitrary: command }, { weight: 1, arbitrary: member }),
      "exec-oob": command,
      arguments: fc.oneof({ weight: 8, arbitrary: members }, { weight: 1, arbitrary: member }),
      id: member,
      other: member,
    },
    { requiredKeys: ["execute", "arguments"] },
  )
  .chain((parts) => fc.shuffledSubarray(Object.entries(parts), { minLength: 2 }))
  .map((entries) => printJson(Object.fromEntries(entries) as JsonValue));

it("W5: any large message is answered as by a session that reads all of it", async () => {
  const pair = await setup();
  let called = 0;
  await fc.assert(
    fc.asyncProperty(message, async (text) => {
      const replies = await repliesTo(pair, text);
      expect(replies).toHaveLength(1);
      if (JSON.stringify(replies).includes("called with")) called++;
    }),
    { numRuns: 1000 },
  );
  expect(pair.sparing.rereads()).toBeGreaterThan(100);
  expect(called).toBeGreaterThan(10);
});
