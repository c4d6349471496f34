/**
 * How long does client B wait while a PC's guest does its worst?
 *
 * It never rests, floods its serial port, whose other end reads all of it, or changes its mode a hundred times a second. B's time
 * is compared with that in the same round while the guest was at its prompt.
 */

import { askB, besideVerdict } from "./beside.ts";
import type { GeneratorReport } from "./load.ts";
import { median } from "./load.ts";
import { type Work, withPcs } from "./pc-guest.ts";
import { type Question, roundsOf, rowOf } from "./question.ts";

const P99_RATIO_MAX = 2;

/** What is said of the guest that does it, and what is counted. */
const WORKS = [
  {
    work: "busy",
    does: "never rests",
    counted: (rate: number) => `${(rate / 1e6).toFixed(0)} million rounds/s`,
  },
  {
    work: "deaf",
    does: "never rests and hears nothing",
    counted: (rate: number) => `${(rate / 1e6).toFixed(0)} million rounds/s`,
  },
  {
    work: "flood",
    does: "floods its serial port",
    counted: (rate: number) => `${(rate / 1024).toFixed(0)} KiB/s`,
  },
  { work: "modes", does: "changes modes", counted: (rate: number) => `${rate.toFixed(0)} modes/s` },
] as const satisfies readonly { work: Work; does: string; counted: (rate: number) => string }[];

export const pcUnruly: Question = {
  name: "pc-unruly",
  asks: "How long does client B wait while a PC's guest does its worst?",
  ask: (settings) =>
    withPcs(1, async (server, [guest]) => {
      const idle: GeneratorReport[] = [];
      const measured = WORKS.map((work) => ({
        ...work,
        reports: [] as GeneratorReport[],
        rates: [] as number[],
      }));
      for (let round = 0; round < roundsOf(settings); round++) {
        idle.push(await askB(settings, server, guest.socket));
        for (const { work, reports, rates } of measured) {
          await guest.begin(work);
          const { result, perSecond } = await guest.during(work, () => askB(settings, server, guest.socket));
          reports.push(result);
          rates.push(perSecond);
          await guest.reset();
        }
      }
      return {
        rows: [
          rowOf("B, PC idle: query-status", "qmpd", idle),
          ...measured.map(({ does, reports, counted, rates }) =>
            rowOf(`B, guest ${does}: query-status`, "qmpd", reports, counted(median(rates))),
          ),
        ],
        verdicts: measured.map(({ does, reports }) =>
          besideVerdict(
            `query-status beside a PC that ${does}`,
            reports,
            idle,
            P99_RATIO_MAX,
            "that of an idle PC",
          ),
        ),
      };
    }),
};
