/** `npm run bench -- [NAME...] [--against-qemu] [--quick] [--json FILE]`: asks the benchmarks' questions. */

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command } from "commander";
import { qemuMissing } from "../test/support/qemu.ts";
import { clients } from "./clients.ts";
import { delay } from "./delay.ts";
import { encode } from "./encode.ts";
import { fanOut } from "./fan-out.ts";
import { idle } from "./idle.ts";
import { large } from "./large.ts";
import { pipelined } from "./pipelined.ts";
import { qapi } from "./qapi.ts";
import type { Question } from "./question.ts";
import { roundTrip } from "./round-trip.ts";
import { screendump } from "./screendump.ts";
import { start } from "./start.ts";
import { formatAnswer } from "./table.ts";

const QUESTIONS: readonly Question[] = [
  roundTrip,
  pipelined,
  clients,
  fanOut,
  screendump,
  delay,
  large,
  idle,
  start,
  encode,
  qapi,
];

const program = new Command("bench")
  .argument("[name...]", `questions to ask: ${QUESTIONS.map(({ name }) => name).join(", ")}; all by default`)
  .option("--against-qemu", "run real QEMU beside, in turn, and print ratios", false)
  .option("--quick", "short runs: to see that it works, not to measure", false)
  .option("--json <file>", "write the figures to a file as well")
  .parse();

const { againstQemu, quick, json } = program.opts<{ againstQemu: boolean; quick: boolean; json?: string }>();
const names = program.args;
for (const name of names) {
  if (!QUESTIONS.some((question) => question.name === name)) program.error(`no question is called '${name}'`);
}
const settings = { againstQemu: againstQemu && qemuMissing() === undefined, quick };

// By default a signal would end this process alone, and leave its servers running.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

console.log(`${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}\n`);
const results: object[] = [];
for (const question of QUESTIONS) {
  if (names.length > 0 && !names.includes(question.name)) continue;
  const answer = await question.ask(settings);
  console.log(formatAnswer(question, answer));
  results.push({ question: question.name, asks: question.asks, ...answer });
}
if (json !== undefined) {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  writeFileSync(json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
}
