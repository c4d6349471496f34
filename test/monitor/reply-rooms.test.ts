import { expect, it } from "vitest";
import { ReplyRooms } from "../../src/monitor/reply-rooms.ts";
import { Budget } from "../../src/util/budget.ts";
import { REPLIES_RESERVED_BYTES_MAX } from "../../src/util/limits.ts";

it("E3: gives room to those behind one that is cancelled while it does not fit", async () => {
  const budget = new Budget(Number.MAX_SAFE_INTEGER, setImmediate);
  const rooms = new ReplyRooms(budget, () => true);
  const { signal } = new AbortController();
  const first = {};
  await rooms.request(first, REPLIES_RESERVED_BYTES_MAX - 1, signal);
  const abort = new AbortController();
  const tooLarge = rooms.request({}, 2, abort.signal);
  const last = {};
  const behind = rooms.request(last, 1, signal);
  abort.abort();
  await tooLarge;
  await behind;
  expect(budget.spent).toBe(REPLIES_RESERVED_BYTES_MAX);
  for (const holder of [first, last]) rooms.release(holder);
  expect(budget.spent).toBe(0);
});
