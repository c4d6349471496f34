import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { MachineEvent } from "../../src/offload/contract.ts";
import { cancel, createCancelFlag } from "../../src/util/cancel-flag.ts";
import { createMortalWorker } from "../support/machine-thread.ts";
import { pcWorkerUrl, startPc, type TestPc, type TestPcOptions } from "../support/pc.ts";

const pcs: TestPc[] = [];
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-pc-test-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(async () => {
  for (const pc of pcs.splice(0)) await pc.close();
});

async function start(options?: TestPcOptions): Promise<TestPc> {
  const pc = await startPc(options);
  pcs.push(pc);
  return pc;
}

/** A PC whose firmware takes orders. */
async function started(options?: TestPcOptions): Promise<TestPc> {
  const pc = await start(options);
  await pc.until(() => pc.serial().includes("!"));
  return pc;
}

const kinds = (events: readonly MachineEvent[]): string[] => events.map(({ kind }) => kind);

describe("a PC's run state", () => {
  it("is prelaunch until it is told to run", async () => {
    const pc = await start({ initialState: "prelaunch" });
    expect(pc.machine.runState).toBe("prelaunch");
    const before = await pc.machine.registers();
    await pc.machine.cont();
    await pc.until(() => pc.serial() === "!");
    expect(pc.machine.runState).toBe("running");
    expect(kinds(pc.events)).toEqual(["resume"]);
    expect(before).toMatchObject({ ok: true, value: { eip: 0xfff0, cs: { selector: 0xf000 }, cpl: 0 } });
  });

  it("is paused within 5 ms, by median, while the guest is in a busy loop or halted", async () => {
    const pc = await started();
    for (const order of ["", "h"]) {
      if (order !== "") await pc.order(order);
      const times: number[] = [];
      for (let round = 0; round < 21; round++) {
        const startMs = performance.now();
        expect(await pc.machine.stop()).toEqual({ ok: true, value: undefined });
        times.push(performance.now() - startMs);
        expect(pc.machine.runState).toBe("paused");
        await pc.machine.cont();
      }
      times.sort((a, b) => a - b);
      expect(times[10]).toBeLessThan(5);
    }
  });

  it("does not let the guest go on while it is paused", async () => {
    const pc = await started();
    await pc.machine.stop();
    const [before, after] = [await pc.machine.registers(), await pc.machine.registers()];
    expect(after).toEqual(before);
    await pc.machine.serialWrite(Buffer.from("x"));
    await pc.machine.capture(0, undefined);
    expect(pc.serial()).toBe("!");
    await pc.machine.cont();
    await pc.until(() => pc.serial() === "!x");
  });

  it("a reset starts the guest over, from running to running and from paused to prelaunch", async () => {
    const pc = await started();
    await pc.machine.reset();
    await pc.until(() => pc.serial() === "!!");
    expect(pc.events).toEqual([{ kind: "reset", guest: false, reason: "host-qmp-system-reset" }]);
    await pc.machine.stop();
    await pc.machine.reset();
    expect(pc.machine.runState).toBe("prelaunch");
    await pc.machine.cont();
    await pc.until(() => pc.serial() === "!!!");
  });

  it("the guest's own reset starts it over", async () => {
    const pc = await started();
    await pc.order("r");
    await pc.until(() => pc.serial() === "!!");
    expect(pc.events).toEqual([{ kind: "reset", guest: true, reason: "guest-reset" }]);
    expect(pc.machine.runState).toBe("running");
  });

  it("a guest that switches off tells it once; without a shutdown it stays until it is reset", async () => {
    const pc = await started({ config: { isNoShutdown: true } });
    await pc.order("o");
    await pc.until(() => pc.events.length >= 2);
    expect(pc.events).toEqual([
      { kind: "shutdown", guest: true, reason: "guest-shutdown", isEnd: false },
      { kind: "stop" },
    ]);
    expect(pc.machine.runState).toBe("shutdown");
    expect(await pc.machine.cont()).toMatchObject({ desc: "Resetting the Virtual Machine is required" });
    await pc.machine.reset();
    await pc.machine.cont();
    await pc.until(() => pc.serial() === "!!");
  });

  it("a guest that switches off ends the machine", async () => {
    const pc = await started();
    await pc.order("o");
    await pc.until(() => pc.events.length > 0);
    expect(pc.events).toEqual([{ kind: "shutdown", guest: true, reason: "guest-shutdown", isEnd: true }]);
  });

  it("without a reboot each reset is a shutdown", async () => {
    for (const [reset, shutdown] of [
      [(pc: TestPc) => pc.order("r"), { guest: true, reason: "guest-reset" }],
      [(pc: TestPc) => pc.order("t"), { guest: true, reason: "guest-reset" }],
      [(pc: TestPc) => pc.machine.reset(), { guest: false, reason: "host-qmp-system-reset" }],
    ] as const) {
      const pc = await started({ config: { isNoReboot: true } });
      await reset(pc);
      await pc.until(() => pc.events.length > 0);
      expect(pc.events).toEqual([{ kind: "shutdown", ...shutdown, isEnd: true }]);
    }
  });

  it("a triple fault resets, and panics when it comes again and again", async () => {
    const pc = await started();
    for (let fault = 1; fault <= 5; fault++) {
      await pc.order("t");
      await pc.until(() => pc.serial().length === fault + 1);
    }
    expect(new Set(kinds(pc.events))).toEqual(new Set(["reset"]));
    await pc.order("t");
    await pc.until(() => pc.machine.runState === "guest-panicked");
    expect(kinds(pc.events).slice(5)).toEqual(["guest-panicked", "stop"]);
    // What it was doing can be looked at.
    expect(await pc.machine.registers()).toMatchObject({ ok: true });
    await pc.machine.reset();
    await pc.machine.cont();
    await pc.until(() => pc.serial().length === 7);
  });

  it("a triple fault panics where it is to", async () => {
    const pc = await started({ config: { tripleFault: "panic" } });
    await pc.order("t");
    await pc.until(() => pc.events.length >= 2);
    expect(kinds(pc.events)).toEqual(["guest-panicked", "stop"]);
  });
});

describe("a PC's screen", () => {
  it("follows the guest's mode, and shows the guest's pixels", async () => {
    const pc = await started();
    expect((await pc.machine.capture(0, undefined)).frame).toMatchObject({ width: 720, height: 400 });
    await pc.order("g.");
    await pc.until(() => pc.serial() === "!.");
    const { frame } = await pc.machine.capture(0, undefined);
    expect(frame).toMatchObject({ width: 640, height: 480, stride: 2560 });
    const pixels = new Uint32Array(frame.memory.buffer, frame.offset, 640 * 480);
    expect([pixels[0], pixels[0x3fff], pixels[0x4000]]).toEqual([0x102030, 0x102030, 0]);
  });

  it("is not copied again while nothing was drawn", async () => {
    const pc = await started();
    await pc.machine.stop();
    const { frame, frameNumber } = await pc.machine.capture(0, undefined);
    new Uint32Array(frame.memory.buffer, frame.offset, 1)[0] = 0x123456;
    const again = await pc.machine.capture(0, frame.memory);
    expect(again.frameNumber).toBe(frameNumber);
    expect(new Uint32Array(again.frame.memory.buffer, again.frame.offset, 1)[0]).toBe(0x123456);
  });
});

describe("a PC's memory", () => {
  it("is copied as the CPU would read it, and as zeros where nothing is", async () => {
    const pc = await started();
    await pc.order("m.");
    await pc.until(() => pc.serial() === "!.");
    const copy = async (space: "physical" | "virtual", address: number | bigint, length: number) => {
      const into = new Uint8Array(new SharedArrayBuffer(length));
      const result = await pc.machine.copyMemory(space, address, into);
      return result.ok ? Buffer.from(into).toString("hex") : result.desc;
    };
    expect(await copy("physical", 0x1000, 4)).toBe("78563412");
    expect(await copy("virtual", 0x1000n, 4)).toBe("78563412");
    // Firmware, below 1 MiB and at the end; the hole behind RAM; and what no address of 32 bits reaches.
    expect(await copy("physical", 0xf0000, 2)).toBe("fafc");
    expect(await copy("physical", 0xfffffff0, 5)).toBe("ea000000f0");
    expect(await copy("physical", 2 ** 21 - 2, 4)).toBe("00000000");
    expect(await copy("physical", 2n ** 32n - 1n, 3)).toMatch(/^..0000$/);
    // A virtual address has no more than 32 bits.
    expect(await copy("virtual", 0x1_ffff_fff0n, 5)).toBe("ea000000f0");
  });
});

describe("much of a PC's memory", () => {
  it("comes in pieces that are the caller's, with the time that the guest stood still", async () => {
    const pc = await started({ config: { memoryBytes: 2 ** 26 } });
    await pc.order("m.");
    await pc.until(() => pc.serial() === "!.");
    const taken = await pc.machine.takeMemory("physical", 0x1000, 2 ** 26, createCancelFlag());
    if (!taken.ok) throw new Error(taken.desc);
    const { pieces, pausedUs } = taken.value;
    expect(pieces.map(({ length }) => length)).toEqual([2 ** 24, 2 ** 24, 2 ** 24, 2 ** 24]);
    expect(Buffer.from(pieces[0] ?? []).readUInt32LE(0)).toBe(0x12345678);
    expect(pausedUs).toBeGreaterThan(0);
    const none = await pc.machine.takeMemory("physical", 0, 0, createCancelFlag());
    expect(none).toMatchObject({ ok: true, value: { pieces: [] } });
  });

  it("is not copied to the end when nobody wants it any more", async () => {
    const pc = await started({ config: { memoryBytes: 2 ** 26 } });
    const flag = createCancelFlag();
    const taken = pc.machine.takeMemory("physical", 0, 2 ** 26, flag);
    cancel(flag);
    expect(await taken).toMatchObject({ ok: false, desc: "Command cancelled" });
  });

  it("is dumped with the registers, by ranges that leave out what is no memory", async () => {
    const pc = await started();
    await pc.order("m.");
    await pc.until(() => pc.serial() === "!.");
    const all = await pc.machine.takeDump({ isPaging: true, range: undefined }, createCancelFlag());
    if (!all.ok) throw new Error(all.desc);
    expect(all.value.ranges).toEqual([
      { address: 0, length: 0xa_0000 },
      { address: 0xc_0000, length: 2 ** 21 - 0xc_0000 },
      { address: 0xe000_0000, length: 2 ** 23 },
    ]);
    expect(all.value.mappings).toBeUndefined();
    expect(all.value.registers.cs.selector).toBe(0xf000);
    const range = { begin: 0x1000n, length: 0xc_0000 };
    const some = await pc.machine.takeDump({ isPaging: false, range }, createCancelFlag());
    if (!some.ok) throw new Error(some.desc);
    expect(some.value.ranges).toEqual([
      { address: 0x1000, length: 0x9_f000 },
      { address: 0xc_0000, length: 0x1000 },
    ]);
    expect(Buffer.from(some.value.pieces[0] ?? []).readUInt32LE(0)).toBe(0x12345678);
    const window = { isPaging: false, range: { begin: 0xa_0000, length: 0x2_0000 } };
    expect(await pc.machine.takeDump(window, createCancelFlag())).toMatchObject({
      desc: "dump: no guest memory to dump",
    });
  });
});

describe("a PC's state", () => {
  it("comes back as it was saved, running or not", async () => {
    const pc = await started();
    await pc.order("m.");
    await pc.until(() => pc.serial() === "!.");
    const saved = await pc.machine.saveState([]);
    if (!saved.ok) throw new Error(saved.desc);
    expect(kinds(pc.events)).toEqual(["stop", "resume"]);
    const word = async (): Promise<number | undefined> => {
      const into = new Uint8Array(new SharedArrayBuffer(4));
      await pc.machine.copyMemory("physical", 0x1000, into);
      return new Uint32Array(into.buffer)[0];
    };
    await pc.machine.reset();
    await pc.until(() => pc.serial() === "!.!");
    expect(await word()).toBe(0);
    expect(await pc.machine.restoreState(saved.value)).toEqual({ ok: true, value: undefined });
    expect(await word()).toBe(0x12345678);
    await pc.order("x");
    await pc.until(() => pc.serial() === "!.!x");
  });

  it("of another machine, or none, is refused", async () => {
    const [pc, other] = [await started(), await started({ config: { memoryBytes: 2 ** 22 } })];
    const saved = await pc.machine.saveState([]);
    if (!saved.ok) throw new Error(saved.desc);
    expect(await other.machine.restoreState(saved.value)).toMatchObject({
      desc: "The saved state is of a machine with another memory size",
    });
    const bytes = new Uint8Array(new SharedArrayBuffer(100));
    expect(await pc.machine.restoreState({ bytes, overlays: [] })).toMatchObject({
      desc: "This is no saved state of a machine",
    });
    await pc.order("x");
    await pc.until(() => pc.serial() === "!x");
  });

  it("can be restored after the guest has crashed", async () => {
    const pc = await started({ config: { tripleFault: "panic" } });
    const saved = await pc.machine.saveState([]);
    if (!saved.ok) throw new Error(saved.desc);
    await pc.order("t");
    await pc.until(() => pc.machine.runState === "guest-panicked");
    await pc.machine.restoreState(saved.value);
    await pc.machine.cont();
    await pc.order("x");
    await pc.until(() => pc.serial() === "!x");
  });
});

describe("a state that fails in the middle", () => {
  const failed = {
    ok: false,
    desc: "The saved state could not be put back; resetting the Virtual Machine is required",
  };

  it.each(["running", "stopped"])(
    "leaves a machine that was %s to be reset, or put back to another",
    async (was) => {
      const pc = await started();
      await pc.order("m.");
      await pc.until(() => pc.serial() === "!.");
      const saved = await pc.machine.saveState([]);
      if (!saved.ok) throw new Error(saved.desc);
      const bytes = new Uint8Array(new SharedArrayBuffer(saved.value.bytes.length));
      // Its description is right, what follows is not the emulator's.
      bytes.set(saved.value.bytes.subarray(0, 2 ** 10));
      bytes.fill(0x41, 2 ** 10);
      if (was === "stopped") await pc.machine.stop();
      const before = pc.events.length;
      expect(await pc.machine.restoreState({ bytes, overlays: [] })).toMatchObject(failed);
      expect(pc.machine.runState).toBe("internal-error");
      expect(kinds(pc.events.slice(before))).toEqual(was === "running" ? ["stop"] : []);
      expect(await pc.machine.cont()).toMatchObject({ desc: "Resetting the Virtual Machine is required" });
      expect(await pc.machine.saveState([])).toMatchObject({ ok: false });
      expect(await pc.machine.restoreState(saved.value)).toMatchObject({ ok: true });
      expect(await pc.machine.restoreState({ bytes, overlays: [] })).toMatchObject(failed);
      await pc.machine.reset();
      expect(await pc.machine.cont()).toMatchObject({ ok: true });
      await pc.until(() => pc.serial() === "!.!");
    },
  );

  it("is one whose overlay is damaged, too", async () => {
    const file = join(directory, "overlay.img");
    writeFileSync(file, Buffer.alloc(2 ** 20));
    const drives = [{ drive: "ide0-hd0", file }] as const;
    const pc = await started({ config: { drives, isSnapshot: true } });
    const saved = await pc.machine.saveState(["ide0-hd0"]);
    if (!saved.ok) throw new Error(saved.desc);
    const overlays = [{ drive: "ide0-hd0", bytes: new Uint8Array(new SharedArrayBuffer(3)) }] as const;
    expect(await pc.machine.restoreState({ ...saved.value, overlays })).toMatchObject(failed);
    expect(pc.machine.runState).toBe("internal-error");
    expect(await pc.machine.restoreState(saved.value)).toMatchObject({ ok: true });
  });
});

describe("a PC's disk", () => {
  const image = (name: string, bytes = 2 ** 20): string => {
    const file = join(directory, name);
    writeFileSync(file, Buffer.alloc(bytes));
    return file;
  };
  const sector = (file: string): number | undefined => readFileSync(file)[512];
  const hda = (file: string) => [{ drive: "ide0-hd0", file }] as const;

  it("keeps what the guest writes, in its file, across a reset", async () => {
    const file = image("written.img");
    const pc = await start({ firmware: "disk-counter", config: { drives: hda(file) } });
    await pc.until(() => pc.serial() === "\0.");
    expect(sector(file)).toBe(1);
    await pc.machine.reset();
    await pc.until(() => pc.serial() === "\0.\u0001.");
    expect(sector(file)).toBe(2);
    expect(readFileSync(file).length).toBe(2 ** 20);
  });

  it("keeps it in an overlay instead, which is saved and restored with the machine", async () => {
    const file = image("kept.img");
    const pc = await start({ firmware: "disk-counter", config: { drives: hda(file), isSnapshot: true } });
    await pc.until(() => pc.serial() === "\0.");
    const saved = await pc.machine.saveState(["ide0-hd0"]);
    if (!saved.ok) throw new Error(saved.desc);
    await pc.machine.reset();
    await pc.until(() => pc.serial() === "\0.\u0001.");
    await pc.machine.restoreState(saved.value);
    await pc.machine.reset();
    await pc.until(() => pc.serial() === "\0.\u0001.\u0001.");
    expect(sector(file)).toBe(0);
  });

  it("with another disc in its drive is refused", async () => {
    const [first, second] = [image("c.iso"), image("d.iso", 2 ** 21)];
    const pc = await started({ config: { drives: [{ drive: "ide1-cd0", file: first }] } });
    const saved = await pc.machine.saveState([]);
    if (!saved.ok) throw new Error(saved.desc);
    const change = (file: string) =>
      pc.machine.changeMedium({ drive: "ide1-cd0", file, readOnlyMode: "retain", tray: "unlocked" });
    await change(second);
    expect(await pc.machine.restoreState(saved.value)).toMatchObject({
      desc: "The saved state is of a machine with another set of disks",
    });
    await change(first);
    expect(await pc.machine.restoreState(saved.value)).toMatchObject({ ok: true });
  });

  it("whose tray is open when the machine is saved is open again when it is restored", async () => {
    const file = image("e.iso");
    const pc = await started({ config: { drives: [{ drive: "ide1-cd0", file }] } });
    const isOpen = async () =>
      (await pc.machine.blockDevices()).find(({ drive }) => drive === "ide1-cd0")?.isTrayOpen;
    const closed = await pc.machine.saveState([]);
    await pc.machine.moveTray("ide1-cd0", true, false);
    const open = await pc.machine.saveState([]);
    if (!closed.ok || !open.ok) throw new Error("it is not saved");
    expect(open.value.guestTimeMs).toBeGreaterThan(closed.value.guestTimeMs);
    await pc.machine.restoreState(closed.value);
    expect(await isOpen()).toBe(false);
    await pc.machine.restoreState(open.value);
    expect(await isOpen()).toBe(true);
  });

  it("whose changes go to its file cannot be saved with the machine", async () => {
    const pc = await start({ config: { drives: hda(image("plain.img")) } });
    expect(await pc.machine.saveState(["ide0-hd0"])).toMatchObject({
      desc: "Device 'ide0-hd0' is writable but does not support snapshots",
    });
    expect(await pc.machine.saveState(["floppy0"])).toMatchObject({ desc: "Device 'floppy0' has no medium" });
  });

  it("that cannot be opened makes no machine", async () => {
    await expect(start({ config: { drives: hda("/no/such.img") } })).rejects.toThrow(
      "Could not open '/no/such.img': No such file or directory",
    );
    await expect(start({ config: { drives: hda(directory) } })).rejects.toThrow(
      `Could not open '${directory}': it is not a regular file`,
    );
    await expect(start({ config: { biosFile: "/no/bios" } })).rejects.toThrow(
      "Could not open '/no/bios': No such file or directory",
    );
  });

  it("in a drive is changed, with the tray moved, or left as it was", async () => {
    const [first, second] = [image("a.iso"), image("b.iso", 2 ** 21)];
    const pc = await started({ config: { drives: [{ drive: "ide1-cd0", file: first }] } });
    const medium = async () => (await pc.machine.blockDevices()).find(({ drive }) => drive === "ide1-cd0");
    const change = (file: string | undefined, drive: "ide1-cd0" | "ide0-hd0" = "ide1-cd0") =>
      pc.machine.changeMedium({ drive, file, readOnlyMode: "retain", tray: "unlocked" });
    expect(await medium()).toMatchObject({ isTrayOpen: false, medium: { file: first, isReadOnly: true } });
    await change(second);
    expect(await medium()).toMatchObject({ isTrayOpen: false, medium: { file: second, sizeBytes: 2 ** 21 } });
    await change(undefined);
    expect(await medium()).toMatchObject({ isTrayOpen: true, medium: undefined });
    const devicePath = (await medium())?.devicePath;
    expect(pc.events).toEqual(
      [true, false, true].map((isOpen) => ({ kind: "tray-moved", drive: "ide1-cd0", devicePath, isOpen })),
    );
    expect(await change("/no/such.iso")).toMatchObject({
      desc: "Could not open '/no/such.iso': No such file or directory",
    });
    expect(await change(first, "ide0-hd0")).toMatchObject({
      errorClass: "DeviceNotFound",
      desc: "Device 'ide0-hd0' not found",
    });
    // A floppy drive has no tray.
    const floppy = image("f.img", 1_474_560);
    await pc.machine.changeMedium({
      drive: "floppy0",
      file: floppy,
      readOnlyMode: "read-write",
      tray: "unlocked",
    });
    expect((await pc.machine.blockDevices()).find(({ drive }) => drive === "floppy0")).toMatchObject({
      isTrayOpen: undefined,
      medium: { file: floppy, isReadOnly: false },
    });
    expect(pc.events.length).toBe(3);
  });
});

describe("a PC's serial port", () => {
  it("tells the guest to wait for a reader that is slow, and loses nothing", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isHeld = true;
    const pc = await startPc({
      takeOutput: () => (isHeld ? held : undefined),
    });
    pcs.push(pc);
    await pc.order("f");
    await pc.until(() => pc.serial().length >= 65_536);
    // The guest polls, and goes on doing so: what it would send by now is not there.
    for (let turn = 0; turn < 50; turn++) await pc.machine.registers();
    expect(pc.serial().length).toBe(65_536);
    isHeld = false;
    release();
    await pc.until(() => pc.serial().length >= 3 * 65_536);
    const bytes = Buffer.from(pc.serial(), "latin1").subarray(1);
    expect(bytes.findIndex((byte, index) => byte !== ((bytes[0] ?? 0) + index) % 256)).toBe(-1);
  });
});

describe("when a PC's thread dies", () => {
  it("its calls fail, it is in internal-error, and a reset brings it back", async () => {
    const mortal = createMortalWorker(pcWorkerUrl);
    try {
      const pc = await started({ workerUrl: mortal.workerUrl });
      const call = pc.machine.serialWrite(Buffer.alloc(2 ** 20));
      mortal.kill();
      await expect(call).rejects.toMatchObject({ code: "WORKER_GONE" });
      expect([pc.machine.runState, kinds(pc.events)]).toEqual(["internal-error", ["stop"]]);
      expect(await pc.machine.cont()).toMatchObject({ desc: "Resetting the Virtual Machine is required" });
      await pc.machine.reset();
      expect(pc.machine.runState).toBe("prelaunch");
      await pc.machine.cont();
      await pc.until(() => pc.serial() === "!!");
    } finally {
      mortal.remove();
    }
  });
});
