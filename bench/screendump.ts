/**
 * How many pictures a second can be taken, by size, format and number of clients?
 *
 * Both servers show the same picture and write to the same place in memory (tmpfs), each client its own file.  The PPM
 * files must be equal byte by byte; the PNG files' sizes are in the table, as a faster encoder may just compress less.
 *
 * Four clients have a console each, so that nothing is shared between them.  Sixteen wait on one: whoever waits for the
 * same refresh gets the same picture, which is what our server saves.
 */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join as joinPath } from "node:path";
import {
  type Answer,
  type Contenders,
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

type Format = "png" | "ppm";

const SIZES = [
  { label: "1080p", width: 1920, height: 1080, durationMs: 5_000 },
  // QEMU makes two of them a second.
  { label: "4K", width: 3840, height: 2160, durationMs: 10_000 },
] as const;

/** What is asked of each size, and the least ratio to QEMU's rate. */
const LOADS = [
  { clients: 1, consoles: 1, format: "png", ratioMin: 8 },
  { clients: 1, consoles: 1, format: "ppm", ratioMin: 5 },
  { clients: 4, consoles: 4, format: "png", ratioMin: 12 },
] as const;
const WAITERS = { clients: 16, consoles: 1, format: "png", ratioMin: 40 } as const;

interface Load {
  readonly clients: number;
  /** One: all wait on it.  Else one for each client. */
  readonly consoles: number;
  readonly format: Format;
  readonly ratioMin: number;
}

export const screendump: Question = {
  name: "screendump",
  asks: "How many pictures a second can be taken, by size, format and number of clients?",
  async ask(settings) {
    const directory = mkdtempSync("/dev/shm/qmpd-bench-");
    try {
      const answers: Answer[] = [];
      for (const size of SIZES) {
        const loads: readonly Load[] = size.label === "1080p" ? [...LOADS, WAITERS] : LOADS;
        for (const load of loads) answers.push(await measure(settings, size, load, directory));
      }
      return join(answers);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** Options of `qmpd serve` for VGA displays that show the still picture, with the ids `video0`, `video1`, ... */
export function stillDisplay(width: number, height: number, consoles = 1): string[] {
  const displays = Array.from({ length: consoles }, (_, index) => [
    "--display",
    `VGA:${width}x${height},content=still,id=video${index}`,
  ]);
  return ["--machine", "test", ...displays.flat()];
}

export function screendumpRequest(filename: string, format: Format, device = "video0"): string {
  return `${JSON.stringify({ execute: "screendump", arguments: { filename, format, device } })}\n`;
}

function measure(
  settings: Settings,
  { label, width, height, durationMs }: (typeof SIZES)[number],
  load: Load,
  directory: string,
): Promise<Answer> {
  const { clients, consoles, format } = load;
  const options = {
    qmpd: stillDisplay(width, height, consoles),
    // A QEMU that serves one client has exactly one monitor.
    qemu: { monitors: clients, picture: { width, height, consoles } },
  };
  const where = clients === 1 ? "" : consoles === 1 ? ` to ${clients} waiters` : ` to ${clients} clients`;
  const subject = `screendump ${format} ${label}${where}`;
  return withContenders(settings, options, (contenders) =>
    compareDumps(
      settings,
      contenders,
      subject,
      load,
      joinPath(directory, `${label}-{client}.${format}`),
      durationMs,
    ),
  );
}

async function compareDumps(
  settings: Settings,
  contenders: Contenders,
  subject: string,
  { clients, consoles, format, ratioMin }: Load,
  path: string,
  durationMs: number,
): Promise<Answer> {
  const files: Partial<Record<Side, PictureFile>> = {};
  const device = consoles === 1 ? "video0" : "video{client}";
  const answer = await compare(settings, contenders, {
    subject,
    load: {
      clients,
      inFlightPerClient: 1,
      requests: [screendumpRequest(path, format, device)],
      measure: "reply",
    },
    durationMs,
    targets: [{ figure: "rate", against: "qemu", limit: { least: ratioMin } }],
    after: (side) => {
      const file = readPicture(path.replace("{client}", String(clients - 1)));
      files[side] = file;
      return `${file.sizeBytes} bytes`;
    },
  });
  return join([answer, { rows: [], verdicts: clients === 1 ? fileVerdicts(subject, format, files) : [] }]);
}

interface PictureFile {
  readonly sizeBytes: number;
  readonly hash: string;
}

function readPicture(path: string): PictureFile {
  const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
  return { sizeBytes: statSync(path).size, hash };
}

function fileVerdicts(
  subject: string,
  format: Format,
  { qmpd, qemu }: Partial<Record<Side, PictureFile>>,
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
  return [
    {
      subject,
      figure: `${ratio.toFixed(2)}x`,
      target: `size to QEMU's at most ${PNG_SIZE_RATIO_MAX}x`,
      met: ratio <= PNG_SIZE_RATIO_MAX,
    },
  ];
}
