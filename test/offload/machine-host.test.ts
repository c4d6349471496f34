import { renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { MachineEvent } from "../../src/offload/contract.ts";
import { MachineHost } from "../../src/offload/machine-host.ts";
import { testMachine } from "../support/machine.ts";
import { createMortalWorker, machineWorkerUrl } from "../support/machine-thread.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startHost(workerUrl = machineWorkerUrl) {
  const gone: unknown[] = [];
  const host = new MachineHost({ workerUrl, onThreadGone: (error) => gone.push(error) });
  cleanups.push(() => host.close());
  return { host, gone };
}

async function createMachine(host: MachineHost, ...displays: Parameters<typeof testMachine>) {
  const events: MachineEvent[] = [];
  const machine = host.createMachine(testMachine(...displays), "running", (event) => events.push(event));
  await machine.consoles();
  return { machine, events };
}

describe("a hosted machine", () => {
  it("L8: has told its listener of the events before a verb's promise is settled", async () => {
    const { host } = await startHost();
    const { machine, events } = await createMachine(host, {});
    const log: unknown[] = [];
    const verbs = [machine.stop(), machine.reset(), machine.cont(), machine.powerdown()];
    for (const verb of verbs) void verb.then(() => log.push([events.length, machine.runState]));
    await Promise.all(verbs);
    expect(events.map(({ kind }) => kind)).toEqual(["stop", "reset", "resume", "powerdown"]);
    expect(log).toEqual([
      [1, "paused"],
      [2, "prelaunch"],
      [3, "running"],
      [4, "running"],
    ]);
  });

  it("shares the thread with others and is told apart from them", async () => {
    const { host } = await startHost();
    const a = await createMachine(host, {});
    const b = await createMachine(host, { id: "b" });
    await a.machine.stop();
    expect([a.machine.runState, b.machine.runState]).toEqual(["paused", "running"]);
    expect(b.events).toEqual([]);
    await a.machine.destroy();
    expect((await b.machine.capture(0, undefined)).frame.width).toBe(320);
    expect((await b.machine.consoles())[0]?.deviceId).toBe("b");
  });

  it("answers a refused verb with QEMU's sentence, and no event", async () => {
    const { host } = await startHost();
    const machine = host.createMachine(testMachine({}), "internal-error", () => {
      throw new Error("nothing happened");
    });
    expect(await machine.cont()).toEqual({
      ok: false,
      errorClass: "GenericError",
      desc: "Resetting the Virtual Machine is required",
    });
  });
});

describe("when the machine thread dies", () => {
  it("fails the capture in progress, stops the machines, and makes them anew: a reset brings them back", async () => {
    const mortal = createMortalWorker();
    cleanups.push(mortal.remove);
    const { host, gone } = await startHost(mortal.workerUrl);
    const { machine, events } = await createMachine(host, { type: "qxl", width: 1920, height: 1080 });
    const captures = [machine.capture(0, undefined), machine.capture(0, undefined)];
    await new Promise((resolve) => setImmediate(resolve)); // They are on their way.
    mortal.kill();
    const [, second] = await Promise.allSettled(captures);
    expect(second).toMatchObject({ status: "rejected", reason: { code: "WORKER_GONE" } });
    expect([machine.runState, events]).toEqual(["internal-error", [{ kind: "stop" }]]);
    expect(gone.length).toBe(1);

    expect(await machine.cont()).toMatchObject({ ok: false });
    await machine.reset();
    await machine.cont();
    expect(machine.runState).toBe("running");
    expect((await machine.capture(0, undefined)).frame.width).toBe(1920);
    const other = await createMachine(host, {});
    expect((await other.machine.capture(0, undefined)).frame.width).toBe(320);
  });

  it("replaces each thread that dies after it had started", async () => {
    const mortal = createMortalWorker();
    cleanups.push(mortal.remove);
    const { host, gone } = await startHost(mortal.workerUrl);
    const { machine } = await createMachine(host, {});
    for (let death = 1; death <= 3; death++) {
      mortal.kill();
      while (gone.length < death) await machine.qomList("/").catch(() => undefined);
      expect(await machine.qomGet("/machine", "type")).toEqual({ ok: true, value: "test-machine" });
    }
  });

  it("starts a replacement once more that died while starting, when somebody asks", async () => {
    const mortal = createMortalWorker();
    cleanups.push(mortal.remove);
    const entry = fileURLToPath(mortal.workerUrl);
    const { host, gone } = await startHost(mortal.workerUrl);
    const { machine } = await createMachine(host, {});
    renameSync(entry, `${entry}.away`);
    mortal.kill();
    await expect.poll(() => gone.length).toBe(2);
    for (const calls of [1, 2]) {
      const rejected = { status: "rejected", reason: { code: "WORKER_GONE" } };
      // Both wait for the same one.
      expect(await Promise.allSettled([machine.reset(), machine.consoles()])).toMatchObject([
        rejected,
        rejected,
      ]);
      expect(gone.length).toBe(2 + calls);
    }
    expect(machine.runState).toBe("internal-error");
    renameSync(`${entry}.away`, entry);
    expect(await machine.reset()).toMatchObject({ ok: true });
    expect(await machine.qomGet("/machine", "type")).toEqual({ ok: true, value: "test-machine" });
    expect(gone.length).toBe(4);
  });

  it("makes a machine that comes while the thread is replaced once, as it is wanted", async () => {
    const mortal = createMortalWorker();
    cleanups.push(mortal.remove);
    const { host, gone } = await startHost(mortal.workerUrl);
    const { machine } = await createMachine(host, {});
    mortal.kill();
    while (gone.length < 1) await machine.qomList("/").catch(() => undefined);
    const other = host.createMachine(testMachine({ id: "other" }), "prelaunch", () => {});
    expect(await other.cont()).toEqual({ ok: true, value: undefined });
    expect((await other.consoles())[0]?.deviceId).toBe("other");
    expect(await machine.cont()).toMatchObject({ ok: false });
  });

  it("makes no machine anew that was destroyed before it could be made", async () => {
    const mortal = createMortalWorker();
    cleanups.push(mortal.remove);
    const { host, gone } = await startHost(mortal.workerUrl);
    const impossible = host.createMachine(testMachine({ width: -1 }), "running", () => {});
    await expect(impossible.destroy()).rejects.toThrow("display size");
    const { machine } = await createMachine(host, {});
    mortal.kill();
    await expect.poll(() => gone.length).toBe(1);
    expect(await machine.reset()).toMatchObject({ ok: true });
    expect(gone.length).toBe(1);
  });

  it("is no unhandled rejection when no replacement starts and nobody waits for it", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    cleanups.push(() => process.off("unhandledRejection", note));
    const mortal = createMortalWorker();
    const { host, gone } = await startHost(mortal.workerUrl);
    const { machine } = await createMachine(host, {});
    mortal.kill();
    mortal.remove();
    await expect.poll(() => gone.length).toBe(2);
    expect(unhandled).toEqual([]);
    await expect(machine.consoles()).rejects.toMatchObject({ code: "WORKER_GONE" });
  });
});
