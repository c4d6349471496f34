/**
 * Asks the benchmarks' questions:
 *
 *     npm run bench -- [NAME...] [--against-qemu] [--quick] [--json FILE]
 *     npm run bench:compare       what has a target, against QEMU, with the table of bench/README.md
 */

import { appendFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command } from "commander";
import { qemuVersion } from "../src/screenbench/qemu.ts";
import { qemuMissing } from "../test/support/qemu.ts";
import { clients } from "./clients.ts";
import { connect } from "./connect.ts";
import { delay } from "./delay.ts";
import { encode } from "./encode.ts";
import { fanOut } from "./fan-out.ts";
import { floor } from "./floor.ts";
import { idle } from "./idle.ts";
import { large } from "./large.ts";
import { many } from "./many.ts";
import { pcMany } from "./pc-many.ts";
import { pcRest } from "./pc-rest.ts";
import { pcScreendump } from "./pc-screendump.ts";
import { pcStart } from "./pc-start.ts";
import { pcUnruly } from "./pc-unruly.ts";
import { pipelined } from "./pipelined.ts";
import { qapi } from "./qapi.ts";
import type { Answer, Question, Settings } from "./question.ts";
import { roundTrip } from "./round-trip.ts";
import { screendump } from "./screendump.ts";
import { start } from "./start.ts";
import { checkTableFile, formatAnswer, writeTable } from "./table.ts";

/** Those with a row in the table of README.md. */
const COMPARED: readonly Question[] = [
  roundTrip,
  pipelined,
  clients,
  connect,
  fanOut,
  screendump,
  delay,
  large,
  floor,
  many,
  idle,
  start,
  pcStart,
  pcScreendump,
  pcRest,
  pcMany,
  pcUnruly,
];
const QUESTIONS: readonly Question[] = [...COMPARED, encode, qapi];

const program = new Command("bench")
  .argument("[name...]", `questions to ask: ${QUESTIONS.map(({ name }) => name).join(", ")}; all by default`)
  .option("--against-qemu", "run real QEMU beside, in turn, and print ratios", false)
  .option("--quick", "short runs: to see that it works, not to measure", false)
  .option("--json <file>", "write the figures to a file as well")
  .option("--table <file>", "ask what has a target, against QEMU, and write the table into this file")
  .parse();

const options = program.opts<{ againstQemu: boolean; quick: boolean; json?: string; table?: string }>();
const names = program.args;
for (const name of names) {
  if (!QUESTIONS.some((question) => question.name === name)) program.error(`no question is called '${name}'`);
}
if (options.table !== undefined) {
  if (names.length > 0) program.error("--table: the table has all questions, so none can be named");
  if (qemuMissing() !== undefined) program.error("--table: the table compares with QEMU");
  // Before hours are spent, not after.
  try {
    checkTableFile(options.table);
  } catch (error) {
    program.error(`--table: ${(error as Error).message}`);
  }
}
if (options.againstQemu && qemuMissing() !== undefined) program.error("--against-qemu: there is no QEMU");
if (options.json !== undefined) {
  try {
    appendFileSync(options.json, "");
  } catch (error) {
    program.error(`--json: ${(error as Error).message}`);
  }
}
const settings: Settings = {
  againstQemu: options.againstQemu || options.table !== undefined,
  quick: options.quick,
};

// By default a signal would end this process alone, and leave its servers running.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version };
console.log(`${machine.cpus} x ${machine.model}, Node.js ${machine.node}\n`);
const results: (Answer & { readonly question: string; readonly asks: string })[] = [];
const asked = options.table === undefined ? QUESTIONS : COMPARED;
for (const question of asked) {
  if (names.length > 0 && !names.includes(question.name)) continue;
  const answer = await question.ask(settings);
  console.log(formatAnswer(question, answer));
  results.push({ question: question.name, asks: question.asks, ...answer });
}
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
}
if (options.table !== undefined) {
  const caption = `${machine.cpus} x ${machine.model}, Node.js ${machine.node}, QEMU ${qemuVersion()}, ${new Date().toISOString().slice(0, 10)}.`;
  const warning = settings.quick ? " A quick run, whose figures mean little." : "";
  const verdicts = results.flatMap((result) => result.verdicts);
  writeTable(options.table, caption + warning, verdicts);
}
