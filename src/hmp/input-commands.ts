/** Commands of the human monitor that press keys, and move and press the pointer. */

import type { JsonObject } from "../qjson/value.ts";
import { QmpError } from "../qmp/errors.ts";
import type { HmpArguments } from "./arguments.ts";
import type { HmpCommand, HmpContext } from "./command.ts";

export const INPUT_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["sendkey"],
    usage: "keys [hold_ms]",
    help: "press keys together, and let them go: ctrl-alt-f1, 0x1e",
    parameters: [
      { kind: "string", name: "keys", optional: false, completes: "key" },
      { kind: "int32", name: "hold-time", optional: true },
    ],
    run: sendKey,
  },
  {
    names: ["mouse_move"],
    usage: "dx dy [dz]",
    help: "move the pointer, and turn its wheel",
    parameters: [
      { kind: "string", name: "dx", optional: false },
      { kind: "string", name: "dy", optional: false },
      { kind: "string", name: "dz", optional: true },
    ],
    run: moveMouse,
  },
  {
    names: ["mouse_button"],
    usage: "state",
    help: "hold these buttons, and no other: 1 left + 2 right + 4 middle",
    parameters: [{ kind: "int32", name: "state", optional: false }],
    run: pressButtons,
  },
];

/** The one key that has a name of the human monitor's own.  Source: QEMU. */
const LESS_KEY = "<";

async function sendKey(args: HmpArguments, { call }: HmpContext): Promise<string> {
  const names = String(args.get("keys")).split("-");
  if (names.includes("")) return "invalid parameter: \n";
  const keys = names.map((name) => keyValue(name === LESS_KEY ? "less" : name));
  try {
    await call("send-key", { keys, "hold-time": args.get("hold-time") });
  } catch (error) {
    const unknown = error instanceof QmpError ? unknownKey(error.message) : undefined;
    if (unknown === undefined) throw error;
    return `invalid parameter: ${unknown}\n`;
  }
  return "";
}

function keyValue(name: string): JsonObject {
  // Up to eight digits: what is longer is no number of a key, and is refused by its name.
  if (/^0x[0-9a-f]{1,8}$/i.test(name)) return { type: "number", data: Number(name) };
  return { type: "qcode", data: name };
}

/** The key that the arguments' check has refused. */
function unknownKey(message: string): string | undefined {
  return /^Parameter '[^']*' does not accept value '(.*)'$/s.exec(message)?.[1];
}

async function moveMouse(args: HmpArguments, { call }: HmpContext): Promise<string> {
  const [dx, dy, dz] = ["dx", "dy", "dz"].map((name) => integerAt(String(args.get(name) ?? "")));
  const relative = (axis: string, value: number): JsonObject => ({ type: "rel", data: { axis, value } });
  const wheel = (down: boolean): JsonObject => ({
    type: "btn",
    data: { button: (dz ?? 0) > 0 ? "wheel-up" : "wheel-down", down },
  });
  await call("input-send-event", { events: [relative("x", dx ?? 0), relative("y", dy ?? 0)] });
  if (dz === undefined || dz === 0) return "";
  await call("input-send-event", { events: [wheel(true)] });
  await call("input-send-event", { events: [wheel(false)] });
  return "";
}

/** As C reads a number at the beginning of a text: 0 where there is none.  Bounded by 32 bits. */
function integerAt(text: string): number {
  const [, sign, digits] = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text) ?? [];
  if (digits === undefined) return 0;
  const size = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return (sign === "-" ? -1 : 1) * Math.min(size, 2 ** 31 - 1);
}

/** Sources: QEMU's buttons, as its human monitor numbers them. */
const BUTTONS = [
  { button: "left", bit: 1 },
  { button: "right", bit: 2 },
  { button: "middle", bit: 4 },
];

async function pressButtons(args: HmpArguments, { call }: HmpContext): Promise<string> {
  const state = Number(args.get("state"));
  const events = BUTTONS.map(({ button, bit }) => ({
    type: "btn",
    data: { button, down: (state & bit) !== 0 },
  }));
  await call("input-send-event", { events });
  return "";
}
