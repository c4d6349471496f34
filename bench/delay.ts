/**
 * How long does client B wait for its replies while client A takes 4K PNG screendumps in a loop?
 *
 * The server has one pool thread, so that one core is free of encoding.  B is measured alone first.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join as joinPath, resolve } from "node:path";
import { type ServerProcess, startQemu } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import type { GeneratorReport, GeneratorTask } from "./generator.ts";
import { runLoad } from "./load.ts";
import type { LoopDelay } from "./loop-delay.ts";
import {
  type Answer,
  join,
  QUERY_STATUS,
  type Question,
  rowOf,
  type Settings,
  type Side,
} from "./question.ts";
import { screendumpRequest, stillDisplay } from "./screendump.ts";

const WIDTH = 3840;
const HEIGHT = 2160;
const P99_RATIO_MAX = 2;
const LOOP_DELAY_P99_MS_MAX = 5;

export const delay: Question = {
  name: "delay",
  asks: "How long does client B wait for its replies while client A takes 4K PNG screendumps in a loop?",
  async ask(settings) {
    const directory = mkdtempSync("/dev/shm/qmpd-bench-");
    try {
      const answers = [await askQmpd(settings, directory)];
      if (settings.againstQemu) answers.push(await askQemu(settings, directory));
      return join(answers);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function askQmpd(settings: Settings, directory: string): Promise<Answer> {
  const loopDelayFile = joinPath(directory, "loop-delay.json");
  const server = await startQmpd({
    args: [...stillDisplay(WIDTH, HEIGHT), "--workers", "1"],
    nodeArgs: ["--import", resolve("dist/bench/loop-delay.js")],
    env: { QMPD_LOOP_DELAY_FILE: loopDelayFile },
  });
  try {
    const { alone, during, a } = await measure(settings, server, directory, async () => {
      await readLoopDelay(server, loopDelayFile);
    });
    const loop = await readLoopDelay(server, loopDelayFile);
    const ratio = during.p99Us / alone.p99Us;
    return {
      rows: rowsOf("qmpd", alone, during, a),
      verdicts: [
        {
          subject: "p99 of B during / alone",
          figure: `${ratio.toFixed(2)}x`,
          target: `at most ${P99_RATIO_MAX}x`,
          met: ratio <= P99_RATIO_MAX,
        },
        {
          subject: "event loop delay meanwhile",
          figure: `p50 ${loop.p50Ms.toFixed(2)} ms, p99 ${loop.p99Ms.toFixed(2)} ms, most ${loop.maxMs.toFixed(2)} ms`,
          target: `p99 at most ${LOOP_DELAY_P99_MS_MAX} ms`,
          met: loop.p99Ms <= LOOP_DELAY_P99_MS_MAX,
        },
      ],
    };
  } finally {
    await server.stop();
  }
}

async function askQemu(settings: Settings, directory: string): Promise<Answer> {
  const server = await startQemu({ monitors: 2, picture: { width: WIDTH, height: HEIGHT } });
  try {
    const { alone, during, a } = await measure(settings, server, directory);
    return { rows: rowsOf("qemu", alone, during, a), verdicts: [] };
  } finally {
    await server.stop();
  }
}

interface Measured {
  readonly alone: GeneratorReport;
  readonly during: GeneratorReport;
  readonly a: GeneratorReport;
}

/** `beginning` is called when A's load is on. */
async function measure(
  settings: Settings,
  server: ServerProcess,
  directory: string,
  beginning?: () => Promise<void>,
): Promise<Measured> {
  const durationMs = settings.quick ? 1_000 : 8_000;
  const [socketA, socketB = socketA] = server.sockets;
  const task = (
    socket: string | undefined,
    request: string,
    warmUpMs: number,
    lengthMs: number,
  ): GeneratorTask => ({
    sockets: [socket ?? ""],
    clients: 1,
    inFlightPerClient: 1,
    requests: [request],
    measure: "reply",
    warmUpMs,
    durationMs: lengthMs,
    serverPid: server.pid,
  });
  const alone = await runLoad(task(socketB, QUERY_STATUS, 1_000, durationMs));
  let during: Promise<GeneratorReport> | undefined;
  const request = screendumpRequest(joinPath(directory, "a.png"), "png");
  // A's load outlasts B's: B's warm-up and the start of its process come on top.
  const a = await runLoad(task(socketA, request, 1_000, durationMs + 2_500), () => {
    during = (async () => {
      await beginning?.();
      return runLoad(task(socketB, QUERY_STATUS, 500, durationMs));
    })();
  });
  if (during === undefined) throw new Error("the load never became warm");
  return { alone, during: await during, a };
}

function rowsOf(side: Side, alone: GeneratorReport, during: GeneratorReport, a: GeneratorReport) {
  return [
    rowOf("B alone: query-status", side, [alone]),
    rowOf("B while A dumps: query-status", side, [during], "CPU with A's"),
    rowOf("A: screendump png 4K", side, [a], "CPU with B's"),
  ];
}

/** Asks for the loop's delay since it was asked last. */
async function readLoopDelay(server: ServerProcess, path: string): Promise<LoopDelay> {
  rmSync(path, { force: true });
  process.kill(server.pid, "SIGUSR2");
  const endMs = performance.now() + 5_000;
  while (performance.now() < endMs) {
    try {
      return JSON.parse(readFileSync(path, "utf8")) as LoopDelay;
    } catch {
      await new Promise((wake) => setTimeout(wake, 5));
    }
  }
  throw new Error("the server does not tell its loop delay");
}
