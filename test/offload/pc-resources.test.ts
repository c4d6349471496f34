import { readFileSync } from "node:fs";
import { setTimeout as elapse } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { startPc, type TestPc } from "../support/pc.ts";

const MIB = 2 ** 20;
const MEASURED_MS = 1500;
/** Source: Linux, `sysconf(_SC_CLK_TCK)` is 100. */
const TICK_MS = 10;

let pc: TestPc | undefined;
afterEach(async () => {
  await pc?.close();
  pc = undefined;
});

const residentMib = (): number => process.memoryUsage.rss() / MIB;

async function startedPc(): Promise<TestPc> {
  const started = await startPc({ config: { memoryBytes: 16 * MIB } });
  pc = started;
  await started.until(() => started.serial() === "!");
  return started;
}

it("the memory of a PC is given back when it ends: fifty, one after the other", {
  timeout: 180_000,
}, async () => {
  let afterTen = 0;
  for (let count = 1; count <= 50; count++) {
    const { close } = await startedPc();
    await close();
    if (count === 10) afterTen = residentMib();
  }
  // A PC takes more than 30 MiB: forty that stayed would be more than a GiB.
  expect(residentMib() - afterTen).toBeLessThan(100);
});

it("the memory of a PC does not grow with its resets: fifty", { timeout: 180_000 }, async () => {
  const { machine } = await startedPc();
  let afterTen = 0;
  for (let count = 1; count <= 50; count++) {
    await machine.reset();
    if (count === 10) afterTen = residentMib();
  }
  expect(residentMib() - afterTen).toBeLessThan(100);
});

it("a PC that is stopped, or whose guest has halted, uses at most 3 % of a core", async () => {
  const { machine, order } = await startedPc();
  const thread = (await machine.cpus())[0]?.threadId;
  const usedMs = (): number => {
    // Source: proc(5); the name before the bracket may have blanks in it.
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  };
  const share = async (): Promise<number> => {
    const [usedBefore, before] = [usedMs(), performance.now()];
    await elapse(MEASURED_MS);
    return (usedMs() - usedBefore) / (performance.now() - before);
  };
  await machine.stop();
  expect(await share()).toBeLessThan(0.03);
  await machine.cont();
  await order("h");
  await machine.registers();
  expect(await share()).toBeLessThan(0.03);
});
