/**
 * What a large message leaves on the engine's heap while it is parsed and not read: the collector's work is what makes
 * other clients wait.
 */

import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { JsonStreamer } from "../../src/qjson/streamer.ts";

const MIB = 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const SAMPLES = 4;
const HEAP_GROWTH_BYTES_MAX = 2 * MIB;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** The most by which the heap is larger, at some points on the way through `message`, than it was before. */
function heapGrowthBytes(streamer: JsonStreamer, message: Buffer): number {
  const before = heapBytes();
  const sampleBytes = message.length / SAMPLES;
  let most = 0;
  for (let at = 0; at < message.length; at += PIECE_BYTES) {
    streamer.push(message.subarray(at, at + PIECE_BYTES));
    let result = streamer.next();
    while (result === "slice") result = streamer.next();
    const isLast = at + PIECE_BYTES >= message.length;
    expect(result).toBe(isLast ? "value" : "starved");
    if (isLast || Math.floor(at / sampleBytes) !== Math.floor((at + PIECE_BYTES) / sampleBytes))
      most = Math.max(most, heapBytes() - before);
  }
  return most;
}

const ROWS: [string, () => string][] = [
  ["a string of 60 MiB", () => `{"x":"${"abcdefgh".repeat((60 * MIB) / 8)}"}`],
  ["a string of escapes", () => `{"x":"${"\\u00e9é".repeat(2 * MIB)}"}`],
  ["400,000 numbers", () => `{"x":[${"12345678,".repeat(400_000)}1]}`],
  ["60,000 objects", () => `{"x":[${'{"a":"bcdefghijklmnop","b":[1,2]},'.repeat(60_000)}1]}`],
  [
    "100,000 names",
    () => `{"x":{"y":{${Array.from({ length: 100_000 }, (_, i) => `"n${i}":${i}`).join()}}}}`,
  ],
  ["100,000 arguments", () => `{"x":{${Array.from({ length: 100_000 }, (_, i) => `"n${i}":${i}`).join()}}}`],
  [
    "an object in an object in an object",
    () => `{"x":{"y":[${`${'{"a":['.repeat(500)}${"]}".repeat(500)},`.repeat(500)}1]}}`,
  ],
];

describe("a large message that nobody reads", () => {
  it.each(ROWS)("W5: stays off the heap: %s", { timeout: 60_000 }, (_title, text) => {
    const message = Buffer.from(text());
    const streamer = new JsonStreamer({ unreadSeed: 5 });
    expect(heapGrowthBytes(streamer, message)).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
    expect(streamer.isPartial).toBe(true);
    expect(streamer.heldBytes).toBeLessThanOrEqual(message.length);
    streamer.dropUnread();
    expect(streamer.heldBytes).toBe(0);
    // What is measured is there to be seen.
    expect(heapGrowthBytes(new JsonStreamer(), message)).toBeGreaterThan(HEAP_GROWTH_BYTES_MAX);
  });
});

/** What memory off the heap takes; what weak references were asked for in this turn of the event loop is in use. */
async function arrayBufferBytes(): Promise<number> {
  await setImmediate();
  collect();
  // The engine gives such memory back beside other work, and has done so when it collects again.
  collect();
  return process.memoryUsage().arrayBuffers;
}

describe("the memory of a large message that is gone", () => {
  it("W5: is not held by the beginning of the next one, which counts as little", async () => {
    const message = Buffer.from(`{"x":"${"y".repeat(16 * MIB)}"}`);
    const streamer = new JsonStreamer({ unreadSeed: 5 });
    const before = await arrayBufferBytes();
    heapGrowthBytes(streamer, message);
    expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(15 * MIB);
    streamer.dropUnread();
    streamer.push(Buffer.from("[1,"));
    expect(streamer.next()).toBe("starved");
    expect(streamer.heldBytes).toBe(3);
    expect((await arrayBufferBytes()) - before).toBeLessThan(2 * MIB);
  });

  it("W5: is not kept for names, however many objects with some were inside one another", async () => {
    const depth = 1000;
    const names = Array.from({ length: 15 }, (_, index) => `"n${index}":1,`).join("");
    const message = Buffer.from(`{"x":[${`{${names}"x":`.repeat(depth)}1${"}".repeat(depth)}]}`);
    const streamers = Array.from({ length: 20 }, () => new JsonStreamer({ unreadSeed: 5 }));
    const before = await arrayBufferBytes();
    for (const streamer of streamers) {
      heapGrowthBytes(streamer, message);
      streamer.dropUnread();
      streamer.push(Buffer.from("1 "));
      expect(streamer.next()).toBe("value");
    }
    const grown = (await arrayBufferBytes()) - before;
    expect(grown / streamers.length).toBeLessThan(16 * 1024);
  });
});
