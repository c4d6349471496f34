import { VirtualTimeScheduler } from "rxjs";
import { describe, expect, it } from "vitest";
import { EventHub } from "../../src/monitor/event-hub.ts";
import { ManualClock } from "../../src/util/clock.ts";

function setup() {
  const clock = new ManualClock();
  const scheduler = new VirtualTimeScheduler();
  const turns: (() => void)[] = [];
  const hub = new EventHub({
    clock,
    scheduler,
    nextTurn: (callback) => turns.push(callback),
    throttled: { RTC_CHANGE: () => "", MEMORY_DEVICE_SIZE_CHANGE: (data) => String(data["qom-path"]) },
  });
  const advance = (ms: number): void => {
    scheduler.maxFrames = scheduler.now() + ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
    clock.advance(ms);
  };
  const join = () => {
    const feed = hub.join();
    const got: string[] = [];
    feed.events.subscribe(({ text }) => got.push(text.trim()));
    return { feed, got };
  };
  return { clock, turns, hub, advance, join };
}

const data = (text: string | undefined) => JSON.parse(text ?? "null").data;

describe("EventHub", () => {
  it("W1: sends QEMU's envelope, made once and shared", () => {
    const { hub, clock, join } = setup();
    clock.advance(1234.567);
    const a = join();
    hub.emit("STOP");
    hub.emit("RESET", { guest: false, reason: "host-qmp-system-reset" });
    const timestamp = '{"timestamp": {"seconds": 1, "microseconds": 234567}, ';
    expect(a.got).toEqual([
      `${timestamp}"event": "STOP"}`,
      `${timestamp}"event": "RESET", "data": {"guest": false, "reason": "host-qmp-system-reset"}}`,
    ]);
  });

  it("E2: sends a limited event at once, then the last of each period with its own timestamp", () => {
    const { hub, advance, join } = setup();
    const { got } = join();
    hub.emit("RTC_CHANGE", { offset: 1 });
    advance(100);
    hub.emit("RTC_CHANGE", { offset: 2 });
    advance(100);
    hub.emit("RTC_CHANGE", { offset: 3 });
    expect(got.map(data)).toEqual([{ offset: 1 }]);
    advance(800);
    expect(got.map(data)).toEqual([{ offset: 1 }, { offset: 3 }]);
    expect(JSON.parse(got[1] ?? "").timestamp).toEqual({ seconds: 0, microseconds: 200_000 });
    hub.emit("RTC_CHANGE", { offset: 4 });
    advance(999);
    expect(got).toHaveLength(2);
    advance(1);
    expect(data(got[2])).toEqual({ offset: 4 });
  });

  it("E2: limits devices apart, and other events not at all", () => {
    const { hub, join } = setup();
    const { got } = join();
    for (const path of ["/a", "/b", "/a"]) hub.emit("MEMORY_DEVICE_SIZE_CHANGE", { "qom-path": path });
    for (let i = 0; i < 3; i++) hub.emit("STOP");
    expect(got.map((text) => JSON.parse(text).event)).toEqual([
      "MEMORY_DEVICE_SIZE_CHANGE",
      "MEMORY_DEVICE_SIZE_CHANGE",
      "STOP",
      "STOP",
      "STOP",
    ]);
  });

  it("E2: a device that was quiet for long is sent at once again", () => {
    const { hub, advance, join } = setup();
    const { got } = join();
    hub.emit("RTC_CHANGE", { offset: 1 });
    advance(10_000);
    hub.emit("RTC_CHANGE", { offset: 2 });
    expect(got).toHaveLength(2);
  });

  it("E1: sends a broadcast in slices, one a turn, and each session gets every event in order", () => {
    const { hub, turns, join } = setup();
    const sessions = Array.from({ length: 200 }, join);
    hub.emit("STOP");
    hub.emit("RESUME");
    const reached = () => sessions.filter(({ got }) => got.length > 0).length;
    expect(reached()).toBeLessThan(100);
    expect(turns).toHaveLength(1);
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
    for (const { got } of sessions)
      expect(got.map((text) => JSON.parse(text).event)).toEqual(["STOP", "RESUME"]);
  });

  it("L8: brings a session up to date when it asks", () => {
    const { hub, join } = setup();
    const sessions = Array.from({ length: 200 }, join);
    hub.emit("STOP");
    const last = sessions.at(-1);
    expect(last?.got).toHaveLength(0);
    last?.feed.catchUp();
    expect(last?.got).toHaveLength(1);
  });

  it("a session gets nothing that was emitted before it joined, and leaves nothing behind", () => {
    const { hub, turns, join } = setup();
    Array.from({ length: 40 }, join);
    hub.emit("STOP");
    const late = join();
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
    expect(late.got).toEqual([]);
    late.feed.leave();
    expect(hub.sessionCount).toBe(40);
  });
});
