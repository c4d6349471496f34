import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { askServerProcess } from "../../bench/told.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-told-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A process into which `tellOnSignal` is preloaded, with what it is to tell. */
async function start(name: string, told: string) {
  const file = join(directory, name);
  const module = new URL("../../dist/bench/told.js", import.meta.url);
  const script = `
    import { tellOnSignal } from ${JSON.stringify(module)};
    let asked = 0;
    tellOnSignal(${JSON.stringify(file)}, () => { asked++; ${told} });
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  const exited = once(child, "exit").then(([status]) => status as number | null);
  await once(child.stdout, "data");
  return { child, file, server: { pid: child.pid ?? 0, exited } };
}

it("tells anew, whole, each time it is asked", async () => {
  const { child, file, server } = await start("large", 'return { asked, text: "x".repeat(1e6) };');
  try {
    for (const asked of [1, 2]) {
      expect(await askServerProcess(server, file)).toEqual({ asked, text: "x".repeat(1e6) });
    }
  } finally {
    child.kill("SIGKILL");
  }
});

it("is not waited for when the process has ended", async () => {
  const { file, server } = await start("none", "process.exit(3);");
  await expect(askServerProcess(server, file)).rejects.toThrow("the server has ended");
});
