/**
 * How long after the server's process was started is the first text of a PC's guest seen in a screendump?
 *
 * Pictures are asked for one after the other, from the server's first reply on; the one that has the text counts, with the time
 * of its reply.
 */

import { setTimeout as wait } from "node:timers/promises";
import { connect, isJsonObject, type QmpClient } from "../src/client/index.ts";
import { readScreen } from "../test/support/guest-screen.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import { GUEST_MEMORY } from "./pc-guest.ts";
import { type Question, verdictOf } from "./question.ts";

const TEXT_MS_MAX = 500;
const TEXT = "Type help and press Enter.";
/** The guest's text mode.  Before it has set one, the screen is blank and has another size. */
const TEXT_WIDTH = 640;
/** So that pictures that are not there yet do not take the processor from the guest. */
const POLL_MS = 5;
const GIVE_UP_MS = 30_000;

export const pcStart: Question = {
  name: "pc-start",
  asks: "How long after the server's process was started is the first text of a PC's guest seen in a screendump?",
  async ask(settings) {
    const values: number[] = [];
    for (let count = settings.quick ? 3 : 15; count > 0; count--) values.push(await startToTextMs());
    const verdict = verdictOf({
      subject: "start to the guest's first text in a screendump, machine pc",
      values,
      text: (ms) => `${ms.toFixed(0)} ms`,
      limit: { most: TEXT_MS_MAX },
    });
    return { rows: [], verdicts: [verdict] };
  },
};

async function startToTextMs(): Promise<number> {
  const startedMs = performance.now();
  const server = await startQmpd({ args: ["--machine", "pc", "--memory", String(GUEST_MEMORY)] });
  try {
    const client = await connect(`unix:${server.sockets[0]}`);
    try {
      while (performance.now() < startedMs + GIVE_UP_MS) {
        const { width, data } = await takePicture(client);
        const seenMs = performance.now() - startedMs;
        if (width === TEXT_WIDTH && readScreen(data).some((line) => line.includes(TEXT))) return seenMs;
        await wait(POLL_MS);
      }
      throw new Error(`the guest shows no text within ${GIVE_UP_MS / 1000} s`);
    } finally {
      await client.close();
    }
  } finally {
    await server.stop();
  }
}

async function takePicture(client: QmpClient): Promise<{ readonly width: number; readonly data: Buffer }> {
  const picture = await client.execute("screendump-data", { format: "ppm" });
  if (!isJsonObject(picture)) throw new Error("screendump-data answers no object");
  return { width: Number(picture.width), data: Buffer.from(String(picture.data), "base64") };
}
