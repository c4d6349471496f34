/** The charts of a report, as SVG inside of the page.  Drawn by Observable Plot into a document without a browser. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { CommandResult, Interval, LoadResult } from "./result.ts";

export interface LineChart {
  readonly svg: string;
  readonly legend: readonly { readonly name: string; readonly color: string }[];
}

export interface Line {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Told apart also by those who do not see all colours, on light and on dark. */
const COLORS = ["#3e7bd6", "#e5793b", "#2f9e77", "#b35bc4", "#c9a227", "#d0506a", "#5aa9bf", "#8a8f98"];
const SIZE = { width: 520, height: 260, marginLeft: 58, marginRight: 14, marginBottom: 36 };

const LOG_AXIS = { type: "log", grid: true, ticks: 4, tickFormat: (value: number) => String(value) } as const;

/** Lines over time, in one unit.  A line without a value is left out. */
export function lineChart({
  unit,
  at,
  lines,
  isLog = false,
}: {
  readonly unit: string;
  /** Seconds. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  readonly isLog?: boolean;
}): LineChart {
  const series = lines
    .map(({ name, values }) => ({
      name,
      points: at.flatMap((x, index) => {
        const y = values[index];
        return y === undefined || (isLog && y <= 0) ? [] : [{ x, y }];
      }),
    }))
    .filter(({ points }) => points.length > 0);
  return draw(series, {
    // From the beginning: of a point that is alone there would be no axis.
    x: { label: "seconds", nice: false, zero: true },
    y: isLog ? { ...LOG_AXIS, label: unit } : { label: unit, grid: true, zero: true },
  });
}

export function latencyChart(intervals: readonly Interval[]): LineChart {
  const line = (name: string, key: "p50" | "p99" | "p999" | "max"): Line => ({
    name,
    values: intervals.map(({ latencyUs }) => latencyUs && latencyUs[key] / 1000),
  });
  return lineChart({
    unit: "milliseconds",
    at: intervals.map(({ atMs }) => atMs / 1000),
    lines: [line("p50", "p50"), line("p99", "p99"), line("p99.9", "p999"), line("max", "max")],
    isLog: true,
  });
}

/** Each nine of the percentile is as wide as the others. */
export function percentileChart({ commands, total }: LoadResult): LineChart {
  const shown: readonly CommandResult[] = commands.length === 1 ? commands : [total, ...commands];
  const series = shown.slice(0, COLORS.length).map(({ label, curve }) => ({
    name: label,
    points: curve
      .filter(([percentile, us]) => percentile < 100 && us > 0)
      .map(([percentile, us]) => ({ x: 1 / (1 - percentile / 100), y: us / 1000 })),
  }));
  const end = Math.max(...series.flatMap(({ points }) => points.map(({ x }) => x)));
  return draw(
    series.filter(({ points }) => points.length > 0),
    {
      x: {
        type: "log",
        label: "percentile",
        // One beyond the lines' end would be drawn all the same, beside the chart.
        ticks: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000].filter((tick) => tick <= end),
        tickFormat: (left: number) => String(Number((100 - 100 / left).toFixed(6))),
      },
      y: { ...LOG_AXIS, label: "milliseconds" },
    },
  );
}

function draw(
  series: readonly { readonly name: string; readonly points: readonly Point[] }[],
  scales: Pick<Plot.PlotOptions, "x" | "y">,
): LineChart {
  const { document } = parseHTML("<html><body></body></html>");
  const legend = series.map(({ name }, index) => ({ name, color: COLORS[index % COLORS.length] ?? "" }));
  const chart = Plot.plot({
    ...SIZE,
    document,
    ...scales,
    marks: series.flatMap(({ points }, index) => {
      const stroke = legend[index]?.color ?? "";
      const channels = { x: "x", y: "y" };
      // A point that is alone makes no line.
      return points.length === 1
        ? [Plot.dot(points, { ...channels, fill: stroke })]
        : [Plot.lineY(points, { ...channels, stroke, strokeWidth: 1.75 })];
    }),
  });
  return { svg: chart.outerHTML, legend };
}
