/**
 * What does it change that one server has eight PCs, all of which paint?
 *
 * How long each takes to answer, asked one by one and all at once; and how much memory another PC takes. Each round has
 * servers of its own, with one PC and with eight.
 */

import type { GeneratorReport } from "./load.ts";
import { median, rssBytes, runLoad } from "./load.ts";
import { GUEST_MEMORY, type Guest, withPcs } from "./pc-guest.ts";
import {
  QUERY_STATUS,
  type Question,
  roundsOf,
  rowOf,
  type Settings,
  timesOf,
  verdictOf,
} from "./question.ts";

const MANY = 8;
const P99_MS_MAX = 20;
const MIB_MAX = 60;
const MIB = 1024 * 1024;

interface Measured {
  readonly atOnce: GeneratorReport;
  /** Of each PC. */
  readonly inTurn: readonly GeneratorReport[];
  readonly rss: number;
  readonly framesPerSecond: number;
}

export const pcMany: Question = {
  name: "pc-many",
  asks: "What does it change that one server has eight PCs, all of which paint?",
  async ask(settings) {
    const ones: Measured[] = [];
    const manies: Measured[] = [];
    for (let round = 0; round < roundsOf(settings); round++) {
      ones.push(await measure(settings, 1));
      manies.push(await measure(settings, MANY));
    }
    const atOnce = manies.map((round) => round.atOnce);
    const slowest = manies.map((round) => maxBy(round.inTurn, ({ p99Us }) => p99Us));
    const frames = median(manies.map(({ framesPerSecond }) => framesPerSecond));
    const p99 = (subject: string, reports: readonly GeneratorReport[]) =>
      verdictOf({
        subject,
        what: "p99",
        values: reports.map(({ p99Us }) => p99Us / 1000),
        text: (value) => `${value.toFixed(2)} ms`,
        limit: { most: P99_MS_MAX },
        reports,
      });
    return {
      rows: [
        rowOf(`query-status, all ${MANY} at once`, "qmpd", atOnce, `${frames.toFixed(0)} frames/s of each`),
        rowOf("query-status, the slowest one", "qmpd", slowest),
      ],
      verdicts: [
        p99(`query-status to each of ${MANY} PCs that paint, the slowest`, slowest),
        p99(`query-status to ${MANY} PCs that paint, all at once`, atOnce),
        verdictOf({
          subject: `memory of another PC that paints, with ${GUEST_MEMORY} MiB of its own`,
          values: manies.map(({ rss }, round) => (rss - (ones[round]?.rss ?? Number.NaN)) / (MANY - 1) / MIB),
          text: (value) => `${value.toFixed(1)} MiB`,
          limit: { most: MIB_MAX },
        }),
      ],
    };
  },
};

function measure(settings: Settings, count: number): Promise<Measured> {
  return withPcs(count, async (server, guests) => {
    for (const guest of guests) await guest.begin("paint");
    const before = await framesOf(guests);
    const startedMs = performance.now();
    const ask = (asked: readonly Guest[]): Promise<GeneratorReport> =>
      runLoad({
        sockets: asked.map(({ socket }) => socket),
        clients: asked.length,
        inFlightPerClient: 1,
        requests: [QUERY_STATUS],
        measure: "reply",
        ...timesOf(settings),
        serverPid: server.pid,
      });
    const atOnce = await ask(guests);
    const inTurn: GeneratorReport[] = [];
    for (const guest of guests) inTurn.push(await ask([guest]));
    const seconds = (performance.now() - startedMs) / 1000;
    const painted = (await framesOf(guests)).map((frames, index) => frames - (before[index] ?? 0));
    if (Math.min(...painted) === 0) throw new Error("one of the guests has ceased to paint");
    return { atOnce, inTurn, rss: rssBytes(server.pid), framesPerSecond: Math.min(...painted) / seconds };
  });
}

function framesOf(guests: readonly Guest[]): Promise<number[]> {
  return Promise.all(guests.map((guest) => guest.progress("paint")));
}

function maxBy<T>(values: readonly T[], of: (value: T) => number): T {
  return values.reduce((most, value) => (of(value) > of(most) ? value : most));
}
