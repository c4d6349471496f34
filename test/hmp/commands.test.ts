/**
 * Which QMP commands a line of the human monitor becomes, and what it makes of their answers.  Texts are those that
 * QEMU 7.2 printed.
 */

import { beforeEach, expect, it } from "vitest";
import { newMemory } from "../../src/hmp/hmp-memory.ts";
import { HumanMonitor } from "../../src/hmp/human-monitor.ts";
import type { Registers } from "../../src/offload/pc-contract.ts";
import type { JsonObject, JsonValue } from "../../src/qjson/value.ts";
import { QmpError } from "../../src/qmp/errors.ts";
import { CommandRegistry } from "../../src/qmp/registry.ts";
import { ResourceTable } from "../../src/qmp/resources.ts";
import { plainCommand } from "../support/monitor.ts";

let answers: Map<string, (args: JsonObject) => JsonValue>;
let called: (readonly [name: string, args: JsonObject])[];
let told: (id: string, status: string) => void;
let abort: AbortController;

beforeEach(() => {
  answers = new Map();
  called = [];
  told = () => {};
  abort = new AbortController();
});

async function run(line: string): Promise<string> {
  const commands = [...answers].map(([name, answer]) =>
    plainCommand(name, (args) => {
      if (!name.startsWith("query-")) called.push([name, args]);
      return answer(args);
    }),
  );
  const human = new HumanMonitor({
    registry: () => new CommandRegistry(commands),
    resources: new ResourceTable(),
    machine: {
      registers: async () => ({}) as Registers,
      copyMemory: async () => true,
      mappedRanges: async () => undefined,
    },
    isPreconfig: () => false,
    nextTurn: setImmediate,
    jobStatus(wantedId, wantedStatus) {
      let reach = (): void => {};
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      told = (id, status) => {
        if (id === wantedId && status === wantedStatus) reach();
      };
      return {
        reached,
        close() {
          told = () => {};
        },
      };
    },
    nowMs: () => new Date(2026, 10, 24, 9, 4, 5).getTime(),
  });
  let output = "";
  const caller = {
    id: undefined,
    session: { sessionId: 1, has: () => false, negotiate() {} },
    monitor: { sessions: () => [], cancel() {} },
    signal: abort.signal,
    progress() {},
    emitUnicast() {},
    replyRoom: () => Promise.resolve(),
  };
  await human.runLine(line, newMemory(), caller, (text) => {
    output += text;
  });
  return output.replaceAll("\r\n", "\n");
}

const accept = (...names: string[]): void => {
  for (const name of names) answers.set(name, () => ({}));
};
const button = (name: string, down: boolean) => ({ type: "btn", data: { button: name, down } });
const relative = (axis: string, value: number) => ({ type: "rel", data: { axis, value } });
const qcode = (data: string) => ({ type: "qcode", data });

it.each([
  ["sendkey a", "send-key", { keys: [qcode("a")] }],
  ["sendkey constructor", "send-key", { keys: [qcode("constructor")] }],
  [
    "sendkey ctrl-alt-delete 100",
    "send-key",
    { keys: ["ctrl", "alt", "delete"].map(qcode), "hold-time": 100 },
  ],
  ["sendkey 0x1e-<", "send-key", { keys: [{ type: "number", data: 30 }, qcode("less")] }],
  ["mouse_move 10 -5", "input-send-event", { events: [relative("x", 10), relative("y", -5)] }],
  ["mouse_move x 0x10", "input-send-event", { events: [relative("x", 0), relative("y", 16)] }],
  [
    "mouse_button 5",
    "input-send-event",
    { events: [button("left", true), button("right", false), button("middle", true)] },
  ],
  ["eject ide1-cd0", "eject", { device: "ide1-cd0", force: false }],
  ["eject -f ide1-cd0", "eject", { device: "ide1-cd0", force: true }],
  [
    'change ide1-cd0 "/tmp/a b.iso"',
    "blockdev-change-medium",
    { device: "ide1-cd0", filename: "/tmp/a b.iso", force: false },
  ],
  [
    "change floppy0 -f f.img raw read-only",
    "blockdev-change-medium",
    { device: "floppy0", filename: "f.img", format: "raw", force: true, "read-only-mode": "read-only" },
  ],
  ['pmemsave 0x10000 16 "/tmp/x"', "pmemsave", { val: 0x10000, size: 16, filename: "/tmp/x" }],
  ['memsave -1 16 "/tmp/x"', "memsave", { val: -1, size: 16, filename: "/tmp/x", "cpu-index": 0 }],
  ['pmemsave 0x7fffffffffffffff 1 "x"', "pmemsave", { val: 0x7fff_ffff_ffff_ffffn, size: 1, filename: "x" }],
  [
    "dump-guest-memory /tmp/core",
    "dump-guest-memory",
    { paging: false, protocol: "file:/tmp/core", detach: false, format: "elf" },
  ],
  [
    "dump-guest-memory -d -z /tmp/core 0x1000 4096",
    "dump-guest-memory",
    {
      paging: false,
      protocol: "file:/tmp/core",
      detach: true,
      format: "kdump-zlib",
      begin: 4096,
      length: 4096,
    },
  ],
  ["stop", "stop", {}],
  ["s", "stop", {}],
  ["c", "cont", {}],
  ["system_powerdown", "system_powerdown", {}],
  ["system_reset", "system_reset", {}],
  ["q", "quit", {}],
])("%j is %s, and prints nothing", async (line, name, args) => {
  accept(name);
  expect(await run(line)).toBe("");
  const [[, sent] = []] = called;
  expect(called.map(([command]) => command)).toEqual([name]);
  expect(JSON.parse(JSON.stringify(sent, stringOfBigint))).toEqual(
    JSON.parse(JSON.stringify(args, stringOfBigint)),
  );
});

function stringOfBigint(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

it("turns the wheel by pressing it and letting it go", async () => {
  accept("input-send-event");
  await run("mouse_move 0 0 1");
  await run("mouse_move 0 0 -1");
  expect(called.map(([, { events }]) => events)).toEqual([
    [relative("x", 0), relative("y", 0)],
    [button("wheel-up", true)],
    [button("wheel-up", false)],
    [relative("x", 0), relative("y", 0)],
    [button("wheel-down", true)],
    [button("wheel-down", false)],
  ]);
});

it.each([
  ["sendkey", 'sendkey: string expected\nTry "help sendkey" for more information\n'],
  ["sendkey ctrl--a", "invalid parameter: \n"],
  [
    "sendkey a 1 2",
    'sendkey: extraneous characters at the end of line\nTry "help sendkey" for more information\n',
  ],
  ["mouse_move 1", 'mouse_move: string expected\nTry "help mouse_move" for more information\n'],
  ["mouse_button", 'unexpected end of expression\nTry "help mouse_button" for more information\n'],
  ["loadvm", 'loadvm: string expected\nTry "help loadvm" for more information\n'],
  ["eject", 'eject: block device name expected\nTry "help eject" for more information\n'],
  ["eject -x d", 'eject: unsupported option -x\nTry "help eject" for more information\n'],
  ["eject d -f", 'eject: extraneous characters at the end of line\nTry "help eject" for more information\n'],
  ["change d", 'change: filename expected\nTry "help change" for more information\n'],
  ["change d f raw foo", "Error: invalid parameter value: foo\n"],
  [
    "dump-guest-memory -p -d",
    'dump-guest-memory: filename expected\nTry "help dump-guest-memory" for more information\n',
  ],
  ["dump-guest-memory -z -l /x", "Error: only one of '-z|-l|-s|-w' can be set\n"],
  [
    "dump-guest-memory -q /x",
    'dump-guest-memory: unsupported option -q\nTry "help dump-guest-memory" for more information\n',
  ],
  ["pmemsave 0 10 /x", "invalid char 'x' in expression\nTry \"help pmemsave\" for more information\n"],
  ["stop 1", 'stop|s: extraneous characters at the end of line\nTry "help stop" for more information\n'],
  [
    "info cpus x",
    'cpus: extraneous characters at the end of line\nTry "help info cpus" for more information\n',
  ],
  ["info block -x", 'block: unsupported option -x\nTry "help info block" for more information\n'],
  ["info mice", "Error: The command query-mice has not been found\n"],
])("%j is answered %j", async (line, expected) => {
  accept("send-key", "input-send-event");
  expect(await run(line)).toBe(expected);
  expect(called).toEqual([]);
});

it("names a key that there is not as QEMU does", async () => {
  answers.set("send-key", () => {
    throw new QmpError("Parameter 'data' does not accept value 'foo'");
  });
  expect(await run("sendkey foo")).toBe("invalid parameter: foo\n");
  answers.set("send-key", () => {
    throw new QmpError("VM not running");
  });
  expect(await run("sendkey a")).toBe("Error: VM not running\n");
});

it("lists pointers", async () => {
  answers.set("query-mice", () => []);
  expect(await run("info mice")).toBe("No mouse devices connected\n");
  answers.set("query-mice", () => [
    { name: "QEMU PS/2 Mouse", index: 2, current: false, absolute: false },
    { name: "vmmouse", index: 4, current: true, absolute: true },
  ]);
  expect(await run("info mice")).toBe("  Mouse #2: QEMU PS/2 Mouse\n* Mouse #4: vmmouse (absolute)\n");
});

const MEDIUM = {
  drv: "raw",
  ro: false,
  cache: { writeback: true, direct: false, "no-flush": false },
  image: { filename: "d.img", format: "raw", "virtual-size": 1048576, "actual-size": 0 },
};
const DISK = {
  device: "ide0-hd0",
  qdev: "/machine/unattached/device[22]",
  removable: false,
  locked: false,
  inserted: { ...MEDIUM, file: "d.img", "node-name": "#block134" },
};
const CDROM = {
  device: "ide1-cd0",
  qdev: "/machine/unattached/device[23]",
  removable: true,
  locked: true,
  tray_open: false,
  inserted: { ...MEDIUM, file: "c.iso", ro: true, "node-name": "#block363" },
};
const FLOPPY = { device: "floppy0", qdev: "/floppy", removable: true, locked: false };

it("lists drives", async () => {
  answers.set("query-block", () => [DISK, CDROM, FLOPPY]);
  const disk = `ide0-hd0 (#block134): d.img (raw)
    Attached to:      /machine/unattached/device[22]
    Cache mode:       writeback
`;
  expect(await run("info block")).toBe(`${disk}
ide1-cd0 (#block363): c.iso (raw, read-only)
    Attached to:      /machine/unattached/device[23]
    Removable device: locked, tray closed
    Cache mode:       writeback

floppy0: [not inserted]
    Attached to:      /floppy
    Removable device: not locked, tray closed
`);
  expect(await run("info block foo")).toBe("");
  expect(await run("info block -v ide0-hd0")).toBe(`${disk}
Images:
image: d.img
file format: raw
virtual size: 1 MiB (1048576 bytes)
disk size: 0 B
`);
});

const SNAPSHOT = {
  id: "1",
  name: "foo",
  "vm-state-size": 806 * 1024,
  "date-sec": new Date(2026, 10, 24, 19, 44, 15).getTime() / 1000,
  "date-nsec": 0,
  "vm-clock-sec": 3661,
  "vm-clock-nsec": 367_999_999,
  devices: ["#block134"],
};

it("lists snapshots", async () => {
  answers.set("query-snapshots", () => []);
  expect(await run("info snapshots")).toBe("There is no snapshot available.\n");
  answers.set("query-snapshots", () => [{ ...SNAPSHOT, name: "vm-20261124194415" }, SNAPSHOT]);
  expect((await run("info snapshots")).split("\n").map((line) => line.trimEnd())).toEqual([
    "List of snapshots present on all disks:",
    "ID        TAG               VM SIZE                DATE     VM CLOCK     ICOUNT",
    "--        vm-20261124194415  806 KiB 2026-11-24 19:44:15 01:01:01.367",
    "--        foo               806 KiB 2026-11-24 19:44:15 01:01:01.367",
    "",
  ]);
});

it("keeps a name within its line, and from the terminal", async () => {
  answers.set("query-snapshots", () => [{ ...SNAPSHOT, name: "a\nb\u001b[31m\u2028" }]);
  expect((await run("info snapshots")).split("\n")[2]).toMatch(/^-- {8}a\\x0ab\\x1b\[31m\\u2028 +806 KiB/);
  answers.set("query-jobs", () => [
    {
      id: "x",
      type: "snapshot-save",
      status: "concluded",
      "current-progress": 1,
      "total-progress": 4,
      error: "a\nb",
    },
  ]);
  expect(await run("info jobs")).toBe(
    "x: type snapshot-save, status concluded, completed 1 of 4, error: a\\x0ab\n",
  );
  const inserted = { ...DISK.inserted, file: "a\rb", image: { ...MEDIUM.image, filename: "a\tb" } };
  answers.set("query-block", () => [{ ...DISK, inserted }]);
  const text = await run("info block -v");
  expect(text).toContain(": a\\x0db (raw)");
  expect(text).toContain("image: a\\x09b\n");
  answers.set("quit", () => {
    throw new QmpError("no 'a\nb'");
  });
  expect(await run("quit")).toBe("Error: no 'a\\x0ab'\n");
});

it("lists jobs", async () => {
  answers.set("query-jobs", () => []);
  expect(await run("info jobs")).toBe("No active jobs\n");
  const job = {
    id: "save",
    type: "snapshot-save",
    status: "running",
    "current-progress": 1,
    "total-progress": 4,
  };
  answers.set("query-jobs", () => [job, { ...job, id: "x", status: "concluded", error: "no space" }]);
  expect(await run("info jobs")).toBe(
    "save: type snapshot-save, status running, completed 1 of 4\n" +
      "x: type snapshot-save, status concluded, completed 1 of 4, error: no space\n",
  );
});

/** Jobs that conclude by themselves, all with `error`. */
function jobs(error?: string): void {
  answers.set("query-block", () => [DISK, CDROM, FLOPPY]);
  answers.set("query-snapshots", () => [SNAPSHOT]);
  let id = "";
  for (const name of ["snapshot-save", "snapshot-load", "snapshot-delete"]) {
    answers.set(name, (args) => {
      id = String(args["job-id"]);
      setImmediate(() => told(id, "concluded"));
      return {};
    });
  }
  answers.set("query-jobs", () => [{ id, status: "concluded", ...(error !== undefined && { error }) }]);
  accept("job-dismiss", "job-cancel");
}

it.each([
  ["savevm new", ["snapshot-save new", "job-dismiss"]],
  ["savevm", ["snapshot-save vm-20261124090405", "job-dismiss"]],
  ["savevm foo", ["snapshot-delete foo", "job-dismiss", "snapshot-save foo", "job-dismiss"]],
  ["loadvm foo", ["snapshot-load foo", "job-dismiss"]],
  ["delvm foo", ["snapshot-delete foo", "job-dismiss"]],
  ["delvm other", []],
])("%j begins jobs, waits for each, and dismisses it", async (line, expected) => {
  jobs();
  expect(await run(line)).toBe("");
  expect(called.map(([name, { tag }]) => (tag === undefined ? name : `${name} ${tag}`))).toEqual(expected);
  for (const [name, args] of called) {
    if (name === "job-dismiss") continue;
    expect(args).toMatchObject({ "job-id": expect.stringMatching(/^hmp-\d+$/), devices: ["#block134"] });
  }
});

it("tells the error of a job, which is dismissed all the same", async () => {
  jobs("Snapshot 'bar' does not exist in one or more devices");
  expect(await run("loadvm bar")).toBe("Error: Snapshot 'bar' does not exist in one or more devices\n");
  expect(called.map(([name]) => name)).toEqual(["snapshot-load", "job-dismiss"]);
});

it("C5: cancels its job when it is cancelled, and waits until that has let go", async () => {
  jobs("Operation canceled");
  answers.set("snapshot-save", () => {
    setImmediate(() => abort.abort(new QmpError("Command cancelled")));
    return {};
  });
  answers.set("job-cancel", ({ id }) => {
    setImmediate(() => told(String(id), "concluded"));
    return {};
  });
  answers.set("query-jobs", () => [{ id: "hmp-1", status: "concluded", error: "Operation canceled" }]);
  await expect(run("savevm new")).rejects.toThrow("Operation canceled");
  expect(called.map(([name]) => name)).toEqual(["snapshot-save", "job-cancel", "job-dismiss"]);
});
