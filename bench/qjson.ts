/** How long does the wire take for a message: to parse it from bytes, and to print it? */

import { build } from "hdr-histogram-js";
import { printJson } from "../src/qjson/print.ts";
import { JsonStreamer } from "../src/qjson/streamer.ts";
import type { JsonValue } from "../src/qjson/value.ts";

/** A socket's read. */
const PIECE_BYTES = 64 * 1024;
const MIB = 1024 * 1024;
const WARM_UP_ROUNDS = 200;
const ROUNDS = 1000;
const PRINTS_A_ROUND = 1000;

const COMMANDS: readonly (readonly [string, string])[] = [
  ["query-status", '{"execute":"query-status","id":12}\r\n'],
  ["qom-get", '{"execute":"qom-get","arguments":{"path":"/machine","property":"type"},"id":"a-12"}\r\n'],
  ["exactly: a double", '{"execute":"query-status","id":1.5}\r\n'],
  ["exactly: single quotes", "{'execute':'query-status','id':12}\r\n"],
];

const REPLIES: readonly JsonValue[] = [
  { return: {}, id: 12 },
  { return: { status: "running", singlestep: false, running: true }, id: 12 },
  { id: "a-12", error: { class: "GenericError", desc: "Path '' is ambiguous" } },
  { timestamp: { seconds: 1700000000, microseconds: 123456 }, event: "RTC_CHANGE", data: { offset: 12 } },
];

/** Large messages, of which no slice is to hold up the event loop. */
const LARGE: readonly (readonly [string, () => Buffer])[] = [
  ["one string, 60 MiB", () => Buffer.from(`{"id":"${"a".repeat(60 * MIB)}"}`)],
  ["one string, not ASCII, 60 MiB", () => Buffer.from(`{"id":"${"é".repeat(30 * MIB)}"}`)],
  ["2 Mi tokens", () => Buffer.from(`[${"1,".repeat(MIB - 2)}1]`)],
  ["680,000 empty objects", () => Buffer.from(`[${"{},".repeat(680_000)}1]`)],
  ["500 nests 1,000 deep", () => Buffer.from(`[${`${"[".repeat(1000)}${"]".repeat(1000)},`.repeat(500)}1]`)],
];

function elapsedNs(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}

function drain(streamer: JsonStreamer): void {
  while (streamer.next() !== "starved");
}

/** Nanoseconds an operation: the median round and the worst but one in a hundred. */
function measure(operations: number, round: () => void): string {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  for (let i = 0; i < WARM_UP_ROUNDS; i++) round();
  for (let i = 0; i < ROUNDS; i++) histogram.recordValue(Math.round(elapsedNs(round) / operations));
  return `p50 ${histogram.getValueAtPercentile(50)} ns  p99 ${histogram.getValueAtPercentile(99)} ns`;
}

function parsing(message: string): string {
  const count = Math.floor(PIECE_BYTES / message.length);
  const piece = Buffer.from(message.repeat(count));
  const streamer = new JsonStreamer();
  return measure(count, () => {
    streamer.push(piece);
    drain(streamer);
  });
}

function printing(reply: JsonValue): string {
  return measure(PRINTS_A_ROUND, () => {
    for (let i = 0; i < PRINTS_A_ROUND; i++) printJson(reply);
  });
}

/** Microseconds a slice of one large message; pauses of the garbage collector count. */
function slicing(message: Buffer): string {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  const streamer = new JsonStreamer();
  let totalNs = 0;
  for (let at = 0; at < message.length; at += PIECE_BYTES) {
    streamer.push(Buffer.from(message.subarray(at, at + PIECE_BYTES)));
    for (let starved = false; !starved; ) {
      const ns = elapsedNs(() => {
        starved = streamer.next() === "starved";
      });
      totalNs += ns;
      histogram.recordValue(ns);
    }
  }
  const at = (percentile: number) => (histogram.getValueAtPercentile(percentile) / 1000).toFixed(0);
  return `p50 ${at(50)} us  p99 ${at(99)} us  p99.9 ${at(99.9)} us  max ${at(100)} us  all ${(totalNs / 1e6).toFixed(0)} ms`;
}

function main(): void {
  console.log("parse, in pieces of 64 KiB, a message:");
  for (const [title, message] of COMMANDS) console.log(`  ${title.padEnd(32)} ${parsing(message)}`);
  console.log("print, a message:");
  for (const reply of REPLIES)
    console.log(`  ${printJson(reply).slice(0, 31).padEnd(32)} ${printing(reply)}`);
  console.log("parse a large message, a slice:");
  for (const [title, make] of LARGE) console.log(`  ${title.padEnd(32)} ${slicing(make())}`);
}

main();
