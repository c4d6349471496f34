/**
 * How long does client B wait for its replies while client A takes 4K PNG screendumps in a loop?
 *
 * The server has one pool thread, so that one core is free of encoding.  In each round B is measured alone first.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { join as joinPath } from "node:path";
import { type ServerProcess, startQemu } from "../test/support/qemu.ts";
import { askB, askBBeside, besideVerdict } from "./beside.ts";
import type { GeneratorReport } from "./load.ts";
import type { LoopDelay } from "./loop-delay.ts";
import {
  type Answer,
  join,
  type Question,
  type Row,
  roundsOf,
  rowOf,
  type Settings,
  type Side,
  type Verdict,
  verdictOf,
} from "./question.ts";
import { screendumpRequest, stillDisplay } from "./screendump.ts";
import { startWatchedQmpd } from "./watched-qmpd.ts";

const WIDTH = 3840;
const HEIGHT = 2160;
const P99_RATIO_MAX = 1.5;
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
  const args = [...stillDisplay(WIDTH, HEIGHT), "--workers", "1"];
  const { server, readLoopDelay } = await startWatchedQmpd(directory, args);
  try {
    const measured: Measured[] = [];
    const loops: LoopDelay[] = [];
    for (let round = 0; round < roundsOf(settings); round++) {
      measured.push(await measure(settings, server, directory, readLoopDelay));
      loops.push(await readLoopDelay());
    }
    return { rows: rowsOf("qmpd", measured), verdicts: [ratioVerdict(measured), loopVerdict(loops)] };
  } finally {
    await server.stop();
  }
}

function ratioVerdict(measured: readonly Measured[]): Verdict {
  const subject = "query-status beside 4K PNG screendumps";
  const [during, alone] = [measured.map((round) => round.during), measured.map((round) => round.alone)];
  return besideVerdict(subject, during, alone, P99_RATIO_MAX);
}

function loopVerdict(loops: readonly LoopDelay[]): Verdict {
  return verdictOf({
    subject: "the event loop meanwhile",
    what: "p99 of its delay",
    values: loops.map(({ p99Ms }) => p99Ms),
    text: (value) => `${value.toFixed(2)} ms`,
    limit: { most: LOOP_DELAY_P99_MS_MAX },
  });
}

async function askQemu(settings: Settings, directory: string): Promise<Answer> {
  const server = await startQemu({ monitors: 2, picture: { width: WIDTH, height: HEIGHT } });
  try {
    return { rows: rowsOf("qemu", [await measure(settings, server, directory)]), verdicts: [] };
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
  beginning?: () => Promise<unknown>,
): Promise<Measured> {
  const [socketA = "", socketB = socketA] = server.sockets;
  const alone = await askB(settings, server, socketB);
  const request = screendumpRequest(joinPath(directory, "a.png"), "png");
  const { a, b } = await askBBeside(settings, server, { socket: socketA, request }, socketB, beginning);
  return { alone, during: b, a };
}

function rowsOf(side: Side, measured: readonly Measured[]): Row[] {
  const reports = (part: keyof Measured): GeneratorReport[] => measured.map((round) => round[part]);
  return [
    rowOf("B alone: query-status", side, reports("alone")),
    rowOf("B while A dumps: query-status", side, reports("during"), "CPU with A's"),
    rowOf("A: screendump png 4K", side, reports("a"), "CPU with B's"),
  ];
}
