import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { blockCoreHandlers } from "../../src/commands/block-core.ts";
import { BlockGraph } from "../../src/commands/block-graph.ts";
import type { BlockFiles } from "../../src/commands/block-node.ts";
import { openBlockFile } from "../../src/offload/block-files.ts";
import { marshalBlockCoreCommands } from "../../src/qapi/generated/block-core.ts";
import type { JsonObject } from "../../src/qjson/value.ts";
import type { MonitorCommand } from "../../src/qmp/registry.ts";
import { TestMonitor } from "../support/monitor.ts";

let directory: string;
const graphs: BlockGraph[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "qmpd-block-"));
  await writeFile(join(directory, "disk.img"), Buffer.alloc(65_536, 1));
  await writeFile(join(directory, "odd.img"), Buffer.alloc(1000, 1));
  await mkdir(join(directory, "folder"));
});

afterEach(async () => {
  for (const graph of graphs.splice(0)) await graph.close();
  expect(await openFiles(), "files left open").toEqual([]);
});

afterAll(() => rm(directory, { recursive: true }));

/** Files below the test's directory that this process has open. */
async function openFiles(): Promise<string[]> {
  const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ""));
  return (await Promise.all(links)).filter((target) => target.startsWith(directory));
}

interface Client {
  readonly graph: BlockGraph;
  readonly monitor: TestMonitor;
  /** The reply's `return`, or its `error`. */
  ask(command: string, args?: JsonObject): Promise<unknown>;
  add(args: JsonObject): Promise<unknown>;
  nodes(): Promise<JsonObject[]>;
}

const noText: BlockFiles["readText"] = () => Promise.reject(new Error("no text was expected"));

/** A session of a monitor that has the block commands alone. */
async function client(readText: BlockFiles["readText"] = noText): Promise<Client> {
  const graph = new BlockGraph({ open: openBlockFile, readText });
  graphs.push(graph);
  const commands: MonitorCommand[] = marshalBlockCoreCommands({
    ...blockCoreHandlers(graph),
    // No machine is here that has drives.
    "query-block": { handle: () => Promise.resolve([]) },
  });
  const monitor = new TestMonitor(commands);
  const connection = await monitor.connect([]);
  const ask: Client["ask"] = async (command, args = {}) => {
    connection.send(JSON.stringify({ execute: command, arguments: args }));
    let lines = connection.lines();
    while (lines.length === 0) {
      await monitor.settle();
      lines = connection.lines();
    }
    expect(lines).toHaveLength(1);
    return lines[0]?.return ?? lines[0]?.error;
  };
  return {
    graph,
    monitor,
    ask,
    add: (args) => ask("blockdev-add", args),
    nodes: async () => (await ask("query-named-block-nodes")) as JsonObject[],
  };
}

const failure = (desc: string): unknown => ({ class: "GenericError", desc });
const file = (name: string): string => join(directory, name);

describe("blockdev-add", () => {
  it("tells of a node as QEMU does", async () => {
    const { add, nodes } = await client();
    expect(await add({ driver: "null-co", "node-name": "n0" })).toEqual({});
    expect(await nodes()).toEqual([
      {
        iops_rd: 0,
        detect_zeroes: "off",
        image: {
          "virtual-size": 1_073_741_824,
          filename: "null-co://",
          format: "null-co",
          "actual-size": 0,
        },
        iops_wr: 0,
        ro: false,
        "node-name": "n0",
        backing_file_depth: 0,
        drv: "null-co",
        iops: 0,
        bps_wr: 0,
        write_threshold: 0,
        encrypted: false,
        bps: 0,
        bps_rd: 0,
        cache: { "no-flush": false, direct: false, writeback: true },
        file: "null-co://",
      },
    ]);
  });

  it.each<[string, JsonObject, string]>([
    ["a root without a name", { driver: "null-co" }, "'node-name' must be specified for the root node"],
    ["a name in use", { driver: "null-co", "node-name": "used" }, "Duplicate nodes with node-name='used'"],
    [
      "a file without a name before a name in use",
      { driver: "file", "node-name": "used", filename: "" },
      "The 'file' block driver requires a file name",
    ],
    ["a name that begins with a digit", { driver: "null-co", "node-name": "1a" }, "Invalid node-name: '1a'"],
    ["an empty name", { driver: "null-co", "node-name": "" }, "Invalid node-name: ''"],
    ["a name of 32 characters", { driver: "null-co", "node-name": "a".repeat(32) }, "Node name too long"],
    [
      "a disk that is too large",
      { driver: "null-co", "node-name": "a", size: 2 ** 63 - 2 ** 30 + 2 ** 20 },
      "Could not refresh total sector count: File too large",
    ],
    [
      "a reference to nothing",
      { driver: "raw", "node-name": "a", file: "nix" },
      "Cannot find device='nix' nor node-name='nix'",
    ],
    [
      "a child before its parent's name",
      { driver: "raw", "node-name": "1a", file: "nix" },
      "Cannot find device='nix' nor node-name='nix'",
    ],
    [
      "the name of blkdebug before its child",
      { driver: "blkdebug", "node-name": "1a", image: "nix" },
      "Invalid node-name: '1a'",
    ],
    [
      "a name twice in one command",
      { driver: "raw", "node-name": "a", file: { driver: "null-co", "node-name": "a" } },
      "Duplicate nodes with node-name='a'",
    ],
    [
      "a node inside itself",
      { driver: "blkdebug", "node-name": "a", image: "a" },
      "Making 'a' a image child of 'a' would create a cycle",
    ],
    [
      "raw with an offset beyond the end",
      { driver: "raw", "node-name": "a", file: { driver: "null-co", size: 1000 }, offset: 100_000 },
      "Offset (100000) cannot be greater than size of the containing file (1024)",
    ],
    [
      "raw that is larger than what it holds",
      {
        driver: "raw",
        "node-name": "a",
        file: { driver: "null-co", size: 10_240 },
        offset: 512,
        size: 10_240,
      },
      "The sum of offset (512) and size (10240) has to be smaller or equal to the  actual size of the containing file (10240)",
    ],
    [
      "raw with half a sector",
      { driver: "raw", "node-name": "a", file: { driver: "null-co" }, size: 100 },
      "Specified size is not multiple of 512",
    ],
    [
      "a negative offset",
      { driver: "raw", "node-name": "a", file: { driver: "null-co" }, offset: -1 },
      "Parameter 'offset' expects a non-negative number below 2^64",
    ],
    [
      "a negative size, of which real QEMU dies",
      { driver: "null-co", "node-name": "a", size: -1 },
      "Parameter 'size' expects a non-negative number below 2^64",
    ],
    [
      "a file without a name",
      { driver: "file", "node-name": "a", filename: "" },
      "The 'file' block driver requires a file name",
    ],
    [
      "an argument of another driver",
      { driver: "null-co", filename: "x" },
      "Parameter 'filename' is unexpected",
    ],
  ])("refuses %s, and leaves no node", async (_, args, desc) => {
    const { add, nodes, monitor } = await client();
    await add({ driver: "null-co", "node-name": "used" });
    expect(await add(args)).toEqual(failure(desc));
    expect((await nodes()).map((node) => node["node-name"])).toEqual(["used"]);
    expect(monitor.resources.resourcesInUse).toBe(0);
    expect(monitor.defects).toEqual([]);
  });

  it("gives up at a number of nodes", async () => {
    const { add, nodes } = await client();
    for (let n = 0; n < 1024; n++) await add({ driver: "null-co", "node-name": `n${n}` });
    expect(await add({ driver: "null-co", "node-name": "more" })).toEqual(failure("Too many block nodes"));
    expect(await nodes()).toHaveLength(1024);
  });
});

describe("the driver file", () => {
  it("holds the file open until blockdev-del", async () => {
    const { add, ask, nodes } = await client();
    await add({ driver: "file", "node-name": "f", filename: file("odd.img") });
    expect(await openFiles()).toEqual([file("odd.img")]);
    const [node] = await nodes();
    expect(node).toMatchObject({ file: file("odd.img"), drv: "file", ro: false });
    expect(node?.image).toMatchObject({ "virtual-size": 1024, filename: file("odd.img"), format: "file" });
    expect(await ask("blockdev-del", { "node-name": "f" })).toEqual({});
    expect(await openFiles()).toEqual([]);
    expect(await nodes()).toEqual([]);
  });

  it.each<[string, string, boolean, string]>([
    ["a missing file", "missing", false, "Could not open '@': No such file or directory"],
    ["a directory", "folder", false, "Could not open '@': Is a directory"],
    ["a directory to read", "folder", true, "'file' driver requires '@' to be a regular file"],
    ["a file as a directory", "disk.img/", false, "Could not open '@': Not a directory"],
  ])("refuses %s", async (_, name, readOnly, desc) => {
    const { add } = await client();
    const filename = `${directory}/${name}`;
    const reply = await add({ driver: "file", "node-name": "f", filename, "read-only": readOnly });
    expect(reply).toEqual(failure(desc.replace("@", filename)));
  });

  it("refuses a device", async () => {
    const { add } = await client();
    expect(await add({ driver: "file", "node-name": "f", filename: "/dev/zero" })).toEqual(
      failure("'file' driver requires '/dev/zero' to be a regular file"),
    );
  });

  it("is closed when its parent cannot be opened", async () => {
    const { add } = await client();
    const child = { driver: "file", filename: file("disk.img") };
    expect(await add({ driver: "raw", "node-name": "r", file: child, offset: 65_537 })).toMatchObject({
      class: "GenericError",
    });
    expect(await openFiles()).toEqual([]);
  });

  it("is closed with the machine", async () => {
    const { add, graph } = await client();
    await add({ driver: "file", "node-name": "f", filename: file("disk.img"), "read-only": true });
    await graph.close();
    expect(await openFiles()).toEqual([]);
    expect(await add({ driver: "file", "node-name": "f", filename: file("disk.img") })).toEqual(
      failure("The machine has ended"),
    );
    expect(await openFiles()).toEqual([]);
  });
});

describe("nodes inside nodes", () => {
  it("are told by file name, or by their options as JSON", async () => {
    const { add, nodes } = await client();
    const disk = { driver: "file", filename: file("disk.img") };
    await add({ driver: "raw", "node-name": "whole", file: disk });
    await add({ driver: "raw", "node-name": "part", file: disk, offset: 512, size: 1024 });
    await add({ driver: "blkdebug", "node-name": "debug", image: "whole" });
    await add({ driver: "blkdebug", "node-name": "debug-null", image: { driver: "null-co", size: 512 } });
    await add({ driver: "raw", "node-name": "twice", file: "whole" });
    const filenames = (await nodes()).map((node) => [node["node-name"], node.file]);
    expect(filenames).toEqual([
      // Opening the file by its name would make one raw.
      [
        "twice",
        `json:{"driver": "raw", "file": {"driver": "raw", "file": {"driver": "file", "filename": "${file("disk.img")}"}}}`,
      ],
      ["#block002", 'json:{"driver": "null-co", "size": 512}'],
      ["debug-null", 'json:{"image": {"driver": "null-co", "size": 512}, "driver": "blkdebug"}'],
      ["debug", `blkdebug::${file("disk.img")}`],
      [
        "part",
        `json:{"offset": 512, "driver": "raw", "size": 1024, "file": {"driver": "file", "filename": "${file("disk.img")}"}}`,
      ],
      ["#block001", file("disk.img")],
      ["whole", file("disk.img")],
      ["#block000", file("disk.img")],
    ]);
  });

  it("are each told without those inside, which are in the list themselves", async () => {
    const { add, nodes } = await client();
    await add({ driver: "blkdebug", "node-name": "debug", image: { driver: "null-co" } });
    const [, debug] = await nodes();
    expect(debug).toMatchObject({ "node-name": "debug", backing_file_depth: 0 });
    expect(debug?.image).not.toHaveProperty("backing-image");
  });

  it("inherit read-only, unless they say otherwise", async () => {
    const { add, nodes } = await client();
    await add({
      driver: "raw",
      "node-name": "a",
      "read-only": true,
      file: {
        driver: "raw",
        file: { driver: "null-co", "node-name": "c", "read-only": false },
        "node-name": "b",
      },
    });
    expect((await nodes()).map((node) => [node["node-name"], node.ro])).toEqual([
      ["a", true],
      ["b", true],
      ["c", false],
    ]);
  });

  it("end a file name that is too long with three dots", async () => {
    const { add, nodes } = await client();
    let options: JsonObject = { driver: "null-co", size: 1024 };
    for (let depth = 0; depth < 200; depth++) options = { driver: "raw", offset: 0, file: options };
    expect(await add({ ...options, "node-name": "deep" })).toEqual({});
    const [deep] = await nodes();
    expect(deep?.file).toMatch(/^json:\{"offset": 0, "driver": "raw", .*\.\.\.$/);
    expect(String(deep?.file)).toHaveLength(4095);
  });

  it("go when the last node that has them goes", async () => {
    const { add, ask, nodes } = await client();
    const inner = { driver: "file", "node-name": "inner", filename: file("disk.img") };
    await add({ driver: "raw", "node-name": "one", file: inner });
    await add({ driver: "raw", "node-name": "two", file: "inner" });
    expect(await ask("blockdev-del", { "node-name": "one" })).toEqual({});
    expect(await openFiles()).toHaveLength(1);
    expect(await ask("blockdev-del", { "node-name": "two" })).toEqual({});
    expect(await openFiles()).toEqual([]);
    expect(await nodes()).toEqual([]);
  });

  it("stay when the monitor made them by themselves", async () => {
    const { add, ask, nodes } = await client();
    await add({ driver: "null-co", "node-name": "n" });
    await add({ driver: "raw", "node-name": "r", file: "n" });
    await ask("blockdev-del", { "node-name": "r" });
    expect((await nodes()).map((node) => node["node-name"])).toEqual(["n"]);
    expect(await ask("blockdev-del", { "node-name": "n" })).toEqual({});
  });
});

describe("blockdev-del", () => {
  it.each([
    ["nobody", "Failed to find node with node-name='nobody'"],
    ["referred", "Block device referred is in use"],
    ["inner", "Node inner is not owned by the monitor"],
  ])("refuses node %s", async (name, desc) => {
    const { add, ask, nodes } = await client();
    await add({ driver: "null-co", "node-name": "referred" });
    await add({ driver: "raw", "node-name": "r", file: "referred" });
    await add({ driver: "raw", "node-name": "s", file: { driver: "null-co", "node-name": "inner" } });
    expect(await ask("blockdev-del", { "node-name": name })).toEqual(failure(desc));
    expect(await nodes()).toHaveLength(4);
  });
});

describe("the configuration of blkdebug", () => {
  it("is read, and its rules are kept", async () => {
    const { add, graph } = await client(async (filename) => {
      expect(filename).toBe("/rules");
      return '[set-state]\nevent = "flush_to_disk"\nnew_state = "2"\n[inject-error]\nevent = "read_aio"\nstate = "2"\n';
    });
    await add({ driver: "blkdebug", "node-name": "b", config: "/rules", image: { driver: "null-co" } });
    expect(graph.find("b")?.description.rules).toMatchObject([
      { action: "inject-error", event: "read_aio", state: 2n, errno: 5n },
      { action: "set-state", event: "flush_to_disk", newState: 2n },
    ]);
    expect(graph.find("b")?.info().file).toBe("blkdebug:/rules:null-co://");
  });
});

describe("R1: sessions that name the same node", () => {
  it("take turns: of many that add it, one wins", async () => {
    const { monitor, nodes } = await client();
    const connections = await Promise.all(Array.from({ length: 8 }, () => monitor.connect([])));
    const request = {
      execute: "blockdev-add",
      arguments: { driver: "file", "node-name": "f", filename: file("disk.img") },
    };
    for (const connection of connections) connection.send(JSON.stringify(request));
    const replies: JsonObject[] = [];
    while (replies.length < connections.length) {
      await monitor.settle();
      for (const connection of connections) replies.push(...connection.lines());
    }
    expect(replies.filter((reply) => "return" in reply)).toHaveLength(1);
    expect(replies.filter((reply) => "error" in reply).map((reply) => reply.error)).toEqual(
      Array.from({ length: 7 }, () => failure("Duplicate nodes with node-name='f'")),
    );
    expect(await openFiles()).toHaveLength(1);
    expect(await nodes()).toHaveLength(1);
    expect(monitor.resources.resourcesInUse).toBe(0);
  });

  it("take turns: a node is removed after the addition that refers to it", async () => {
    let readText = (_text: string): void => {};
    const text = new Promise<string>((resolve) => {
      readText = resolve;
    });
    const { add, monitor } = await client(() => text);
    await add({ driver: "null-co", "node-name": "n" });
    const adder = await monitor.connect([]);
    adder.send(
      '{"execute": "blockdev-add", "arguments": {"driver": "blkdebug", "node-name": "b", "config": "c", "image": "n"}}',
    );
    await monitor.settle();
    const remover = await monitor.connect([]);
    remover.send('{"execute": "blockdev-del", "arguments": {"node-name": "n"}}');
    await monitor.settle();
    expect([adder.lines(), remover.lines()]).toEqual([[], []]);
    readText("");
    await monitor.settle();
    expect([adder.lines(), remover.lines()]).toEqual([
      [{ return: {} }],
      [{ error: failure("Block device n is in use") }],
    ]);
  });

  it("do not find a node that went while the configuration was read", async () => {
    let readText = (_text: string): void => {};
    const text = new Promise<string>((resolve) => {
      readText = resolve;
    });
    const { add, ask, graph, monitor } = await client((name) =>
      name === "slow" ? text : Promise.resolve(""),
    );
    await add({
      driver: "raw",
      "node-name": "parent",
      file: { driver: "file", "node-name": "inner", filename: file("disk.img") },
    });
    const other = await monitor.connect([]);
    other.send(
      '{"execute": "blockdev-add", "arguments": {"driver": "blkdebug", "node-name": "b", "config": "slow", "image": "inner"}}',
    );
    await monitor.settle();
    expect(await ask("blockdev-del", { "node-name": "parent" })).toEqual({});
    readText("");
    await monitor.settle();
    expect(other.lines()).toEqual([{ error: failure("Cannot find device='inner' nor node-name='inner'") }]);
    expect(graph.info()).toEqual([]);
  });
});
