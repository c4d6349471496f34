/** The schedule of an open loop, with a clock in hand. */

import { beforeEach, expect, it } from "vitest";
import { OpenLoop } from "../../src/loadgen/open-loop.ts";
import { CommandChoice, type PacedClient } from "../../src/loadgen/pacer.ts";
import type { LoadPlan, RunEnd } from "../../src/loadgen/plan.ts";
import { LOAD_ARRIVALS_WAITING_MAX } from "../../src/util/limits.ts";

class Client implements PacedClient {
  room = 1;
  /** When its commands were due. */
  readonly dues: number[] = [];
  readonly marks: (number | undefined)[] = [];
  flushes = 0;

  send(_command: number, dueUs: number, heavyMark?: number): void {
    this.room--;
    this.marks.push(heavyMark);
    this.dues.push(dueUs);
  }

  flush(): void {
    this.flushes++;
  }
}

let nowUs = 0;
let heavyMark = 0;
let tick: () => void = () => {};

beforeEach(() => {
  nowUs = 0;
});

function openLoop(ratePerSecond: number, end: RunEnd = { kind: "duration", ms: 1 }, threads = 1): OpenLoop {
  const plan = { ratePerSecond, end, threads, seed: 1 } as LoadPlan;
  const choice = new CommandChoice([{ weight: 1, isHeavy: false }]);
  const clock = {
    nowUs: () => nowUs,
    every(callback: () => void) {
      tick = callback;
      const stop = (): void => {
        tick = () => {};
      };
      return { stop };
    },
  };
  const loop = new OpenLoop(plan, 0, choice, () => heavyMark, clock);
  loop.start();
  return loop;
}

function atUs(us: number): void {
  nowUs = us;
  tick();
}

it("sends what is due, evenly spaced, and forgives the timer its grain", () => {
  const loop = openLoop(1000);
  const client = new Client();
  client.room = 10;
  loop.room(client);
  for (const us of [100, 1900, 2050]) atUs(us);
  // Due at 0, 1000 and 2000 us; late by less than a millisecond.
  expect(client.dues).toEqual([100, 1900, 2050]);
});

it("counts from when an arrival was due, when it had to wait for a client", () => {
  const loop = openLoop(1000);
  const client = new Client();
  loop.room(client);
  for (const us of [0, 1000, 2000, 3000]) atUs(us);
  expect(client.dues).toEqual([0]);
  expect(loop.waiting).toBe(3);
  nowUs = 500_000; // The server had stalled.
  client.room = 2;
  loop.room(client);
  expect(client.dues).toEqual([0, 1000, 2000]);
});

it("counts from when an arrival was due, when the generator itself was late", () => {
  const loop = openLoop(1000);
  const client = new Client();
  client.room = 10;
  loop.room(client);
  atUs(5000);
  // All but the grain counts; those of the last millisecond are not late.
  expect(client.dues).toEqual([1000, 2000, 3000, 4000, 5000, 5000]);
  expect(client.flushes).toBe(1);
});

it("gives an arrival to the client that has been idle longest", () => {
  const loop = openLoop(1000);
  const clients = [new Client(), new Client(), new Client()];
  for (const client of clients) loop.room(client);
  atUs(0);
  const [first, second] = clients;
  if (first === undefined || second === undefined) throw new Error("there are three");
  first.room = 1;
  loop.room(first);
  atUs(2000);
  expect(clients.map(({ dues }) => dues.length)).toEqual([1, 1, 1]);
});

it("ends after a count, and tells what was not sent", () => {
  const loop = openLoop(1000, { kind: "count", commands: 5 });
  const client = new Client();
  client.room = 3;
  loop.room(client);
  atUs(100_000);
  expect(loop.takeArrivals()).toBe(5);
  expect(loop.takeArrivals()).toBe(0);
  expect(loop).toMatchObject({ waiting: 2, unsent: 2, isDone: false });
  client.room = 2;
  loop.room(client);
  expect(loop.isDone).toBe(true);
  loop.stop();
  expect(loop.unsent).toBe(0);
});

it("keeps up with any rate: what finds no place to wait is counted alone", () => {
  const loop = openLoop(1e9);
  const startMs = performance.now();
  // An hour, in which one by one nobody would come to the end.
  for (let second = 0; second <= 3600; second++) atUs(second * 1e6);
  expect(loop.takeArrivals()).toBe(3600 * 1e9 + 1);
  expect(loop.unsent).toBe(3600 * 1e9 + 1);
  expect(loop.waiting).toBe(LOAD_ARRIVALS_WAITING_MAX);
  expect(performance.now() - startMs).toBeLessThan(2000);
});

it("shares the arrivals out among threads", () => {
  const loop = openLoop(1000, { kind: "duration", ms: 1 }, 4);
  atUs(100_000);
  expect(loop.takeArrivals()).toBe(26);
});

it("notes what heavy commands there were when an arrival was due, not when it is sent", () => {
  const loop = openLoop(1000);
  const client = new Client();
  loop.room(client);
  heavyMark = -1;
  for (const us of [0, 1000, 2000]) atUs(us);
  heavyMark = 5;
  client.room = 2;
  loop.room(client);
  expect(client.marks).toEqual([-1, -1, -1]);
});

it("takes what waits behind others for beside what heavy ones the first of these waited for", () => {
  const loop = openLoop(1000);
  const client = new Client();
  loop.room(client);
  heavyMark = 3;
  atUs(0);
  heavyMark = -1;
  atUs(1000);
  // The heavy one has ended, and what waited for it takes the client one after the other.
  heavyMark = 5;
  atUs(2000);
  client.room = 1;
  loop.room(client);
  atUs(3000);
  client.room = 2;
  loop.room(client);
  expect(client.marks).toEqual([3, -1, -1, -1]);
  // Nothing waits any more.
  client.room = 1;
  loop.room(client);
  atUs(4000);
  expect(client.marks.at(-1)).toBe(5);
});

it("drops what waits when the ramp ends: it is neither sent nor told as unsent", () => {
  const loop = openLoop(1000);
  for (const us of [0, 1000, 2000]) atUs(us);
  expect([loop.waiting, loop.takeArrivals()]).toEqual([3, 3]);
  nowUs = 3000;
  loop.endRamp();
  expect([loop.waiting, loop.unsent, loop.takeArrivals()]).toEqual([0, 0, 1]);
  const client = new Client();
  loop.room(client);
  atUs(4000);
  expect(client.dues).toEqual([4000]);
});
