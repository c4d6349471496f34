/** What a reply must be, by the lanes of the commands; against a plain list of what may come. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InFlight } from "../../src/loadgen/in-flight.ts";

const IN_ORDER = 0;
const ASYNC = 1;
const OUT_OF_BAND = 2;
const LANES = ["in order", "async", "out of band"] as const;
const CLIENTS = 10;
const NUMBER = 3;

function inFlight(size = 4): InFlight {
  return new InFlight(NUMBER, CLIENTS, size, LANES);
}

describe("the replies to requests in order", () => {
  it("are right in their order, and tell what was noted at the request", () => {
    const requests = inFlight();
    const first = requests.add(IN_ORDER, 100, 7);
    const second = requests.add(IN_ORDER, 200, 8);
    expect(requests.answer(first)).toBe("right");
    expect(requests).toMatchObject({ startUs: 100, mark: 7, size: 1 });
    expect(requests.answer(second)).toBe("right");
    expect(requests).toMatchObject({ startUs: 200, mark: 8, size: 0 });
  });

  it("are misordered when they come after a later one", () => {
    const requests = inFlight();
    const [first, second, third] = [0, 0, 0].map(() => requests.add(IN_ORDER, 0, 0));
    expect(requests.answer(second ?? 0)).toBe("right");
    expect(requests.answer(first ?? 0)).toBe("misordered");
    expect(requests.answer(third ?? 0)).toBe("right");
  });
});

describe("an async command", () => {
  it("may be answered after later ones, and before later async ones", () => {
    const requests = inFlight();
    const slow = requests.add(ASYNC, 0, 0);
    const light = requests.add(IN_ORDER, 0, 0);
    const quick = requests.add(ASYNC, 0, 0);
    expect([light, quick, slow].map((id) => requests.answer(id))).toEqual(["right", "right", "right"]);
  });

  it("may not be answered before one in order that was sent earlier: it starts when that has ended", () => {
    const requests = inFlight();
    const light = requests.add(IN_ORDER, 0, 0);
    const quick = requests.add(ASYNC, 0, 0);
    expect([quick, light].map((id) => requests.answer(id))).toEqual(["right", "misordered"]);
  });

  it("keeps its place while thousands of others come and go", () => {
    const requests = inFlight(2);
    const slow = requests.add(ASYNC, 42, 0);
    for (let count = 0; count < 5000; count++) {
      expect(requests.answer(requests.add(IN_ORDER, 0, 0))).toBe("right");
    }
    expect(requests.answer(slow)).toBe("right");
    expect(requests.startUs).toBe(42);
  });
});

it("an out-of-band command overtakes", () => {
  const requests = inFlight();
  const light = requests.add(IN_ORDER, 0, 0);
  const ahead = requests.add(OUT_OF_BAND, 0, 0);
  expect([ahead, light].map((id) => requests.answer(id))).toEqual(["right", "right"]);
});

describe("a reply without a request", () => {
  it("is doubled when its request has been answered", () => {
    const requests = inFlight();
    const id = requests.add(IN_ORDER, 0, 0);
    requests.answer(id);
    expect(requests.answer(id)).toBe("doubled");
  });

  it.each([
    ["another client's", (id: number) => id + 1],
    ["one that comes later", (id: number) => id + CLIENTS],
    ["none", (id: number) => id + 0.5],
    ["below zero", () => NUMBER - CLIENTS],
  ])("is foreign when the id is %s", (_, idOf) => {
    const requests = inFlight();
    expect(requests.answer(idOf(requests.add(IN_ORDER, 0, 0)))).toBe("foreign");
    expect(requests.size).toBe(1);
  });
});

it("tells what has no reply, and forgets it", () => {
  const requests = inFlight();
  requests.answer(requests.add(IN_ORDER, 0, 0));
  const ids = [requests.add(ASYNC, 0, 0), requests.add(IN_ORDER, 0, 5)];
  expect(requests.drop().map(({ id }) => id)).toEqual(ids);
  expect(requests.size).toBe(0);
  expect(requests.answer(requests.add(IN_ORDER, 0, 0))).toBe("right");
  expect(requests.answer(ids[0] ?? 0)).toBe("doubled");
});

it("judges as the rules do, whatever is sent and in whatever order it is answered", () => {
  interface Sent {
    readonly id: number;
    readonly lane: number;
    overtaken: boolean;
  }
  const step = fc.record({
    lane: fc.constantFrom(IN_ORDER, ASYNC, OUT_OF_BAND),
    answer: fc.nat(7),
    sends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const requests = inFlight(8);
      const open: Sent[] = [];
      for (const { lane, answer, sends } of steps) {
        if (sends && open.length < 8) {
          open.push({ id: requests.add(lane, 0, 0), lane, overtaken: false });
          continue;
        }
        const index = answer % Math.max(1, open.length);
        const [sent] = open.splice(index, 1);
        if (sent === undefined) continue;
        if (sent.lane !== OUT_OF_BAND) {
          for (const older of open.slice(0, index)) if (older.lane === IN_ORDER) older.overtaken = true;
        }
        expect(requests.answer(sent.id)).toBe(sent.overtaken ? "misordered" : "right");
      }
      expect(requests.size).toBe(open.length);
    }),
  );
});
