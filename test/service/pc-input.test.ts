/**
 * Keys and pointers, from a client's command to what the guest has noticed.
 */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestClient } from "../support/client.ts";
import { createMortalWorker } from "../support/machine-thread.ts";
import { pcWorkerUrl } from "../support/pc.ts";
import { eventually, PcService } from "../support/pc-service.ts";

const q = (data: string) => ({ type: "qcode", data });
const number = (data: number) => ({ type: "number", data });
const keys = (...names: string[]) => names.map(q);
const down = (name: string) => ({ type: "key", data: { key: q(name), down: true } });
const up = (name: string) => ({ type: "key", data: { key: q(name), down: false } });
const btn = (button: string, isDown: boolean) => ({ type: "btn", data: { button, down: isDown } });
const rel = (axis: string, value: number) => ({ type: "rel", data: { axis, value } });
const abs = (axis: string, value: number) => ({ type: "abs", data: { axis, value } });
const DONE = { return: {} };
const genericError = (desc: string) => ({ error: { class: "GenericError", desc } });

let pc: PcService;
let client: TestClient;
const clients: TestClient[] = [];

async function connect(capabilities: readonly string[] = []): Promise<TestClient> {
  const another = await pc.connect(capabilities);
  clients.push(another);
  return another;
}

beforeEach(async () => {
  pc = await PcService.start();
  client = await connect();
  await pc.said("Type help and press Enter.");
});
afterEach(async () => {
  for (const each of clients.splice(0)) each.destroy();
  await pc.stop();
});

const sendKey = (names: string[], holdMs?: number) =>
  client.execute("send-key", { keys: keys(...names), ...(holdMs !== undefined && { "hold-time": holdMs }) });
const send = (...events: object[]) => client.execute("input-send-event", { events });
const scancodesBecome = (expected: string, start = 0) =>
  eventually(async () => expect(await pc.scancodes(start)).toBe(expected));

describe("send-key", () => {
  it("presses keys in their order and lets go of them in reverse, a hold time apart", async () => {
    const startMs = performance.now();
    expect(await sendKey(["ctrl", "alt", "x"], 40)).toEqual(DONE);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(5 * 40 - 5);
    await scancodesBecome("1d 38 2d ad b8 9d");
  });

  it("holds a key for 100 ms where no time is given, or 0", async () => {
    for (const holdMs of [undefined, 0]) {
      const other = await connect();
      const startMs = performance.now();
      client.send({
        execute: "send-key",
        arguments: { keys: keys("a"), ...(holdMs !== undefined && { "hold-time": holdMs }) },
      });
      expect(await client.reply()).toEqual(DONE);
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(95);
      expect(performance.now() - startMs).toBeLessThan(2_000);
      other.destroy();
    }
    await scancodesBecome("1e 9e 1e 9e");
  });

  it("tells the guest of a key that is held once, and is not answered before it is let go", async () => {
    client.send({ execute: "send-key", arguments: { keys: keys("a"), "hold-time": 1_500 } });
    const answered = client.reply();
    await scancodesBecome("1e");
    const other = await connect();
    expect(await other.execute("query-status")).toMatchObject({ return: { status: "running" } });
    expect(await pc.scancodes(0)).toBe("1e");
    expect(await answered).toEqual(DONE);
    await scancodesBecome("1e 9e");
  });

  it("keeps the next one back until the keys were let go, and a moment longer", async () => {
    const other = await connect(["async"]);
    const startMs = performance.now();
    other.send({ execute: "send-key", id: 1, arguments: { keys: keys("a"), "hold-time": 150 } });
    other.send({ execute: "send-key", id: 2, arguments: { keys: keys("b"), "hold-time": 10 } });
    expect([await other.reply(), await other.reply()]).toEqual([
      { return: {}, id: 1 },
      { return: {}, id: 2 },
    ]);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(150 + 100 + 10 - 5);
    await scancodesBecome("1e 9e 30 b0");
  });

  it("takes the numbers of keys, and mixes them with names", async () => {
    const mixed = [number(0x1e), q("b"), number(0xc7), number(0x55)];
    expect(await client.execute("send-key", { keys: mixed, "hold-time": 5 })).toEqual(DONE);
    await scancodesBecome("1e 30 e0 47 e0 c7 b0 9e");
  });

  it("sends what Pause and Print Screen send, which depends on what is held", async () => {
    for (const [names, expected] of [
      [["pause"], "e1 1d 45 e1 9d c5"],
      [["ctrl", "pause"], "1d e0 46 e0 c6 9d"],
      [["print"], "e0 2a e0 37 e0 b7 e0 aa"],
      [["shift", "print"], "2a e0 37 e0 b7 aa"],
      [["alt", "print"], "38 b8 38 54 d4 b8 38 b8"],
      [["alt_r", "sysrq"], "e0 38 e0 b8 e0 38 54 d4 e0 b8 e0 38 e0 b8"],
    ] as const) {
      const start = await pc.word("scancodes");
      expect(await sendKey([...names], 5)).toEqual(DONE);
      await scancodesBecome(expected, start);
    }
  });

  it("accepts keys that a PC's keyboard has not, which do nothing", async () => {
    expect(await sendKey(["unmapped", "again", "lang1"], 5)).toEqual(DONE);
    expect(await client.execute("send-key", { keys: [number(0), number(-1), number(0x1000)] })).toEqual(DONE);
    expect(await sendKey(["a"], 5)).toEqual(DONE);
    await scancodesBecome("1e 9e");
  });

  it("C5: lets go of the keys at once when it is cancelled, and the next one is typed", async () => {
    const other = await connect(["async"]);
    other.send({
      execute: "send-key",
      id: "long",
      arguments: { keys: keys("ctrl", "a"), "hold-time": 60_000 },
    });
    await scancodesBecome("1d");
    other.send({ execute: "cancel-command", arguments: { id: "long" }, id: "cancel" });
    expect(await other.reply()).toEqual({ return: {}, id: "cancel" });
    expect(await other.reply()).toEqual({ ...genericError("Command cancelled"), id: "long" });
    await scancodesBecome("1d 9d");
    expect(await sendKey(["b"], 5)).toEqual(DONE);
    await scancodesBecome("1d 9d 30 b0");
  });

  it("C5: one that waits for its turn is cancelled without a key pressed", async () => {
    const other = await connect(["async"]);
    other.send({ execute: "send-key", id: 1, arguments: { keys: keys("a"), "hold-time": 1_500 } });
    other.send({ execute: "send-key", id: 2, arguments: { keys: keys("b") } });
    await scancodesBecome("1e");
    other.send({ execute: "cancel-command", arguments: { id: 2 }, id: "cancel" });
    const replies = [await other.reply(), await other.reply(), await other.reply()];
    expect(replies).toContainEqual({ return: {}, id: "cancel" });
    expect(replies).toContainEqual({ ...genericError("Command cancelled"), id: 2 });
    expect(await sendKey(["c"], 5)).toEqual(DONE);
    await scancodesBecome("1e 9e 2e ae");
  });

  it("C4: lets go of the keys when its client leaves", async () => {
    const other = await connect();
    other.send({ execute: "send-key", arguments: { keys: keys("shift", "a"), "hold-time": 60_000 } });
    await scancodesBecome("2a");
    other.destroy();
    await scancodesBecome("2a aa");
  });

  it("C6: tells how far it is", async () => {
    const other = await connect(["async"]);
    other.send({ execute: "send-key", id: 1, arguments: { keys: keys("a", "b"), "hold-time": 60_000 } });
    await scancodesBecome("1e");
    const sessions = (await client.execute("query-sessions")).return as { commands: object[] }[];
    expect(sessions.flatMap(({ commands }) => commands)).toContainEqual(
      expect.objectContaining({ command: "send-key", progress: { current: 1, total: 4 } }),
    );
  });

  it.each([-1, 2_147_483_001])("rejects a hold time of %d", async (holdMs) => {
    expect(await sendKey(["a"], holdMs)).toEqual(
      genericError("Parameter 'hold-time' expects a number of milliseconds from 0 to 2147483000"),
    );
  });

  it("rejects a key that has no such name", async () => {
    expect(await sendKey(["nosuch"])).toEqual(
      genericError("Parameter 'data' does not accept value 'nosuch'"),
    );
  });

  it("is not heard by a machine that is stopped", async () => {
    await client.execute("stop");
    expect(await sendKey(["a"])).toEqual(DONE);
    await client.execute("cont");
    expect(await sendKey(["b"], 5)).toEqual(DONE);
    await scancodesBecome("30 b0");
  });

  it("lets go of its keys also when the machine is stopped meanwhile", async () => {
    const other = await connect();
    other.send({ execute: "send-key", arguments: { keys: keys("a", "b"), "hold-time": 1_500 } });
    await scancodesBecome("1e");
    await client.execute("stop");
    expect(await other.reply()).toEqual(DONE);
    expect(await pc.scancodes(0)).toBe("1e");
    await client.execute("cont");
    await scancodesBecome("1e 9e");
  });

  it("fails when the machine's thread dies while keys are held, and types nothing into the next one", async () => {
    const mortal = createMortalWorker(pcWorkerUrl);
    try {
      await pc.stop();
      pc = await PcService.start("demo", mortal.workerUrl);
      await pc.said("Type help and press Enter.");
      const other = await connect();
      other.send({ execute: "send-key", arguments: { keys: keys("a"), "hold-time": 60_000 } });
      await scancodesBecome("1e");
      mortal.kill();
      expect(await other.reply()).toEqual(
        genericError("The thread that served this command has died; try again"),
      );
      client = await connect();
      expect(await client.execute("query-status")).toMatchObject({ return: { status: "internal-error" } });
      await client.execute("system_reset");
      await client.execute("cont");
      await eventually(() => expect(pc.serial().split("Type help").length).toBe(3));
      expect(await sendKey(["b"], 5)).toEqual(DONE);
      await scancodesBecome("30 b0");
    } finally {
      mortal.remove();
    }
  });

  it("a reset lets go of what is held", async () => {
    await send(down("ctrl"));
    await client.execute("system_reset");
    await eventually(() => expect(pc.serial().split("Type help").length).toBe(3));
    await sendKey(["pause"], 5);
    await scancodesBecome("e1 1d 45 e1 9d c5");
  });
});

describe("input-send-event", () => {
  it("presses and lets go of keys, once each", async () => {
    expect(await send(down("a"), down("a"), up("a"), down("delete"), up("delete"))).toEqual(DONE);
    await scancodesBecome("1e 1e 9e e0 53 e0 d3");
    const event = (code: number, isDown: boolean) => ({
      type: "key",
      data: { key: number(code), down: isDown },
    });
    expect(await send(event(0xd3, true), event(0xd3, false))).toEqual(DONE);
    await scancodesBecome("1e 1e 9e e0 53 e0 d3 e0 53 e0 d3");
  });

  /** Where the pointer is, and its buttons: 1 left, 2 right, 4 middle. */
  const pointerBecomes = (x: number, y: number, buttons: number) =>
    eventually(async () =>
      expect([await pc.word("pointerX"), await pc.word("pointerY"), await pc.word("buttons")]).toEqual([
        x,
        y,
        buttons,
      ]),
    );

  it("moves the pointer by steps, also by more than a mouse can tell at once", async () => {
    expect(await send(rel("x", 10), rel("y", -4))).toEqual(DONE);
    await pointerBecomes(522, 380, 0);
    expect(await send(rel("x", -300), rel("y", 200))).toEqual(DONE);
    await pointerBecomes(222, 580, 0);
  });

  it("moves the pointer to a place, by one axis or both, and knows the other one", async () => {
    expect(await send(abs("x", 0x4000), abs("y", 0x2000))).toEqual(DONE);
    await pointerBecomes(512, 192, 0);
    expect(await send(abs("x", 0))).toEqual(DONE);
    await pointerBecomes(0, 192, 0);
    expect(await send(abs("y", 0x7fff))).toEqual(DONE);
    await pointerBecomes(0, 767, 0);
    expect(await send(abs("x", 99_999))).toEqual(DONE);
    await pointerBecomes(1023, 767, 0);
    expect(await send(abs("x", -5))).toEqual(DONE);
    await pointerBecomes(0, 767, 0);
  });

  it("presses buttons, and turns the wheel", async () => {
    for (const [button, code] of [
      ["left", 1],
      ["right", 2],
      ["middle", 4],
    ] as const) {
      expect(await send(btn(button, true))).toEqual(DONE);
      await pointerBecomes(512, 384, code);
      expect(await send(btn(button, false))).toEqual(DONE);
      await pointerBecomes(512, 384, 0);
    }
    expect(await send(btn("left", true), btn("right", true))).toEqual(DONE);
    await pointerBecomes(512, 384, 3);
    expect(await send(btn("left", false))).toEqual(DONE);
    await pointerBecomes(512, 384, 2);
    const notch = (button: string) => [btn(button, true), btn(button, false)];
    await send(abs("x", 0x4000), abs("y", 0x4000));
    expect(await send(...notch("wheel-down"), ...notch("wheel-down"), ...notch("wheel-down"))).toEqual(DONE);
    await eventually(async () => expect(await pc.word("wheel")).toBe(3));
    expect(await send(...notch("wheel-up"))).toEqual(DONE);
    await eventually(async () => expect(await pc.word("wheel")).toBe(2));
  });

  it("does nothing for the buttons that no pointer here has", async () => {
    for (const button of ["side", "extra", "wheel-left", "wheel-right"]) {
      expect(await send(btn(button, true), btn(button, false))).toEqual(DONE);
    }
    expect(await send(btn("left", true))).toEqual(DONE);
    await pointerBecomes(512, 384, 1);
    expect(await pc.word("wheel")).toBe(0);
  });

  it("tells all of one call in its order, a click that ends with it as well", async () => {
    expect(await send(down("a"), rel("x", 5), up("a"), btn("left", true), rel("x", 5), down("b"))).toEqual(
      DONE,
    );
    await scancodesBecome("1e 9e 30");
    await pointerBecomes(522, 384, 1);
  });

  it("is refused by a machine that does not run, and nothing of it is heard later", async () => {
    await client.execute("stop");
    expect(await send(down("a"))).toEqual(genericError("VM not running"));
    expect(await send(abs("x", 1))).toEqual(genericError("VM not running"));
    await client.execute("cont");
    await sendKey(["b"], 5);
    await scancodesBecome("30 b0");
  });

  it("rejects a device that is none, before it looks whether the machine runs", async () => {
    await client.execute("stop");
    const event = (device: string, head?: number) =>
      client.execute("input-send-event", { device, ...(head !== undefined && { head }), events: [] });
    expect(await event("nosuch")).toEqual({
      error: { class: "DeviceNotFound", desc: "Device 'nosuch' not found" },
    });
    await client.execute("cont");
    const { return: listed } = await client.execute("qom-list", { path: "/machine/unattached" });
    const display = (listed as { name: string; type: string }[]).find(({ type }) => /VGA/.test(type));
    const path = `/machine/unattached/${display?.name}`;
    expect(await event(path)).toEqual(DONE);
    expect(await event(path, 1)).toEqual(
      genericError(`Device ${path} (head 1) is not bound to a QemuConsole`),
    );
    expect(await client.execute("input-send-event", { head: 7, events: [down("a")] })).toEqual(DONE);
    await scancodesBecome("1e");
  });

  it("refuses more keys than the guest's keyboard has room for, whole", async () => {
    const many = Array.from({ length: 256 }, () => [down("pause"), up("pause")]);
    expect(await send(...many.flat())).toEqual(
      genericError("The guest's keyboard buffer has no room for these keys"),
    );
    expect(await send(...Array.from({ length: 300 }, () => btn("left", true)))).toEqual(
      genericError("The guest's mouse buffer has no room for these events"),
    );
    await sendKey(["b"], 5);
    await scancodesBecome("30 b0");
  });
});

describe("a list of events", () => {
  const COUNT_MAX = 512;

  it("is taken up to the limit, and refused beyond it, of keys as well", async () => {
    const nothing = down("unmapped");
    expect(await send(...Array(COUNT_MAX).fill(nothing))).toEqual(DONE);
    expect(await send(...Array(COUNT_MAX).fill(nothing), down("a"))).toEqual(
      genericError("Parameter 'events' has more than 512 elements"),
    );
    expect(await sendKey(Array(COUNT_MAX + 1).fill("a"), 1)).toEqual(
      genericError("Parameter 'keys' has more than 512 elements"),
    );
    await sendKey(["b"], 5);
    await scancodesBecome("30 b0");
  });
});

describe("a guest that has not switched the absolute pointer on", () => {
  beforeEach(async () => {
    await pc.stop();
    pc = await PcService.start("orders");
    client = await connect();
    await pc.said("!");
  });

  it("has a mouse alone", async () => {
    expect(await client.execute("query-mice")).toEqual({
      return: [{ name: "QEMU PS/2 Mouse", index: 2, current: true, absolute: false }],
    });
  });

  it("cannot be shown to a place", async () => {
    expect(await send(abs("x", 1))).toEqual(genericError("Input handler not found for event type abs"));
    expect(await send(rel("x", 1), btn("left", true), down("a"))).toEqual(DONE);
  });
});

it("query-mice lists the absolute pointer once the guest has switched it on, as the one that is used", async () => {
  expect(await client.execute("query-mice")).toEqual({
    return: [
      { name: "QEMU PS/2 Mouse", index: 2, current: false, absolute: false },
      { name: "vmmouse", index: 4, current: true, absolute: true },
    ],
  });
});

it("inject-nmi is not supported", async () => {
  expect(await client.execute("inject-nmi")).toEqual(
    genericError("this feature or command is not currently supported"),
  );
});

it("query-cpu-definitions has the processor that there is, by the type that query-machines names", async () => {
  const { return: definitions } = await client.execute("query-cpu-definitions");
  expect(definitions).toEqual([
    {
      name: "v86",
      "migration-safe": false,
      static: false,
      "unavailable-features": [],
      typename: "v86-i386-cpu",
      deprecated: false,
    },
  ]);
  const { return: machines } = await client.execute("query-machines");
  expect(machines).toContainEqual(expect.objectContaining({ "default-cpu-type": "v86-i386-cpu" }));
});
