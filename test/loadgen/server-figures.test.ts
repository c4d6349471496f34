/** What a server takes of the computer, read from its metrics and from its process, and told by a run. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { metricsFigures, processFigures, type ServerFigure } from "../../src/loadgen/server-figures.ts";
import { load } from "./scripted-run.ts";
import { reply, type ScriptedRequest } from "./scripted-server.ts";

let server: Server | undefined;

afterEach(() => server?.close());

async function serving(answer: () => { readonly status: number; readonly text: string }): Promise<string> {
  const http = createServer((_, response) => {
    const { status, text } = answer();
    response.writeHead(status, { connection: "close" }).end(text);
  });
  server = http;
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/metrics`;
}

/** As prom-client writes them. */
const METRICS = `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.25
nodejs_eventloop_lag_seconds 0.5
nodejs_eventloop_lag_p99_seconds{machine="vm1"} 0.0105
`;

describe("metrics", () => {
  it("tell processor time and the delay of the event loop", async () => {
    const figures = await metricsFigures(await serving(() => ({ status: 200, text: METRICS })));
    expect(await figures.read()).toEqual({ cpuMs: 1250, loopDelayMs: 10.5 });
    expect(await figures.cpuMs()).toBe(1250);
  });

  it("have a second without figures when they cannot be read, or are none", async () => {
    let answer = { status: 200, text: METRICS };
    const figures = await metricsFigures(await serving(() => answer));
    answer = { status: 503, text: METRICS };
    expect(await figures.read()).toEqual({ cpuMs: undefined, loopDelayMs: undefined });
    answer = { status: 200, text: METRICS.replaceAll(/ (?=[\d.]+\n)/g, " -") };
    expect(await figures.read()).toEqual({ cpuMs: undefined, loopDelayMs: undefined });
    answer = { status: 200, text: "process_cpu_seconds_total 2\nnodejs_eventloop_lag_p99_seconds NaN\n" };
    expect(await figures.read()).toEqual({ cpuMs: 2000, loopDelayMs: undefined });
  });

  it.each([
    [404, METRICS, /nothing can be read there \(status 404\)$/],
    [200, "up 1\n", /it has neither process_cpu_seconds_total nor nodejs_eventloop_lag_p99_seconds nor /],
  ])("are refused before a run when they are of no use (%i)", async (status, text, reason) => {
    await expect(metricsFigures(await serving(() => ({ status, text })))).rejects.toThrow(reason);
  });

  it("are refused when nobody is there", async () => {
    const url = await serving(() => ({ status: 200, text: METRICS }));
    await new Promise((resolve) => server?.close(resolve));
    await expect(metricsFigures(url)).rejects.toThrow(/ECONNREFUSED/);
  });
});

it("knows the processor time of a process", async () => {
  const figures = processFigures(process.pid);
  const before = (await figures.cpuMs()) ?? Number.NaN;
  for (const endMs = performance.now() + 200; performance.now() < endMs; );
  expect(await figures.cpuMs()).toBeGreaterThan(before);
});

it("has the processor time of all replies that count, also of a server that tells late, and of replies that come late", async () => {
  // Ten milliseconds each, when it is asked.
  let usedMs = 0;
  const cpuMs = (): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(usedMs), 100));
  const read = async (): Promise<ServerFigure> => ({ cpuMs: await cpuMs(), loopDelayMs: undefined });
  const answer = ({ id, socket }: ScriptedRequest): void => {
    usedMs += 10;
    setTimeout(() => socket.write(reply(id)), 200);
  };
  const slow = { clients: 2, inFlight: 1, end: { kind: "duration", ms: 500 } } as const;
  const result = await load(answer, slow, { read, cpuMs });
  expect(result.total.replies).toBe(6);
  expect(result.serverCpuUsPerReply).toBe(10_000);
});

it("tells no processor time of a server that was started anew meanwhile: its counter went back", async () => {
  let readings = 0;
  const cpuMs = async (): Promise<number> => 1000 - readings++;
  const read = async (): Promise<ServerFigure> => ({ cpuMs: await cpuMs(), loopDelayMs: undefined });
  const end = { kind: "duration", ms: 2500 } as const;
  const result = await load(({ id, socket }) => void socket.write(reply(id)), { end }, { read, cpuMs });
  expect(readings).toBeGreaterThan(3);
  expect(result.serverCpuUsPerReply).toBeUndefined();
  expect(result.intervals.filter(({ serverCpuShare }) => serverCpuShare !== undefined)).toEqual([]);
});
