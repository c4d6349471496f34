/** What does a PC cost that does nothing, and how long does it take to stop one that is at work? */

import type { GeneratorReport } from "./generator.ts";
import { runLoad } from "./load.ts";
import { type Guest, type PcServer, withPcs } from "./pc-guest.ts";
import { type Question, roundsOf, rowOf, type Settings, timesOf, verdictOf } from "./question.ts";

const CPU_PERCENT_MAX = 3;
const STOP_MS_MAX = 5;

export const pcRest: Question = {
  name: "pc-rest",
  asks: "What does a PC cost that does nothing, and how long does it take to stop one that is at work?",
  ask: (settings) =>
    withPcs(1, async (server, [guest]) => {
      const idle: GeneratorReport[] = [];
      const stopped: GeneratorReport[] = [];
      const stopCont: GeneratorReport[] = [];
      let frames = 0;
      for (let round = 0; round < roundsOf(settings); round++) {
        idle.push(await watch(settings, server, guest));
        await guest.begin("paint");
        const { result, perSecond } = await guest.during("paint", () => stopAndGoOn(settings, server, guest));
        stopCont.push(result);
        frames = perSecond;
        // The load may have ended with either.
        await guest.client.execute("stop");
        stopped.push(await watch(settings, server, guest));
        await guest.reset();
      }
      const cpu = (subject: string, reports: readonly GeneratorReport[]) =>
        verdictOf({
          subject,
          what: "processor time",
          values: reports.map(({ serverCpuUs, elapsedMs }) => serverCpuUs / 10 / elapsedMs),
          text: (value) => `${value.toFixed(1)} %`,
          limit: { most: CPU_PERCENT_MAX },
          reports,
        });
      const time = (what: "p50" | "p99", of: (report: GeneratorReport) => number) =>
        verdictOf({
          subject: "stop, cont of a PC that paints",
          what,
          values: stopCont.map((report) => of(report) / 1000),
          text: (value) => `${value.toFixed(2)} ms`,
          limit: { most: STOP_MS_MAX },
          reports: stopCont,
        });
      return {
        rows: [
          rowOf("stop, cont: guest paints", "qmpd", stopCont, `${frames.toFixed(0)} frames/s between them`),
        ],
        verdicts: [
          cpu("a PC at its prompt", idle),
          cpu("a PC that is stopped", stopped),
          time("p50", ({ p50Us }) => p50Us),
          time("p99", ({ p99Us }) => p99Us),
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

/** Each as soon as the other one is answered: so every `stop` comes at the beginning of a stretch of work. */
function stopAndGoOn(settings: Settings, server: PcServer, { socket }: Guest): Promise<GeneratorReport> {
  return runLoad({
    sockets: [socket],
    clients: 1,
    inFlightPerClient: 1,
    requests: ['{"execute": "stop"}\n', '{"execute": "cont"}\n'],
    measure: "reply",
    ...timesOf(settings),
    serverPid: server.pid,
  });
}
