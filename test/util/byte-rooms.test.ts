import { expect, it } from "vitest";
import { ByteRooms } from "../../src/util/byte-rooms.ts";

/** Asks for rooms, and notes the order in which they are granted. */
function asker(rooms: ByteRooms) {
  const granted: string[] = [];
  const take = async (name: string, bytes: number, signal = new AbortController().signal) => {
    const giveBack = await rooms.take(bytes, signal);
    granted.push(name);
    return giveBack;
  };
  return { granted, take };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("grants what fits, and lets the rest wait in its order", async () => {
  const rooms = new ByteRooms(100);
  const { granted, take } = asker(rooms);
  const first = await take("first", 60);
  const second = take("second", 50);
  void take("third", 10); // It would fit, but has come later.
  await settled();
  expect(granted).toEqual(["first"]);
  first();
  (await second)();
  await settled();
  expect(granted).toEqual(["first", "second", "third"]);
  expect(rooms.heldBytes).toBe(10);
});

it("grants more than there is to one that is alone", async () => {
  const rooms = new ByteRooms(100);
  const { granted, take } = asker(rooms);
  const small = await take("small", 1);
  const large = take("large", 500);
  await settled();
  expect(granted).toEqual(["small"]);
  small();
  (await large)();
  expect(rooms.heldBytes).toBe(0);
});

it("forgets one that gives up, and lets those behind it pass", async () => {
  const rooms = new ByteRooms(100);
  const { granted, take } = asker(rooms);
  const first = await take("first", 60);
  const abort = new AbortController();
  const given = take("given up", 90, abort.signal);
  const third = take("third", 10);
  abort.abort(new Error("no more"));
  await expect(given).rejects.toThrow("no more");
  (await third)();
  first();
  expect([granted, rooms.heldBytes]).toEqual([["first", "third"], 0]);
  await expect(rooms.take(1, abort.signal)).rejects.toThrow("no more");
});
