/**
 * How long does a screendump take, by size and format?
 *
 * Both servers show the same picture and write to the same place in memory (tmpfs).  The PPM files must be
 * equal byte by byte; the PNG files' sizes are in the table, as a faster encoder may just compress less.
 */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join as joinPath } from "node:path";
import {
  type Answer,
  compare,
  join,
  type Question,
  type Settings,
  type Side,
  type Verdict,
  withContenders,
} from "./question.ts";

/** Our picture may be larger than QEMU's by at most this factor. */
const PNG_SIZE_RATIO_MAX = 1.5;

interface Size {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly ratioMin: Readonly<Partial<Record<"png" | "ppm", number>>>;
}

const SIZES: readonly Size[] = [
  { label: "1080p", width: 1920, height: 1080, ratioMin: { png: 7, ppm: 4 } },
  { label: "4K", width: 3840, height: 2160, ratioMin: {} },
];

export const screendump: Question = {
  name: "screendump",
  asks: "How long does a screendump take, by size and format?",
  async ask(settings) {
    const directory = mkdtempSync("/dev/shm/qmpd-bench-");
    try {
      const answers: Answer[] = [];
      for (const size of SIZES) answers.push(await measure(settings, size, directory));
      return join(answers);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** Options of `qmpd serve` for one VGA display that shows the still picture. */
export function stillDisplay(width: number, height: number): string[] {
  return ["--machine", "test", "--display", `VGA:${width}x${height},content=still`];
}

export function screendumpRequest(filename: string, format: "png" | "ppm"): string {
  return `${JSON.stringify({ execute: "screendump", arguments: { filename, format } })}\n`;
}

async function measure(settings: Settings, size: Size, directory: string): Promise<Answer> {
  const { width, height } = size;
  const options = { qmpd: stillDisplay(width, height), qemu: { picture: { width, height } } };
  return withContenders(settings, options, async (contenders) => {
    const answers: Answer[] = [];
    for (const format of ["png", "ppm"] as const) {
      const path = joinPath(directory, `${size.label}.${format}`);
      const ratioMin = size.ratioMin[format];
      const files: Partial<Record<Side, { sizeBytes: number; hash: string }>> = {};
      const answer = await compare(settings, contenders, {
        subject: `${format} ${size.label}`,
        load: {
          clients: 1,
          inFlightPerClient: 1,
          requests: [screendumpRequest(path, format)],
          measure: "reply",
        },
        durationMs: 5_000,
        ...(ratioMin === undefined ? {} : { ratioMin }),
        after: (side) => {
          files[side] = { sizeBytes: statSync(path).size, hash: hashOf(path) };
          return `${statSync(path).size} bytes`;
        },
      });
      answers.push(answer, { rows: [], verdicts: fileVerdicts(`${format} ${size.label}`, format, files) });
    }
    return join(answers);
  });
}

function fileVerdicts(
  subject: string,
  format: "png" | "ppm",
  { qmpd, qemu }: Partial<Record<Side, { sizeBytes: number; hash: string }>>,
): Verdict[] {
  if (qmpd === undefined || qemu === undefined) return [];
  if (format === "ppm") {
    const equal = qmpd.hash === qemu.hash;
    return [
      {
        subject,
        figure: equal ? "equal to QEMU's" : "differs from QEMU's",
        target: "the same picture",
        met: equal,
      },
    ];
  }
  const ratio = qmpd.sizeBytes / qemu.sizeBytes;
  const figure = `${ratio.toFixed(2)}x QEMU's size`;
  return [{ subject, figure, target: `at most ${PNG_SIZE_RATIO_MAX}x`, met: ratio <= PNG_SIZE_RATIO_MAX }];
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
