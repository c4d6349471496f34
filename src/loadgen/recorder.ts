/**
 * What one thread has measured since its last sample: a histogram a command.  Values are microseconds.
 */

import { Int32Histogram } from "hdr-histogram-js";
import { visibleInLine } from "../util/visible.ts";
import type { CommandSample, Counts } from "./contract.ts";
import { NameCounts } from "./name-counts.ts";
import type { ReplyTimes } from "./patience.ts";

/** Grows by itself beyond that. */
const FIRST_HIGHEST_US = 1_000_000;
/** Three digits: a value is right to a thousandth. */
const DIGITS = 3;

class CommandRecorder {
  readonly latencies = new Int32Histogram(1, FIRST_HIGHEST_US, DIGITS);
  readonly besideHeavy = new Int32Histogram(1, FIRST_HIGHEST_US, DIGITS);
  sent = 0;
  /** In the whole run. */
  isSent = false;
  isAnswered = false;
  readonly errors = new NameCounts();
  /** In the whole run. */
  firstError: string | undefined;

  constructor() {
    this.latencies.autoResize = true;
    this.besideHeavy.autoResize = true;
  }

  take(): CommandSample {
    const { sent } = this;
    this.sent = 0;
    return {
      latencies: takeCounts(this.latencies),
      besideHeavy: takeCounts(this.besideHeavy),
      sent,
      errors: this.errors.take(),
      firstError: this.firstError,
    };
  }
}

export class Recorder implements ReplyTimes {
  readonly #commands: readonly CommandRecorder[];
  readonly #connects = new Int32Histogram(1, FIRST_HIGHEST_US, DIGITS);
  slowestUs = 0;

  constructor(commands: number) {
    this.#commands = Array.from({ length: commands }, () => new CommandRecorder());
    this.#connects.autoResize = true;
  }

  get isOneUnknown(): boolean {
    return this.#commands.some(({ isSent, isAnswered }) => isSent && !isAnswered);
  }

  sent(command: number): void {
    const recorder = this.#commands[command];
    if (recorder === undefined) return;
    recorder.sent++;
    recorder.isSent = true;
  }

  /** A reply came, whatever it says. */
  answered(command: number, us: number, isBesideHeavy: boolean): void {
    const recorder = this.#commands[command];
    if (recorder === undefined) return;
    const value = us < 1 ? 1 : Math.round(us);
    if (value > this.slowestUs) this.slowestUs = value;
    recorder.isAnswered = true;
    recorder.latencies.recordValue(value);
    if (isBesideHeavy) recorder.besideHeavy.recordValue(value);
  }

  /** The reply that was just `answered` is an error. */
  failed(command: number, errorClass: string, desc: string): void {
    const recorder = this.#commands[command];
    if (recorder === undefined) return;
    recorder.errors.add(errorClass);
    // That of a long line is not kept.
    if (desc !== "") recorder.firstError ??= visibleInLine(desc);
  }

  connected(us: number): void {
    this.#connects.recordValue(Math.max(1, Math.round(us)));
  }

  takeCommands(): CommandSample[] {
    return this.#commands.map((recorder) => recorder.take());
  }

  takeConnects(): Counts {
    return takeCounts(this.#connects);
  }
}

/** Empties a histogram into pairs of value and count, which cost less to send than all of its places. */
function takeCounts(histogram: Int32Histogram): Counts {
  if (histogram.totalCount === 0) return new Float64Array(0);
  const pairs: number[] = [];
  let left = histogram.totalCount;
  for (let index = 0; left > 0; index++) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    pairs.push(histogram.valueFromIndex(index), count);
    left -= count;
  }
  histogram.reset();
  return Float64Array.from(pairs);
}
