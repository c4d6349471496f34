/**
 * The wire against recorded answers of QEMU 7.2, whole and byte by byte.
 */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { printJson } from "../../src/qjson/print.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/qjson/value.ts";
import { bytewise, type Outcome, outcomesOf } from "../support/qjson.ts";
import { describeWithShared } from "../support/shared.ts";

/** One input, sent as the `id` of a query-status. */
interface InputRecord {
  readonly test: string;
  readonly in_b64: string;
  /** Whether a reply came at all: "silent" when QEMU waits for the message to go on. */
  readonly after: "ok" | "silent";
  readonly errors: readonly string[];
  readonly returns: number;
  readonly id_echo?: string;
}

/** A whole session: what the client sent, in pieces, and each line it got. */
interface Exchange {
  readonly name: string;
  readonly send: readonly string[];
  readonly expect: readonly string[];
}

/** Rule W5: after a limit error the rest of the message is skipped; QEMU answers every bracket that is left. */
const INPUTS_ANSWERED_ONCE = ["/errors/limits/nesting"];
const EXCHANGES_ANSWERED_ONCE = [
  "nest id arrays 1024",
  "nest id arrays 1025",
  "nest top arrays 1025",
  "nest top arrays 3000",
];
/** Rule W6: a number that overflows is an error; QEMU echoes `inf`. */
const EXCHANGES_OUT_OF_RANGE = ["id 1e400"];

const NESTING_ERROR = "JSON nesting depth limit exceeded";
const WIRE_ERROR = /^JSON /;

function readRecords<T>(path: string): T[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

function parseOne(text: string): JsonValue {
  const [outcome] = outcomesOf(`${text}\n`);
  if (outcome === undefined || "error" in outcome) throw new Error(`no value: ${text}`);
  return outcome.value;
}

/** Replies by the dispatcher to what is no command at all, from outcomes that are no command. */
function envelopeError(value: JsonValue): string | undefined {
  if (!isJsonObject(value)) return "QMP input must be a JSON object";
  return Object.hasOwn(value, "execute") ? undefined : "QMP input lacks member 'execute'";
}

function errorsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) =>
    "error" in outcome ? [outcome.error] : (envelopeError(outcome.value) ?? []),
  );
}

function commandsOf(outcomes: readonly Outcome[]): JsonObject[] {
  return outcomes.flatMap((outcome) =>
    "value" in outcome && isJsonObject(outcome.value) && Object.hasOwn(outcome.value, "execute")
      ? [outcome.value]
      : [],
  );
}

/** Compares every record in one test: a thousand titles would say no more than the names in its failure. */
function expectSame(actual: Record<string, unknown>, expected: Record<string, unknown>): void {
  expect(actual).toEqual(expected);
}

describeWithShared("inputs recorded from QEMU 7.2", "qjson/qemu-7.2.jsonl", (path) => {
  const records = readRecords<InputRecord>(path).map((record, index) => ({
    record,
    title: `${index + 1} ${record.test}`,
    input: Buffer.concat([
      Buffer.from('{"execute":"query-status","id":'),
      Buffer.from(record.in_b64, "base64"),
      Buffer.from("}\n"),
    ]),
  }));
  const kept = records.filter(({ record }) => !INPUTS_ANSWERED_ONCE.includes(record.test));
  const skipping = records.filter(({ record }) => INPUTS_ANSWERED_ONCE.includes(record.test));

  it("W3, W4: answers each input with QEMU's errors, commands and ids", () => {
    expect(kept.length).toBe(668);
    expectSame(
      Object.fromEntries(
        kept.map(({ title, input }) => {
          const outcomes = outcomesOf(input);
          const [command] = commandsOf(outcomes);
          // Once printed and parsed again, members are in the order of both, and numbers as QEMU tells them.
          const id = command?.id === undefined ? undefined : parseOne(printJson(command.id));
          return [title, { errors: errorsOf(outcomes), returns: commandsOf(outcomes).length, id }];
        }),
      ),
      Object.fromEntries(
        kept.map(({ title, record }) => {
          const id = record.id_echo === undefined ? undefined : parseOne(record.id_echo);
          return [title, { errors: record.errors, returns: record.returns, id }];
        }),
      ),
    );
  });

  it("W2: tells the same of each input byte by byte", () => {
    expectSame(
      Object.fromEntries(records.map(({ title, input }) => [title, outcomesOf(...bytewise(input))])),
      Object.fromEntries(records.map(({ title, input }) => [title, outcomesOf(input)])),
    );
  });

  it("W4: waits for more input where QEMU is silent, and understands what follows elsewhere", () => {
    for (const { record, title, input } of records) {
      const outcomes = outcomesOf(input, '{"probe":1}\n');
      const understood = outcomes.some((outcome) => "value" in outcome && parsedProbe(outcome.value));
      expect(understood, title).toBe(record.after === "ok");
      if (record.after === "silent") expect(outcomesOf(input), title).toEqual([]);
    }
  });

  it("W5: answers too deep a nesting once, where QEMU answers each bracket that is left", () => {
    expect(skipping.length).toBe(2);
    for (const { record, input } of skipping) {
      expect(record.errors[0]).toBe(NESTING_ERROR);
      expect(record.errors.length).toBeGreaterThan(1000);
      expect(outcomesOf(input)).toEqual([{ error: NESTING_ERROR }]);
    }
  });
});

function parsedProbe(value: JsonValue): boolean {
  return isJsonObject(value) && value.probe === 1;
}

describeWithShared("exchanges recorded from QEMU 7.2", "conformance/qemu-7.2.jsonl", (path) => {
  const exchanges = readRecords<Exchange>(path).map((exchange) => ({
    ...exchange,
    pieces: exchange.send.map((piece) => Buffer.from(piece, "base64")),
  }));
  const deviating = [...EXCHANGES_ANSWERED_ONCE, ...EXCHANGES_OUT_OF_RANGE];
  const kept = exchanges.filter(({ name }) => !deviating.includes(name));

  /** Of each reply: the error if it is one of the wire's, else "". */
  function wireErrors(exchange: Exchange): string[] {
    const replies = exchange.expect.map((line) => parseOne(line)).filter(isJsonObject);
    const answers = replies.filter(
      (reply) => Object.hasOwn(reply, "return") || Object.hasOwn(reply, "error"),
    );
    return answers.map(({ error }) => {
      const desc = isJsonObject(error) ? String(error.desc) : "";
      return WIRE_ERROR.test(desc) ? desc : "";
    });
  }

  it.each([
    ["whole", (pieces: Buffer[]) => pieces],
    ["byte by byte", (pieces: Buffer[]) => pieces.flatMap(bytewise)],
  ])("W4: has a message or QEMU's error for every reply, %s", (_how, split) => {
    expect(kept.length).toBe(109);
    expectSame(
      Object.fromEntries(
        kept.map(({ name, pieces }) => [
          name,
          outcomesOf(...split(pieces)).map((outcome) => ("error" in outcome ? outcome.error : "")),
        ]),
      ),
      Object.fromEntries(kept.map((exchange) => [exchange.name, wireErrors(exchange)])),
    );
  });

  it.each(EXCHANGES_ANSWERED_ONCE)("W5: answers '%s' once, and the next command works", (name) => {
    const exchange = exchanges.find((candidate) => candidate.name === name);
    const outcomes = outcomesOf(...(exchange?.pieces ?? []));
    expect(outcomes.map((outcome) => ("error" in outcome ? outcome.error : ""))).toEqual([
      "",
      NESTING_ERROR,
      "",
    ]);
  });

  it.each(EXCHANGES_OUT_OF_RANGE)("W6: answers '%s' with an error, and the next command works", (name) => {
    const exchange = exchanges.find((candidate) => candidate.name === name);
    const outcomes = outcomesOf(...(exchange?.pieces ?? []));
    expect(outcomes.map((outcome) => ("error" in outcome ? outcome.error : ""))).toEqual([
      "",
      "JSON parse error, number '1e400' is out of range",
      "",
    ]);
  });
});
