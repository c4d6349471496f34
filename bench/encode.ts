/**
 * How long does the pool take to make a picture of a frame, and to write it to a file in memory?
 *
 * A figure is the time from the call on the main thread to its answer, hops between threads included, of a
 * picture encoded and written over the one before.  "bands" is the longest that a band took in a thread of its
 * own: nothing can be cancelled in between (rule C7).
 */

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { paintStill } from "../src/machine/still.ts";
import { createSurface } from "../src/machine/surface.ts";
import type { ImageFormat } from "../src/offload/contract.ts";
import { openDestination } from "../src/offload/destination.ts";
import { WorkerPool } from "../src/offload/pool.ts";
import { encodePicture } from "../src/picture/encoder.ts";
import { THREAD_ENTRIES } from "../src/server/threads.ts";
import { copyFrame } from "../src/ui/surface.ts";
import { BandBoard } from "../src/util/band-board.ts";
import { createCancelFlag } from "../src/util/cancel-flag.ts";
import { releaseRoom, takeRoom } from "../src/util/frame-memory.ts";
import { layoutPng, layoutPpm } from "../src/util/picture-layout.ts";
import type { SharedSurface } from "../src/util/shared-surface.ts";
import type { Question, Verdict } from "./question.ts";

const THREADS = 2;
const BAND_MS_MAX = 10;

interface Subject {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly p50MsMax: Readonly<Partial<Record<ImageFormat, number>>>;
}

const SUBJECTS: readonly Subject[] = [
  { label: "720p", width: 1280, height: 720, p50MsMax: {} },
  { label: "1080p", width: 1920, height: 1080, p50MsMax: { png: 12, ppm: 2 } },
  { label: "4K", width: 3840, height: 2160, p50MsMax: {} },
];

export const encode: Question = {
  name: "encode",
  asks: "How long does the pool take to make a picture of a frame, and to write it to a file in memory?",
  async ask({ quick }) {
    const pool = new WorkerPool({
      workerUrl: THREAD_ENTRIES.pool,
      threads: THREADS,
      onThreadGone: console.error,
    });
    const directory = mkdtempSync("/dev/shm/qmpd-encode-");
    try {
      const verdicts: Verdict[] = [];
      for (const subject of SUBJECTS) {
        const frame = paintFrame(subject);
        for (const format of ["png", "ppm"] as const) {
          verdicts.push(await measureWhole(pool, subject, frame, format, directory, quick ? 20 : 200));
          verdicts.push(measureBands(subject, frame, format, quick ? 2 : 10));
        }
      }
      return { rows: [], verdicts };
    } finally {
      rmSync(directory, { recursive: true });
      await pool.close();
    }
  },
};

function paintFrame({ width, height }: Subject): SharedSurface {
  const surface = createSurface(width, height);
  paintStill(surface);
  return copyFrame(surface, 1, undefined);
}

async function measureWhole(
  pool: WorkerPool,
  { label, p50MsMax }: Subject,
  frame: SharedSurface,
  format: ImageFormat,
  directory: string,
  rounds: number,
): Promise<Verdict> {
  const { signal } = new AbortController();
  const wholeMs: number[] = [];
  const encodeMs: number[] = [];
  let sizeBytes = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const [picture, destination] = await Promise.all([
      pool.encode(frame, format, signal),
      openDestination(join(directory, "picture")),
    ]);
    encodeMs.push(performance.now() - start);
    await pool.save(picture, destination, signal);
    wholeMs.push(performance.now() - start);
    sizeBytes = picture.sizeBytes;
    pool.discard(picture);
  }
  const p50Ms = quantile(wholeMs, 0.5);
  const limitMs = p50MsMax[format];
  return {
    subject: `${format} ${label}`,
    figure:
      `p50 ${p50Ms.toFixed(2)} ms, p99 ${quantile(wholeMs, 0.99).toFixed(2)} ms, ` +
      `of it encoding p50 ${quantile(encodeMs, 0.5).toFixed(2)} ms; ${(sizeBytes / 1024).toFixed(0)} KiB`,
    target: limitMs === undefined ? "none" : `p50 at most ${limitMs} ms`,
    met: limitMs === undefined || p50Ms <= limitMs,
  };
}

/** Encodes here, a band at a time. */
function measureBands(
  { label, width, height }: Subject,
  frame: SharedSurface,
  format: ImageFormat,
  rounds: number,
): Verdict {
  const { bandCount, roomBytes } = format === "png" ? layoutPng(width, height) : layoutPpm(width, height);
  const room = takeRoom(frame.memory, roomBytes);
  const bandMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let start = 0;
    const board = BandBoard.create(bandCount);
    const timed = Object.assign(new BandBoard(board.words), {
      take() {
        start = performance.now();
        return board.take();
      },
      finish(band: number, bandBytes: number, checksum: number) {
        bandMs.push(performance.now() - start);
        return board.finish(band, bandBytes, checksum);
      },
    });
    const cancel = createCancelFlag();
    encodePicture({
      frame,
      format,
      cancel,
      roomBuffer: undefined,
      fd: undefined,
      roomOffset: room.offset,
      board: timed,
      task: 0,
    });
  }
  releaseRoom(room);
  const p99Ms = quantile(bandMs, 0.99);
  return {
    subject: `${format} ${label}, its ${bandCount} bands`,
    figure: `p50 ${quantile(bandMs, 0.5).toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`,
    target: `p99 at most ${BAND_MS_MAX} ms`,
    met: p99Ms <= BAND_MS_MAX,
  };
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
