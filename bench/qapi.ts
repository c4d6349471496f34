/**
 * How long do the two halves of a marshaller take: checking a command's arguments, and its result?
 *
 * Calls are timed in batches, as a clock reading costs more than a call; a figure is a batch's mean.  The
 * check of a result is held against the printing of the same result: the two take turns, so that what the
 * machine does beside falls on both.
 */

import { type CommandHandlers, marshalCommands } from "../src/qapi/generated/commands.ts";
import { schemaInfo } from "../src/qapi/generated/introspection.ts";
import type { CallContext, PlainCommand } from "../src/qapi/runtime/command.ts";
import { printJson } from "../src/qjson/print.ts";
import type { JsonObject } from "../src/qjson/value.ts";
import { marshalCommands as marshalTestCommands } from "../test/qapi/fixture/generated/commands.ts";
import type { Branch } from "../test/qapi/fixture/generated/parts.ts";
import { median } from "./load.ts";
import type { Question, Verdict } from "./question.ts";

const BATCH_CALLS = 1_000;
const SCREENDUMP_NS_MAX = 1_000;
/** The check of a large result to its printing. */
const CHECK_TO_PRINT_MAX = 1;

const conditions = { QTEST: false };
const entries = schemaInfo(conditions);
const status = { running: true, singlestep: false, status: "running" } as const;
const handlers = {
  screendump: { handle: () => undefined },
  "blockdev-add": { handle: () => undefined },
  "query-status": () => status,
  "query-qmp-schema": () => entries,
} as unknown as CommandHandlers<object, object>;
const commands = marshalCommands(handlers, conditions);
/** What came of a call is kept, or the compiler would leave the work out. */
let kept: unknown;
const context: CallContext = {
  begin(_claims, start) {
    kept = start;
  },
};

const ARGUMENTS: readonly { name: string; text: string; nsMax?: number }[] = [
  {
    name: "screendump",
    text: '{"filename": "/tmp/screen.png", "device": "video0", "head": 0, "format": "png"}',
    nsMax: SCREENDUMP_NS_MAX,
  },
  {
    name: "blockdev-add",
    text: '{"driver": "raw", "node-name": "disk0", "file": {"driver": "file", "filename": "/tmp/disk.img"}}',
  },
  { name: "query-status", text: "{}" },
];

/** A reply that is 300 levels deep, and three wide at each. */
const DEEP_LEVELS = 300;

const RESULTS: readonly { name: string; command: PlainCommand<object> }[] = [
  { name: "query-qmp-schema", command: plainCommand(commands, "query-qmp-schema") },
  { name: `a reply of ${DEEP_LEVELS} levels`, command: deepReply() },
];

export const qapi: Question = {
  name: "qapi",
  asks: "How long do the two halves of a marshaller take: checking a command's arguments, and its result?",
  async ask({ quick }) {
    const batches = quick ? 50 : 500;
    const verdicts = ARGUMENTS.map(({ name, text, nsMax }): Verdict => {
      const { p50Ns, p99Ns } = timeArguments(name, text, batches);
      const figure = `p50 ${p50Ns.toFixed(0)} ns, p99 ${p99Ns.toFixed(0)} ns`;
      if (nsMax === undefined) return { subject: name, figure, target: "none", met: true };
      return { subject: name, figure, target: `p50 at most ${nsMax} ns`, met: p50Ns <= nsMax };
    });
    return {
      rows: [],
      verdicts: [...verdicts, ...RESULTS.map((result) => compareWithPrinting(result, batches))],
    };
  },
};
function timeArguments(name: string, text: string, batches: number): { p50Ns: number; p99Ns: number } {
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  // Each call gets an object of its own, as each request does.
  const inputs = Array.from({ length: BATCH_CALLS }, () => JSON.parse(text) as JsonObject);
  const run = (): number => {
    const start = performance.now();
    for (const input of inputs) kept = command.call(input, context) ?? kept;
    return ((performance.now() - start) * 1e6) / BATCH_CALLS;
  };
  for (let batch = 0; batch < batches; batch++) run();
  const times = Array.from({ length: batches }, run).sort((a, b) => a - b);
  if (kept === undefined) throw new Error(`${name} came to nothing`);
  const quantile = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { p50Ns: quantile(0.5), p99Ns: quantile(0.99) };
}

function plainCommand<T extends { readonly name: string; readonly kind: string }>(
  all: readonly T[],
  name: string,
): Extract<T, { readonly kind: "plain" }> {
  const command = all.find((each) => each.name === name);
  if (command?.kind !== "plain") throw new Error(`no plain command ${name}`);
  return command as Extract<T, { readonly kind: "plain" }>;
}

function deepReply(): PlainCommand<object> {
  const twig = (name: string): Branch => ({ name, length: 12, leaves: [1, 2, 3], state: "green" });
  let tree = twig("top");
  for (let level = 0; level < DEEP_LEVELS; level++) {
    const branches = [tree, twig(`left ${level}`), twig(`right ${level}`)];
    tree = { name: `level ${level}`, length: level, leaves: [level], branches };
  }
  const grow = { grow: () => tree } as unknown as Parameters<typeof marshalTestCommands<object, object>>[0];
  return plainCommand(
    marshalTestCommands<object, object>(grow, { FUEL: false, MOTORS: false, NAMES: false, SAFE: false }),
    "grow",
  );
}

function compareWithPrinting(
  { name, command }: { readonly name: string; readonly command: PlainCommand<object> },
  batches: number,
): Verdict {
  const calls = 10;
  const timeOf = (work: () => unknown): number => {
    const start = performance.now();
    for (let call = 0; call < calls; call++) kept = work();
    return ((performance.now() - start) * 1e3) / calls;
  };
  const check = (): unknown => command.call({}, context);
  const result = command.call({}, context);
  const print = (): unknown => printJson(result);
  const rounds = (): { checkUs: number; printUs: number }[] =>
    Array.from({ length: batches }, () => ({ checkUs: timeOf(check), printUs: timeOf(print) }));
  rounds();
  const measured = rounds();
  const checkUs = median(measured.map((round) => round.checkUs));
  const printUs = median(measured.map((round) => round.printUs));
  const ratio = median(measured.map((round) => round.checkUs / round.printUs));
  return {
    subject: `${name}: check to print`,
    figure: `${ratio.toFixed(2)}, that is ${checkUs.toFixed(1)} us to ${printUs.toFixed(1)} us`,
    target: `at most ${CHECK_TO_PRINT_MAX}`,
    met: ratio <= CHECK_TO_PRINT_MAX,
  };
}
