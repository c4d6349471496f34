import { expect, it } from "vitest";
import { Patience } from "../../src/loadgen/patience.ts";
import { Recorder } from "../../src/loadgen/recorder.ts";

it("waits ten seconds from the last reply on where replies are quick", () => {
  const recorder = new Recorder(1);
  recorder.sent(0);
  recorder.answered(0, 100, false);
  const patience = new Patience(recorder);
  expect(patience.leftMs(5_000, 1)).toBe(10_000);
  expect(patience.leftMs(14_000, 1)).toBe(1_000);
  expect(patience.leftMs(14_500, 2)).toBe(10_000);
  expect(patience.leftMs(24_500, 2)).toBe(0);
});

it("waits twice as long as the slowest reply has taken", () => {
  const recorder = new Recorder(1);
  recorder.sent(0);
  recorder.answered(0, 40e6, false);
  recorder.answered(0, 100, false);
  expect(new Patience(recorder).leftMs(1_000, 2)).toBe(80_000);
});

it("waits a minute for a command of which nothing is known yet, beside one that is known", () => {
  const recorder = new Recorder(3);
  recorder.sent(0);
  recorder.answered(0, 100, false);
  recorder.sent(1);
  const patience = new Patience(recorder);
  expect(patience.leftMs(0, 1)).toBe(60_000);
  // Samples are taken meanwhile.
  recorder.takeCommands();
  expect(patience.leftMs(1_000, 1)).toBe(59_000);
  recorder.answered(1, 100, false);
  expect(patience.leftMs(1_000, 2)).toBe(10_000);
});
