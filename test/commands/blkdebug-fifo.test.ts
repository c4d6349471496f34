import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { blockCoreHandlers } from "../../src/commands/block-core.ts";
import { BlockGraph } from "../../src/commands/block-graph.ts";
import { openBlockFile } from "../../src/offload/block-files.ts";
import { readConfigText } from "../../src/offload/config-file.ts";
import { marshalBlockCoreCommands } from "../../src/qapi/generated/block-core.ts";
import type { JsonObject } from "../../src/qjson/value.ts";
import { type TestConnection, TestMonitor } from "../support/monitor.ts";

const FIFOS = Array.from({ length: 64 }, (_, n) => `fifo${n}`);
const RULES = '[inject-error]\nevent = "read_aio"\n';

let directory: string;
let graph: BlockGraph;

const path = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-blkdebug-"));
  execFileSync("mkfifo", FIFOS.map(path));
});

afterEach(async () => {
  await graph.close();
  expect(openFifos(), "FIFOs left open").toEqual([]);
});

afterAll(() => rmSync(directory, { recursive: true }));

/** FIFOs that this process has open. */
function openFifos(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return []; // The descriptor that the directory was listed by.
    }
  });
}

function start(): TestMonitor {
  graph = new BlockGraph({ open: openBlockFile, readText: readConfigText });
  return new TestMonitor(
    marshalBlockCoreCommands({
      ...blockCoreHandlers(graph),
      // No machine is here that has drives.
      "query-block": { handle: () => Promise.resolve([]) },
    }),
  );
}

function add(connection: TestConnection, name: string, config: string, id: string): void {
  const args = { driver: "blkdebug", "node-name": name, config, image: { driver: "null-co" } };
  connection.send(JSON.stringify({ execute: "blockdev-add", arguments: args, id }));
}

/** What comes until there are `count` lines. */
async function replies(
  monitor: TestMonitor,
  connection: TestConnection,
  count: number,
): Promise<JsonObject[]> {
  const lines: JsonObject[] = [];
  while (lines.length < count) {
    await monitor.settle();
    lines.push(...connection.lines());
  }
  return lines;
}

async function until(monitor: TestMonitor, condition: () => boolean): Promise<void> {
  while (!condition()) await monitor.settle();
}

describe("C8: a FIFO for the configuration of blkdebug", () => {
  it("is read to its end, and its rules are kept", async () => {
    const monitor = start();
    const connection = await monitor.connect([]);
    add(connection, "b", path("fifo0"), "b");
    await until(monitor, () => openFifos().length === 1);
    const writer = await open(path("fifo0"), "w");
    await writer.write(RULES);
    await monitor.settle();
    expect(connection.lines(), "the writer has not closed it").toEqual([]);
    await writer.close();
    expect(await replies(monitor, connection, 1)).toEqual([{ return: {}, id: "b" }]);
    expect(graph.find("b")?.description.rules).toHaveLength(1);
  });

  it("is read from another process", async () => {
    const monitor = start();
    const connection = await monitor.connect([]);
    add(connection, "b", path("fifo0"), "b");
    const writer = spawn("sh", ["-c", 'printf "[foo]\\n" > "$0"', path("fifo0")]);
    const ended = new Promise((resolve) => writer.once("exit", resolve));
    expect(await replies(monitor, connection, 1)).toMatchObject([
      { error: { desc: "There is no option group 'foo'" } },
    ]);
    await ended;
  });

  it("keeps no file waiting: 64 silent ones slow nobody, and each is cancelled within 50 ms", async () => {
    const monitor = start();
    const killer = await monitor.connect(["oob"]);
    const connections = await Promise.all(FIFOS.map(() => monitor.connect([])));
    for (const [n, connection] of connections.entries()) {
      add(connection, `b${n}`, path(`fifo${n}`), `b${n}`);
    }
    await until(monitor, () => openFifos().length === FIFOS.length);

    const other = await monitor.connect([]);
    other.send('{"execute": "blockdev-add", "arguments": {"driver": "null-co", "node-name": "n"}}');
    expect(await replies(monitor, other, 1)).toEqual([{ return: {} }]);

    const sessions = monitor.monitor.sessions().filter(({ commands }) => commands.length > 0);
    expect(sessions).toHaveLength(FIFOS.length);
    const delaysMs: number[] = [];
    for (const [n, { sessionId }] of sessions.entries()) {
      const connection = connections[n];
      const begin = performance.now();
      killer.send(
        JSON.stringify({ "exec-oob": "cancel-command", arguments: { id: `b${n}`, session: sessionId } }),
      );
      if (connection === undefined) throw new Error("a session without a connection");
      expect(await replies(monitor, connection, 1)).toEqual([
        { error: { class: "GenericError", desc: "Command cancelled" }, id: `b${n}` },
      ]);
      delaysMs.push(performance.now() - begin);
    }
    // One may fall into a pause of the test's own process.
    expect(delaysMs.sort((a, b) => a - b).at(-2)).toBeLessThan(50);
    expect(openFifos()).toEqual([]);
    expect(graph.info()).toHaveLength(1);
    expect(monitor.resources.resourcesInUse).toBe(0);
    expect(monitor.defects).toEqual([]);
  });

  it("is let go of when the client has gone", async () => {
    const monitor = start();
    const connection = await monitor.connect([]);
    add(connection, "b", path("fifo0"), "b");
    await until(monitor, () => openFifos().length === 1);
    connection.hangUp();
    await until(monitor, () => openFifos().length === 0);
    expect(graph.info()).toEqual([]);
  });
});

describe("the configuration of blkdebug", () => {
  it.each([
    ["missing", "Could not read blkdebug config file: No such file or directory"],
    [".", "Cannot read config file: Is a directory"],
  ])("is refused when it is %s", async (name, desc) => {
    const monitor = start();
    const connection = await monitor.connect([]);
    add(connection, "b", path(name), "b");
    expect(await replies(monitor, connection, 1)).toMatchObject([{ error: { desc } }]);
    expect(graph.info()).toEqual([]);
  });

  it("is refused when it never ends", async () => {
    const monitor = start();
    const connection = await monitor.connect([]);
    add(connection, "b", "/dev/zero", "b");
    expect(await replies(monitor, connection, 1)).toMatchObject([
      { error: { desc: "Cannot read config file: File too large" } },
    ]);
  });
});
