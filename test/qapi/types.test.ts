/**
 * The types that are generated, held by the compiler: this file does not compile when one of them is not
 * what a person would have written.  `tsc` is part of `npm test`; what runs here is little.
 */

import { expect, it } from "vitest";
import type { BlockdevOptions, BlockdevRef } from "../../src/qapi/generated/block-core.ts";
import type { CommandHandlers } from "../../src/qapi/generated/commands.ts";
import type { EventData, EventName } from "../../src/qapi/generated/events.ts";
import type { SchemaInfo } from "../../src/qapi/generated/introspect.ts";
import type { StatusInfo, WatchdogAction } from "../../src/qapi/generated/run-state.ts";
import type { ScreendumpArg, ScreendumpData } from "../../src/qapi/generated/ui.ts";
import type { AsyncHandler, PlainHandler } from "../../src/qapi/runtime/command.ts";
import type { Int64, JsonText, JsonValue, NoMembers, Uint64 } from "../../src/qapi/runtime/unmarshal.ts";
import type { CommandHandlers as PartsHandlers } from "./fixture/generated/commands.ts";
import type { Conditions } from "./fixture/generated/conditions.ts";
import type * as parts from "./fixture/generated/parts.ts";

/** `true` where the two are the same type to the compiler, optional and readonly members included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** An intersection written out, so that it can be compared. */
type Flat<T> = T extends object ? { [K in keyof T]: T[K] } : T;

/** Compiles for `true` alone. */
function holds<_T extends true>(): void {}

/** `true` where `any` is nowhere in the members of `T`. */
type NoAny<T> = 0 extends 1 & T
  ? false
  : T extends object
    ? false extends NoAnyMembers<T>
      ? false
      : true
    : true;
type NoAnyMembers<T> = { [K in keyof T]-?: 0 extends 1 & T[K] ? false : true }[keyof T];

it("an enumeration is a union of strings", () => {
  holds<
    Same<WatchdogAction, "reset" | "shutdown" | "poweroff" | "pause" | "debug" | "none" | "inject-nmi">
  >();
  holds<Same<parts.Engine, "pedals" | "motor" | "rocket">>();
});

it("a struct is an object type, an optional member an optional property", () => {
  type Expected = {
    readonly filename: string;
    readonly device?: string;
    readonly head?: Int64;
    readonly format?: "ppm" | "png";
  };
  holds<Same<Flat<ScreendumpArg>, Expected>>();
  const args: ScreendumpArg = { filename: "/tmp/x", head: 0 };
  // @ts-expect-error: what is optional may be left out, and is not `undefined`.
  const wrong: ScreendumpArg = { filename: "/tmp/x", head: undefined };
  // @ts-expect-error: arguments are the client's, and are not changed.
  args.filename = "/tmp/y";
  expect([args, wrong]).toHaveLength(2);
});

it("an integer of 64 bits is a number or a bigint, a smaller one a number", () => {
  holds<Same<Int64, number | bigint>>();
  holds<Same<Uint64, number | bigint>>();
  holds<Same<parts.Pedals["rpm"], number | undefined>>();
  holds<Same<EventData["RTC_CHANGE"]["offset"], number | bigint>>();
});

it("a union is told apart by its tag", () => {
  type Raw = Extract<BlockdevOptions, { driver: "raw" }>;
  holds<Same<Raw["file"], BlockdevRef>>();
  const nameOf = (options: BlockdevOptions): string => {
    // @ts-expect-error: not every branch has it.
    void options.filename;
    return options.driver === "file" ? options.filename : options.driver;
  };
  const entryName = (entry: SchemaInfo): string =>
    entry["meta-type"] === "array" ? entry["element-type"] : entry.name;
  expect(nameOf({ driver: "file", filename: "/tmp/x" })).toBe("/tmp/x");
  expect(entryName({ "meta-type": "array", name: "[str]", "element-type": "str" })).toBe("str");
});

it("an alternate is a union of its branches", () => {
  holds<Same<BlockdevRef, BlockdevOptions | string>>();
  holds<Same<parts.DriveRef, parts.Drive | string | null>>();
});

it("a part with a condition stands there; a member with one may be missing", () => {
  type Motor = {
    readonly power: Int64;
    readonly tank?: Uint64;
    readonly battery?: readonly parts.Engine[];
  };
  holds<Same<Flat<parts.Motor>, Motor>>();
  holds<Same<Extract<parts.Drive, { engine: "motor" }>["tank"], Uint64 | undefined>>();
  holds<Same<keyof Conditions, "FUEL" | "MOTORS" | "NAMES" | "SAFE">>();
});

it("a name that is taken gets one beside it", () => {
  holds<Same<Flat<parts.q_Input>, { readonly constructor: string; readonly input?: parts.q_Input }>>();
  holds<Same<parts.RideArg, NoMembers>>();
  holds<Same<parts.RideArg_["with"], parts.DriveRef>>();
});

it("a handler takes and answers what the schema says", () => {
  type Handlers = CommandHandlers<"plain", "async">;
  holds<Same<Handlers["query-status"], PlainHandler<NoMembers, StatusInfo, "plain">>>();
  holds<Same<Handlers["screendump"], AsyncHandler<ScreendumpArg, void, "async">>>();
  holds<
    Same<
      Handlers["screendump-data"] extends AsyncHandler<infer _A, infer R, "async"> ? R : never,
      ScreendumpData
    >
  >();
  holds<Same<ScreendumpData["data"], string | JsonText>>();
  // `gen: false`: nothing is checked, and nothing is promised.
  type ByHand = PartsHandlers<"plain", "async">["by-hand"];
  holds<Same<ReturnType<ByHand>, JsonValue>>();
});

it("no type is any", () => {
  holds<NoAny<EventData[EventName]>>();
  holds<NoAny<Parameters<CommandHandlers<"p", "c">["query-status"]>[0]>>();
  holds<NoAny<BlockdevOptions>>();
  holds<NoAny<SchemaInfo>>();
  // @ts-expect-error: it would be noticed.
  holds<NoAny<{ readonly a: ReturnType<typeof JSON.parse> }>>();
});
