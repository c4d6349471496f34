/**
 * How long does client B wait for its replies while client A, a process of its own, sends large messages back to back?
 *
 * Rule W5: such a message is parsed in slices.  A sends the next one when the last is answered, with an error: what
 * takes long is the message, not the command.  A command either does not take what is large, and no value is made of it;
 * or it takes it, and finds fault with the value.  In each round B is measured alone first.
 */

import type { ServerProcess } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import { askB, askBBeside, type Beside, besideVerdict } from "./beside.ts";
import type { GeneratorReport } from "./load.ts";
import { type Answer, join, type Question, roundsOf, rowOf, type Settings } from "./question.ts";

const P99_RATIO_MAX = 2;
const MIB = 1024 * 1024;

/** What the large argument is, just below a limit of rule W5. */
const MESSAGES: Readonly<Record<string, () => string>> = {
  "a string of 60 MiB": () => `"${"abcdefgh".repeat((60 * MIB) / 8)}"`,
  "a million numbers": () => `[${"12345678,".repeat(1_000_000)}1]`,
  "130,000 objects": () => `[${'{"a":"bcdefghijklmnopqrstuvwxyz0123456789","b":[1,2]},'.repeat(130_000)}1]`,
};

export const large: Question = {
  name: "large",
  asks: "How long does client B wait for its replies while client A sends large messages back to back?",
  async ask(settings) {
    const server = await startQmpd({ args: ["--machine", "none"] });
    try {
      const answers: Answer[] = [];
      for (const [kind, argument] of Object.entries(MESSAGES)) {
        const value = argument();
        const taken = value.startsWith('"')
          ? `{"execute": "qom-list", "arguments": {"path": ${value}}}\n`
          : `{"execute": "input-send-event", "arguments": {"events": ${value}}}\n`;
        const refused = `{"execute": "query-status", "arguments": {"x": ${value}}}\n`;
        answers.push(await measure(settings, server, kind, refused));
        answers.push(await measure(settings, server, `${kind}, taken`, taken));
      }
      return join(answers);
    } finally {
      await server.stop();
    }
  },
};

async function measure(
  settings: Settings,
  server: ServerProcess,
  kind: string,
  request: string,
): Promise<Answer> {
  const [socket = ""] = server.sockets;
  const alone: GeneratorReport[] = [];
  const beside: Beside[] = [];
  for (let round = 0; round < roundsOf(settings); round++) {
    alone.push(await askB(settings, server, socket));
    beside.push(await askBBeside(settings, server, { socket, request, isRefused: true }, socket));
  }
  const during = beside.map(({ b }) => b);
  const ofA = beside.map(({ a }) => a);
  return {
    rows: [
      rowOf("B alone: query-status", "qmpd", alone),
      rowOf(`B while A sends ${kind}`, "qmpd", during, "CPU with A's"),
      rowOf(`A: ${kind}`, "qmpd", ofA, "CPU with B's"),
    ],
    verdicts: [besideVerdict(`query-status beside ${kind}`, during, alone, P99_RATIO_MAX)],
  };
}
