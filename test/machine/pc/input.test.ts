/** What is told to the emulator, where a guest would not tell the difference. */

import { expect, it } from "vitest";
import type { Emulator } from "../../../src/machine/pc/emulator.ts";
import { Input, type InputEvent } from "../../../src/machine/pc/input.ts";

interface Situation {
  readonly absolute?: boolean;
  readonly keyboardBuffer?: { readonly length: number };
  readonly mouseWaiting?: number;
}

function setup({ absolute = true, keyboardBuffer = { length: 0 }, mouseWaiting = 0 }: Situation = {}) {
  const told: unknown[] = [];
  const ps2 = {
    enable_keyboard_stream: true,
    kbd_buffer: keyboardBuffer,
    mouse_buffer: { length: mouseWaiting },
    mouse_stream_active: () => true,
    send_mouse_packet: (...values: number[]) => void told.push(["packet", ...values]),
  };
  const emulator = {
    bus: { send: (event: string, value: unknown) => void told.push([event, value]) },
    cpu: { devices: { ps2, vmware: { enabled: absolute, absolute } } },
  } as unknown as Emulator;
  return { input: new Input(emulator), told };
}

const key = (code: number, isDown = true): InputEvent => ({ kind: "key", code, isDown });
const rel = (axis: "x" | "y", value: number): InputEvent => ({ kind: "rel", axis, value });
const abs = (axis: "x" | "y", value: number): InputEvent => ({ kind: "abs", axis, value });

it("tells moves along both axes as one, and cuts long ones", () => {
  const { input, told } = setup();
  input.send([rel("x", 1), rel("y", 2), key(0x1e), rel("y", -300)]);
  expect(told).toEqual([
    ["mouse-delta", [1, -2]],
    ["keyboard-code", 0x1e],
    ["mouse-delta", [0, 127]],
    ["mouse-delta", [0, 127]],
    ["mouse-delta", [0, 46]],
  ]);
});

it("has the mouse tell a guest to look at the absolute pointer, which has no interrupt", () => {
  const { input, told } = setup();
  input.send([abs("x", 5), abs("y", 6)]);
  input.send([abs("y", 7)]);
  expect(told).toEqual([
    ["mouse-absolute", [5, 6, 0x7fff, 0x7fff]],
    ["packet", 0, 0],
    ["mouse-absolute", [5, 7, 0x7fff, 0x7fff]],
    ["packet", 0, 0],
  ]);
});

it("keeps room to let go of each key that is held", () => {
  const waiting = { length: 1024 - 6 };
  const { input, told } = setup({ keyboardBuffer: waiting });
  input.send([key(0x1e)]);
  waiting.length += 1;
  for (const again of [0x1e, 0x30]) expect(() => input.send([key(again)])).toThrow("no room for these keys");
  input.send([key(0x1e, false)]);
  expect(told).toEqual([
    ["keyboard-code", 0x1e],
    ["keyboard-code", 0x9e],
  ]);
});

it.each<[string, Situation, InputEvent]>([
  ["a place for which the guest has no pointer", { absolute: false }, abs("x", 1)],
  ["more keys than there is room for", { keyboardBuffer: { length: 1023 } }, key(0xe01d)],
  ["more of the mouse than there is room for", { mouseWaiting: 1021 }, rel("x", 1)],
])("tells nothing of a call with %s", (_, situation, event) => {
  const { input, told } = setup(situation);
  expect(() => input.send([{ kind: "btn", button: "side", isDown: true }, key(0x38), event])).toThrow();
  expect(told).toEqual([]);
  // It is as if it had not been made: Alt is not held.
  if (situation.keyboardBuffer === undefined) {
    input.send([key(0xe037)]);
    expect(told.length).toBe(4);
  }
});
