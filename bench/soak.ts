/**
 * `npm run soak -- --minutes N`: does a service that works for long keep anything?
 *
 * A service is loaded through the load generator with all kinds of commands, clients that come and go, and some that read
 * slowly, in slices.  After each slice all clients have gone, garbage is collected, and what the service holds is sampled.  The
 * run fails on growth of memory, handles or threads, and on any wrong reply.
 */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { readSocketEndpoint } from "../src/chardev/connect.ts";
import { connect } from "../src/client/index.ts";
import { parseMix } from "../src/loadgen/mix.ts";
import type { LoadPlan } from "../src/loadgen/plan.ts";
import { faultCount, type LoadResult } from "../src/loadgen/result.ts";
import { runPlan } from "../src/loadgen/run.ts";
import { askServer, planCommands } from "../src/loadgen/server-facts.ts";
import { table } from "../src/loadgen/summary.ts";
import { LOAD_THREAD_ENTRY } from "../src/loadgen/thread-entry.ts";
import type { ServerProcess } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import { judgeGrowth, type Tolerance } from "./growth.ts";
import { rssBytes } from "./load.ts";
import type { SelfReport } from "./self-report.ts";
import { askServerProcess } from "./told.ts";

const CLIENTS = 16;
const SLICE_MS_MAX = 30_000;
/** Samples of a short run; a long one has as many slices as fit. */
const SLICES_MIN = 6;
const REST_MS_MAX = 20_000;
const POLL_MS = 20;
/** The command of the mix whose every answer is an error. */
const REFUSED = "device_del";
const MIB = 1024 * 1024;

interface Sample {
  readonly atSec: number;
  readonly replies: number;
  readonly rssMib: number;
  readonly heapMib: number;
  readonly externalMib: number;
  readonly files: number;
  readonly handles: number;
  readonly threads: number;
}

/** What must not grow, and how much of it is noise. */
const WATCHED: readonly { readonly name: keyof Sample; readonly tolerance: Tolerance }[] = [
  // The heap's young generation and pages that allocators keep for later are no leak, and come and go: 60 MiB were seen.
  { name: "rssMib", tolerance: { share: 0.05, slack: 48 } },
  { name: "heapMib", tolerance: { share: 0.02, slack: 0.5 } },
  { name: "externalMib", tolerance: { share: 0.02, slack: 0.5 } },
  { name: "files", tolerance: { share: 0, slack: 0 } },
  { name: "handles", tolerance: { share: 0, slack: 0 } },
  { name: "threads", tolerance: { share: 0, slack: 0 } },
];

const COLUMNS: readonly { readonly head: string; readonly cell: (sample: Sample) => string }[] = [
  { head: "second", cell: ({ atSec }) => atSec.toFixed(0) },
  { head: "replies", cell: ({ replies }) => replies.toLocaleString("en-US") },
  { head: "RSS MiB", cell: ({ rssMib }) => rssMib.toFixed(1) },
  { head: "heap MiB", cell: ({ heapMib }) => heapMib.toFixed(2) },
  { head: "external MiB", cell: ({ externalMib }) => externalMib.toFixed(2) },
  { head: "files", cell: ({ files }) => String(files) },
  { head: "handles", cell: ({ handles }) => String(handles) },
  { head: "threads", cell: ({ threads }) => String(threads) },
];

class Soak {
  readonly #server: ServerProcess;
  readonly #directory: string;
  readonly #startMs = performance.now();
  readonly samples: Sample[] = [];
  /** Of the load: what a server must not do, in words. */
  readonly faults: string[] = [];

  constructor(server: ServerProcess, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  async run(ms: number): Promise<void> {
    const slices = Math.max(SLICES_MIN, Math.round(ms / SLICE_MS_MAX));
    const plan = await this.#plan(ms / slices);
    for (let slice = 0; slice < slices; slice++) {
      const result = await runPlan(
        { ...plan, seed: slice },
        { threadEntry: LOAD_THREAD_ENTRY, server: "qmpd", mix: [] },
      );
      if (faultCount(result) > 0) this.faults.push(...result.faultExamples);
      this.faults.push(...strangeErrors(result));
      const sample = await this.#sample(result);
      this.samples.push(sample);
      console.error(
        `slice ${slice + 1} of ${slices}: ${COLUMNS.map(({ head, cell }) => `${head} ${cell(sample)}`).join(", ")}`,
      );
    }
  }

  async #plan(sliceMs: number): Promise<LoadPlan> {
    const text = `unix:${this.#server.sockets[0]}`;
    const endpoint = readSocketEndpoint(text);
    if (endpoint === undefined) throw new Error(`${text} is no socket`);
    const file = (name: string): string => `filename=${this.#directory}/${name}-{client}`;
    const mix = [
      "query-status:200; query-commands:2; query-sessions:10; qom-list:5 path=/machine; stop:1; cont:1",
      `screendump:1 ${file("vga.png")} format=png; screendump:1 ${file("qxl.ppm")} device=video1`,
      'screendump-data:1 format=png; qtest-timeout:1 duration=0.05; human-monitor-command:2 command-line="info\\u0020status"',
      // An error is an answer, too.
      `${REFUSED}:5 id=nothing`,
    ].join("; ");
    const capabilities = ["oob", "async"];
    return {
      endpoints: [endpoint],
      clients: CLIENTS,
      rampMs: 0,
      inFlight: 8,
      end: { kind: "duration", ms: sliceMs },
      commands: planCommands(parseMix(mix), await askServer(text), capabilities),
      capabilities,
      thinkMs: 0,
      ratePerSecond: undefined,
      reconnectsPerSecond: 50,
      slowReaders: 2,
      seed: 0,
      threads: 1,
    };
  }

  /** At rest: the sampling client is the only one. */
  async #sample({ total }: LoadResult): Promise<Sample> {
    const client = await connect(`unix:${this.#server.sockets[0]}`);
    try {
      const endMs = performance.now() + REST_MS_MAX;
      for (;;) {
        const sessions = await client.execute("query-sessions");
        if (Array.isArray(sessions) && sessions.length === 1) break;
        if (performance.now() > endMs) throw new Error("sessions of clients that have gone are still there");
        await wait(POLL_MS);
      }
      const { heapBytes, externalBytes, handles } = await askServerProcess<SelfReport>(
        this.#server,
        reportFile(this.#directory),
      );
      const { pid } = this.#server;
      return {
        atSec: (performance.now() - this.#startMs) / 1000,
        replies: total.replies,
        rssMib: rssBytes(pid) / MIB,
        heapMib: heapBytes / MIB,
        externalMib: externalBytes / MIB,
        files: readdirSync(`/proc/${pid}/fd`).length,
        handles,
        threads: readdirSync(`/proc/${pid}/task`).length,
      };
    } finally {
      await client.close();
    }
  }
}

/** What has to work and does not is no load, and a soak of it would say nothing. */
function strangeErrors({ commands }: LoadResult): string[] {
  return commands
    .filter(({ name, errors }) => name !== REFUSED && Object.keys(errors).length > 0)
    .map(({ label, errors }) => `${label}: errors by class: ${JSON.stringify(errors)}`);
}

function reportFile(directory: string): string {
  return join(directory, "self-report.json");
}

function reportText({ samples, faults }: Soak): { readonly text: string; readonly isWell: boolean } {
  const lines = table([
    COLUMNS.map(({ head }) => head),
    ...samples.map((sample) => COLUMNS.map(({ cell }) => cell(sample))),
  ]);
  let isWell = faults.length === 0;
  for (const { name, tolerance } of WATCHED) {
    const { early, late, limit, hasGrown } = judgeGrowth(
      samples.map((sample) => sample[name]),
      tolerance,
    );
    if (hasGrown) isWell = false;
    const figures = [early, late, limit].map((value) => value.toFixed(1));
    const outcome = hasGrown ? "GROWN " : "steady";
    lines.push(
      `${outcome}  ${name}: at most ${figures[0]} early, at least ${figures[1]} late; limit ${figures[2]}`,
    );
  }
  lines.push(...faults.map((fault) => `WRONG   ${fault}`));
  return { text: `${lines.join("\n")}\n`, isWell };
}

function minutes(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 10_000) return value;
  throw new InvalidArgumentError("a number of minutes above 0 is expected");
}

const program = new Command("soak")
  .description("Loads a service for as long as asked, and fails when it keeps memory, handles or threads.")
  .option("--minutes <n>", "how long, rests apart", minutes, 10)
  .parse();

// By default a signal would end this process alone, and leave its server running.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

const directory = mkdtempSync(join(tmpdir(), "qmpd-soak-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
const displays = ["VGA:1280x720,id=video0", "qxl:800x600,id=video1"].flatMap((display) => [
  "--display",
  display,
]);
const server = await startQmpd({
  args: ["--qtest", "--log-level", "error", ...displays],
  nodeArgs: ["--expose-gc", "--import", resolve("dist/bench/self-report.js")],
  env: { QMPD_SELF_REPORT_FILE: reportFile(directory) },
});
try {
  const soak = new Soak(server, directory);
  await soak.run(program.opts<{ minutes: number }>().minutes * 60_000);
  const { text, isWell } = reportText(soak);
  process.stdout.write(text);
  process.exitCode = isWell ? 0 : 1;
} finally {
  await server.stop();
}
