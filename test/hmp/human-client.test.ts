import { beforeEach, describe, expect, it } from "vitest";
import { HumanClients } from "../../src/hmp/human-clients.ts";
import { HumanMonitor } from "../../src/hmp/human-monitor.ts";
import type { CommandContext } from "../../src/qmp/context.ts";
import { QmpError } from "../../src/qmp/errors.ts";
import { CommandRegistry } from "../../src/qmp/registry.ts";
import { ResourceTable } from "../../src/qmp/resources.ts";
import { ManualClock } from "../../src/util/clock.ts";
import {
  HMP_COMPLETIONS_COUNT_MAX,
  HMP_MEMORY_LINES_PER_TURN,
  HMP_TURN_CHARS_MAX,
  READ_AHEAD_BYTES_MAX,
} from "../../src/util/limits.ts";
import { asyncCommand, plainCommand, TestConnection } from "../support/monitor.ts";

const STATUS = "VM status: running\r\n(qemu) ";

let pending: CommandContext[];
let turns: (() => void)[];
let defects: unknown[];
let isPreconfig: boolean;
let statusCalls: number;
let resources: ResourceTable;
let clock: ManualClock;
let clients: HumanClients;

beforeEach(() => {
  [pending, turns, defects, isPreconfig, statusCalls] = [[], [], [], false, 0];
  resources = new ResourceTable();
  clock = new ManualClock();
  const registry = new CommandRegistry([
    plainCommand("query-status", () => {
      statusCalls++;
      return { running: true, singlestep: false, status: "running" };
    }),
    plainCommand("query-block", () => [
      { device: "ide0-hd0" },
      { device: "ide1-cd0" },
      { device: "floppy0" },
    ]),
    asyncCommand("query-snapshots", (context) => void pending.push(context), { kind: "coroutine" }),
    plainCommand("quit", () => ({})),
    asyncCommand("stop", (context) => void pending.push(context), { kind: "coroutine" }),
    asyncCommand("cont", () => Promise.reject(new TypeError("a defect")), { kind: "coroutine" }),
    asyncCommand("screendump", (context) => void pending.push(context), {
      claims: [{ resource: "console:0", mode: "exclusive" }],
    }),
  ]);
  let sessions = 0;
  clients = new HumanClients({
    human: new HumanMonitor({
      registry: () => registry,
      resources,
      machine: {
        registers: async () => undefined,
        copyMemory: async () => true,
        mappedRanges: () => Promise.reject(new QmpError("No CPU available")),
      },
      isPreconfig: () => isPreconfig,
      nextTurn: (callback) => void turns.push(callback),
      jobStatus: () => ({ reached: Promise.resolve(), close() {} }),
      nowMs: () => 0,
    }),
    monitor: { sessions: () => [], cancel() {} },
    keyNames: ["ctrl", "ctrl_r", "alt", "delete"],
    clock,
    nextTurn: (callback) => void turns.push(callback),
    newSessionId: () => ++sessions,
    clientClosed() {},
    defect: (error) => void defects.push(error),
  });
});

function connect(): TestConnection {
  const connection = new TestConnection();
  clients.accept(connection);
  return connection;
}

/** Lets all happen that does not wait for somebody. */
async function settle(): Promise<void> {
  do await settleTurn();
  while (turns.length > 0);
}

async function settleTurn(): Promise<void> {
  for (const turn of turns.splice(0)) turn();
  await new Promise((resolve) => setImmediate(resolve));
}

/** What was printed since the last call. */
function printed(connection: TestConnection): string {
  const { sent } = connection;
  connection.sent = "";
  return sent;
}

describe("a client of the human monitor", () => {
  it("is shown what it types, what that prints, and the prompt", async () => {
    const connection = connect();
    connection.send("info st");
    connection.send("atus\n");
    await settle();
    expect(printed(connection)).toBe(`info status\r\n${STATUS}`);
    connection.send("\n");
    await settle();
    expect(printed(connection)).toBe("\r\n(qemu) ");
  });

  it("has lines that were sent in one go run one after the other, each in a turn of its own", async () => {
    const connection = connect();
    connection.send("info status\nfoo\r\ninfo status\n");
    await new Promise((resolve) => setImmediate(resolve));
    expect(statusCalls).toBe(1);
    await settle();
    expect(printed(connection)).toBe(
      `info status\r\n${STATUS}foo\r\nunknown command: 'foo'\r\n(qemu) info status\r\n${STATUS}`,
    );
  });

  it("types what comes byte by byte, also within a character", async () => {
    const connection = connect();
    for (const byte of Buffer.from("info \u00fc\n", "utf8")) {
      connection.sendBytes(Uint8Array.of(byte));
    }
    await settle();
    expect(Buffer.from(printed(connection), "latin1").toString("utf8")).toBe(
      "info \u00fc\r\nunknown command: 'info \u00fc'\r\n(qemu) ",
    );
  });

  it("is suspended while its command runs, and the others are not", async () => {
    const [first, second] = [connect(), connect()];
    first.send("stop\ninfo status\n");
    second.send("info status\n");
    await settle();
    expect(printed(first)).toBe("stop\r\n");
    expect(printed(second)).toBe(`info status\r\n${STATUS}`);
    pending[0]?.return({});
    await settle();
    expect(printed(first)).toBe(`(qemu) info status\r\n${STATUS}`);
  });

  it("is told an error in words, and a defect as one", async () => {
    const connection = connect();
    connection.send("stop\n");
    await settle();
    pending[0]?.error(new QmpError("it does not stop"));
    await settle();
    expect(printed(connection)).toBe("stop\r\nError: it does not stop\r\n(qemu) ");
    connection.send("cont\n");
    await settle();
    expect(printed(connection)).toBe("cont\r\nError: Internal error; the server's log says more\r\n(qemu) ");
    expect(defects).toEqual([new TypeError("a defect")]);
  });

  it("C4: has its command cancelled when it goes, and nothing is left", async () => {
    const connection = connect();
    connection.send("screendump /x\n");
    await settle();
    expect(resources.resourcesInUse).toBe(1);
    connection.hangUp();
    expect(pending[0]?.signal.aborted).toBe(true);
    pending[0]?.error(new QmpError("too late"));
    await settle();
    expect([resources.resourcesInUse, defects]).toEqual([0, []]);
    await clients.stop(1000);
  });

  it("C4: has all run that it sent before it ended its input, then is closed", async () => {
    const connection = connect();
    connection.send("stop\ninfo status\ninfo na");
    connection.halfClose();
    await settle();
    expect(connection.ended).toBe(false);
    pending[0]?.return({});
    await settle();
    expect(printed(connection)).toBe(`stop\r\n(qemu) info status\r\n${STATUS}info na`);
    expect(connection.ended).toBe(true);
  });

  it("is read ahead up to a limit, and no further", async () => {
    const connection = connect();
    connection.send("stop\n");
    connection.send("x".repeat(READ_AHEAD_BYTES_MAX - 1));
    expect(connection.paused).toBe(false);
    connection.send("x");
    expect(connection.paused).toBe(true);
    pending[0]?.return({});
    await settle();
    expect(connection.paused).toBe(false);
  });

  it("is given nothing more to print while it does not read", async () => {
    const connection = connect();
    connection.stuck = true;
    connection.send("info status\ninfo status\n");
    await settle();
    expect(statusCalls).toBe(1);
    connection.stuck = false;
    connection.take();
    await settle();
    expect(statusCalls).toBe(2);
  });

  it("has what it types looked at in slices", () => {
    const connection = connect();
    connection.send("x".repeat(3 * HMP_TURN_CHARS_MAX));
    expect(connection.sent.length).toBe(HMP_TURN_CHARS_MAX);
    expect(turns.length).toBe(1);
  });

  it("has what it types looked at in slices, also where that is looked at again and shows nothing", () => {
    const connection = connect();
    connection.send(`${"x".repeat(HMP_TURN_CHARS_MAX)}\t\t\ty`);
    for (const expected of ["x".repeat(HMP_TURN_CHARS_MAX), "", "", "", "y"]) {
      expect(printed(connection)).toBe(expected);
      turns.shift()?.();
    }
    expect(turns).toEqual([]);
  });

  it("is shown much memory in slices", async () => {
    const connection = connect();
    connection.send("xp/4096xb 0\n");
    const sizes: number[] = [];
    do {
      sizes.push(printed(connection).length);
      await settleTurn();
    } while (turns.length > 0 || connection.sent !== "");
    expect(sizes.length).toBeGreaterThan(4096 / 8 / HMP_MEMORY_LINES_PER_TURN);
    expect(Math.max(...sizes)).toBeLessThan(HMP_MEMORY_LINES_PER_TURN * 80);
  });

  it("leaves with quit, and is not shown a prompt again", async () => {
    const connection = connect();
    connection.send("quit\ninfo status\n");
    await settle();
    expect(printed(connection)).toBe("quit\r\n");
    expect(connection.ended).toBe(true);
  });

  it("has its words completed, those behind help and info too", async () => {
    const connection = connect();
    connection.send("he\tinf\tsta\t");
    expect(printed(connection)).toBe("help info status ");
    isPreconfig = true;
    connection.send("\x15st\t");
    expect(printed(connection)).not.toContain("stop");
  });

  it.each([
    ["info block \t", "\r\nfloppy0   ide0-hd0  ide1-cd0  \r\n(qemu) info block "],
    ["info block f\t", "loppy0 "],
    ["info block -n f\t", "loppy0 "],
    ["eject i\t", "de\r\nide0-hd0  ide1-cd0  \r\n(qemu) eject ide"],
    ["eject -f ide1\t", "-cd0 "],
    ["eject -\t", ""],
    ["eject floppy0 \t", ""],
    ["change f\t", "loppy0 "],
    ["change floppy0 f\t", ""],
    ["help eject f\t", ""],
    ["sendkey de\t", "lete "],
    ["sendkey ctr\t", "l\r\nctrl    ctrl_r  \r\n(qemu) sendkey ctrl"],
    ["sendkey ctrl-alt-de\t", "lete "],
    ["sendkey ctrl 1\t", ""],
    ["nosuch f\t", ""],
    ["help inf\t", "o "],
    ["info bl\t", "ock "],
  ])("has what %j names completed", async (typed, more) => {
    const connection = connect();
    connection.send(typed);
    await settle();
    expect(printed(connection)).toBe(typed.slice(0, -1) + more);
  });

  it("has tags completed, and types on when they have come", async () => {
    const connection = connect();
    connection.send("loadvm be\t\ninfo status\n");
    await settle();
    expect(printed(connection)).toBe("loadvm be");
    const named = (...names: string[]) => names.map((name) => ({ name }));
    pending[0]?.return(named("before", "after", "be quoted", "be\nlow"));
    await settle();
    expect(printed(connection)).toContain("fore \r\n");
    expect(printed(connection)).toBe("");
    pending[1]?.error(new QmpError("no disks"));
  });

  it("has nothing completed where the machine does not tell, or tells too much", async () => {
    const connection = connect();
    connection.send("delvm x\t");
    await settle();
    pending[0]?.error(new QmpError("no directory"));
    await settle();
    expect(printed(connection)).toBe("delvm x");
    connection.send("\t");
    await settle();
    pending[1]?.return(
      Array.from({ length: HMP_COMPLETIONS_COUNT_MAX + 1 }, (_, index) => ({ name: `x${index}` })),
    );
    await settle();
    expect(printed(connection)).toBe("");
    expect(defects).toEqual([]);
  });

  it("C4: has what it looks up cancelled when it leaves, and leaves with the machine", async () => {
    const [gone, stopped] = [connect(), connect()];
    for (const connection of [gone, stopped]) connection.send("delvm x\t");
    await settle();
    gone.destroy();
    expect(pending.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    const ended = clients.stop(1000);
    pending[0]?.error(new QmpError("Command cancelled"));
    pending[1]?.return([]);
    await ended;
    expect(stopped.ended).toBe(true);
  });

  it("before the machine is made has only the commands of that time", async () => {
    isPreconfig = true;
    const connection = connect();
    connection.send("info status\n  stop\ninfo cpus\nhelp stop\n");
    await settle();
    expect(printed(connection)).toBe(
      `info status\r\n${STATUS}  stop\r\n` +
        "Command '  stop' not available until machine initialization has completed.\r\n(qemu) info cpus\r\n" +
        "Command 'info cpus' not available until machine initialization has completed.\r\n(qemu) help stop\r\n" +
        "unknown command: 'stop'\r\n(qemu) ",
    );
  });
});

describe("the end of the machine", () => {
  it("closes clients at once, and one whose command runs when that has ended", async () => {
    const [idle, busy] = [connect(), connect()];
    busy.send("stop\ninfo status\n");
    await settle();
    const stopped = clients.stop(1000);
    expect([idle.ended, busy.ended]).toEqual([true, false]);
    pending[0]?.return({});
    await stopped;
    expect(printed(busy)).toBe("stop\r\n");
  });

  it("cancels what still runs after the grace, and cuts off who does not let go", async () => {
    const [first, second] = [connect(), connect()];
    first.send("stop\n");
    second.send("stop\n");
    await settle();
    const stopped = clients.stop(1000);
    clock.advance(1000);
    expect(pending.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    pending[0]?.error(new QmpError("let go"));
    await settle();
    expect([first.ended, second.closed]).toEqual([true, false]);
    clock.advance(500);
    expect(second.closed).toBe(true);
    await stopped;
  });
});
