import { describe, expect, it } from "vitest";
import { RunControl, type RunState } from "../../src/machine/run-state.ts";
import { ManualClock } from "../../src/util/clock.ts";

const RESET = { kind: "reset", guest: false, reason: "host-qmp-system-reset" };

describe("run state, as QEMU 7.2 answers", () => {
  it.each<[RunState, "cont" | "stop" | "reset" | "powerdown", unknown[], RunState]>([
    ["prelaunch", "cont", [{ kind: "resume" }], "running"],
    ["prelaunch", "stop", [], "prelaunch"],
    ["prelaunch", "reset", [RESET], "prelaunch"],
    ["prelaunch", "powerdown", [{ kind: "powerdown" }], "prelaunch"],
    ["running", "cont", [], "running"],
    ["running", "stop", [{ kind: "stop" }], "paused"],
    ["running", "reset", [RESET], "running"],
    ["running", "powerdown", [{ kind: "powerdown" }], "running"],
    ["paused", "cont", [{ kind: "resume" }], "running"],
    ["paused", "stop", [], "paused"],
    ["paused", "reset", [RESET], "prelaunch"],
    ["paused", "powerdown", [{ kind: "powerdown" }], "paused"],
    ["internal-error", "stop", [], "internal-error"],
    ["internal-error", "reset", [RESET], "prelaunch"],
    ["internal-error", "powerdown", [{ kind: "powerdown" }], "internal-error"],
  ])("%s, %s: answers %j and is %s", (before, verb, events, after) => {
    const run = new RunControl(new ManualClock(), before);
    expect(run[verb]()).toEqual(events);
    expect(run.state).toBe(after);
  });

  it("refuses to go on after an internal error, until a reset", () => {
    const run = new RunControl(new ManualClock(), "internal-error");
    expect(() => run.cont()).toThrow("Resetting the Virtual Machine is required");
    run.reset();
    run.cont();
    expect(run.state).toBe("running");
  });
});

it("guest time goes on while the machine runs, and only then", () => {
  const clock = new ManualClock();
  const run = new RunControl(clock, "prelaunch");
  clock.advance(5);
  expect(run.guestTimeMs).toBe(0);
  run.cont();
  clock.advance(10);
  expect(run.guestTimeMs).toBe(10);
  run.stop();
  clock.advance(100);
  expect(run.guestTimeMs).toBe(10);
  run.cont();
  clock.advance(1);
  expect(run.guestTimeMs).toBe(11);
  run.reset();
  expect(run.guestTimeMs).toBe(0);
  clock.advance(2);
  expect(run.guestTimeMs).toBe(2);
});
