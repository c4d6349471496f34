/** How much memory does a client take that is connected, has negotiated, and says nothing? */

import { rssBytes, runLoad } from "./load.ts";
import { type Question, withContenders } from "./question.ts";

const CLIENTS_FEW = 100;
const CLIENTS_MANY = 10_000;
const BYTES_MAX = 10 * 1024;

export const idle: Question = {
  name: "idle",
  asks: "How much memory does a client take that is connected, has negotiated, and says nothing?",
  ask: (settings) =>
    withContenders(
      { ...settings, againstQemu: false },
      { qmpd: ["--machine", "none"], qemu: {} },
      async ({ qmpd }) => {
        // The first clients pay for compiled code.  What the heap grows for all others is theirs.
        const before = await rssWith(CLIENTS_FEW, qmpd.pid, qmpd.sockets);
        const after = await rssWith(CLIENTS_MANY, qmpd.pid, qmpd.sockets);
        const bytes = (after - before) / (CLIENTS_MANY - CLIENTS_FEW);
        const verdict = {
          subject: `memory of an idle client, with ${CLIENTS_MANY}`,
          figure: `${(bytes / 1024).toFixed(1)} KiB`,
          target: `at most ${BYTES_MAX / 1024} KiB`,
          met: bytes <= BYTES_MAX,
        };
        return { rows: [], verdicts: [verdict] };
      },
    ),
};

/** The server's resident memory while `clients` are connected and idle. */
async function rssWith(clients: number, pid: number, sockets: readonly string[]): Promise<number> {
  let rss = 0;
  const task = {
    sockets,
    clients,
    inFlightPerClient: 1,
    requests: [],
    measure: "nothing",
    warmUpMs: 1_500,
    durationMs: 100,
    serverPid: pid,
  } as const;
  await runLoad(task, () => {
    rss = rssBytes(pid);
  });
  return rss;
}
