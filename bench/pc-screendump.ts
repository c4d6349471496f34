/**
 * How many pictures of a PC can be taken while its guest paints, and how long does client B wait meanwhile?
 *
 * The guest paints as fast as it can, 1024x768 with 32 bits a pixel, so that no picture is like the one before. B's time is
 * compared with that in the same round before the guest painted. Files are written to memory (tmpfs).
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodePicture } from "../src/screenbench/picture.ts";
import { askB, askBBeside, type Beside, besideVerdict } from "./beside.ts";
import type { GeneratorReport } from "./load.ts";
import { runLoad } from "./load.ts";
import { type Guest, type PcServer, withPcs } from "./pc-guest.ts";
import {
  type Answer,
  type Question,
  type Row,
  roundsOf,
  rowOf,
  type Settings,
  timesOf,
  type Verdict,
  verdictOf,
} from "./question.ts";

const WIDTH = 1024;
const HEIGHT = 768;
const P99_RATIO_MAX = 2;
const FORMATS = ["png", "ppm"] as const;
type Format = (typeof FORMATS)[number];
const PER_SECOND_MIN: Readonly<Record<Format, number>> = { png: 60, ppm: 150 };
/** The guest's frame number: 32 cells, the highest bit on the left, white or black. */
const FRAME_BITS = 32;
const FRAME_BIT_PX = 32;

/** A report for each round, and how many frames a second the guest painted meanwhile. */
interface Measured {
  readonly reports: GeneratorReport[];
  readonly frames: number[];
}

interface Rounds {
  readonly idle: GeneratorReport[];
  readonly painting: Measured;
  readonly dumps: Readonly<Record<Format, Measured>>;
  readonly beside: Readonly<Record<Format, { readonly b: Measured; readonly a: GeneratorReport[] }>>;
}

export const pcScreendump: Question = {
  name: "pc-screendump",
  asks: "How many pictures of a PC can be taken while its guest paints, and how long does client B wait meanwhile?",
  ask: (settings) =>
    withPcs(1, async (server, [guest]) => {
      const none = (): Measured => ({ reports: [], frames: [] });
      const rounds: Rounds = {
        idle: [],
        painting: none(),
        dumps: { png: none(), ppm: none() },
        beside: { png: { b: none(), a: [] }, ppm: { b: none(), a: [] } },
      };
      for (let round = 0; round < roundsOf(settings); round++)
        await runRound(settings, server, guest, rounds);
      return answer(rounds);
    }),
};

async function runRound(settings: Settings, server: PcServer, guest: Guest, rounds: Rounds): Promise<void> {
  const { socket } = guest;
  rounds.idle.push(await askB(settings, server, socket));
  await guest.begin("paint");
  const add = async <T>(
    to: Measured,
    load: () => Promise<T>,
    reportOf: (result: T) => GeneratorReport,
  ): Promise<T> => {
    const { result, perSecond } = await guest.during("paint", load);
    to.reports.push(reportOf(result));
    to.frames.push(perSecond);
    return result;
  };
  const itself = (report: GeneratorReport): GeneratorReport => report;
  for (const format of FORMATS) {
    const filename = join(server.directory, `picture.${format}`);
    const painted = await guest.progress("paint");
    await add(rounds.dumps[format], () => dump(settings, server, guest, filename, format), itself);
    checkPicture(filename, format, painted);
  }
  await add(rounds.painting, () => askB(settings, server, socket), itself);
  for (const format of FORMATS) {
    const a = { socket, request: request(join(server.directory, `beside.${format}`), format) };
    const { beside } = rounds;
    const both = await add(
      beside[format].b,
      () => askBBeside(settings, server, a, socket),
      ({ b }: Beside) => b,
    );
    beside[format].a.push(both.a);
  }
  await guest.reset();
}

function dump(
  settings: Settings,
  { pid }: PcServer,
  { socket }: Guest,
  filename: string,
  format: Format,
): Promise<GeneratorReport> {
  return runLoad({
    sockets: [socket],
    clients: 1,
    inFlightPerClient: 1,
    requests: [request(filename, format)],
    measure: "reply",
    ...timesOf(settings, 5_000),
    serverPid: pid,
  });
}

function request(filename: string, format: Format): string {
  return `${JSON.stringify({ execute: "screendump", arguments: { filename, format } })}\n`;
}

/** Throws where the last picture is not one of the frames that were painted after the first `painted`. */
function checkPicture(filename: string, format: Format, painted: number): void {
  const { bytes, bytesPerPixel, stride, width, height } = decodePicture(readFileSync(filename), format);
  if (width !== WIDTH || height !== HEIGHT)
    throw new Error(`the picture is ${width}x${height}, not ${WIDTH}x${HEIGHT}`);
  const numberOn = (line: number): number => {
    let number = 0;
    for (let bit = 0; bit < FRAME_BITS; bit++) {
      const pixel = line * stride + (bit * FRAME_BIT_PX + FRAME_BIT_PX / 2) * bytesPerPixel;
      number = number * 2 + ((bytes[pixel] ?? 0) >> 7);
    }
    return number;
  };
  const [first, last] = [numberOn(0), numberOn(HEIGHT - 1)];
  if (first !== last) throw new Error(`the picture begins with frame ${first}, and ends with ${last}`);
  if (first <= painted)
    throw new Error(`the picture shows frame ${first}, and ${painted} were painted before`);
}

function answer({ idle, painting, dumps, beside }: Rounds): Answer {
  const row = (subject: string, { reports, frames }: Measured, note?: string): Row => {
    const paints = `the guest paints ${Math.min(...frames).toFixed(0)} frames/s or more`;
    return rowOf(subject, "qmpd", reports, note === undefined ? paints : `${note}; ${paints}`);
  };
  return {
    rows: [
      ...FORMATS.map((format) => row(`A alone: screendump ${format}`, dumps[format])),
      rowOf("B, PC idle: query-status", "qmpd", idle),
      row("B, guest paints: query-status", painting),
      ...FORMATS.flatMap((format) => [
        row(`B while A dumps ${format}: query-status`, beside[format].b, "CPU with A's"),
        rowOf(`A: screendump ${format}`, "qmpd", beside[format].a, "CPU with B's"),
      ]),
    ],
    verdicts: [
      ...FORMATS.map((format) => rateVerdict(format, dumps[format])),
      ...FORMATS.map((format) =>
        besideVerdict(
          `query-status beside ${format} screendumps of a PC that paints`,
          beside[format].b.reports,
          idle,
          P99_RATIO_MAX,
          "that of an idle PC",
        ),
      ),
      {
        ...besideVerdict(
          "query-status beside a PC that paints, p99 to that of an idle PC",
          painting.reports,
          idle,
          P99_RATIO_MAX,
        ),
        target: undefined,
      },
    ],
  };
}

function rateVerdict(format: Format, { reports }: Measured): Verdict {
  return verdictOf({
    subject: `screendump ${format} ${WIDTH}x${HEIGHT} of a PC that paints`,
    values: reports.map(({ commands, elapsedMs }) => (commands * 1000) / elapsedMs),
    text: (value) => `${value.toFixed(0)}/s`,
    limit: { least: PER_SECOND_MIN[format] },
    reports,
  });
}
