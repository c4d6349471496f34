/** `qmpd load`: from options to a plan, a run, what is said of it, and the exit status. */

import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { readSocketEndpoint, type SocketEndpoint, splitEndpoints } from "../chardev/connect.ts";
import { errorText, isCallersError } from "../client/errors.ts";
import { compareRounds, compareSaved, comparisonNotes, comparisonText } from "../loadgen/compare.ts";
import { createLiveView } from "../loadgen/live-view.ts";
import { LoadError, UsageError } from "../loadgen/load-error.ts";
import { DEFAULT_MIX, type MixEntry, mixEntryText, parseMix, parseMixFile } from "../loadgen/mix.ts";
import { HistogramLog, RUN_FILES, writeOutput } from "../loadgen/output.ts";
import { checkOutputFile, makeOutputFolder, writeOutputFile } from "../loadgen/output-files.ts";
import type { LoadPlan, RunEnd } from "../loadgen/plan.ts";
import { faultCount, type LoadResult } from "../loadgen/result.ts";
import { type RunOptions, runPlan } from "../loadgen/run.ts";
import { readRun } from "../loadgen/saved-run.ts";
import { askServer, planCommands, type ServerFacts } from "../loadgen/server-facts.ts";
import { metricsFigures, processFigures, type ServerFigures } from "../loadgen/server-figures.ts";
import { summaryText } from "../loadgen/summary.ts";
import { LOAD_THREAD_ENTRY } from "../loadgen/thread-entry.ts";
import { checkThresholds, judge, parseThreshold, type Verdict } from "../loadgen/threshold.ts";
import { parseTimeMs } from "../loadgen/units.ts";
import { LOAD_CLIENTS_MAX, LOAD_IN_FLIGHT_MAX, LOAD_THREADS_MAX, TIMER_MS_MAX } from "../util/limits.ts";
import { visible } from "../util/visible.ts";
import { endWithError } from "./command-error.ts";
import { endWithoutReader, statusOfSignal } from "./output-end.ts";

interface CommonOptions {
  readonly clients: number;
  readonly ramp?: string;
  readonly inFlight: number;
  readonly duration?: string;
  readonly count?: number;
  readonly mix?: string;
  readonly rate?: number;
  readonly thinkTime?: string;
  readonly async?: true;
  readonly oob?: true;
  readonly reconnect?: number;
  readonly slowReaders?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly metrics?: string;
  readonly serverPid?: number;
}

export interface LoadOptions extends CommonOptions {
  readonly threshold?: readonly string[];
  readonly out?: string;
}

export interface CompareOptions extends CommonOptions {
  readonly rounds: number;
  readonly out?: string;
}

const STATUS_WRONG_REPLIES = 2;
const STATUS_THRESHOLD_MISSED = 3;
const DEFAULT_DURATION = "10s";

export function runLoad(endpoints: readonly string[], options: LoadOptions, command: Command): Promise<void> {
  return reporting(command, async () => {
    const thresholds = (options.threshold ?? []).map(parseThreshold);
    const prepared = await prepare(endpoints, options, randomInt(1_000_000_000));
    checkThresholds(thresholds, prepared.plan);
    if (options.out !== undefined) makeOutputFolder(options.out, RUN_FILES);
    const log = new HistogramLog(prepared.plan.commands);
    const result = await interruptible((interrupts) =>
      run(prepared, options.out === undefined ? undefined : log, interrupts),
    );
    const verdicts = thresholds.map((threshold) => judge(threshold, result));
    const written = options.out === undefined ? undefined : writeOutput(options.out, result, verdicts, log);
    // Whoever reads the rest may have enough of it (`| head`), and that ends the process.
    await Promise.allSettled([written]);
    process.stdout.write(visible(summaryText(result) + verdictText(verdicts)));
    if (options.out !== undefined) {
      await written;
      process.stdout.write(`written: ${options.out}/${RUN_FILES.join(", ")}\n`);
    }
    endWith(statusOf([result], verdicts));
  });
}

export function runCompare(a: string, b: string, options: CompareOptions, command: Command): Promise<void> {
  return reporting(command, async () => {
    const isLive = isEndpoint(a);
    if (isLive !== isEndpoint(b)) {
      throw new UsageError("compare two saved runs, or two servers: one of each says nothing");
    }
    if (!isLive) checkNoRunOptions(command);
    if (options.out !== undefined) checkOutputFile(options.out);
    const [as, bs] = isLive
      ? await interruptible((interrupts) => runRounds(a, b, options, interrupts))
      : [[readRun(a)], [readRun(b)]];
    const [savedA] = as;
    const [savedB] = bs;
    const comparisons =
      isLive || savedA === undefined || savedB === undefined
        ? compareRounds(as, bs)
        : compareSaved(savedA, savedB);
    const notes = comparisonNotes(as, bs);
    process.stdout.write(visible(comparisonText([a, b], comparisons, notes)));
    if (options.out !== undefined) {
      writeOutputFile(options.out, `${JSON.stringify({ a, b, comparisons, notes }, undefined, 2)}\n`);
    }
    endWith(statusOf([...as, ...bs], []));
  });
}

/** An option without an effect is a misunderstanding. */
function checkNoRunOptions(command: Command): void {
  const typed = command.options.find(
    (option) => option.long !== "--out" && command.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (typed !== undefined) throw new UsageError(`${typed.long} is for servers: saved runs are what they are`);
}

/** Loads A and B in turn.  Interrupted, it tells the rounds that are complete. */
async function runRounds(
  a: string,
  b: string,
  options: CompareOptions,
  interrupts: Interrupts,
): Promise<[LoadResult[], LoadResult[]]> {
  // The same commands in the same order on both sides.
  const seed = options.seed ?? randomInt(1_000_000_000);
  const results: [LoadResult[], LoadResult[]] = [[], []];
  // That one is not there is seen before the other is loaded.
  for (const text of [a, b]) await prepare(splitEndpoints(text), options, seed);
  for (let round = 1; round <= options.rounds; round++) {
    const pair: LoadResult[] = [];
    for (const text of [a, b]) {
      const result = await runTurn(text, options, seed, round, interrupts);
      if (result === undefined) return completeRounds(results);
      if (faultCount(result) > 0) process.stdout.write(visible(summaryText(result)));
      pair.push(result);
    }
    for (const [side, result] of pair.entries()) results[side]?.push(result);
  }
  return results;
}

/** Undefined: it was interrupted. */
async function runTurn(
  text: string,
  options: CompareOptions,
  seed: number,
  round: number,
  interrupts: Interrupts,
): Promise<LoadResult | undefined> {
  try {
    const prepared = await prepare(splitEndpoints(text), options, seed);
    process.stderr.write(visible(`round ${round} of ${options.rounds}, ${prepared.facts.name}\n`));
    // A turn that is broken off counts for nothing.
    const { signal } = interrupts;
    const result = await run(prepared, undefined, { signal, giveUp: signal });
    return interrupts.signal.aborted ? undefined : result;
  } catch (error) {
    // What is broken off fails in its own way.
    if (interrupts.signal.aborted && (error instanceof LoadError || isCallersError(error))) return undefined;
    throw error;
  }
}

function completeRounds(results: [LoadResult[], LoadResult[]]): [LoadResult[], LoadResult[]] {
  if (results[0].length === 0) throw new LoadError("it was interrupted before a round was complete");
  return results;
}

/** Mistakes of who typed become a sentence and status 1. */
async function reporting(command: Command, action: () => Promise<void>): Promise<void> {
  endWithoutReader();
  try {
    await action();
  } catch (error) {
    if (!(error instanceof LoadError || isCallersError(error))) throw error;
    endWithError(command, visible(errorText(error)), error instanceof UsageError);
  }
}

interface Prepared {
  readonly plan: LoadPlan;
  readonly facts: ServerFacts;
  readonly mixText: readonly string[];
  readonly figures: ServerFigures | undefined;
}

async function prepare(
  endpoints: readonly string[],
  options: CommonOptions,
  seed: number,
): Promise<Prepared> {
  const { clients, inFlight } = options;
  const capabilities = [...(options.oob ? ["oob"] : []), ...(options.async ? ["async"] : [])];
  // What was typed is looked at before anybody is asked.
  checkOptions(options);
  const mix = await readMix(options.mix ?? DEFAULT_MIX);
  const where = endpoints.map(socketEndpoint);
  const rampMs = optionalTime(options.ramp, "--ramp");
  const thinkMs = optionalTime(options.thinkTime, "--think-time");
  const end = endOf(options);
  const figures = await figuresOf(options);
  const facts = await askServer(endpoints[0] ?? "");
  const commands = planCommands(mix, facts, capabilities);
  if (options.slowReaders !== undefined && commands.every(({ isHeavy }) => isHeavy)) {
    throw new UsageError("--slow-readers ask light commands alone, and the mix has none");
  }
  const plan: LoadPlan = {
    endpoints: where,
    clients,
    rampMs,
    inFlight,
    end,
    commands,
    capabilities,
    thinkMs,
    ratePerSecond: options.rate,
    reconnectsPerSecond: options.reconnect ?? 0,
    slowReaders: options.slowReaders ?? 0,
    seed: options.seed ?? seed,
    threads: Math.min(clients, options.threads ?? Math.max(1, availableParallelism() - 1)),
  };
  const mixText = mix.map(mixEntryText);
  return { plan, facts, mixText, figures };
}

function checkOptions(options: CommonOptions): void {
  const most = (value: number | undefined, max: number, name: string): void => {
    if (value !== undefined && value > max) throw new UsageError(`${name}: at most ${max}`);
  };
  most(options.clients, LOAD_CLIENTS_MAX, "--clients");
  most(options.slowReaders, LOAD_CLIENTS_MAX, "--slow-readers");
  most(options.inFlight, LOAD_IN_FLIGHT_MAX, "--in-flight");
  most(options.threads, LOAD_THREADS_MAX, "--threads");
  const excluding = [
    ["--duration", options.duration, "--count", options.count],
    ["--rate", options.rate, "--think-time", options.thinkTime],
    ["--metrics", options.metrics, "--server-pid", options.serverPid],
  ] as const;
  for (const [one, hasOne, other, hasOther] of excluding) {
    if (hasOne !== undefined && hasOther !== undefined)
      throw new UsageError(`${one} and ${other} exclude each other`);
  }
}

function endOf({ duration = DEFAULT_DURATION, count }: CommonOptions): RunEnd {
  if (count !== undefined) return { kind: "count", commands: count };
  const ms = optionalTime(duration, "--duration");
  if (ms === 0) throw new UsageError("--duration: nothing can be measured in no time");
  return { kind: "duration", ms };
}

function optionalTime(text: string | undefined, name: string): number {
  const ms = text === undefined ? 0 : parseTimeMs(text, name);
  if (ms > TIMER_MS_MAX) throw new UsageError(`${name}: at most ${TIMER_MS_MAX / 1000} s`);
  return ms;
}

/** A file is told by its ending: no command of QMP has it. */
async function readMix(mix: string): Promise<MixEntry[]> {
  if (!/\.ya?ml$/.test(mix)) return parseMix(mix);
  let text: string;
  try {
    text = readFileSync(mix, "utf8");
  } catch (error) {
    throw new LoadError(`--mix: cannot read ${mix}: ${(error as Error).message}`, { cause: error });
  }
  return parseMixFile(text, mix);
}

async function figuresOf({ metrics, serverPid }: CommonOptions): Promise<ServerFigures | undefined> {
  if (metrics !== undefined) return metricsFigures(metrics);
  return serverPid === undefined ? undefined : processFigures(serverPid);
}

function isEndpoint(text: string): boolean {
  return /^(?:unix|tcp):/.test(text);
}

function socketEndpoint(text: string): SocketEndpoint {
  const endpoint = readSocketEndpoint(text);
  if (endpoint !== undefined) return endpoint;
  throw new UsageError(`'${text}' is no endpoint to connect to: write unix:PATH or tcp:HOST:PORT`);
}

/** What people want who press Ctrl-C once, and twice. */
type Interrupts = Required<Pick<RunOptions, "signal" | "giveUp">>;

/** Ctrl-C ends the action in order; a second one without missing replies; a third at once. */
async function interruptible<T>(action: (interrupts: Interrupts) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const giveUp = new AbortController();
  const interrupt = (_: NodeJS.Signals, signal: number): void => {
    if (giveUp.signal.aborted) process.exit();
    process.exitCode = statusOfSignal(signal);
    if (stop.signal.aborted) giveUp.abort();
    stop.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    return await action({ signal: stop.signal, giveUp: giveUp.signal });
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/** Runs with a live view. */
async function run(
  { plan, facts, mixText, figures }: Prepared,
  log: HistogramLog | undefined,
  interrupts: Interrupts,
): Promise<LoadResult> {
  const view = await createLiveView(process.stderr);
  try {
    return await runPlan(plan, {
      threadEntry: LOAD_THREAD_ENTRY,
      server: facts.name,
      mix: mixText,
      ...interrupts,
      figures,
      onProgress: (progress) => view.show(progress),
      ...(log === undefined ? {} : { onSecond: (second, startMs) => log.add(second, startMs) }),
    });
  } finally {
    view.end();
  }
}

function verdictText(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ text, found, isMet }) => `threshold ${text}: ${isMet ? "met" : "MISSED"} (${found})\n`)
    .join("");
}

/** A run that was interrupted is not the one that was asked for, however well it went: its status stays. */
function endWith(status: number): void {
  if (status !== 0) process.exitCode = status;
}

function statusOf(results: readonly LoadResult[], verdicts: readonly Verdict[]): number {
  if (results.some((result) => faultCount(result) > 0)) return STATUS_WRONG_REPLIES;
  return verdicts.every(({ isMet }) => isMet) ? 0 : STATUS_THRESHOLD_MISSED;
}
