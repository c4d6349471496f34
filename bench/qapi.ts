/**
 * How long do the two halves of a marshaller take: checking a command's arguments, and its result?
 *
 * Calls are timed in batches, as a clock reading costs more than a call; a figure is a batch's mean.
 */

import { type CommandHandlers, marshalCommands } from "../src/qapi/generated/commands.ts";
import { schemaInfo } from "../src/qapi/generated/introspection.ts";
import type { CallContext } from "../src/qapi/runtime/command.ts";
import type { JsonObject } from "../src/qjson/value.ts";
import type { Question, Verdict } from "./question.ts";

const BATCH_CALLS = 1_000;
const SCREENDUMP_NS_MAX = 1_000;

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

const SUBJECTS: readonly { name: string; text: string; batchCalls?: number; nsMax?: number }[] = [
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
  { name: "query-qmp-schema", text: "{}", batchCalls: 10 },
];

export const qapi: Question = {
  name: "qapi",
  asks: "How long do the two halves of a marshaller take: checking a command's arguments, and its result?",
  async ask({ quick }) {
    const verdicts = SUBJECTS.map(({ name, text, batchCalls = BATCH_CALLS, nsMax }): Verdict => {
      const { p50Ns, p99Ns } = time(name, text, batchCalls, quick ? 50 : 500);
      const figure = `p50 ${p50Ns.toFixed(0)} ns, p99 ${p99Ns.toFixed(0)} ns`;
      if (nsMax === undefined) return { subject: name, figure, target: "none", met: true };
      return { subject: name, figure, target: `p50 at most ${nsMax} ns`, met: p50Ns <= nsMax };
    });
    return { rows: [], verdicts };
  },
};

function time(
  name: string,
  text: string,
  batchCalls: number,
  batches: number,
): { p50Ns: number; p99Ns: number } {
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  // Each call gets an object of its own, as each request does.
  const inputs = Array.from({ length: batchCalls }, () => JSON.parse(text) as JsonObject);
  const run = (): number => {
    const start = performance.now();
    for (const input of inputs) kept = command.call(input, context) ?? kept;
    return ((performance.now() - start) * 1e6) / batchCalls;
  };
  for (let batch = 0; batch < batches; batch++) run();
  const times = Array.from({ length: batches }, run).sort((a, b) => a - b);
  if (kept === undefined) throw new Error(`${name} came to nothing`);
  const quantile = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { p50Ns: quantile(0.5), p99Ns: quantile(0.99) };
}
