/**
 * What changes when there are 10,000 clients?
 *
 * How fast they are accepted; what a command costs, compared with 100 clients; and how long the event loop is held when
 * an event goes to all of them.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type GeneratorReport, runLoad } from "./load.ts";
import {
  type Answer,
  join,
  QUERY_STATUS,
  type Question,
  ratioVerdict,
  rowOf,
  type Settings,
  takeTurns,
  timesOf,
  type Verdict,
  verdictOf,
} from "./question.ts";
import { startWatchedQmpd, type WatchedServer } from "./watched-qmpd.ts";

const FEW = 100;
const MANY = 10_000;
const CPU_RATIO_MAX = 1.3;
const ACCEPTED_PER_SECOND_MIN = 5_000;
const GAP_MS_MAX = 20;
/** Of a round, from its start. */
const WATCHED_SHARE = 0.8;

export const many: Question = {
  name: "many",
  asks: "What changes when there are 10,000 clients?",
  async ask(settings) {
    const directory = mkdtempSync(joinPath(tmpdir(), "qmpd-many-"));
    try {
      const watched = await startWatchedQmpd(directory, ["--machine", "none"]);
      try {
        return join([
          await accept(settings, watched),
          await cost(settings, watched),
          await gap(settings, watched),
        ]);
      } finally {
        await watched.server.stop();
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function accept(settings: Settings, watched: WatchedServer): Promise<Answer> {
  const reports = await rounds(settings, () => load(settings, watched, MANY, { measure: "accept" }));
  const subject = "10,000 clients are accepted";
  const values = reports.map(({ commands, elapsedMs }) => (commands * 1000) / elapsedMs);
  const limit = { least: ACCEPTED_PER_SECOND_MIN };
  const text = (value: number): string => `${value.toFixed(0)}/s`;
  return {
    rows: [rowOf(subject, "qmpd", reports)],
    verdicts: [verdictOf({ subject, values, text, limit, reports })],
  };
}

async function cost(settings: Settings, watched: WatchedServer): Promise<Answer> {
  const ask = (clients: number) => () =>
    load(settings, watched, clients, { measure: "reply", requests: [QUERY_STATUS] });
  const { few = [], many = [] } = await takeTurns(settings, { few: ask(FEW), many: ask(MANY) });
  return {
    rows: [
      rowOf(`query-status, ${FEW} clients`, "qmpd", few),
      rowOf(`query-status, ${MANY} clients`, "qmpd", many),
    ],
    verdicts: [
      ratioVerdict({
        subject: "query-status, 10,000 clients",
        figure: "CPU a command",
        ours: many,
        theirs: few,
        against: "100 clients",
        limit: { most: CPU_RATIO_MAX },
      }),
    ],
  };
}

async function gap(settings: Settings, watched: WatchedServer): Promise<Answer> {
  const gapsMs: number[] = [];
  const subject = "STOP or RESUME to 10,000 clients";
  const reports = await rounds(settings, async () => {
    let gapMs: Promise<number> | undefined;
    const events = {
      measure: "last-event",
      requests: ['{"execute": "stop"}\n', '{"execute": "cont"}\n'],
    } as const;
    const report = await load(settings, watched, MANY, events, () => {
      gapMs = gapDuring(watched, timesOf(settings).durationMs);
    });
    const seenMs = (await gapMs) ?? Number.NaN;
    // Without an event there is no gap, and none that could be too long.
    gapsMs.push(report.commands > 0 ? seenMs : Number.NaN);
    return report;
  });
  const text = (value: number): string => `${value.toFixed(1)} ms`;
  const verdict: Verdict = verdictOf({
    subject,
    // The worst of all rounds counts.
    values: [Math.max(...gapsMs)],
    text,
    limit: { most: GAP_MS_MAX },
    reports,
    what: "longest gap of the event loop",
  });
  const spread = gapsMs.every(Number.isFinite)
    ? { spread: `${text(Math.min(...gapsMs))} to ${text(Math.max(...gapsMs))}` }
    : {};
  return { rows: [rowOf(subject, "qmpd", reports)], verdicts: [{ ...verdict, ...spread }] };
}

/** Neither what was seen while the clients came counts, nor while they left. */
async function gapDuring({ readLoopDelay }: WatchedServer, durationMs: number): Promise<number> {
  await readLoopDelay();
  await setTimeout(durationMs * WATCHED_SHARE);
  return (await readLoopDelay()).maxMs;
}

async function rounds(settings: Settings, run: () => Promise<GeneratorReport>): Promise<GeneratorReport[]> {
  const { reports = [] } = await takeTurns(settings, { reports: run });
  return reports;
}

function load(
  settings: Settings,
  { server }: WatchedServer,
  clients: number,
  what: { readonly measure: "accept" | "reply" | "last-event"; readonly requests?: readonly string[] },
  whenWarm?: () => unknown,
): Promise<GeneratorReport> {
  const task = {
    requests: [],
    ...what,
    ...timesOf(settings),
    clients,
    inFlightPerClient: 1,
    sockets: server.sockets,
    serverPid: server.pid,
  };
  return runLoad(task, whenWarm);
}
