/**
 * The examples of the documents, run: transcripts (`qmp`) against servers started as they
 * say, terminals (`console`) with the commands that they show, the embedding example (`js`) in a process
 * of its own.  A document that shows what does not come back fails here.
 */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestClient } from "../support/client.ts";
import { BUILD_TIMEOUT_MS, buildPlugin, type PluginFolder } from "../support/plugin.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { type FencedBlock, fencedBlocks, patternOf } from "./documents.ts";

const PLUGINS = "docs/plugins.md";
const DOCUMENTS = [
  "README.md",
  "docs/protocol.md",
  "docs/pc.md",
  "docs/hmp.md",
  PLUGINS,
  "examples/hash-file/README.md",
];
const PROGRAM = resolve("dist/src/cli/qmpd.js");
const END_OF_EXAMPLE = "end of example";
/** What a client has got when it has negotiated: the greeting and a reply. */
const LINES_OF_NEGOTIATION = 2;

let directory = "";
/** The plugin that docs/plugins.md shows, made of what is shown there. */
let shout: PluginFolder;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-docs-"));
  for (const [name, bytes] of Object.entries({ "disk.img": 2 ** 20, "huge.img": 2 ** 40 })) {
    writeFileSync(join(directory, name), "");
    truncateSync(join(directory, name), bytes);
  }
  const [schema] = fencedBlocks(PLUGINS, "qapi");
  const [source] = fencedBlocks(PLUGINS, "ts");
  const text = (block: FencedBlock | undefined): string => block?.lines.join("\n") ?? "";
  shout = buildPlugin(
    { file: schema?.words[0] ?? "", text: text(schema) },
    { [source?.words[0] ?? ""]: text(source) },
  );
}, BUILD_TIMEOUT_MS);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  shout.remove();
});

describe("transcripts", () => {
  /** One server for all the blocks that are shown with the same options. */
  const servers = new Map<string, Promise<ServerProcess>>();

  afterAll(async () => {
    for (const server of servers.values()) await (await server).stop();
  });

  for (const block of DOCUMENTS.flatMap((document) => fencedBlocks(document, "qmp"))) {
    it(`${block.document}:${block.line} is what the server answers`, async () => {
      const { capabilities, options } = settingsOf(block);
      const key = options.join(" ");
      const server = servers.get(key) ?? startQmpd({ args: options.map(inTestFolder) });
      servers.set(key, server);
      const socket = (await server).sockets[0] ?? "";
      const turns = turnsOf(block);
      const isGreeted = turns[0]?.text.startsWith('{"QMP"') === true;
      const client = isGreeted ? new TestClient(socket) : await TestClient.connect(socket, capabilities);
      try {
        await replay(turns, client, isGreeted ? 0 : LINES_OF_NEGOTIATION);
        await close(client);
      } finally {
        client.destroy();
      }
    });
  }
});

/** Leaves in order: when the server has closed, no later example sees the session. */
async function close(client: TestClient): Promise<void> {
  client.halfClose();
  await client.until(() => false);
}

function settingsOf({ words }: FencedBlock): { capabilities: readonly string[]; options: readonly string[] } {
  const first = words.findIndex((word) => word.startsWith("--"));
  const end = first < 0 ? words.length : first;
  return { capabilities: words.slice(0, end), options: words.slice(end) };
}

/** The plugin of docs/plugins.md is built elsewhere, and what is in /tmp is in the tests' directory. */
function inTestFolder(option: string): string {
  if (option.startsWith("./")) return join(shout.folder, option);
  return option.replace(/^\/tmp\b/, directory);
}

interface Turn {
  readonly from: "client" | "server";
  text: string;
}

function turnsOf(block: FencedBlock): Turn[] {
  const turns: Turn[] = [];
  for (const line of block.lines) {
    const last = turns.at(-1);
    if (line.startsWith("-> ")) turns.push({ from: "client", text: line.slice(3) });
    else if (line.startsWith("<- ")) turns.push({ from: "server", text: line.slice(3) });
    else if (line.startsWith("   ") && last !== undefined) last.text += ` ${line.trim()}`;
    else throw new Error(`${block.document}:${block.line}: not a line of a transcript: ${line}`);
  }
  return turns;
}

async function replay(turns: readonly Turn[], client: TestClient, firstLine: number): Promise<void> {
  let index = firstLine;
  const next = async (): Promise<string | undefined> => {
    await client.until(() => client.texts.length > index);
    return client.texts[index++];
  };
  let unsent = "";
  for (const { from, text } of turns) {
    if (from === "client") {
      unsent += `${inDirectory(text)}\n`;
      continue;
    }
    // What stands together is sent together.
    if (unsent !== "") client.send(unsent);
    unsent = "";
    expect(await next()).toMatch(patternOf(inDirectory(text)));
  }
  // Nothing more came than is shown.
  client.send({ execute: "query-name", id: END_OF_EXAMPLE });
  expect(await next()).toContain(END_OF_EXAMPLE);
}

/** The documents write to /tmp; the tests to a directory of their own. */
function inDirectory(text: string): string {
  return text.replaceAll(/(["'])(file:)?\/tmp\//g, `$1$2${directory}/`);
}

describe("terminals of README.md", () => {
  let server: ChildProcessWithoutNullStreams;
  let startMessage = "";

  beforeAll(async () => {
    server = spawn(process.execPath, [PROGRAM, "serve", "--log-level", "warn"], { cwd: directory });
    server.stdout.setEncoding("utf8").on("data", (text: string) => {
      startMessage += text;
    });
    await once(server.stdout, "data");
  });

  afterAll(async () => {
    const exited = once(server, "exit");
    server.kill("SIGTERM");
    await exited;
  });

  const [start, ...terminals] = fencedBlocks("README.md", "console");

  it("npm start says what README.md shows", () => {
    expect(start?.lines).toEqual(["$ npm start", ...startMessage.trimEnd().split("\n")]);
  });

  for (const terminal of terminals) {
    const command = terminal.lines[0]?.slice(2) ?? "";
    const [program = ""] = command.split(" ");
    const missing = spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0;
    if (missing) console.warn(`skipped: ${program} is not installed`);
    it.skipIf(missing)(`README.md:${terminal.line} is what ${program} shows`, async () => {
      const child = spawn("sh", ["-c", command], { cwd: directory });
      const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      for (const line of terminal.lines.slice(1)) {
        if (line.startsWith('{"execute"')) child.stdin.write(`${line}\n`);
        else expect((await output.next()).value).toMatch(patternOf(line));
      }
      child.stdin.end();
      expect((await output.next()).done).toBe(true);
    });
  }
});

it("the embedding example of README.md prints what is shown, and ends", () => {
  const [example] = fencedBlocks("README.md", "js");
  const [printed] = fencedBlocks("README.md", "text");
  // Inside the package, so that its name leads to it; in a folder that is not kept.
  const folder = mkdtempSync(resolve("dist", "embedding-example-"));
  try {
    writeFileSync(join(folder, "example.mjs"), example?.lines.join("\n") ?? "");
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, "example.mjs")], {
      cwd: directory,
      encoding: "utf8",
      timeout: 15_000,
    });
    expect({ stdout, stderr, status }).toEqual({
      stdout: `${printed?.lines.join("\n")}\n`,
      stderr: "",
      status: 0,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("the embedding example of docs/plugins.md prints where the machine is, and ends", () => {
  const [example] = fencedBlocks(PLUGINS, "js");
  const file = shout.write("example.mjs", example?.lines.join("\n") ?? "");
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
    cwd: directory,
    encoding: "utf8",
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: "[ 'unix:vm1.sock' ]\n", stderr: "", status: 0 });
});

it("the configuration file of docs/plugins.md gives one machine a plugin", async () => {
  const [yaml] = fencedBlocks(PLUGINS, "yaml");
  const { parseConfigFile } = await import("../../src/server/config-file.ts");
  const config = await parseConfigFile(yaml?.lines.join("\n") ?? "", PLUGINS);
  expect(config.machines.map(({ name, plugins }) => [name, plugins])).toEqual([
    ["vm1", ["./shout.js"]],
    ["vm2", []],
  ]);
});

it("the configuration file of README.md makes the machines that it describes", async () => {
  const [yaml] = fencedBlocks("README.md", "yaml");
  const { parseConfigFile } = await import("../../src/server/config-file.ts");
  const config = await parseConfigFile(yaml?.lines.join("\n") ?? "", "README.md");
  expect(config.machines.map(({ name, machine, qmp }) => [name, machine.type, qmp.length])).toEqual([
    ["vm1", "test", 1],
    ["vm2", "none", 2],
  ]);
});

it("the picture of README.md is what the server dumps", async () => {
  const server = await startQmpd({ args: ["--display", "VGA:640x480,content=still"] });
  const client = await TestClient.connect(server.sockets[0] ?? "", []);
  const filename = join(directory, "screen.png");
  expect(await client.execute("screendump", { filename, format: "png" })).toEqual({ return: {} });
  const [shown, dumped] = ["docs/screen.png", filename].map((path) => decode(readFileSync(path)));
  expect([shown?.width, shown?.height]).toEqual([640, 480]);
  expect(Buffer.from(shown?.data ?? []).equals(Buffer.from(dumped?.data ?? []))).toBe(true);
  client.destroy();
  await server.stop();
});
