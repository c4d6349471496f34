/** Client B, which asks for the status again and again: alone, and beside the load of a client A. */

import type { ServerProcess } from "../test/support/qemu.ts";
import type { GeneratorReport, GeneratorTask } from "./load.ts";
import { runLoad } from "./load.ts";
import { QUERY_STATUS, type Settings, type Verdict, verdictOf } from "./question.ts";

type Server = Pick<ServerProcess, "pid">;

/** What client A asks, one request after the other. */
export interface LoadOfA {
  readonly socket: string;
  readonly request: string;
  /** An error is what it should be answered with. */
  readonly isRefused?: true;
}

export interface Beside {
  readonly b: GeneratorReport;
  /** It lasted longer than B's. */
  readonly a: GeneratorReport;
}

export function askB(settings: Settings, server: Server, socket: string): Promise<GeneratorReport> {
  const warmUpMs = settings.quick ? 200 : 1_000;
  return runLoad(task(server, socket, QUERY_STATUS, warmUpMs, durationMsOf(settings)));
}

/** B's load, in the middle of A's.  `beginning` is called when A's is on. */
export async function askBBeside(
  settings: Settings,
  server: Server,
  { socket, request, ...isRefused }: LoadOfA,
  socketB: string,
  beginning?: () => Promise<unknown>,
): Promise<Beside> {
  const durationMs = durationMsOf(settings);
  let during: Promise<GeneratorReport> | undefined;
  let hasBEnded = false;
  // A's load outlasts B's: B's warm-up and the start of its process come on top.
  const load = { ...task(server, socket, request, 1_000, durationMs + 2_500), ...isRefused };
  const a = await runLoad(load, () => {
    during = (async () => {
      await beginning?.();
      const report = await runLoad(task(server, socketB, QUERY_STATUS, 500, durationMs));
      hasBEnded = true;
      return report;
    })();
  });
  if (during === undefined) throw new Error("the load never became warm");
  if (!hasBEnded) {
    await during.catch(() => {});
    throw new Error("A's load ended before B's: the computer is too busy to measure this");
  }
  return { b: await during, a };
}

/** B's p99 beside something against that without, round by round. */
export function besideVerdict(
  subject: string,
  during: readonly GeneratorReport[],
  without: readonly GeneratorReport[],
  ratioMax: number,
  what = "that without",
): Verdict {
  return verdictOf({
    subject,
    what: `p99 to ${what}`,
    values: during.map(({ p99Us }, round) => p99Us / (without[round]?.p99Us ?? Number.NaN)),
    text: (value) => `${value.toFixed(2)}x`,
    limit: { most: ratioMax },
    isRatio: true,
    reports: [...during, ...without],
  });
}

function durationMsOf({ quick }: Settings): number {
  return quick ? 1_000 : 5_000;
}

function task(
  { pid }: Server,
  socket: string,
  request: string,
  warmUpMs: number,
  durationMs: number,
): GeneratorTask {
  return {
    sockets: [socket],
    clients: 1,
    inFlightPerClient: 1,
    requests: [request],
    measure: "reply",
    warmUpMs,
    durationMs,
    serverPid: pid,
  };
}
