/** How long after its process was started does the server greet its first client, and answer it? */

import { type QemuOptions, type ServerProcess, startQemu } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import { median } from "./load.ts";
import { type Question, type Settings, type Verdict, verdictOf } from "./question.ts";
import { stillDisplay } from "./screendump.ts";

const GREETING_MS_MAX = 150;

export const start: Question = {
  name: "start",
  asks: "How long after its process was started does the server greet its first client, and answer it?",
  async ask(settings) {
    const noQemu: QemuOptions = {};
    const verdicts = [
      await measure(settings, "machine test, 1080p", () => startQmpd({ args: stillDisplay(1920, 1080) })),
      await measure(settings, "machine none", () => startQmpd({ args: ["--machine", "none"] })),
    ];
    if (settings.againstQemu) {
      const qemu = await measure(settings, "QEMU, machine none", () => startQemu(noQemu));
      verdicts.push({ ...qemu, target: undefined });
    }
    return { rows: [], verdicts };
  },
};

async function measure(
  settings: Settings,
  subject: string,
  run: () => Promise<ServerProcess>,
): Promise<Verdict> {
  const times: number[] = [];
  const replyTimes: number[] = [];
  for (let count = settings.quick ? 3 : 15; count > 0; count--) {
    const server = await run();
    times.push(server.startMs);
    replyTimes.push(server.firstReplyMs);
    await server.stop();
  }
  const verdict = verdictOf({
    subject: `start to greeting, ${subject}`,
    values: times,
    text: (ms) => `${ms.toFixed(0)} ms`,
    limit: { most: GREETING_MS_MAX },
  });
  return { ...verdict, spread: `${verdict.spread}; first reply ${median(replyTimes).toFixed(0)} ms` };
}
