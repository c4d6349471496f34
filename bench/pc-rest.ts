/** What does a PC cost that does nothing, and how long does it take to stop one that is at work? */

import { setTimeout as wait } from "node:timers/promises";
import type { GeneratorReport } from "./load.ts";
import { median, runLoad } from "./load.ts";
import { type Guest, type PcServer, withPcs } from "./pc-guest.ts";
import { type Question, roundsOf, type Settings, timesOf, type Verdict, verdictOf } from "./question.ts";

const CPU_PERCENT_MAX = 3;
const STOP_MS_MAX = 5;
/** From a `cont` to the next `stop` it is up to this long, in steps that fall evenly: no moment of the guest's work is preferred. */
const WORK_MS_MAX = 10;
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Milliseconds from a command to its reply, in order of size. */
interface Times {
  readonly stop: readonly number[];
  readonly cont: readonly number[];
}

export const pcRest: Question = {
  name: "pc-rest",
  asks: "What does a PC cost that does nothing, and how long does it take to stop one that is at work?",
  ask: (settings) =>
    withPcs(1, async (server, [guest]) => {
      const idle: GeneratorReport[] = [];
      const stopped: GeneratorReport[] = [];
      const times: Times[] = [];
      for (let round = 0; round < roundsOf(settings); round++) {
        idle.push(await watch(settings, server, guest));
        await guest.begin("paint");
        times.push((await guest.during("paint", () => stopAndGoOn(settings, guest))).result);
        await guest.client.execute("stop");
        stopped.push(await watch(settings, server, guest));
        await guest.reset();
      }
      return {
        rows: [],
        verdicts: [
          cpuVerdict("a PC at its prompt", idle),
          cpuVerdict("a PC that is stopped", stopped),
          ...(["stop", "cont"] as const).flatMap((command) =>
            ([50, 99] as const).map((percent) => timeVerdict(command, percent, times)),
          ),
        ],
      };
    }),
};

/** A client is there, and asks nothing. */
function watch(settings: Settings, server: PcServer, { socket }: Guest): Promise<GeneratorReport> {
  return runLoad({
    sockets: [socket],
    clients: 1,
    inFlightPerClient: 1,
    requests: [],
    measure: "nothing",
    ...timesOf(settings, 10_000),
    serverPid: server.pid,
  });
}

/** By a client in this process: the times of the two have nothing in common, and a generator's report has both in one. */
async function stopAndGoOn(settings: Settings, { client }: Guest): Promise<Times> {
  const times = { stop: [] as number[], cont: [] as number[] };
  const { warmUpMs, durationMs } = timesOf(settings, 15_000);
  const startedMs = performance.now();
  for (let count = 1; ; count++) {
    const passedMs = performance.now() - startedMs;
    if (passedMs > warmUpMs + durationMs) break;
    await wait(WORK_MS_MAX * ((count * GOLDEN_RATIO) % 1));
    for (const command of ["stop", "cont"] as const) {
      const sentMs = performance.now();
      await client.execute(command);
      if (passedMs > warmUpMs) times[command].push(performance.now() - sentMs);
    }
  }
  const inOrder = (values: number[]): number[] => values.sort((a, b) => a - b);
  return { stop: inOrder(times.stop), cont: inOrder(times.cont) };
}

function cpuVerdict(subject: string, reports: readonly GeneratorReport[]): Verdict {
  return verdictOf({
    subject,
    what: "processor time",
    values: reports.map(({ serverCpuUs, elapsedMs }) => serverCpuUs / 10 / elapsedMs),
    text: (value) => `${value.toFixed(1)} %`,
    limit: { most: CPU_PERCENT_MAX },
    reports,
  });
}

function timeVerdict(command: keyof Times, percent: 50 | 99, times: readonly Times[]): Verdict {
  const count = median(times.map((round) => round[command].length));
  const verdict = verdictOf({
    subject: `${command} of a PC that paints`,
    what: `p${percent}`,
    values: times.map((round) => {
      const values = round[command];
      return values[Math.ceil((values.length * percent) / 100) - 1] ?? Number.NaN;
    }),
    text: (value) => `${value.toFixed(2)} ms`,
    limit: { most: STOP_MS_MAX },
  });
  if (verdict.spread === undefined) return verdict;
  return { ...verdict, spread: `${verdict.spread}; ${count.toFixed(0)} commands a round` };
}
