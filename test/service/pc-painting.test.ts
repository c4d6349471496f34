/**
 * Pictures of a PC that paints as fast as it can: each is of one moment, and tells by itself which frame it has to be.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TestClient } from "../support/client.ts";
import { Program } from "../support/program.ts";

/** A whole program starts, on a computer that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const WAIT = { timeout: 15_000, interval: 10 };
const WIDTH = 1024;
const HEIGHT = 768;
/** Rows at the top and at the bottom that show the frame's number, in cells. */
const STRIP_ROWS = 8;
const CELL_WIDTH = 32;
const PPM_HEADER = `P6\n${WIDTH} ${HEIGHT}\n255\n`;
const PICTURES_COUNT = 40;
const CLIENTS_COUNT = 4;

let directory: string;
let program: Program;
const clients: TestClient[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-painting-"));
  program = new Program(directory, { args: ["--machine", "pc", "--serial", "unix:serial.sock"] });
  await program.ready();
  const serial = createConnection(join(directory, "serial.sock"));
  await new Promise((resolve) => serial.once("connect", resolve));
  serial.write("paint\r");
  for (let count = 0; count < CLIENTS_COUNT; count++) {
    clients.push(await TestClient.connect(join(directory, "qmp.sock"), []));
  }
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  program.kill("SIGTERM");
  await program.ended;
  rmSync(directory, { recursive: true, force: true });
});

async function dump(client: TestClient, name: string): Promise<Buffer> {
  const filename = join(directory, name);
  expect(await client.execute("screendump", { filename })).toEqual({ return: {} });
  return readFileSync(filename);
}

/** Up from 0 to 255 and down again, a step every two. */
function wave(place: number): number {
  const half = (place % WIDTH) >> 1;
  return half < 256 ? half : 511 - half;
}

/** A row of the rainbow that begins with a colour. */
const RAINBOW = Array.from({ length: WIDTH }, (_, first) =>
  Buffer.from(
    Array.from({ length: WIDTH }, (_, x) => [first + x, first + x + 341, first + x + 682].map(wave)).flat(),
  ),
);

/** The row of cells that shows a number. */
function strip(frame: number): Buffer {
  return Buffer.alloc(WIDTH * 3).map((_, at) => {
    const cell = Math.floor(at / 3 / CELL_WIDTH);
    return ((frame >>> (31 - cell)) & 1) === 1 ? 255 : 0;
  }) as Buffer;
}

function frameNumber(pixels: Buffer, row: number): number {
  let frame = 0;
  for (let x = 0; x < WIDTH; x += CELL_WIDTH)
    frame = frame * 2 + (pixels[(row * WIDTH + x) * 3] === 0 ? 0 : 1);
  return frame;
}

/** Its number, when every pixel is that frame's; else the first row that is another's. */
function judge(picture: Buffer): { readonly frame: number; readonly wrongRow: number | undefined } {
  const pixels = picture.subarray(PPM_HEADER.length);
  const frame = frameNumber(pixels, 0);
  const numbers = strip(frame);
  for (let y = 0; y < HEIGHT; y++) {
    const isStrip = y < STRIP_ROWS || y >= HEIGHT - STRIP_ROWS;
    const expected = isStrip ? numbers : RAINBOW[(y + 4 * frame) % WIDTH];
    const row = pixels.subarray(y * WIDTH * 3, (y + 1) * WIDTH * 3);
    if (expected?.equals(row) !== true) return { frame, wrongRow: y };
  }
  return { frame, wrongRow: undefined };
}

it("D3: each is one whole frame, and a later one is no earlier frame", async () => {
  const [first] = clients as [TestClient];
  await vi.waitFor(async () => {
    const picture = await dump(first, "first.ppm");
    expect(picture.subarray(0, PPM_HEADER.length).toString()).toBe(PPM_HEADER);
    expect(judge(picture).frame).toBeGreaterThan(0);
  }, WAIT);
  const all = await Promise.all(
    clients.map(async (client, number) => {
      const judged: ReturnType<typeof judge>[] = [];
      for (let count = 0; count < PICTURES_COUNT / CLIENTS_COUNT; count++) {
        judged.push(judge(await dump(client, `${number}.ppm`)));
      }
      return judged;
    }),
  );
  for (const judged of all) {
    expect(judged.map(({ wrongRow }) => wrongRow)).toEqual(judged.map(() => undefined));
    const frames = judged.map(({ frame }) => frame);
    expect(frames).toEqual([...frames].sort((a, b) => a - b));
  }
  // It did paint meanwhile.
  expect(new Set(all.flat().map(({ frame }) => frame)).size).toBeGreaterThan(PICTURES_COUNT / 8);
});
