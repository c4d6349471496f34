/**
 * Makes random sessions: what a client sends, in which pieces, and how it ends.
 *
 * Every session ends with a byte that resets the parser, where it may be in any state, and with a request
 * whose id is known: when its reply has come, all replies have.
 */

import {
  ARGUMENTS_REJECTED,
  COMMAND_SAMPLES,
  COMMANDS_WITH_REJECTED_ARGUMENTS_ONLY,
  type CommandSample,
} from "./commands.ts";
import type { Random } from "./random.ts";

export interface Session {
  /** Each is a request, or a piece of nonsense: for the report of a failure. */
  readonly messages: readonly string[];
  /** The same bytes, as they are sent. */
  readonly pieces: readonly Buffer[];
  /** Half-closes at once after the last byte, and not after the last reply. */
  readonly halfCloseEarly: boolean;
  readonly leavesTraces: boolean;
}

export const LAST_ID = "the last one";
/** Replies to requests with this at the beginning of their id are compared by shape. */
export const SHAPE_ID_PREFIX = "shape ";
/** Out-of-band replies overtake, so they are compared apart from the others. */
export const OOB_ID_PREFIX = "oob ";

const RESET = "\u00ff\n";

/** Malformed messages that leave the parser in its first state, with two errors at most. */
const MALFORMED_BRIEFLY = [
  '{"execute": nul}',
  '{"a" "b"}',
  "[1 2]",
  '{"id": 1,}',
  '{"execute": "query-name", "id": [01]}',
];

/**
 * With out-of-band execution QEMU 7.2 queues 8 messages, and asserts when malformed input makes two errors of
 * one byte while 7 wait.  Such sessions have malformed input only if they are this short.
 */
const OOB_MESSAGES_WITH_MALFORMED = 3;

/**
 * Messages are texts of single-byte characters: bytes that are no UTF-8 must be possible.  None has the name of one of
 * the `foreign` commands, those that one server alone knows: `query-status` with a letter less is `query-stats`.
 */
export function makeSession(random: Random, foreign: ReadonlySet<string>): Session {
  const maker = new SessionMaker(random, foreign);
  const negotiation = random.below(10);
  const oob = negotiation >= 7 && negotiation < 9;
  if (negotiation < 7) maker.messages.push('{"execute": "qmp_capabilities"}');
  else if (oob) maker.messages.push('{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}');
  if (oob) maker.addWithOutOfBand();
  else for (let count = 1 + random.below(16); count > 0; count--) maker.add();
  maker.messages.push(`${oob ? "" : RESET}{"execute": "query-name", "id": "${LAST_ID}"}\n`);
  return {
    messages: maker.messages,
    pieces: split(random, Buffer.from(maker.text(), "latin1")),
    // With out-of-band execution QEMU drops what is queued at the end of input.
    halfCloseEarly: !oob && random.chance(40),
    leavesTraces: maker.leavesTraces,
  };
}

class SessionMaker {
  readonly messages: string[] = [];
  leavesTraces = false;
  readonly #random: Random;
  readonly #foreign: ReadonlySet<string>;
  #count = 0;

  constructor(random: Random, foreign: ReadonlySet<string>) {
    this.#random = random;
    this.#foreign = foreign;
  }

  text(): string {
    return this.messages
      .map((message) => message + this.#random.pick(["", "\n", "\r\n", " ", "\t\n\n"]))
      .join("");
  }

  add(): void {
    const kind = this.#random.below(100);
    if (kind < 75) this.messages.push(this.#wellFormed());
    else if (kind < 90) this.messages.push(this.#damaged());
    else this.messages.push(this.#noise());
  }

  addWithOutOfBand(): void {
    const malformed = this.#random.chance(30);
    const countMax = malformed ? OOB_MESSAGES_WITH_MALFORMED : 16;
    for (let count = 1 + this.#random.below(countMax); count > 0; count--) {
      this.messages.push(this.#random.chance(20) ? this.#outOfBand() : this.#wellFormed());
    }
    if (!malformed) return;
    const at = 1 + this.#random.below(this.messages.length);
    this.messages.splice(at, 0, this.#random.pick(MALFORMED_BRIEFLY));
  }

  #wellFormed(): string {
    const kind = this.#random.below(100);
    if (kind < 55) return this.#accepted();
    return kind < 80 ? this.#rejected() : this.#envelope();
  }

  #outOfBand(): string {
    const command = this.#random.pick(["migrate-pause", "query-status", "no-such-command"]);
    return `{"exec-oob": "${command}", "id": "${OOB_ID_PREFIX}${this.#count++}"}`;
  }

  #accepted(): string {
    const sample = this.#random.pick(COMMAND_SAMPLES);
    this.leavesTraces ||= sample.leavesTraces === true;
    return this.#request(sample, this.#random.pick(sample.accepted));
  }

  #rejected(): string {
    const sample = this.#random.chance(10)
      ? { name: this.#random.pick(COMMANDS_WITH_REJECTED_ARGUMENTS_ONLY), accepted: [] }
      : this.#random.pick(COMMAND_SAMPLES);
    // `cont` with arguments that it ignores, say, would still run.
    this.leavesTraces ||= "leavesTraces" in sample;
    const args = sample.accepted.length === 0 ? '{"unexpected": 1}' : this.#random.pick(ARGUMENTS_REJECTED);
    return this.#request(sample, args);
  }

  /** The members in any order. */
  #request(sample: CommandSample, args: string): string {
    const members = [`"execute": "${sample.name}"`];
    if (args !== "") members.push(`"arguments": ${args}`);
    if (sample.byShape) members.push(`"id": "${SHAPE_ID_PREFIX}${sample.name} ${this.#count++}"`);
    else if (this.#random.chance(70)) members.push(`"id": ${this.#value(3)}`);
    if (this.#random.chance(30)) members.reverse();
    return `{${members.join(this.#random.pick([", ", ",", " ,\n "]))}}`;
  }

  /** Well-formed JSON that is no request. */
  #envelope(): string {
    const id = this.#value(1);
    return this.#random.pick([
      "[]",
      "{}",
      '"query-name"',
      "7",
      "null",
      `{"id": ${id}}`,
      `{"execute": 1, "id": ${id}}`,
      `{"execute": null, "id": ${id}}`,
      `{"execute": ["query-name"], "id": ${id}}`,
      `{"execute": "query-name", "unexpected": ${id}}`,
      `{"unexpected": 1, "execute": "query-name", "id": ${id}}`,
      `{"arguments": {}, "id": ${id}}`,
      `{"execute": "query-name", "exec-oob": "query-name", "id": "both"}`,
      `{"execute": "query-name", "control": {"run-oob": true}, "id": ${id}}`,
      `{"execute": "query-name", "execute": "query-uuid", "id": ${id}}`,
      `{'execute': 'query-name', 'id': ${id}}`,
      `[{"execute": "query-name", "id": ${id}}]`,
    ]);
  }

  /** A request with some bytes changed. */
  #damaged(): string {
    for (;;) {
      const text = this.#damageOnce();
      const words = text.match(COMMAND_NAME) ?? [];
      if (!OVERFLOWING_NUMBER.test(text) && !words.some((word) => this.#foreign.has(word))) return text;
    }
  }

  #damageOnce(): string {
    const sample = this.#random.pick(COMMAND_SAMPLES_TO_DAMAGE);
    this.leavesTraces ||= sample.leavesTraces === true;
    let text = this.#request(sample, this.#random.pick(sample.accepted));
    for (let count = 1 + this.#random.below(3); count > 0; count--) {
      const at = this.#random.below(text.length);
      const inserted = this.#random.pick(DAMAGE);
      text = text.slice(0, at) + inserted + text.slice(at + this.#random.below(3));
    }
    return text;
  }

  #noise(): string {
    const length = 1 + this.#random.below(12);
    return Array.from({ length }, () =>
      this.#random.chance(30) ? String.fromCharCode(this.#random.below(256)) : this.#random.pick(DAMAGE),
    ).join("");
  }

  /** A JSON value of any kind, nested up to `depth`. */
  #value(depth: number): string {
    const kind = this.#random.below(depth > 0 ? 10 : 8);
    if (kind === 8) return `[${this.#values(depth).join(", ")}]`;
    if (kind === 9)
      return `{${this.#values(depth)
        .map((value, index) => `"k${index}": ${value}`)
        .join(",")}}`;
    return kind < 3 ? `"r${this.#count++}"` : this.#random.pick(VALUES);
  }

  #values(depth: number): string[] {
    return Array.from({ length: this.#random.below(4) }, () => this.#value(depth - 1));
  }
}

/** Damage must not turn a line for the human monitor into another, nor lose the mark of a comparison by shape. */
const COMMAND_SAMPLES_TO_DAMAGE = COMMAND_SAMPLES.filter(
  ({ name, byShape }) => name !== "human-monitor-command" && !byShape,
);

const COMMAND_NAME = /[\w-]+/g;
/** Numbers that may overflow are a deviation (W6), and tested as such. */
const OVERFLOWING_NUMBER = /\d[eE]\+?\d{3}/;

const DAMAGE: readonly string[] = [
  ..."{}[],:\"'\\ \n\t01-+.eE%truefalsn",
  "",
  "\\u00e4",
  "\\ud83d\\ude00",
  "\\ud800",
  "\\x",
  "\u00c3\u00a4",
  "\u00ff",
  "\u00fe",
  "\u0001",
  "\u0000",
  "\u0080",
  "nul",
  "//",
  "00",
];

const VALUES: readonly string[] = [
  "null",
  "true",
  "false",
  "0",
  "-1",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551615",
  "18446744073709551616",
  "-9223372036854775808",
  "-9223372036854775809",
  "0.1",
  "1.0",
  "-2.5e-3",
  "123456789.125",
  '""',
  "'single'",
  '"\\u00e4\\ud83d\\ude00"',
  '"\u00c3\u00a4 \u00e2\u0082\u00ac"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"it\'s"',
  '"\u007f"',
];

/** Cuts the bytes at random places: not at all, at a few, or after each one. */
function split(random: Random, bytes: Buffer): Buffer[] {
  const longest = random.pick([bytes.length, bytes.length, 64, 16, 3]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
