/** When a run ends: what it waits for, how long, and how it is told not to. */

import { expect, it } from "vitest";
import { faults, load } from "./scripted-run.ts";
import { reply, type ScriptedRequest } from "./scripted-server.ts";

it("waits for a command that is slower than the run is long, tells so, and takes its reply for what it is", async () => {
  const waits: string[] = [];
  const answer = ({ id, socket }: ScriptedRequest): void => {
    setTimeout(() => socket.write(reply(id)), 12_000);
  };
  const changes = { clients: 1, inFlight: 1, end: { kind: "duration", ms: 100 } } as const;
  const result = await load(answer, changes, undefined, {
    onProgress: ({ patienceMs, interval }) => {
      if (patienceMs !== undefined) waits.push(`${interval.inFlight}: ${Math.round(patienceMs / 10_000)}0 s`);
    },
  });
  expect(faults(result)).toEqual({});
  expect(result.total.replies).toBe(1);
  expect(waits).toContain("1: 60 s");
  expect(waits.at(-1)).toBe("1: 50 s");
}, 30_000);

it("gives replies up when it is interrupted once more", async () => {
  const [interrupt, giveUp] = [new AbortController(), new AbortController()];
  const changes = { clients: 1, inFlight: 1, end: { kind: "count", commands: 2 } } as const;
  let told = 0;
  const startMs = performance.now();
  const result = await load(() => {}, changes, undefined, {
    signal: interrupt.signal,
    giveUp: giveUp.signal,
    onProgress: ({ patienceMs }) => {
      if (patienceMs === undefined) return;
      told++;
      (told === 1 ? interrupt : giveUp).abort();
    },
  });
  expect(faults(result)).toEqual({ lost: 1 });
  expect(told).toBeGreaterThanOrEqual(2);
  expect(performance.now() - startMs).toBeLessThan(20_000);
}, 30_000);

it("is refused as a run when it is interrupted before all clients are connected", async () => {
  const run = load(() => {}, { endpoints: [{ kind: "tcp", host: "127.0.0.1", port: 9 }] }, undefined, {
    signal: AbortSignal.abort(),
  });
  await expect(run).rejects.toThrow("it was interrupted before anything was measured");
});

it("gives replies up that are waited for when it is interrupted", async () => {
  const interrupt = new AbortController();
  const changes = { clients: 1, inFlight: 1, end: { kind: "duration", ms: 100 } } as const;
  const result = await load(() => {}, changes, undefined, {
    signal: interrupt.signal,
    onProgress: ({ patienceMs }) => void (patienceMs !== undefined && interrupt.abort()),
  });
  expect(faults(result)).toEqual({ lost: 1 });
});

it("ends when the server has closed all connections", async () => {
  const startMs = performance.now();
  const result = await load(
    ({ id, index, socket }) => void (index === 20 ? socket.destroy() : socket.write(reply(id))),
    { threads: 2, end: { kind: "duration", ms: 60_000 } },
  );
  expect(result.faults.disconnected).toBe(2);
  expect(performance.now() - startMs).toBeLessThan(30_000);
});

it("does not wait for what a client was to send that is gone, while others go on", async () => {
  const startMs = performance.now();
  const result = await load(({ id, index, socket }) => {
    if (index === 20 && id % 2 === 1) socket.destroy();
    else socket.write(reply(id));
  });
  expect(result.faults).toMatchObject({ disconnected: 1, lost: 4 });
  expect(result.total.replies).toBe(120);
  expect(performance.now() - startMs).toBeLessThan(5_000);
});

it("waits for the next arrival, however long that is", async () => {
  const result = await load(({ id, socket }) => void socket.write(reply(id)), {
    clients: 1,
    ratePerSecond: 0.09,
    end: { kind: "count", commands: 2 },
  });
  expect(result.total.replies).toBe(2);
}, 20_000);
