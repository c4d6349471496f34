/**
 * How long does client B wait for its replies while client A, a process of its own, sends large messages back to back?
 *
 * Rule W5: such a message is parsed in slices.  A sends the next one when the last is answered, with an error: what
 * takes long is the message, not the command.  A command either does not take what is large, and no value is made of it;
 * or it takes it, and finds fault with the value.  B is measured alone before each kind.
 */

import { startQmpd } from "../test/support/qmpd.ts";
import { type GeneratorReport, type GeneratorTask, runLoad } from "./load.ts";
import { type Answer, join, QUERY_STATUS, type Question, rowOf, type Settings } from "./question.ts";

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
    const [socket = ""] = server.sockets;
    try {
      const answers: Answer[] = [];
      for (const [kind, argument] of Object.entries(MESSAGES)) {
        const value = argument();
        const taken = value.startsWith('"')
          ? `{"execute": "qom-list", "arguments": {"path": ${value}}}\n`
          : `{"execute": "input-send-event", "arguments": {"events": ${value}}}\n`;
        const refused = `{"execute": "query-status", "arguments": {"x": ${value}}}\n`;
        answers.push(await measure(settings, { socket, pid: server.pid }, kind, refused));
        answers.push(await measure(settings, { socket, pid: server.pid }, `${kind}, taken`, taken));
      }
      return join(answers);
    } finally {
      await server.stop();
    }
  },
};

async function measure(
  settings: Settings,
  server: { readonly socket: string; readonly pid: number },
  kind: string,
  request: string,
): Promise<Answer> {
  const durationMs = settings.quick ? 1_000 : 5_000;
  const task = (text: string, lengthMs: number): GeneratorTask => ({
    sockets: [server.socket],
    clients: 1,
    inFlightPerClient: 1,
    requests: [text],
    measure: "reply",
    warmUpMs: 1_000,
    durationMs: lengthMs,
    serverPid: server.pid,
  });
  const alone = await runLoad(task(QUERY_STATUS, durationMs));
  let during: Promise<GeneratorReport> | undefined;
  // A's load outlasts B's: B's warm-up and the start of its process come on top.
  const a = await runLoad({ ...task(request, durationMs + 2_500), isRefused: true }, () => {
    during = runLoad(task(QUERY_STATUS, durationMs));
  });
  if (during === undefined) throw new Error("the load never became warm");
  const busy = await during;
  const ratio = busy.p99Us / alone.p99Us;
  return {
    rows: [
      rowOf("B alone: query-status", "qmpd", [alone]),
      rowOf(`B while A sends ${kind}`, "qmpd", [busy], "CPU with A's"),
      rowOf(`A: ${kind}`, "qmpd", [a], "CPU with B's"),
    ],
    verdicts: [
      {
        subject: `p99 of B during / alone, ${kind}`,
        figure: `${ratio.toFixed(2)}x`,
        target: `at most ${P99_RATIO_MAX}x`,
        met: ratio <= P99_RATIO_MAX,
      },
    ],
  };
}
