/**
 * Wrong arguments are refused as real QEMU refuses them, in the same words: of the commands that both have,
 * and, with QEMU's own schema at hand, of all that QEMU has.  What is sent is wrong in one place or in two,
 * so that the order of checks shows.  None of it is carried out.
 */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { loadSchema } from "../../src/qapi/compiler/compile.ts";
import type { Schema } from "../../src/qapi/compiler/model.ts";
import { type CommandHandlers, marshalCommands } from "../../src/qapi/generated/commands.ts";
import { QmpError } from "../../src/qapi/runtime/error.ts";
import { printJson } from "../../src/qjson/print.ts";
import type { JsonObject, JsonValue } from "../../src/qjson/value.ts";
import { generateInto } from "../support/generated.ts";
import { qemuMissing, startQemu } from "../support/qemu.ts";
import { DEBIAN_CONDITIONS, qemuSchema } from "../support/qemu-schema.ts";
import { Random } from "./random.ts";
import { type Holds, holds, wrongArguments } from "./wrong-arguments.ts";

const SEED = 1;
/** Of one command, or of one branch of a union, there are at most so many. */
const REQUESTS_PER_COMMAND_MAX = 400;

interface BoundCommand {
  readonly name: string;
  call(input: JsonObject, context: object): unknown;
}

interface Request {
  readonly text: string;
  /** What we say. */
  readonly desc: string;
}

/** What we say to wrong arguments, by command.  What we would accept is left out: QEMU would carry it out. */
function requestsOf(
  schema: Schema,
  bound: readonly BoundCommand[],
  conditions: Holds,
): Map<string, Request[]> {
  const random = new Random(SEED);
  const requests = new Map<string, Request[]>();
  for (const command of schema.commands) {
    const ours = bound.find(({ name }) => name === command.name);
    if (ours === undefined || !command.flags.gen || !holds(command.condition, conditions)) continue;
    const wrong = wrongArguments(command, conditions, random);
    const step = Math.max(1, wrong.length / REQUESTS_PER_COMMAND_MAX);
    const chosen = wrong.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
    const refused = chosen.flatMap((input) => {
      const desc = refusal(ours, input);
      return desc === undefined ? [] : [{ text: printJson(input), desc }];
    });
    requests.set(command.name, refused);
  }
  return requests;
}

function refusal(command: BoundCommand, input: JsonObject): string | undefined {
  const context = { begin() {} };
  try {
    command.call(input, context);
  } catch (error) {
    if (error instanceof QmpError) return error.message;
    throw error;
  }
  return undefined;
}

/** Handlers that do nothing; a result that is not of its type does not matter here. */
const idle = new Proxy({} as CommandHandlers<object, object>, {
  get: () => Object.assign(() => undefined, { handle: () => undefined }),
});

/** What QEMU says to each request, in their order. */
async function askInTurn(requests: readonly { name: string; text: string }[]): Promise<string[]> {
  const qemu = await startQemu();
  const socket = createConnection({ path: qemu.sockets[0] ?? "" });
  try {
    await once(socket, "connect");
    socket.write('{"execute": "qmp_capabilities"}');
    requests.forEach(({ name, text }, id) => {
      socket.write(`{"execute": ${JSON.stringify(name)}, "arguments": ${text}, "id": ${id}}\n`);
    });
    const answers: string[] = [];
    if (requests.length === 0) return answers;
    for await (const line of createInterface({ input: socket })) {
      const { id, error, return: returned }: Answer = JSON.parse(line);
      if (id === undefined) continue;
      answers[id] = error === undefined ? `accepted: ${JSON.stringify(returned)}` : String(error.desc);
      if (id === requests.length - 1) break;
    }
    return answers;
  } finally {
    socket.destroy();
    await qemu.stop();
  }
}

interface Answer {
  readonly id?: number;
  readonly error?: { readonly desc: string };
  readonly return?: JsonValue;
}

async function expectSameRefusals(requests: ReadonlyMap<string, readonly Request[]>): Promise<void> {
  const all = [...requests].flatMap(([name, list]) => list.map((request) => ({ name, ...request })));
  const answers = await askInTurn(all);
  const differences = all.flatMap(({ name, text, desc }, index) =>
    answers[index] === desc ? [] : [`${name} ${text}: ${desc} here, ${answers[index]} there`],
  );
  console.info(`${all.length} wrong arguments of ${requests.size} commands`);
  expect(differences).toEqual([]);
}

describe.skipIf(qemuMissing())("wrong arguments", () => {
  const readSchema = (path: string): string =>
    readFileSync(resolve(import.meta.dirname, "../..", path), "utf8");

  it("N3: are refused as by QEMU, of every command that both have", { timeout: 120_000 }, async () => {
    const conditions = { QTEST: false };
    const schema = loadSchema("schema/qapi-schema.json", readSchema);
    const bound = marshalCommands(idle, conditions).filter(({ name }) => !OWN_COMMANDS.includes(name));
    const requests = requestsOf(schema, bound as BoundCommand[], conditions);
    expect(requests.size).toBeGreaterThan(25);
    await expectSameRefusals(requests);
  });

  const path = qemuSchema();
  it.skipIf(path === undefined)(
    "N3: are refused as by QEMU, of QEMU's own schema",
    { timeout: 300_000 },
    async () => {
      const file = path ?? "";
      const schema = loadSchema(basename(file), (name) => readFileSync(resolve(dirname(file), name), "utf8"));
      const generated = generateInto(file);
      try {
        const { marshalCommands: bind } = await generated.load<{
          marshalCommands(handlers: object, conditions: Holds): BoundCommand[];
        }>("commands.ts");
        const requests = requestsOf(schema, bind(idle, DEBIAN_CONDITIONS), DEBIAN_CONDITIONS);
        expect(requests.size).toBeGreaterThan(200);
        await expectSameRefusals(requests);
      } finally {
        generated.remove();
      }
    },
  );
});

/** Commands that QEMU has not. */
const OWN_COMMANDS = ["cancel-command", "query-sessions", "screendump-data", "query-snapshots"];
