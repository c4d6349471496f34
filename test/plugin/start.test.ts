/**
 * What is wrong with a plugin is told when the service starts: which plugin, what, and what to do.  Nothing runs then.
 */

import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILD_TIMEOUT_MS, buildPlugin, type PluginFolder } from "../support/plugin.ts";
import { Place } from "../support/program.ts";
import { startTestService } from "../support/service.ts";

const SCHEMA = `
{ 'command': 'say', 'returns': 'Words' }
{ 'struct': 'Words', 'data': { 'words': [ 'str' ] } }
{ 'command': 'wait', 'coroutine': true }
{ 'command': 'work', 'async': true }
{ 'command': 'sometimes', 'if': 'SOMETIMES' }
{ 'event': 'SAID' }
`;

/** A plugin that is right, but for what a case changes. */
const PLUGIN = `
import { definePlugin } from "qmpd/plugin";
import { marshalCommands } from "./generated/commands.js";
import { checkEventData } from "./generated/events.js";
import { schemaInfo } from "./generated/introspection.js";
const schema = { marshalCommands, schemaInfo, checkEventData };
const say = () => ({ words: [] });
const wait = { async handle() {} };
const work = { async handle() {} };
`;

let plugins: PluginFolder;
let files = 0;

beforeAll(() => {
  plugins = buildPlugin({ file: "say.json", text: SCHEMA }, {});
}, BUILD_TIMEOUT_MS);

afterAll(() => plugins.remove());

/** Another file each time: Node.js loads a file once. */
const write = (text: string): string => plugins.write(`plugin-${++files}.mjs`, text);

const define = (members: string): string => write(`${PLUGIN}export default definePlugin({ ${members} });`);

const withHandlers = (handlers: string): string =>
  define(`name: "sayer", schema, createHandlers: () => (${handlers})`);

/** Why the service does not start. */
async function refusal(...sources: string[]): Promise<{ message: string; code: unknown }> {
  try {
    const service = await startTestService({ plugins: () => sources });
    await service.stop();
  } catch (error) {
    const { message, cause } = error as { message: string; cause: { code?: unknown } };
    return { message, code: cause.code };
  }
  throw new Error("the service started");
}

describe("a service does not start with", () => {
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    [
      "a file that is not there",
      () => "no/such.js",
      /^plugin no\/such\.js: there is no file \/.*no\/such\.js$/,
    ],
    [
      "no default export",
      () => write("export const a = 1;"),
      /no default export: write "export default definePlug/,
    ],
    [
      "another default export",
      () => write("export default { name: 'a' };"),
      /not made by definePlugin of the qmpd/,
    ],
    ["no name", () => define("schema, createHandlers: () => ({})"), /is not given a 'name'$/],
    [
      "no generated code",
      () => define("name: 'sayer', schema: {}, createHandlers: () => ({})"),
      /is not given 'schema\.marshalCommands' of the code that 'qmpd schema compile' makes$/,
    ],
    [
      "events that nobody checks",
      () => define("name: 'sayer', schema: { marshalCommands, schemaInfo }, createHandlers: () => ({})"),
      /^plugin sayer: its schema has the event 'SAID': give 'checkEventData' of the generated 'events' to/,
    ],
    ["no createHandlers", () => define("name: 'sayer', schema"), /is not given a function 'createHandlers'$/],
    [
      "createHandlers that throws",
      () => define("name: 'sayer', schema, createHandlers() { throw new Error('no room'); }"),
      /^plugin sayer: createHandlers throws: Error: no room$/,
    ],
    [
      "createHandlers that is async",
      () => define("name: 'sayer', schema, async createHandlers() { throw 1; }"),
      /^plugin sayer: createHandlers answers a promise: /,
    ],
    ["createHandlers of nothing", () => withHandlers("undefined"), /createHandlers must answer an object/],
    [
      "a missing handler",
      () => withHandlers("{ say, wait }"),
      /^plugin sayer: the command 'work' of its schema has no handler: add 'work' to .* as an object with a function 'handle'$/,
    ],
    [
      "a function for a coroutine command",
      () => withHandlers("{ say, wait: wait.handle, work }"),
      /^plugin sayer: the handler of 'wait', a command of the kind coroutine, must be an object with a function 'handle'/,
    ],
    [
      "an object for a plain command",
      () => withHandlers("{ say: { handle: say }, wait, work }"),
      /^plugin sayer: the handler of 'say', a command of the kind plain, must be a function; or change the command in the schema/,
    ],
    [
      "resources that are no function",
      () => withHandlers("{ say, wait: { ...wait, resources: [] }, work }"),
      /the handler of 'wait'/,
    ],
    [
      "a handler of no command",
      () => withHandlers("{ say, wait, work, speak: say }"),
      /^plugin sayer: there is a handler 'speak', and no such command in its schema: it has 'say', 'wait', 'work'$/,
    ],
  ];

  it.each(cases)("%s", async (_, source, message) => {
    const found = await refusal(source());
    expect(found.message).toMatch(message);
    expect(found.code).toBe("PLUGIN");
  });

  it("two plugins that have the same command", async () => {
    const other = define(`name: "other", schema, createHandlers: () => ({ say, wait, work })`);
    expect((await refusal(withHandlers("{ say, wait, work }"), other)).message).toBe(
      "plugin other: 'say' clashes with the command of that name of plugin sayer: give it another name in the schema",
    );
  });

  it("one plugin twice, by two paths", async () => {
    const plugin = withHandlers("{ say, wait, work }");
    expect((await refusal(plugin, relative(process.cwd(), plugin))).message).toBe(
      "plugin sayer: a machine has it twice: name it once",
    );
  });

  it("a folder", async () => {
    expect((await refusal(dirname(withHandlers("{}")))).message).toMatch(/: there is no file \//);
  });

  it.each([
    ["command 'query-status'", "{ 'command': 'query-status' }", "query-status"],
    ["test command that is not offered", "{ 'command': 'qtest-emit' }", "qtest-emit"],
    ["event 'STOP'", "{ 'event': 'STOP' } { 'command': 'x' }", "STOP"],
  ])("a name of the program's own: the %s", async (_, text, name) => {
    const built = buildPlugin({ file: "clash.json", text }, {});
    try {
      const plugin = built.write(
        "plugin.mjs",
        PLUGIN.replace(/import { checkEventData.*/, "const checkEventData = undefined;") +
          "export default definePlugin({ name: 'clash', schema, createHandlers: () => ({}) });",
      );
      expect((await refusal(plugin)).message).toMatch(
        new RegExp(`^plugin clash: '${name}' clashes with the (command|event) of that name of qmpd: `),
      );
    } finally {
      built.remove();
    }
  });
});

it("a command whose condition does not hold is not there, and its handler may be", async () => {
  const off = withHandlers("{ say, wait, work }");
  const on = define(
    `name: "sayer", schema, conditions: { SOMETIMES: true }, createHandlers: () => ({ say, wait, work })`,
  );
  const service = await startTestService({ plugins: () => [off] });
  await service.stop();
  expect((await refusal(on)).message).toContain("the command 'sometimes' of its schema has no handler");
});

describe("qmpd serve ends with status 1, leaves no socket, and says", () => {
  it.each([
    [
      "where a file throws",
      () => write("\nthrow new Error('no licence');"),
      /it throws while it is loaded: Error: no licence \(.*plugin-\d+\.mjs, line 2\)$/m,
    ],
    [
      "that there is a mistake of syntax",
      () => write("export default\n\n{ a b };"),
      /SyntaxError: Unexpected identifier.*; "node --check" on it or what it imports shows the line$/m,
    ],
    [
      "that an import has the wrong name, and where",
      () => write("import { x } from 'node:fs';"),
      /SyntaxError: .* does not provide an export named 'x' \(.*plugin-\d+\.mjs, line 1\)$/m,
    ],
    [
      "what is imported and not there",
      () => write("import './gone.js';"),
      /it imports what is not there: .*Cannot find module '.*gone\.js'/,
    ],
    [
      "that a schema is none",
      () => plugins.write("plugin.json", "{}"),
      /: it is no JavaScript: of a schema, give/,
    ],
    ["that TypeScript has to be built", () => plugins.write("plugin.tsx", ""), /: build it, and give/],
  ])("%s", async (_, source, message) => {
    const place = new Place();
    try {
      const program = place.start({ args: ["--plugin", source()] });
      expect(await program.ended).toEqual({ status: 1, signal: null });
      expect(program.stderr).toMatch(/^qmpd: plugin \S+: /m);
      expect(program.stderr).toMatch(message);
      expect(existsSync(join(place.directory, "qmp.sock"))).toBe(false);
    } finally {
      await place.remove();
    }
  });
});
