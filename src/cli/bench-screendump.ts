/** `qmpd bench screendump`: from options to cases, a run, what is said of it, and the exit status. */

import { setMaxListeners } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { errorText } from "../client/errors.ts";
import { LoadError, UsageError } from "../loadgen/load-error.ts";
import { makeOutputFolder } from "../loadgen/output-files.ts";
import { LOAD_THREAD_ENTRY } from "../loadgen/thread-entry.ts";
import { parseTimeMs } from "../loadgen/units.ts";
import {
  type Crowd,
  DEVICES,
  type DumpCase,
  expandCases,
  FORMATS,
  parseSize,
  type Scene,
  TARGETS,
} from "../screenbench/cases.ts";
import { type ContenderSpec, parseContender } from "../screenbench/contender.ts";
import { OUTPUT_FILES } from "../screenbench/output-names.ts";
import { makePlace } from "../screenbench/place.ts";
import { createProgressView } from "../screenbench/progress-view.ts";
import { type BenchResult, faultsOf } from "../screenbench/result.ts";
import { isExpectedError, runBench } from "../screenbench/run.ts";
import { skippedLines, summaryText } from "../screenbench/summary.ts";
import { TIMER_MS_MAX } from "../util/limits.ts";
import { visible } from "../util/visible.ts";
import { endWithError } from "./command-error.ts";
import { endWithoutReader, statusOfSignal } from "./output-end.ts";

export interface BenchScreendumpOptions {
  readonly size?: readonly string[];
  readonly format?: readonly string[];
  readonly clients?: readonly number[];
  readonly waiters?: readonly number[];
  readonly device?: readonly string[];
  readonly target?: readonly string[];
  readonly content?: string;
  readonly console?: string;
  readonly disk?: string;
  readonly duration: string;
  readonly rounds: number;
  readonly out?: string;
}

const STATUS_FAILED = 1;
const STATUS_WRONG_PICTURES = 2;
/** The end of a terminal's session is one of them: servers are not left running. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const DEFAULT_SIZES = ["720p", "1080p", "4K"];
const CONTENTS = ["still", "moving"] as const;
const PROGRAM = new URL("../cli/qmpd.js", import.meta.url);

export async function runBenchScreendump(
  servers: readonly string[],
  options: BenchScreendumpOptions,
  command: Command,
): Promise<void> {
  endWithoutReader();
  try {
    await run(servers, options);
  } catch (error) {
    if (!isExpectedError(error)) throw error;
    endWithError(command, visible(errorText(error)), error instanceof UsageError);
  }
}

async function run(servers: readonly string[], options: BenchScreendumpOptions): Promise<void> {
  // What was typed is looked at before anything is started.
  const roundMs = parseTimeMs(options.duration, "--duration");
  if (roundMs <= 0 || roundMs > TIMER_MS_MAX) throw new UsageError("--duration: it is too short or too long");
  const content = choice("--content", CONTENTS, options.content ?? "still");
  const specs = servers.map(parseContender);
  const cases = casesOf(specs, options);
  checkEffects(specs, options);
  for (const target of new Set(cases.map((one) => one.target))) {
    if (target !== "reply") makePlace(target, options.disk).remove();
  }
  if (options.out !== undefined) makeOutputFolder(options.out, Object.values(OUTPUT_FILES));
  const stop = new AbortController();
  // Each client listens to it: that is no leak.
  setMaxListeners(0, stop.signal);
  const interrupt = (_: NodeJS.Signals, signal: number): void => {
    if (stop.signal.aborted) process.exit();
    process.exitCode = statusOfSignal(signal);
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const view = await createProgressView(process.stderr);
  let result: BenchResult;
  try {
    result = await runBench(specs, cases, {
      program: fileURLToPath(PROGRAM),
      threadEntry: LOAD_THREAD_ENTRY,
      command: ["qmpd", ...process.argv.slice(2)].join(" "),
      content,
      console: options.console,
      roundMs,
      rounds: options.rounds,
      disk: options.disk,
      signal: stop.signal,
      onProgress: (progress) => view.show(progress),
    });
  } finally {
    view.end();
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
  if (!result.cases.some(({ servers }) => servers.some(({ rounds }) => rounds.length > 0))) {
    throw new LoadError(["nothing was measured", ...result.cases.flatMap(skippedLines)].join("\n"));
  }
  const written = options.out === undefined ? undefined : writeReport(options.out, result);
  // Whoever reads the rest may have enough of it (`| head`), and that ends the process.
  await Promise.allSettled([written]);
  process.stdout.write(visible(summaryText(result)));
  if (options.out !== undefined) {
    await written;
    process.stdout.write(`written: ${options.out}/${Object.values(OUTPUT_FILES).join(", ")}\n`);
  }
  const isWrong = result.cases.some((one) => one.servers.some((server) => faultsOf(server).length > 0));
  // A run that was interrupted is not the one that was asked for, however well it went: its status stays.
  if (isWrong) process.exitCode = STATUS_WRONG_PICTURES;
  else if (result.failures.length > 0) process.exitCode = STATUS_FAILED;
  // A server that does not answer may have been left behind with its connection.
  if (result.failures.length > 0) process.exit();
}

async function writeReport(folder: string, result: BenchResult): Promise<void> {
  // The charts' library takes half a second to load.
  const { writeBench } = await import("../screenbench/report.ts");
  writeBench(folder, result);
}

/** An option without an effect is a misunderstanding. */
function checkEffects(specs: readonly ContenderSpec[], options: BenchScreendumpOptions): void {
  if (options.console !== undefined && !specs.some(({ kind }) => kind === "running")) {
    throw new UsageError(
      "--console is for servers that run already: those that are started here have their own",
    );
  }
  if (options.content !== undefined && !specs.some(({ kind }) => kind === "qmpd")) {
    throw new UsageError("--content is for displays of our own: name the server qmpd");
  }
  if (options.disk !== undefined && options.target?.some((text) => text.toLowerCase() === "disk") !== true) {
    throw new UsageError("--disk tells where target disk is: say --target disk too");
  }
}

function casesOf(specs: readonly ContenderSpec[], options: BenchScreendumpOptions): DumpCase[] {
  const { waiters = [], clients = waiters.length > 0 ? [] : [1] } = options;
  const crowds: Crowd[] = [
    ...clients.map((count) => ({ count, consoles: "own" }) as const),
    ...waiters.map((count) => ({ count, consoles: "shared" }) as const),
  ];
  return expandCases({
    scenes: scenesOf(specs, options),
    formats: (options.format ?? FORMATS).map((text) => choice("--format", FORMATS, text)),
    crowds,
    targets: (options.target ?? ["tmpfs"]).map((text) => choice("--target", TARGETS, text)),
  });
}

/** Servers that run already show what they show. */
function scenesOf(
  specs: readonly ContenderSpec[],
  { size, device }: BenchScreendumpOptions,
): (Scene | undefined)[] {
  if (specs.every(({ kind }) => kind === "running")) {
    if (size !== undefined || device !== undefined) {
      throw new UsageError(
        "--size and --device are for servers that are started here: those that run show what they show",
      );
    }
    return [undefined];
  }
  const sizes = (size ?? DEFAULT_SIZES).map(parseSize);
  const devices = (device ?? ["VGA"]).map((text) => choice("--device", DEVICES, text));
  return devices.flatMap((each) => sizes.map((one) => ({ size: one, device: each })));
}

function choice<Word extends string>(option: string, words: readonly Word[], text: string): Word {
  const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(`${option}: there is no '${text}'; there are ${words.join(", ")}`);
}
