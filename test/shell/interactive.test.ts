import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { colored, plain } from "../../src/shell/colors.ts";
import { History } from "../../src/shell/history.ts";
import { runInteractive } from "../../src/shell/interactive.ts";
import { SchemaSource } from "../../src/shell/schema-source.ts";
import { ASYNC_GREETING, QEMU_GREETING, ScriptedServer, settle } from "../support/scripted-server.ts";

const SCHEMA = [
  ...["stop", "slow", "quit"].map((name) => ({
    name,
    "meta-type": "command",
    "arg-type": "0",
    "ret-type": "0",
  })),
  { name: "0", "meta-type": "object", members: [] },
];

async function start({
  greeting = ASYNC_GREETING,
  capabilities = ["oob", "async"],
  paint = plain,
  schema: toldSchema = SCHEMA as unknown,
  isSchemaLate = false,
} = {}) {
  const server = new ScriptedServer();
  const client = await server.opened(greeting, capabilities);
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { columns: 100 });
  let screen = "";
  output.on("data", (bytes) => {
    screen += bytes;
  });
  const kept: string[] = [];
  const history = Object.assign(new History("", () => {}), {
    load: () => ["before"],
    add: (line: string) => kept.push(line),
  });
  const status = runInteractive({
    ...{ client, input, output, paint },
    schema: new SchemaSource(client),
    docOf: () => undefined,
    history,
    clock: server.clock,
  });
  const schema = await server.next();
  const tellSchema = async (): Promise<void> => {
    server.answer(schema, toldSchema);
    await settle();
  };
  if (!isSchemaLate) await tellSchema();
  /** What has been printed since it was asked last. */
  const drawn = async (): Promise<string> => {
    await settle();
    const text = screen;
    screen = "";
    return text;
  };
  /** The same, of a shell without colours without what moves the cursor. */
  const printed = async (): Promise<string> => {
    const text = await drawn();
    return paint === plain ? stripVTControlCharacters(text) : text;
  };
  /** As somebody types: key by key. */
  const type = async (keys: string): Promise<void> => {
    for (const key of keys) {
      input.write(key);
      await settle();
    }
  };
  return { server, client, input, status, drawn, printed, type, kept, tellSchema };
}

/** What a terminal of so many columns shows of `text`: the rows, without the blanks at their ends. */
function rowsOf(text: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what moves the cursor
  for (const [token, count, letter] of text.matchAll(/\x1b\[(\d*)([A-Z])|[\s\S]/g)) {
    if (letter === "A") row -= Number(count);
    else if (letter === "B") row += Number(count);
    else if (letter === "G") column = Number(count) - 1;
    else if (letter === "J") {
      rows.length = row + 1;
      rows[row]?.splice(column);
    } else if (token === "\r") column = 0;
    else if (token === "\n") {
      [row, column] = [row + 1, 0];
      rows[row] ??= [];
    } else {
      if (column === columns) [row, column] = [row + 1, 0];
      rows[row] ??= [];
      (rows[row] as string[])[column++] = token;
    }
  }
  return rows.map((cells) =>
    Array.from(cells, (cell) => cell ?? " ")
      .join("")
      .trimEnd(),
  );
}

const UP = "\x1b[A";
const CTRL_C = "\x03";
const CTRL_D = "\x04";

describe("a shell at a terminal", () => {
  it("says who is there, sends what is typed, and prints what comes", async () => {
    const { server, type, printed, status } = await start();
    expect(await printed()).toContain("memory: QEMU 7.2.0, oob, async.");
    await type("stop\r");
    const request = await server.next();
    server.clock.advance(12);
    server.send('{"event": "STOP", "data": {"why": "asked"}}\r\n');
    server.answer(request, { done: true });
    const text = await printed();
    expect(text).toContain('STOP {"why": "asked"}\n');
    expect(text).toContain('stop 12 ms {"done": true}\n');
    await type(CTRL_D);
    expect(await status).toBe(0);
    expect(await printed()).toBe("\n");
  });

  it("says nothing more when it was left while something waits for the schema", async () => {
    const { client, type, status, printed } = await start({ isSchemaLate: true });
    await type("stop x=1\r");
    await printed();
    await type(CTRL_D);
    expect(await status).toBe(0);
    await client.close();
    expect(await printed()).toBe("\n");
  });

  it("takes lines that were pasted one after the other, and does not say that they wait for the schema", async () => {
    const { server, input, printed } = await start();
    input.write("stop\rslow\rstop\r");
    for (const execute of ["stop", "slow", "stop"]) expect(await server.next()).toMatchObject({ execute });
    expect(await printed()).not.toContain("waiting");
  });

  it("prints the id that was typed with the reply", async () => {
    const { server, type, printed } = await start();
    await type('{"execute": "stop", "id": ["mine"]}\r');
    server.answer(await server.next());
    expect(await printed()).toContain('stop id ["mine"] 0 ms {}\n');
  });

  it("completes with Tab", async () => {
    const { server, type } = await start();
    await type("st\t\r");
    expect(await server.next()).toMatchObject({ execute: "stop" });
  });

  it("has several commands in flight, whose ages and progress the prompt shows", async () => {
    const { server, type, printed } = await start();
    await type("slow\r");
    const { id } = await server.next();
    server.clock.advance(2000);
    await type("slow\r");
    await server.next();
    server.send(
      `{"event": "COMMAND_PROGRESS", "data": {"id": ${id}, "command": "slow", "current": 1, "total": 4}}\r\n`,
    );
    server.clock.advance(1000);
    const text = await printed();
    expect(text).toContain("[slow 2s, slow 0s] qmp> ");
    expect(text.trimEnd().endsWith("[slow 3s 25%, slow 1s] qmp>")).toBe(true);
    expect(text).not.toContain("COMMAND_PROGRESS");
  });

  it("prints above what is being typed, and leaves it as it is", async () => {
    const { server, type, printed } = await start();
    await type("st");
    await printed();
    server.send('{"event": "RESUME"}\r\n');
    expect(await printed()).toMatch(/RESUME\n.*qmp> st$/s);
    await type("op\r");
    expect(await server.next()).toMatchObject({ execute: "stop" });
  });

  it("draws a line of several rows, pasted, in its own place", async () => {
    const { server, input, drawn } = await start();
    const rows = (text: string): string[] => rowsOf(text, 100);
    const line = "x".repeat(250);
    let screen = await drawn();
    input.write(`slow\r${line}`);
    screen += await drawn();
    server.clock.advance(2000);
    screen += await drawn();
    const typed = `[slow 2s] qmp> ${line}`;
    expect(rows(screen).slice(1)).toEqual(["qmp> slow", ...rows(typed)]);
    server.answer(await server.next());
    screen += await drawn();
    expect(rows(screen).slice(1)).toEqual(["qmp> slow", "slow 2.0 s {}", ...rows(`qmp> ${line}`)]);
  });

  it("reads JSON over several lines, and tells mistakes without sending", async () => {
    const { server, type, printed } = await start();
    await type('{"execute":\r');
    expect(await printed()).toContain("... ");
    await type('"stop"}\r');
    expect(await server.next()).toMatchObject({ execute: "stop" });
    await type("stop now\r");
    expect(await printed()).toContain("'now' is no argument: write key=value\n");
    expect(server.requests).toHaveLength(3);
  });

  it("keeps JSON over several lines as one, and what is not finished not at all", async () => {
    const { server, type, printed, kept } = await start();
    await type(`cont\r \r{"execute":\r\t${CTRL_C}`);
    for (const _ of ["once", "again"]) {
      await type('{"execute":\r\t"stop"\r}\r');
      expect(await server.next()).toMatchObject({ execute: "stop" });
    }
    const [first, second, third] = ['{"execute": "stop" }', "cont", "before"];
    for (const line of [first, second, third]) {
      await printed();
      await type(UP);
      expect((await printed()).endsWith(`qmp> ${line}`)).toBe(true);
    }
    expect(kept).toEqual(["cont", first, first]);
  });

  it("prints errors in red and nothing in colour without colours", async () => {
    const { server, type, printed } = await start({ paint: colored });
    await type("stop\r");
    server.fail(await server.next(), "GenericError", "no");
    expect(await printed()).toContain("\x1b[31mGenericError: no\x1b[39m");
  });
});

it("shows a server's control characters, and does not obey them", async () => {
  const { server, type, printed } = await start({ paint: colored });
  await type("stop\r");
  await printed();
  server.send('{"event": "E\\nqmp> \\u001b[2J", "data": {"x": "\\u001b[2J"}}\r\n');
  server.fail(await server.next(), "GenericError", "\u001b]0;title\u0007");
  const text = await printed();
  expect(text).not.toContain("\u001b[2J");
  expect(text).toContain("E\\x0aqmp> \\x1b[2J");
  expect(text).toContain("GenericError: \\x1b]0;title\\x07");
});

it("shows those of a schema, too, in help and in completion", async () => {
  const schema = [
    ...["stop", "sto\u001b[2Jne"].map((name) => ({ name, "meta-type": "command", "arg-type": "a" })),
    { name: "a", "meta-type": "object", members: [{ name: "x\u001b[31m", type: "e" }] },
    { name: "e", "meta-type": "enum", members: [{ name: "v\u0007" }] },
  ];
  const { type, printed } = await start({ schema, paint: colored });
  for (const [keys, shown] of [
    ["help\r", "sto\\x1b[2Jne"],
    ["help stop\r", "v\\x07"],
    ["stop x\t", "x\\x1b[31m="],
    [`${CTRL_C}st\t\t`, "sto\\x1b[2Jne"],
  ] as const) {
    await type(keys);
    const text = await printed();
    expect(text).toContain(shown);
    for (const obeyed of ["\u001b[2J", "\u001b[31m", "\u0007"]) expect(text).not.toContain(obeyed);
  }
});

it("sends what is typed to a server whose schema has no commands, and waits for nothing", async () => {
  for (const schema of [{}, [], [{ name: "int", "meta-type": "builtin", "json-type": "int" }]]) {
    const { server, type, printed } = await start({ schema });
    await type("anything x=1\r");
    expect(await printed()).not.toContain("waiting");
    expect(await server.next()).toMatchObject({ execute: "anything", arguments: { x: 1 } });
  }
});

describe("Ctrl-C", () => {
  it("cancels the newest command in flight, then the one before it", async () => {
    const { server, type, printed } = await start();
    await type("slow\r");
    const older = await server.next();
    await type("slow\r");
    const newer = await server.next();
    for (const target of [newer, older]) {
      await type(CTRL_C);
      const cancel = await server.next();
      expect(cancel).toMatchObject({ "exec-oob": "cancel-command", arguments: { id: target.id } });
      server.answer(cancel);
      server.fail(target, "GenericError", "Command cancelled");
      expect(await printed()).toContain("GenericError: Command cancelled\n");
    }
  });

  it("drops what waits for the schema, and what was sent before goes on", async () => {
    const { server, type, printed, tellSchema } = await start({ isSchemaLate: true });
    await type("slow\r");
    expect(await server.next()).toMatchObject({ execute: "slow" });
    await type("stop x=1\rcont\r");
    expect((await printed()).endsWith("[waiting for the schema] qmp> ")).toBe(true);
    await type(CTRL_C);
    const text = await printed();
    expect(text).toContain("what waits for the server's schema is dropped\n");
    expect(text.endsWith("[slow 0s] qmp> ")).toBe(true);
    await type("stop\r");
    expect(await server.next()).toMatchObject({ execute: "stop" });
    await tellSchema();
    expect(await printed()).not.toContain("'x' is no argument");
    // What was dropped has not been sent behind the schema either.
    await type("quit\r");
    expect(await server.next()).toMatchObject({ execute: "quit" });
  });

  it("gives a command up where the server cannot cancel, and prints its late reply", async () => {
    const { server, type, printed } = await start({ greeting: QEMU_GREETING, capabilities: ["oob"] });
    await type('slow\r{"execute": "slow", "id": "second"}\r');
    const [first, second] = [await server.next(), await server.next()];
    await type(CTRL_C);
    expect(await printed()).toContain(
      'slow id "second": given up; the server cannot cancel it, and goes on\n[slow 0s] qmp> ',
    );
    server.clock.advance(1500);
    server.answer(second, 7);
    expect(await printed()).toContain('slow id "second" late 1.5 s 7\n[slow 1s] qmp> ');
    server.answer(first, 8);
    expect(await printed()).toContain("slow 1.5 s 8\n");
  });

  it("clears what is typed, and twice at an empty prompt leaves", async () => {
    const { server, type, printed, status } = await start();
    await type(`sto${CTRL_C}`);
    expect((await printed()).endsWith("qmp> ")).toBe(true);
    await type(CTRL_C);
    expect(await printed()).toContain("Ctrl-C again leaves\n");
    await type("stop\r");
    server.answer(await server.next());
    expect(await printed()).toContain("stop 0 ms {}");
    await type(CTRL_C);
    await type(CTRL_C);
    expect(await status).toBe(0);
  });
});

describe("the end", () => {
  it("is a failure when the server goes away", async () => {
    const { server, printed, status } = await start();
    server.end();
    expect(await status).toBe(1);
    expect(await printed()).toContain("memory: the server closed the connection\n");
  });

  it("is none after `quit`", async () => {
    const { server, type, status } = await start();
    await type("quit\r");
    server.answer(await server.next());
    server.end();
    expect(await status).toBe(0);
  });
});
