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
    const { directory, entry } = createEntry("machine", DIES_IN_FIRST_CAPTURE);
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const service = await start({ machines: [["qxl:1920x1080"]], threads: { machine: entry } });
    const client = await connect(service);
    const filename = join(service.directory, "screen.png");
    client.send({ execute: "screendump", arguments: { filename, format: "png" }, id: 1 });
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
    const { directory, entry } = createEntry("pool", DIES_IN_FIRST_PICTURE);
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

/** The call travels as a message; a qxl display is rendered over several turns, in the middle of which this ends. */
const DIES_IN_FIRST_CAPTURE = `
  import { parentPort } from "node:worker_threads";
  await import(real);
  parentPort.on("message", ({ path }) => {
    if (path?.includes("capture") && isFirst()) setImmediate(() => setImmediate(() => process.exit(7)));
  });`;

const DIES_IN_FIRST_PICTURE = `
  const { encode: realEncode, ...rest } = await import(real);
  export const { write, base64 } = rest;
  export function encode(task) {
    if (isFirst()) process.exit(7);
    return realEncode(task);
  }`;

/** A thread's entry that is the service's own, but for what `source` adds; `isFirst` is true once for all threads. */
function createEntry(
  thread: "machine" | "pool",
  source: string,
): { readonly directory: string; readonly entry: URL } {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-entry-"));
  const real = new URL(`../../dist/workers/${thread}.js`, import.meta.url).href;
  const file = join(directory, "entry.mjs");
  writeFileSync(
    file,
    `import { existsSync, writeFileSync } from "node:fs";
     const real = ${JSON.stringify(real)};
     const mark = ${JSON.stringify(join(directory, "died"))};
     function isFirst() {
       if (existsSync(mark)) return false;
       writeFileSync(mark, "");
       return true;
     }
     ${source}`,
  );
  return { directory, entry: pathToFileURL(file) };
}
