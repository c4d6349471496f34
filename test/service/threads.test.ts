/**
 * Worker threads that die under a running service, seen from a client: the command in hand fails with a
 * clear error, the thread is replaced, and the service goes on.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { TestClient } from "../support/client.ts";
import { createMortalWorker } from "../support/machine-thread.ts";
import { startTestService, type TestService } from "../support/service.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Parameters<typeof startTestService>[0]): Promise<TestService> {
  const service = await startTestService(options);
  cleanups.push(() => service.stop());
  return service;
}

async function connect(service: TestService): Promise<TestClient> {
  const client = await TestClient.connect(service.sockets[0] ?? "", ["async"]);
  cleanups.push(() => client.destroy());
  return client;
}

describe("a thread that dies in the middle of a screendump", () => {
  it("fails the command, is replaced, and leaves no file: the machine's thread", async () => {
    const worker = createMortalWorker();
    cleanups.push(() => worker.remove());
    const service = await start({ machines: [["qxl:3840x2160"]], threads: { machine: worker.workerUrl } });
    const client = await connect(service);
    const filename = join(service.directory, "screen.png");
    client.send({ execute: "screendump", arguments: { filename, format: "png" }, id: 1 });
    worker.kill();
    expect(await client.reply()).toEqual({
      id: 1,
      error: { class: "GenericError", desc: "The thread that served this command has died; try again" },
    });
    expect(existsSync(filename)).toBe(false);
    // What it emulated is lost, and the client is told so; a reset brings the machine back.
    expect(await client.execute("query-status")).toMatchObject({ return: { status: "internal-error" } });
    expect(await client.execute("system_reset")).toEqual({ return: {} });
    expect(await client.execute("cont")).toEqual({ return: {} });
    expect(await client.execute("screendump", { filename }, 2)).toEqual({ return: {}, id: 2 });
    expect(service.log.filter((line) => line.includes("machine thread has ended"))).toHaveLength(1);
  });

  it("fails the command, is replaced, and leaves no file: a pool thread", async () => {
    const { directory, entry } = createOnceDyingPoolEntry();
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const service = await start({ threads: { pool: entry } });
    const client = await connect(service);
    const filename = join(service.directory, "screen.png");
    expect(await client.execute("screendump", { filename, format: "png" }, 1)).toEqual({
      id: 1,
      error: { class: "GenericError", desc: "The thread that served this command has died; try again" },
    });
    expect(existsSync(filename)).toBe(false);
    expect(await client.execute("screendump", { filename, format: "png" }, 2)).toEqual({ return: {}, id: 2 });
    expect(readFileSync(filename).subarray(1, 4).toString()).toBe("PNG");
    expect(service.log.filter((line) => line.includes("pool thread has ended"))).toHaveLength(1);
  });
});

/** A pool thread's entry that is the service's own, but ends its thread in the first picture. */
function createOnceDyingPoolEntry(): { readonly directory: string; readonly entry: URL } {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-pool-"));
  const real = new URL("../../dist/workers/pool.js", import.meta.url).href;
  const file = join(directory, "entry.mjs");
  writeFileSync(
    file,
    `import { existsSync, writeFileSync } from "node:fs";
     import * as real from ${JSON.stringify(real)};
     export * from ${JSON.stringify(real)};
     const mark = ${JSON.stringify(join(directory, "died"))};
     export function encode(task) {
       if (!existsSync(mark)) { writeFileSync(mark, ""); process.exit(7); }
       return real.encode(task);
     }`,
  );
  return { directory, entry: pathToFileURL(file) };
}
