/** The report: one page that needs nothing else. */

import { expect, it } from "vitest";
import { reportHtml } from "../../src/loadgen/report.ts";
import { command, latency, result } from "./results.ts";

const intervals = [1, 2, 3].map((second) => ({
  phase: "measure" as const,
  atMs: second * 1000,
  durationMs: 1000,
  replies: 10,
  ratePerSecond: 10,
  errors: 0,
  inFlight: 1,
  waiting: 0,
  latencyUs: latency(100 * second),
  generatorCpuShare: 0.1,
  generatorLoopDelayMs: 1,
  serverCpuShare: 0.5,
  serverLoopDelayMs: 2,
}));

const html = reportHtml(result([command("<b>&", 10, 10)], { intervals }), [
  { text: "p99<5ms", found: "2 ms", isMet: true },
]);

it("has no script, and loads nothing", () => {
  expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\bsrc=|\bhref=/i);
  expect(html).not.toMatch(/https?:\/\//);
});

it("has a chart of each kind, with the lines of the server", () => {
  expect(html.match(/<svg /g)?.length).toBe(6);
  for (const title of [
    "Latency over time",
    "Latency by percentile",
    "Rate",
    "Processor time",
    "Event loop delay",
  ]) {
    expect(html).toContain(`<h2>${title}</h2>`);
  }
  expect(html).toContain("server, all threads");
  expect(html).toContain("server, p99");
});

it("takes no text for markup", () => {
  expect(html).toContain("&lt;b&gt;&amp;");
  expect(html).not.toContain("<b>&");
});

it("of a run that was too short for charts over time says so, in place of empty ones", () => {
  const short = reportHtml(result([command("q", 10, 10)]), []);
  expect(short.match(/<svg /g)?.length).toBe(1);
  expect(short).toContain("The run was too short for charts over time.");
});

it("begins at zero, and has no percentile beyond the last one measured", () => {
  const short = reportHtml(result([command("q", 10, 10)], { intervals: intervals.slice(0, 1) }), []);
  const texts = [...short.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  expect(texts).toContain("0.0");
  expect(texts).toContain("90");
  expect(texts).not.toContain("99");
});
