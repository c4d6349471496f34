/** A benchmark in a table and words, for the terminal; the same cells make the table of the report. */

import { median } from "../loadgen/compare.ts";
import { table } from "../loadgen/summary.ts";
import { figureText, percentText, timeText } from "../loadgen/units.ts";
import { caseText } from "./cases.ts";
import {
  type BenchResult,
  type CaseResult,
  faultsOf,
  PNG_SIZE_RATIO_MAX,
  type ServerResult,
} from "./result.ts";

export const COLUMNS = [
  "picture",
  "server",
  "per second",
  "p50",
  "p99",
  "size",
  "CPU",
  "verified",
  "ratio",
  "spread",
  "size ratio",
];

const KB = 1000;

export function summaryText(result: BenchResult): string {
  const rows = table([COLUMNS, ...tableRows(result)]);
  return `${[...rows, "", ...notesOf(result)].join("\n")}\n`;
}

/** A row for each server of each case; the case is named once. */
export function tableRows({ cases }: BenchResult): string[][] {
  return cases.flatMap(({ dumpCase, servers }) =>
    servers
      .filter(({ skipped }) => skipped === undefined)
      .map((server, index) => [index === 0 ? caseText(dumpCase) : "", ...cellsOf(server)]),
  );
}

function cellsOf({ name, rounds, verified, ratio }: ServerResult): string[] {
  const of = (figure: (round: (typeof rounds)[number]) => number | undefined): number | undefined => {
    const values = rounds.map(figure).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const shown = (value: number | undefined, text: (value: number) => string): string =>
    value === undefined ? "-" : text(value);
  return [
    name,
    shown(
      of(({ perSecond }) => perSecond),
      figureText,
    ),
    shown(
      of(({ latencyUs }) => latencyUs?.p50),
      timeText,
    ),
    shown(
      of(({ latencyUs }) => latencyUs?.p99),
      timeText,
    ),
    shown(verified?.bytes, sizeText),
    shown(
      of(({ cpuUsPerPicture }) => cpuUsPerPicture),
      timeText,
    ),
    shown(verified?.pictures, String),
    ratio === undefined ? "" : `${figureText(ratio.median)}x`,
    ratio === undefined ? "" : `${figureText(ratio.min)} to ${figureText(ratio.max)}`,
    shownSizeRatio(ratio?.pictureSize),
  ];
}

function shownSizeRatio(ratio: number | undefined): string {
  if (ratio === undefined) return "";
  return `${ratio.toFixed(2)}x${ratio > PNG_SIZE_RATIO_MAX ? " TOO LARGE" : ""}`;
}

function sizeText(bytes: number): string {
  return `${figureText(bytes / KB)} KB`;
}

/** What the table does not tell. */
export function notesOf(result: BenchResult): string[] {
  const { cases } = result;
  return [
    ...ratioLines(cases),
    ...cases.flatMap(skippedLines),
    ...cases.flatMap(pixelLines),
    ...cases.flatMap(limitLines),
    generatorLine(cases),
    ...result.failures.map((text) => `FAILED: ${text}`),
    ...checkLines(cases),
  ];
}

function ratioLines(cases: readonly CaseResult[]): string[] {
  const baseline = cases[0]?.servers.at(-1);
  if (baseline === undefined || (cases[0]?.servers.length ?? 0) < 2) return [];
  const rounds = Math.max(...cases.flatMap(({ servers }) => servers.map((server) => server.rounds.length)));
  return [
    `ratio: pictures a second to those of ${baseline.name}, median and spread of ${rounds} ${rounds === 1 ? "round" : "rounds"} in turn`,
  ];
}

export function skippedLines({ dumpCase, servers }: CaseResult): string[] {
  return servers.flatMap(({ name, skipped }) =>
    skipped === undefined ? [] : [`not measured: ${caseText(dumpCase)}, ${name}: ${skipped}`],
  );
}

/** Ratios compare what is equal: where it is not, that is told. */
function pixelLines({ dumpCase, servers }: CaseResult): string[] {
  const measured = servers.filter(({ rounds }) => rounds.length > 0);
  if (measured.length < 2) return [];
  const hashes = new Set(measured.map(({ verified }) => verified?.stillHash));
  if (hashes.size === 1 && !hashes.has(undefined)) return [];
  return [`${caseText(dumpCase)}: the servers do not show the same pixels, so sizes are not compared`];
}

function limitLines({ dumpCase, servers }: CaseResult): string[] {
  return servers.flatMap(({ name, rounds }) => {
    const limits = new Set(rounds.map(({ limit }) => limit));
    const where = `${caseText(dumpCase)}, ${name}`;
    if (limits.has("generator")) {
      return [`${where}: the generator was the limit: the server may be faster than this`];
    }
    if (limits.has("computer")) {
      return [
        `${where}: the computer was the limit: the generator waited for a core, and latencies contain that`,
      ];
    }
    return [];
  });
}

function generatorLine(cases: readonly CaseResult[]): string {
  const rounds = cases.flatMap(({ servers }) => servers.flatMap((server) => server.rounds));
  const most = Math.max(0, ...rounds.map(({ generatorCpuShare }) => generatorCpuShare));
  return `generator: at most ${percentText(most)} of a core`;
}

function checkLines(cases: readonly CaseResult[]): string[] {
  const servers = cases.flatMap((result) => result.servers);
  const faults = cases.flatMap((result) =>
    result.servers.flatMap(faultsOf).map((text) => `WRONG: ${caseText(result.dumpCase)}, ${text}`),
  );
  if (faults.length > 0) return faults;
  const sum = (of: (server: ServerResult) => number | undefined): number =>
    servers.reduce((total, server) => total + (of(server) ?? 0), 0);
  const pictures = sum(({ verified }) => verified?.pictures);
  const fresh = sum(({ verified }) => verified?.freshPictures);
  const freshText = fresh === 0 ? "" : `, ${fresh} of them fresh by the frame number in their pixels`;
  return [`verified: ${pictures} pictures decoded, whole and of the right size${freshText}`];
}
