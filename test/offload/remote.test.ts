import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DisplayConfig } from "../../src/machine/config.ts";
import { readFrameNumber } from "../../src/machine/frame-number.ts";
import { connectMachineThread, type MachineThreadConnection } from "../../src/offload/remote.ts";
import { frameBytes, testMachine } from "../support/machine.ts";
import { createFailingWorker, createMortalWorker, machineWorkerUrl } from "../support/machine-thread.ts";

describe("a machine thread", () => {
  let thread: MachineThreadConnection;

  beforeAll(async () => {
    thread = await connectMachineThread(machineWorkerUrl);
  });
  afterAll(() => thread.close());

  async function create(changes: Partial<DisplayConfig>) {
    const { machine, consoles } = await thread.api.create(testMachine(changes), "running");
    return { machine, consoles, capture: () => thread.api.capture(machine, 0, undefined) };
  }

  it.each(["VGA", "qxl"] as const)("D1: captures %s as it is after the request", async (type) => {
    const { capture } = await create({ type });
    let last = -1;
    for (let round = 0; round < 20; round++) {
      const { frame, frameNumber } = await capture();
      expect(readFrameNumber(frameBytes(frame))).toBe(frameNumber);
      expect(frameNumber).toBeGreaterThan(last);
      last = frameNumber;
    }
  });

  it("D1: does not serve a request with the refresh that had begun before it", async () => {
    const { capture } = await create({ type: "qxl" });
    const [early, late] = await Promise.all([capture(), capture()]);
    expect(late.frameNumber).toBeGreaterThan(early.frameNumber);
  });

  it("D2: never captures a qxl display half drawn, however many ask and whenever they ask", async () => {
    const { capture } = await create({ type: "qxl", width: 640, height: 480 });
    const captures = [];
    for (let round = 0; round < 60; round++) {
      captures.push(capture(), capture());
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const { frame, frameNumber } of await Promise.all(captures)) {
      expect(readFrameNumber(frameBytes(frame))).toBe(frameNumber);
    }
  });

  it("D3: hands out a copy that the guest does not draw on", async () => {
    const { capture } = await create({ type: "VGA" });
    const first = await capture();
    const before = Buffer.from(frameBytes(first.frame).bytes);
    await Promise.all([capture(), capture(), capture()]);
    expect(before.equals(frameBytes(first.frame).bytes)).toBe(true);
    expect(readFrameNumber(frameBytes(first.frame))).toBe(first.frameNumber);
  });

  it("copies into the memory that is handed in", async () => {
    const { machine, capture } = await create({ type: "VGA" });
    const { frame } = await capture();
    const again = await thread.api.capture(machine, 0, frame.memory);
    expect(readFrameNumber(frameBytes(frame))).toBe(again.frameNumber);
  });

  it("answers a verb after its effect: a stopped display keeps its picture and can still be captured", async () => {
    const { machine, capture } = await create({ type: "qxl" });
    expect(await thread.api.stop(machine)).toEqual({
      ok: true,
      value: { runState: "paused", events: [{ kind: "stop" }] },
    });
    const first = await capture();
    const second = await capture();
    expect(second.frameNumber).toBe(first.frameNumber);
    await thread.api.cont(machine);
    expect((await capture()).frameNumber).toBeGreaterThan(first.frameNumber);
  });

  it("describes the consoles, and hands the tree's errors over whole", async () => {
    const { machine, consoles } = await create({ id: "v0", heads: 2 });
    expect(consoles).toEqual([
      { index: 0, deviceId: "v0", devicePath: "/machine/peripheral/v0", head: 0, width: 320, height: 200 },
      { index: 1, deviceId: "v0", devicePath: "/machine/peripheral/v0", head: 1, width: 320, height: 200 },
    ]);
    expect(await thread.api.qomGet(machine, "/nope", "type")).toEqual({
      ok: false,
      errorClass: "DeviceNotFound",
      desc: "Device '/nope' not found",
    });
    expect(await thread.api.qomGet(machine, "system[0]", "size")).toEqual({
      ok: true,
      value: 2n ** 64n - 1n,
    });
  });

  it("rejects a configuration that describes no machine", async () => {
    await expect(create({ width: 1 })).rejects.toThrow("display size 1x200 is not between");
  });

  it("rejects the captures of a machine that is destroyed meanwhile, and goes on", async () => {
    const { machine, capture } = await create({ type: "qxl" });
    const captured = capture();
    await thread.api.destroy(machine);
    await expect(captured).rejects.toThrow("the console is closed");
    expect((await create({})).consoles.length).toBe(1);
  });

  it.runIf(process.platform === "linux")("runs at low priority, and the main thread does not", () => {
    const niceOf = (task: string): number => {
      const stat = readFileSync(`/proc/self/task/${task}/stat`, "latin1");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
    };
    expect(niceOf(String(process.pid))).toBeLessThan(10);
    expect(readdirSync("/proc/self/task").map(niceOf)).toContain(10);
  });
});

describe("a machine thread that ends", () => {
  const removals: (() => void)[] = [];
  afterEach(() => {
    for (const remove of removals.splice(0)) remove();
  });

  it("rejects the calls in flight, and every later one, with WORKER_GONE", async () => {
    const mortal = createMortalWorker();
    removals.push(mortal.remove);
    const thread = await connectMachineThread(mortal.workerUrl);
    const { machine } = await thread.api.create(
      testMachine({ type: "qxl", width: 1920, height: 1080 }),
      "running",
    );
    const captures = [1, 2, 3].map(() => thread.api.capture(machine, 0, undefined));
    mortal.kill();
    const outcomes = await Promise.allSettled(captures);
    expect(outcomes[2]).toMatchObject({ status: "rejected", reason: { code: "WORKER_GONE" } });
    await expect(thread.api.qomList(machine, "/")).rejects.toMatchObject({ code: "WORKER_GONE" });
    expect((await thread.gone).message).toBe("the machine thread has ended with exit code 7");
  });

  it.each([
    ["throws", "throw new Error('broken entry')"],
    ["exits", "process.exit(3)"],
    ["does not parse", "this is no JavaScript"],
  ])("while it starts, because its entry %s: rejects the start", async (_, source) => {
    const failing = createFailingWorker(source);
    removals.push(failing.remove);
    await expect(connectMachineThread(failing.workerUrl)).rejects.toMatchObject({ code: "WORKER_GONE" });
  });

  it("because its entry does not exist: rejects the start", async () => {
    await expect(connectMachineThread(new URL("file:///nowhere/machine.js"))).rejects.toMatchObject({
      code: "WORKER_GONE",
    });
  });
});
