/**
 * One benchmark: case by case, the servers are started, their pictures verified, then they are loaded in turn.
 *
 *     start all ---> verify each ---> round 1: A, B, ...  ---> round 2: A, B, ...  ---> stop all
 *
 * What is verified is not timed, as decoding would take the processor from the servers.  Clients of the timed part are the
 * load generator's, in threads of their own.  After each turn the file that it left behind is verified too.
 *
 * A file is removed before a picture is asked for, so that none is taken for the one before.  A case that fails is told, and the
 * next one is measured all the same.
 */

import { rmSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { endpointText } from "../chardev/connect.ts";
import { errorText, isCallersError } from "../client/errors.ts";
import { CommandError, connect, isJsonObject, type QmpClient } from "../client/index.ts";
import { LoadError } from "../loadgen/load-error.ts";
import type { PlannedCommand } from "../loadgen/plan.ts";
import type { LoadResult } from "../loadgen/result.ts";
import { runPlan } from "../loadgen/run.ts";
import { askServer, planCommands } from "../loadgen/server-facts.ts";
import { processFigures } from "../loadgen/server-figures.ts";
import type { JsonObject } from "../qjson/value.ts";
import { visibleInLine } from "../util/visible.ts";
import { caseText, type DumpCase } from "./cases.ts";
import type { Contender, ContenderSpec, Skipped, StartOptions } from "./contender.ts";
import { pictureAt } from "./picture-file.ts";
import { makePlace, type Place } from "./place.ts";
import { BENCH_FORMAT, type BenchResult, type CaseResult, type Round, type ServerResult } from "./result.ts";
import { roundOf, withRatios } from "./rounds.ts";
import { startContender } from "./start-contender.ts";
import { Verifier } from "./verifier.ts";

/** Pictures that each client takes to be verified before a case. */
const VERIFIED_PER_CLIENT = 3;
/** A server that never answers is given up. */
const ANSWER_MS_MAX = 60_000;
/** Added for each client of a case: a server may make their pictures one after the other. */
const PICTURE_MS_MAX = 5_000;

export interface BenchOptions extends StartOptions {
  readonly threadEntry: URL;
  /** As it was typed, for the record. */
  readonly command: string;
  readonly roundMs: number;
  readonly rounds: number;
  readonly disk: string | undefined;
  /** Ends it early, in order: cases that were measured are the result. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BenchProgress) => void;
}

export interface BenchProgress {
  /** 0 to 1. */
  readonly share: number;
  readonly text: string;
}

/** Rejects with {@link LoadError} or an error of the client library when it cannot be run. */
export async function runBench(
  specs: readonly ContenderSpec[],
  cases: readonly DumpCase[],
  options: BenchOptions,
): Promise<BenchResult> {
  const startedAt = new Date().toISOString();
  const results: CaseResult[] = [];
  const failures: string[] = [];
  let firstFailure: unknown;
  for (const [index, dumpCase] of cases.entries()) {
    if (options.signal.aborted) break;
    try {
      const run = new CaseRun(specs, dumpCase, options, (share, text) =>
        options.onProgress({ share: (index + share) / cases.length, text: `${caseText(dumpCase)}: ${text}` }),
      );
      const result = await run.run();
      if (result !== undefined) results.push(result);
    } catch (error) {
      // What was broken off fails in its own way; what was measured before stands.
      if (options.signal.aborted) break;
      if (!isExpectedError(error)) throw error;
      firstFailure ??= error;
      failures.push(visibleInLine(`${caseText(dumpCase)}: ${errorText(error)}`));
    }
  }
  if (results.length === 0 && firstFailure !== undefined) throw firstFailure;
  if (results.length === 0) throw new LoadError("it was interrupted before anything was measured");
  return {
    format: BENCH_FORMAT,
    startedAt,
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version },
    command: options.command,
    roundMs: options.roundMs,
    cases: results,
    failures,
  };
}

/** What servers do and people ask for; anything else is a defect of ours. */
export function isExpectedError(error: unknown): error is Error {
  return error instanceof LoadError || isCallersError(error);
}

/** A server in a case. */
interface Entrant {
  readonly spec: ContenderSpec;
  readonly contender: Contender;
  readonly name: string;
  readonly commands: readonly PlannedCommand[];
  readonly args: JsonObject;
  readonly verifier: Verifier;
  readonly rounds: Round[];
}

class CaseRun {
  readonly #specs: readonly ContenderSpec[];
  readonly #case: DumpCase;
  readonly #options: BenchOptions;
  readonly #tell: (share: number, text: string) => void;
  readonly #place: Place | undefined;

  constructor(
    specs: readonly ContenderSpec[],
    dumpCase: DumpCase,
    options: BenchOptions,
    tell: (share: number, text: string) => void,
  ) {
    this.#specs = specs;
    this.#case = dumpCase;
    this.#options = options;
    this.#tell = tell;
    this.#place = dumpCase.target === "reply" ? undefined : makePlace(dumpCase.target, options.disk);
  }

  /** Undefined: it was interrupted before anything was measured. */
  async run(): Promise<CaseResult | undefined> {
    const started: Contender[] = [];
    try {
      const entrants: (Entrant | (Skipped & { readonly spec: ContenderSpec }))[] = [];
      for (const [index, spec] of this.#specs.entries()) {
        this.#tell(0, `starting ${spec.text}`);
        const contender = await startContender(spec, this.#case, this.#options);
        if (!("skipped" in contender)) started.push(contender);
        entrants.push(await this.#enter(spec, contender, index));
      }
      const measured = this.#named(entrants.filter((entrant) => "verifier" in entrant));
      for (const entrant of measured) {
        this.#tell(0, `verifying pictures of ${entrant.name}`);
        await this.#verify(entrant);
      }
      await this.#measure(measured);
      const isBrokenOff = this.#options.signal.aborted && measured.every(({ rounds }) => rounds.length === 0);
      if (isBrokenOff) return undefined;
      const results = entrants.map((entrant) =>
        resultOf(measured.find(({ spec }) => spec === entrant.spec) ?? entrant),
      );
      return { dumpCase: this.#case, servers: withRatios(results) };
    } finally {
      for (const contender of started) await contender.stop();
      this.#place?.remove();
    }
  }

  /** Asks the server what it is and whether it has the command. */
  async #enter(
    spec: ContenderSpec,
    contender: Contender | Skipped,
    index: number,
  ): Promise<Entrant | (Skipped & { readonly spec: ContenderSpec })> {
    if ("skipped" in contender) return { spec, ...contender };
    const { target, format, scene } = this.#case;
    const endpoint = contender.endpoints[0];
    if (endpoint === undefined) throw new Error("a server has an endpoint");
    const address = endpointText(endpoint);
    const { signal } = this.#options;
    const facts = await inTime(askServer(address), address, signal);
    const command = target === "reply" ? "screendump-data" : "screendump";
    if (!facts.commands.has(command)) return { spec, skipped: `${facts.name} has no ${command}` };
    const place = this.#place && join(this.#place.directory, `${index}-{client}.${format}`);
    const args: JsonObject = {
      format,
      ...(place === undefined ? {} : { filename: place }),
      ...(contender.device === undefined ? {} : { device: contender.device }),
    };
    const mix = [{ command, weight: 1, args, isHeavy: true }];
    return {
      spec,
      contender,
      name: facts.name,
      commands: planCommands(mix, facts, []),
      args,
      verifier: new Verifier({
        format,
        size: scene?.size,
        content: contender.content,
        isRunning: await isRunning(address, { signal, timeoutMs: ANSWER_MS_MAX }),
      }),
      rounds: [],
    };
  }

  /** Servers that call themselves the same are told apart by their places on the command line. */
  #named(entrants: readonly Entrant[]): Entrant[] {
    return entrants.map((entrant) => {
      const isAlone = entrants.every((other) => other === entrant || other.name !== entrant.name);
      return isAlone
        ? entrant
        : { ...entrant, name: `${entrant.name} #${this.#specs.indexOf(entrant.spec) + 1}` };
    });
  }

  // ---- Verifying ----

  async #verify(entrant: Entrant): Promise<void> {
    const { crowd } = this.#case;
    const take = async (number: number): Promise<void> => {
      const { endpoints } = entrant.contender;
      const endpoint = endpoints[number % endpoints.length];
      if (endpoint === undefined) return;
      const client = await connect(endpointText(endpoint), { signal: this.#options.signal });
      try {
        for (let count = 0; count < VERIFIED_PER_CLIENT; count++)
          await this.#verifyOne(entrant, client, number);
      } catch (error) {
        if (!isExpectedError(error)) throw error;
        throw new LoadError(`${entrant.name}: ${errorText(error)}`, { cause: error });
      } finally {
        await client.close();
      }
    };
    const takers = Array.from({ length: crowd.count }, (_, number) => take(number));
    // All are waited for, so that none works on when the servers have gone.
    await Promise.allSettled(takers);
    await Promise.all(takers);
  }

  async #verifyOne({ verifier, args, commands }: Entrant, client: QmpClient, number: number): Promise<void> {
    const ofClient = forClient(args, number);
    const file = fileOf(args, number);
    if (file !== undefined) rmSync(file, { force: true });
    const asked = verifier.ask(String(ofClient.device));
    const timeoutMs = ANSWER_MS_MAX + PICTURE_MS_MAX * this.#case.crowd.count;
    const options = { signal: this.#options.signal, timeoutMs };
    const reply = await client.execute(commands[0]?.name ?? "", ofClient, options);
    const bytes = file === undefined ? pictureIn(reply) : pictureAt(file);
    if (bytes !== undefined) return verifier.check(bytes, asked);
    throw new LoadError(
      "its file is not here: is it on another computer, or in a container? --target reply needs no file",
    );
  }

  // ---- Measuring ----

  async #measure(entrants: readonly Entrant[]): Promise<void> {
    const { rounds, signal } = this.#options;
    const turns = rounds * entrants.length;
    for (let round = 0; round < rounds; round++) {
      for (const [index, entrant] of entrants.entries()) {
        if (signal.aborted) return;
        const file = fileOf(entrant.args, 0);
        if (file !== undefined) rmSync(file, { force: true });
        const result = await this.#turn(entrant, (share, figures) => {
          const done = (round * entrants.length + index + share) / turns;
          this.#tell(done, `round ${round + 1} of ${rounds}, ${entrant.name}${figures}`);
        });
        // A turn that was broken off is too short to count.
        if (signal.aborted) return;
        const measured = roundOf(result);
        entrant.rounds.push(measured);
        // Where nothing but errors came there is no file, and errors are told.
        if (file === undefined || measured.perSecond === 0) continue;
        const bytes = pictureAt(file);
        if (bytes === undefined) entrant.verifier.miss("a round of screendumps has left no file");
        else entrant.verifier.check(bytes, undefined);
      }
    }
  }

  #turn(entrant: Entrant, tell: (share: number, figures: string) => void): Promise<LoadResult> {
    const { crowd } = this.#case;
    const { roundMs, threadEntry, signal } = this.#options;
    const { contender, commands, name } = entrant;
    tell(0, "");
    return runPlan(
      {
        endpoints: contender.endpoints,
        clients: crowd.count,
        rampMs: 0,
        inFlight: 1,
        end: { kind: "duration", ms: roundMs },
        commands,
        capabilities: [],
        thinkMs: 0,
        ratePerSecond: undefined,
        reconnectsPerSecond: 0,
        slowReaders: 0,
        seed: 0,
        threads: Math.min(crowd.count, Math.max(1, availableParallelism() - 1)),
      },
      {
        threadEntry,
        server: name,
        mix: [],
        signal,
        // A turn that is broken off counts for nothing.
        giveUp: signal,
        figures: contender.pid === undefined ? undefined : processFigures(contender.pid),
        onProgress: ({ share, interval }) => tell(share, `, ${interval.ratePerSecond.toFixed(1)}/s`),
      },
    );
  }
}

function resultOf(entrant: Entrant | (Skipped & { readonly spec: ContenderSpec })): ServerResult {
  const { text } = entrant.spec;
  if ("skipped" in entrant) {
    return { text, name: text, rounds: [], verified: undefined, skipped: entrant.skipped, ratio: undefined };
  }
  const { name, rounds, verifier } = entrant;
  return { text, name, rounds, verified: verifier.result(), skipped: undefined, ratio: undefined };
}

function forClient(args: JsonObject, number: number): JsonObject {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      typeof value === "string" ? value.replaceAll("{client}", String(number)) : value,
    ]),
  );
}

function pictureIn(reply: unknown): Buffer {
  const data = isJsonObject(reply as JsonObject) ? (reply as JsonObject).data : undefined;
  return Buffer.from(typeof data === "string" ? data : "", "base64");
}

function fileOf(args: JsonObject, number: number): string | undefined {
  const { filename } = forClient(args, number);
  return typeof filename === "string" ? filename : undefined;
}

/** For work that can neither be given up nor bounded: it is left behind. */
function inTime<T>(work: Promise<T>, server: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new LoadError(`${server}: no answer within ${ANSWER_MS_MAX / 1000} s`));
    const timer = setTimeout(late, ANSWER_MS_MAX);
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    work.finally(settled).then(resolve, reject);
  });
}

/** A server that does not tell may be paused: then its pictures may stay as they are. */
async function isRunning(
  endpoint: string,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<boolean> {
  const client = await connect(endpoint, { signal: options.signal });
  try {
    const status = await client.execute("query-status", undefined, options);
    return isJsonObject(status) && status.running === true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  } finally {
    await client.close();
  }
}
