import { describe, expect, it } from "vitest";
import type { HmpMachine } from "../../src/hmp/command.ts";
import { HumanMonitor } from "../../src/hmp/human-monitor.ts";
import { unmarshalHumanMonitorCommandArg } from "../../src/qapi/generated/misc.ts";
import type { JsonObject } from "../../src/qjson/value.ts";
import type { Capability } from "../../src/qmp/capabilities.ts";
import type { CommandContext } from "../../src/qmp/context.ts";
import { QmpError } from "../../src/qmp/errors.ts";
import { CommandRegistry, type MonitorCommand } from "../../src/qmp/registry.ts";
import { HMP_LINE_CHARS_MAX } from "../../src/util/limits.ts";
import { asyncCommand, plainCommand, type TestConnection, TestMonitor } from "../support/monitor.ts";

/** As real QEMU without a console answers. */
function noConsole({ device, head }: JsonObject): never {
  if (device !== undefined) {
    expect(head, "the device's first head, unless told otherwise").toBeTypeOf("number");
    throw new QmpError(`Device '${device}' not found`, "DeviceNotFound");
  }
  expect(head).toBeUndefined();
  throw new QmpError("There is no console to take a screendump from");
}

const NO_CPU: HmpMachine = {
  registers: async () => undefined,
  copyMemory: async () => false,
  mappedRanges: () => Promise.reject(new QmpError("No CPU available")),
};

interface HumanTest {
  readonly monitor: TestMonitor;
  connect(capabilities?: readonly Capability[]): Promise<TestConnection>;
}

/** A monitor with a human one, whose commands are `screendump` and what tells about a machine. */
function humanTest(
  screendump: (context: CommandContext, input: JsonObject) => unknown = (_, input) => noConsole(input),
  claims: Parameters<typeof asyncCommand>[2] = {},
): HumanTest {
  const commands: MonitorCommand[] = [
    plainCommand("query-name", () => ({ name: "box" })),
    plainCommand("query-status", () => ({ running: false, singlestep: false, status: "prelaunch" })),
    plainCommand("query-version", () => ({ qemu: { major: 7, minor: 2, micro: 0 }, package: " (test)" })),
    plainCommand("query-cpus-fast", () => [{ "cpu-index": 0 }]),
    asyncCommand("screendump", screendump, claims),
  ];
  const registry = new CommandRegistry(commands);
  const monitor = new TestMonitor([
    ...commands,
    asyncCommand("human-monitor-command", (context, input) =>
      human.run(unmarshalHumanMonitorCommandArg(input, "", ""), context),
    ),
  ]);
  const human = new HumanMonitor({
    registry: () => registry,
    resources: monitor.resources,
    machine: NO_CPU,
    isPreconfig: () => false,
    nextTurn: setImmediate,
    jobStatus: () => ({ reached: Promise.resolve(), close() {} }),
    nowMs: () => 0,
  });
  return { monitor, connect: (capabilities = []) => monitor.connect(capabilities) };
}

function type(connection: TestConnection, line: string, members: JsonObject = {}): void {
  connection.send(
    JSON.stringify({ execute: "human-monitor-command", arguments: { "command-line": line }, ...members }),
  );
}

async function answer(line: string): Promise<unknown> {
  const { monitor, connect } = humanTest();
  const connection = await connect();
  type(connection, line);
  await monitor.settle();
  const [reply, ...rest] = connection.lines();
  expect([rest, monitor.defects]).toEqual([[], []]);
  return reply?.return ?? reply?.error;
}

const TRY = (command: string): string => `Try "help ${command}" for more information\r\n`;
const NO_CONSOLE = "Error: There is no console to take a screendump from\r\n";
const NO_DEVICE = "Error: Device 'dev' not found\r\n";

/** What QEMU 7.2 answers, but for a name, a state and a version. */
const ANSWERS: readonly (readonly [line: string, answer: string])[] = [
  ["", ""],
  ["   ", ""],
  ["info name", "box\r\n"],
  ["info version", "7.2.0 (test)\r\n"],
  ["info status", "VM status: paused (prelaunch)\r\n"],
  ["  info   name  ", "box\r\n"],
  ["info\tname\n", "box\r\n"],
  ["info foo", "unknown command: 'info foo'\r\n"],
  ["  info  foo", "unknown command: '  info  foo'\r\n"],
  ['info "status"', "unknown command: 'info \"status\"'\r\n"],
  ["info/status", "unknown command: 'info'\r\n"],
  ["foo", "unknown command: 'foo'\r\n"],
  ["  foo bar", "unknown command: '  foo'\r\n"],
  ["foo\nbar", "unknown command: 'foo'\r\n"],
  ["help|?", "unknown command: 'help|?'\r\n"],
  ["inf name", "unknown command: 'inf'\r\n"],
  ["constructor", "unknown command: 'constructor'\r\n"],
  ["info name extra", `name: extraneous characters at the end of line\r\n${TRY("info name")}`],
  ["  info status x", `status: extraneous characters at the end of line\r\n${TRY("  info status")}`],
  ["help foo", "unknown command: 'foo'\r\n"],
  ["help  info   foo  x", "unknown command: 'info foo'\r\n"],
  ["help 'screendump'", "unknown command: ''screendump''\r\n"],
  ['help "info', ""],
  ["help a b c d e f g h i j k l m n o p q r", ""],
  ["screendump", `screendump: filename expected\r\n${TRY("screendump")}`],
  ["screendump /x.ppm", NO_CONSOLE],
  ["screendump/x", NO_CONSOLE],
  ['screendump ""', NO_CONSOLE],
  ['screendump "/x y.png"', NO_CONSOLE],
  ['screendump "/x', `screendump: filename expected\r\n${TRY("screendump")}`],
  ['screendump "/x\\z"', `screendump: filename expected\r\n${TRY("screendump")}`],
  ["screendump -f", NO_CONSOLE],
  ["screendump /x -f png", NO_CONSOLE],
  ["screendump /x -fpng", NO_CONSOLE],
  ["screendump /x -f", `screendump: value expected for -f\r\n${TRY("screendump")}`],
  ["screendump /x -f jpg", "Error: invalid parameter value: jpg\r\n"],
  ["screendump /x -z", `screendump: unsupported option -z\r\n${TRY("screendump")}`],
  ["screendump -f png /x", `invalid char '/' in expression\r\n${TRY("screendump")}`],
  ["screendump /x dev", NO_DEVICE],
  ["screendump /x dev 0", NO_DEVICE],
  ["screendump /x -f png dev 0x1", NO_DEVICE],
  ["screendump /x dev 7 + 1 * 2", NO_DEVICE],
  ["screendump /x dev (1+2)*3", NO_DEVICE],
  ["screendump /x dev ~-1", NO_DEVICE],
  ["screendump /x dev '1'", NO_DEVICE],
  ["screendump /x dev x", `invalid char 'x' in expression\r\n${TRY("screendump")}`],
  ["screendump /x dev (1", `')' expected\r\n${TRY("screendump")}`],
  ["screendump /x dev 1/0", `division by zero\r\n${TRY("screendump")}`],
  ["screendump /x dev 5%0", `division by zero\r\n${TRY("screendump")}`],
  ["screendump /x dev 1+", `unexpected end of expression\r\n${TRY("screendump")}`],
  ["screendump /x dev 'ab", `missing terminating ' character\r\n${TRY("screendump")}`],
  ["screendump /x dev $pc", `unknown register\r\n${TRY("screendump")}`],
  ["screendump /x dev -1", `'screendump' has failed: integer is for 32-bit values\r\n${TRY("screendump")}`],
  ["screendump /x dev 99999999999999999999999", `number too large\r\n${TRY("screendump")}`],
  ["screendump /x dev 08", `screendump: extraneous characters at the end of line\r\n${TRY("screendump")}`],
  ["screendump /x dev 1 2", `screendump: extraneous characters at the end of line\r\n${TRY("screendump")}`],
];

describe("the human monitor", () => {
  it.each(ANSWERS)("answers %j as QEMU does", async (line, expected) => {
    expect(await answer(line)).toBe(expected);
  });

  it("refuses an expression that is nested too deep for the stack", async () => {
    expect(await answer(`screendump /x dev ${"(".repeat(4_000)}`)).toBe(
      `expression too complex\r\n${TRY("screendump")}`,
    );
  });

  it("lists its commands, and those of a group, in help", async () => {
    const names = async (line: string): Promise<string[]> =>
      String(await answer(line))
        .split("\r\n")
        .map((text) => text.replace(/ --.*/, ""));
    const all = await names("help");
    expect(all).toEqual([...all].sort((a, b) => (a === "" || (b !== "" && a > b) ? 1 : -1)));
    expect(all).toEqual(
      expect.arrayContaining(["help|? [cmd]", "info [subcommand]", "stop|s ", "x /fmt addr"]),
    );
    const group = await names("info");
    expect(group).toEqual(expect.arrayContaining(["info name ", "info qom-tree [path]", "info status "]));
    expect(await names("help info")).toEqual(group);
    expect(await names("? info name x")).toEqual(["info name ", ""]);
    expect(await names('help "screendump"')).toEqual(["screendump filename [-f format] [device [head]]", ""]);
  });

  it("hands screendump what was typed, and prints nothing when it succeeds", async () => {
    const inputs: JsonObject[] = [];
    const { monitor, connect } = humanTest(async (_, input) => void inputs.push(input));
    const connection = await connect();
    type(connection, 'screendump "/a\\"b c" -f png vga0 1+1');
    type(connection, "screendump /x vga0");
    await monitor.settle();
    expect(connection.lines()).toEqual([{ return: "" }, { return: "" }]);
    expect(inputs).toEqual([
      { filename: '/a"b c', format: "png", device: "vga0", head: 2 },
      { filename: "/x", device: "vga0", head: 0 },
    ]);
  });

  it.each([
    [0, { return: "box\r\n" }],
    [1, { error: { class: "GenericError", desc: "Parameter 'cpu-index' expects a CPU number" } }],
    [-1, { error: { class: "GenericError", desc: "Parameter 'cpu-index' expects a CPU number" } }],
  ])("looks for CPU %i before anything else", async (cpuIndex, reply) => {
    const { monitor, connect } = humanTest();
    const connection = await connect();
    type(connection, "info name", { arguments: { "command-line": "info name", "cpu-index": cpuIndex } });
    await monitor.settle();
    expect(connection.lines()).toEqual([reply]);
  });
});

describe("a command line", () => {
  it("reads no line that is longer than one that can be typed", async () => {
    const { monitor, connect } = humanTest();
    const connection = await connect();
    type(connection, "x".repeat(HMP_LINE_CHARS_MAX));
    type(connection, "x".repeat(HMP_LINE_CHARS_MAX + 1));
    await monitor.settle();
    const desc = "Parameter 'command-line' expects at most 4095 characters";
    expect(connection.lines()).toEqual([
      { return: `unknown command: '${"x".repeat(HMP_LINE_CHARS_MAX)}'\r\n` },
      { error: { class: "GenericError", desc } },
    ]);
  });
});

describe("an async command behind the human monitor", () => {
  it("suspends it until the return, while others run", async () => {
    const { monitor, connect } = humanTest((context) => void pending.push(context));
    const pending: CommandContext[] = [];
    const connection = await connect(["async"]);
    type(connection, "screendump /x", { id: 1 });
    connection.send('{"execute": "ping", "id": 2}');
    await monitor.settle();
    expect(connection.lines()).toEqual([{ return: {}, id: 2 }]);
    pending[0]?.return({});
    await monitor.settle();
    expect(connection.lines()).toEqual([{ return: "", id: 1 }]);
  });

  it("C5: is cancelled with it, and answered when the command has let go", async () => {
    const { monitor, connect } = humanTest((context) => void pending.push(context), {
      claims: [{ resource: "console:0", mode: "exclusive" }],
    });
    const pending: CommandContext[] = [];
    const connection = await connect(["async"]);
    type(connection, "screendump /x", { id: 1 });
    await monitor.settle();
    expect(monitor.resources.resourcesInUse).toBe(1);
    connection.send('{"execute": "cancel-command", "arguments": {"id": 1}, "id": 2}');
    await monitor.settle();
    expect(connection.lines()).toEqual([{ return: {}, id: 2 }]);
    expect(pending[0]?.signal.aborted).toBe(true);
    pending[0]?.return({});
    await monitor.settle();
    expect(connection.lines()).toEqual([
      { error: { class: "GenericError", desc: "Command cancelled" }, id: 1 },
    ]);
    expect(monitor.resources.resourcesInUse).toBe(0);
    expect(monitor.defects).toEqual([]);
  });

  it("R1: waits for what others hold, and is cancelled while it waits", async () => {
    const { monitor, connect } = humanTest(() => Promise.resolve({}), {
      claims: [{ resource: "console:0", mode: "exclusive" }],
    });
    const ticket = monitor.resources.acquire(
      [{ resource: "console:0", mode: "exclusive" }],
      () => {},
      () => {},
    );
    const connection = await connect(["async"]);
    type(connection, "screendump /x", { id: 1 });
    type(connection, "screendump /y", { id: 2 });
    await monitor.settle();
    expect(connection.lines()).toEqual([]);
    connection.send('{"execute": "cancel-command", "arguments": {"id": 1}, "id": 3}');
    await monitor.settle();
    expect(connection.lines().map(({ id }) => id)).toEqual(expect.arrayContaining([1, 3]));
    ticket?.release();
    await monitor.settle();
    expect(connection.lines()).toEqual([{ return: "", id: 2 }]);
    expect(monitor.resources.resourcesInUse).toBe(0);
  });

  it("C4: is cancelled when the client has gone", async () => {
    const { monitor, connect } = humanTest((context) => void pending.push(context));
    const pending: CommandContext[] = [];
    const connection = await connect();
    type(connection, "screendump /x");
    await monitor.settle();
    connection.hangUp();
    expect(pending[0]?.signal.aborted).toBe(true);
    pending[0]?.error(new QmpError("too late"));
    await monitor.settle();
    expect(monitor.defects).toEqual([]);
  });

  it("reports a defect of the command as one, not as output", async () => {
    const { monitor, connect } = humanTest(() => Promise.reject(new TypeError("a defect")));
    const connection = await connect();
    type(connection, "screendump /x");
    await monitor.settle();
    expect(connection.lines()).toMatchObject([
      { error: { desc: expect.stringContaining("Internal error") } },
    ]);
    expect(monitor.defects).toEqual([new TypeError("a defect")]);
  });
});
