import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { SchemaSource } from "../../src/shell/schema-source.ts";
import { runScript } from "../../src/shell/script.ts";
import { QEMU_GREETING, ScriptedServer, settle } from "../support/scripted-server.ts";

async function start({ events = false } = {}) {
  const server = new ScriptedServer();
  const client = await server.opened(QEMU_GREETING, ["oob"]);
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const status = runScript({
    ...{ client, input, output, errors, events },
    schema: new SchemaSource(client),
    docOf: () => undefined,
  });
  const ended = async () => {
    const result = await status;
    output.end();
    errors.end();
    return { status: result, output: await text(output), errors: await text(errors) };
  };
  return { server, client, input, ended };
}

it("sends a command when the one before it is answered, and prints a reply a line", async () => {
  const { server, input, ended } = await start();
  input.end('query-name\n\n# a comment\n{"execute": "query-status", "id": "mine"}\n');
  const first = await server.next();
  await settle();
  expect(server.requests.at(-1)).toBe(first);
  server.send(`{"event": "STOP"}\r\n{"return": {"name": "\\u00FC"}, "id": ${first.id}}\r\n`);
  const second = await server.next();
  expect(second).toMatchObject({ execute: "query-status", id: expect.any(Number) });
  server.answer(second, { running: true });
  expect(await ended()).toEqual({
    status: 0,
    output: '{"return": {"name": "\\u00FC"}}\n{"return": {"running": true}, "id": "mine"}\n',
    errors: "",
  });
});

it("prints events where they came, when that is asked for", async () => {
  const { server, input, ended } = await start({ events: true });
  input.end("stop\n");
  const { id } = await server.next();
  server.send(`{"event": "STOP"}\r\n{"return": {}, "id": ${id}}\r\n{"event": "RESUME"}\r\n`);
  const { output } = await ended();
  expect(output).toBe('{"event": "STOP"}\n{"return": {}}\n{"event": "RESUME"}\n');
});

it("tells what failed and on which line, goes on, and ends with status 1", async () => {
  const { server, input, ended } = await start();
  input.end('{"execute" 1}\nnope\n{"execute":\n"query-name"}\n');
  server.fail(await server.next(), "CommandNotFound", "The command nope has not been found");
  server.answer(await server.next());
  expect(await ended()).toEqual({
    status: 1,
    output:
      '{"error": {"class": "CommandNotFound", "desc": "The command nope has not been found"}}\n{"return": {}}\n',
    errors:
      "qmpd: line 1: JSON parse error, missing : in object pair\n" +
      "qmpd: line 2: nope: CommandNotFound: The command nope has not been found\n",
  });
});

it("asks for the schema once, when arguments need it, and sends nothing that it refuses", async () => {
  const { server, input, ended } = await start();
  input.end("echo count=1\necho count=x\n");
  const schema = await server.next();
  expect(schema.execute).toBe("query-qmp-schema");
  server.answer(schema, [
    { name: "echo", "meta-type": "command", "arg-type": "1", "ret-type": "1" },
    { name: "1", "meta-type": "object", members: [{ name: "count", type: "int" }] },
    { name: "int", "meta-type": "builtin", "json-type": "int" },
  ]);
  const echo = await server.next();
  expect(echo.arguments).toEqual({ count: 1 });
  server.answer(echo);
  expect(await ended()).toEqual({
    status: 1,
    output: '{"return": {}}\n',
    errors: "qmpd: line 2: 'count' is to be an integer, and 'x' is not\n",
  });
});

it("ends when the server goes away while nothing is typed: with status 1, or 0 after `quit`", async () => {
  const gone = await start();
  await settle();
  gone.server.end();
  expect(await gone.ended()).toMatchObject({
    status: 1,
    errors: "qmpd: memory: the server closed the connection\n",
  });
  const quit = await start();
  quit.input.write("quit\n");
  quit.server.answer(await quit.server.next());
  quit.server.end();
  expect(await quit.ended()).toEqual({ status: 0, output: '{"return": {}}\n', errors: "" });
});

it("ends with status 1 when the server goes away, and when JSON has no end", async () => {
  const gone = await start();
  gone.input.write("query-name\n");
  await gone.server.next();
  gone.server.end();
  expect(await gone.ended()).toEqual({
    status: 1,
    output: "",
    errors: "qmpd: line 1: query-name: no reply: memory: the server closed the connection\n",
  });
  const open = await start();
  open.input.end('{"execute":\n');
  expect(await open.ended()).toMatchObject({
    status: 1,
    errors: "qmpd: line 1: the JSON that begins here has no end\n",
  });
});
