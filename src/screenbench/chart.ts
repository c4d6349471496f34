/** The chart of a benchmark: pictures a second by size, a line for each server and way of asking.  A file of its own. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { median } from "../loadgen/compare.ts";
import { crowdText, type DumpCase } from "./cases.ts";
import type { BenchResult, CaseResult, ServerResult } from "./result.ts";

/** Told apart also by those who do not see all colours, on light and on dark. */
const COLORS = ["#3e7bd6", "#e5793b", "#2f9e77", "#b35bc4", "#c9a227", "#d0506a", "#5aa9bf", "#8a8f98"];
const WIDTH = 760;
const HEIGHT_MIN = 380;
const MARGIN = { top: 30, bottom: 40, left: 60 };
/** Between the names at the right end, so that none covers another. */
const NAME_PX = 15;
/** Of a letter of a name, at most; and of what stands beside it. */
const LETTER_PX = 6;
const NAME_ROOM_PX = 30;
/** Room above and below the figures, as a factor: the axis is logarithmic. */
const ROOM = 1.5;

interface Point {
  readonly size: string;
  readonly pixels: number;
  readonly perSecond: number;
}

interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: readonly Point[];
}

/** SVG, whole. */
export function ratesChart(result: BenchResult): string {
  const series = seriesOf(result);
  const points = series.flatMap((line) => line.points);
  const sizes = [...new Set(points.toSorted((a, b) => a.pixels - b.pixels).map(({ size }) => size))];
  const rates = points.map(({ perSecond }) => perSecond);
  const domain = rates.length === 0 ? [1, 10] : [Math.min(...rates) / ROOM, Math.max(...rates) * ROOM];
  const height = Math.max(HEIGHT_MIN, MARGIN.top + MARGIN.bottom + NAME_PX * series.length);
  const { document } = parseHTML("<html><body></body></html>");
  const chart = Plot.plot({
    document,
    width: WIDTH,
    height,
    marginTop: MARGIN.top,
    marginRight: NAME_ROOM_PX + LETTER_PX * Math.max(0, ...series.map(({ name }) => name.length)),
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    style: { background: "white", color: "#1c2024" },
    x: { type: "point", domain: sizes, label: null, padding: 0.3 },
    y: { type: "log", domain, grid: true, label: "pictures a second", ticks: 5, tickFormat: String },
    marks: [
      ...series.map(({ points: line, color }) =>
        Plot.lineY(line, { x: "size", y: "perSecond", stroke: color, strokeWidth: 1.75, sort: "pixels" }),
      ),
      ...series.map(({ points: line, color }) =>
        Plot.dot(line, { x: "size", y: "perSecond", fill: color, r: 3.5, title: titleOf }),
      ),
      ...namesOf(series, domain, height, sizes.at(-1) ?? ""),
    ],
  });
  return chart.outerHTML
    .replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"')
    .replace(">", "><title>Pictures a second by size</title>");
}

function titleOf({ size, perSecond }: Point): string {
  return `${size}: ${perSecond.toFixed(1)}/s`;
}

function seriesOf({ cases }: BenchResult): Series[] {
  const byName = new Map<string, Point[]>();
  for (const { dumpCase, servers } of cases) {
    for (const server of servers) {
      const point = pointOf(dumpCase, server);
      if (point === undefined) continue;
      const name = `${server.name}: ${wayText(dumpCase, cases)}`;
      byName.set(name, [...(byName.get(name) ?? []), point]);
    }
  }
  return [...byName].map(([name, points], index) => ({
    name,
    color: COLORS[index % COLORS.length] ?? "",
    points: points.toSorted((a, b) => a.pixels - b.pixels),
  }));
}

function pointOf({ scene }: DumpCase, { rounds, verified }: ServerResult): Point | undefined {
  if (rounds.length === 0 || verified?.size === undefined) return undefined;
  const { width, height } = verified.size;
  const perSecond = median(rounds.map((round) => round.perSecond));
  if (perSecond <= 0) return undefined;
  return { size: scene?.size.label ?? `${width}x${height}`, pixels: width * height, perSecond };
}

/** What the line is of, as far as not all of them are. */
function wayText(dumpCase: DumpCase, cases: readonly CaseResult[]): string {
  const parts: readonly ((of: DumpCase) => string)[] = [
    ({ format }) => format,
    ({ crowd }) => crowdText(crowd),
    ({ scene }) => scene?.device ?? "",
    ({ target }) => target,
  ];
  const [format, ...others] = parts;
  const differing = others.filter((part) => new Set(cases.map((one) => part(one.dumpCase))).size > 1);
  return [format, ...differing].map((part) => part?.(dumpCase)).join(", ");
}

/** The names of the lines at their right ends, moved apart where they would cover each other. */
function namesOf(
  series: readonly Series[],
  domain: readonly number[],
  height: number,
  size: string,
): Plot.Markish[] {
  const [low = 1, high = 10] = domain;
  const plotPx = height - MARGIN.top - MARGIN.bottom;
  const placeOf = (rate: number): number =>
    MARGIN.top + plotPx * (1 - Math.log(rate / low) / Math.log(high / low));
  const ends = series
    .map(({ name, color, points }) => ({ name, color, end: points.at(-1)?.perSecond ?? low }))
    .toSorted((a, b) => b.end - a.end);
  const placesPx = apart(
    ends.map(({ end }) => placeOf(end)),
    MARGIN.top + plotPx,
  );
  return ends.map(({ name, color, end }, index) => {
    const px = placesPx[index] ?? placeOf(end);
    return Plot.text([{ size, end }], {
      x: "size",
      y: "end",
      text: () => name,
      fill: color,
      textAnchor: "start",
      dx: 10,
      dy: px - placeOf(end),
    });
  });
}

/** From top to bottom: each moved down as far as it has to be, then back up as far as the bottom asks. */
function apart(placesPx: readonly number[], bottomPx: number): number[] {
  let lastPx = Number.NEGATIVE_INFINITY;
  const down = placesPx.map((placePx) => {
    lastPx = Math.max(placePx, lastPx + NAME_PX);
    return lastPx;
  });
  let nextPx = bottomPx + NAME_PX;
  return down
    .toReversed()
    .map((placePx) => {
      nextPx = Math.min(placePx, nextPx - NAME_PX);
      return nextPx;
    })
    .toReversed();
}
