/**
 * What a user does: keys, buttons, and moves of the pointer, turned into what the emulator takes.
 *
 * What is sent in one call is sent whole, in its order, or not at all.  Moves along the axes that follow each other are
 * told as one.  An emulator has its own `Input`: after a reset nothing is held.
 */

import { MachineError } from "../error.ts";
import type { Emulator } from "./emulator.ts";
import { type HeldKeys, type KeyEvent, RELEASE_BYTES_MAX, scancodesOf } from "./keyboard.ts";
import { isAbsolute, POSITION_MAX, stepsOf } from "./pointer.ts";

export type Axis = "x" | "y";

/** Those of QEMU; the pointers here have the first five. */
export type PointerButton =
  | "left"
  | "middle"
  | "right"
  | "wheel-up"
  | "wheel-down"
  | "side"
  | "extra"
  | "wheel-left"
  | "wheel-right";

/** By QEMU's names for them. */
export type InputEvent =
  | KeyEvent
  /** A wheel turns by a notch when its button goes down. */
  | { readonly kind: "btn"; readonly button: PointerButton; readonly isDown: boolean }
  /** Steps to the right, or down. */
  | { readonly kind: "rel"; readonly axis: Axis; readonly value: number }
  /** From 0 on the left or at the top to 0x7fff; beyond, the edge. */
  | { readonly kind: "abs"; readonly axis: Axis; readonly value: number };

/** What v86's bus takes. */
type Message =
  | { readonly event: "keyboard-code"; readonly value: number }
  | {
      readonly event: "mouse-click";
      readonly value: readonly [left: boolean, middle: boolean, right: boolean];
    }
  /** Notches away from the user. */
  | { readonly event: "mouse-wheel"; readonly value: readonly [dy: number, dx: number] }
  | { readonly event: "mouse-delta"; readonly value: readonly [right: number, up: number] }
  | {
      readonly event: "mouse-absolute";
      readonly value: readonly [x: number, y: number, width: number, height: number];
    };

/** What a user holds, and where the pointer was put. */
interface Hands {
  readonly keys: HeldKeys;
  readonly buttons: { left: boolean; middle: boolean; right: boolean };
  readonly position: { x: number; y: number };
}

/** Bytes of v86's queue for each of the two: what is beyond would write over what waits there. */
const QUEUE_BYTES = 1024;
const MOUSE_PACKET_BYTES_MAX = 4;

export class Input {
  readonly #emulator: Emulator;
  #hands: Hands = {
    keys: new Set(),
    buttons: { left: false, middle: false, right: false },
    position: { x: 0, y: 0 },
  };

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
  }

  /** Throws `MachineError`, and has sent nothing then. */
  send(events: readonly InputEvent[]): void {
    const { bus, cpu } = this.#emulator;
    const { ps2 } = cpu.devices;
    const isPlaced = events.some(({ kind }) => kind === "abs");
    if (isPlaced && !isAbsolute(this.#emulator)) {
      throw new MachineError("Input handler not found for event type abs");
    }
    const hands = copyOf(this.#hands);
    const messages = translate(events, hands);
    const keyBytes = messages.filter(({ event }) => event === "keyboard-code").length;
    // Room is kept to let go of what is held: no key stays pressed since a guest did not read.
    const keptBytes = hands.keys.size * RELEASE_BYTES_MAX;
    const keyRoom = ps2.enable_keyboard_stream ? QUEUE_BYTES - ps2.kbd_buffer.length : Infinity;
    if (keyBytes > 0 && keyBytes + keptBytes > keyRoom) {
      throw new MachineError("The guest's keyboard buffer has no room for these keys");
    }
    const mouseMessages = messages.length - keyBytes + (isPlaced ? 1 : 0);
    const mouseRoom = ps2.mouse_stream_active() ? QUEUE_BYTES - ps2.mouse_buffer.length : Infinity;
    if (mouseMessages > 0 && mouseMessages * MOUSE_PACKET_BYTES_MAX > mouseRoom) {
      throw new MachineError("The guest's mouse buffer has no room for these events");
    }
    this.#hands = hands;
    for (const { event, value } of messages) bus.send(event, value);
    // The absolute pointer has no interrupt: a guest looks at it when the mouse tells something, if only that it is there.
    if (isPlaced && ps2.mouse_stream_active()) ps2.send_mouse_packet(0, 0);
  }
}

function copyOf({ keys, buttons, position }: Hands): Hands {
  return { keys: new Set(keys), buttons: { ...buttons }, position: { ...position } };
}

/** Changes `hands` to what they are after the events. */
function translate(events: readonly InputEvent[], hands: Hands): readonly Message[] {
  const messages: Message[] = [];
  const way = { x: 0, y: 0 };
  const move = (): void => {
    for (const { dx, dy } of stepsOf(way)) {
      // A PS/2 mouse counts upwards.
      messages.push({ event: "mouse-delta", value: [dx, -dy] });
    }
    way.x = 0;
    way.y = 0;
  };
  const place = (): void => {
    const { x, y } = hands.position;
    messages.push({ event: "mouse-absolute", value: [x, y, POSITION_MAX, POSITION_MAX] });
  };
  for (const [index, event] of events.entries()) {
    const isLastOfItsKind = events[index + 1]?.kind !== event.kind;
    switch (event.kind) {
      case "key":
        for (const value of scancodesOf(event, hands.keys)) {
          messages.push({ event: "keyboard-code", value });
        }
        break;
      case "btn":
        messages.push(...buttonMessages(event.button, event.isDown, hands.buttons));
        break;
      case "rel":
        way[event.axis] += event.value;
        if (isLastOfItsKind) move();
        break;
      case "abs":
        hands.position[event.axis] = event.value;
        if (isLastOfItsKind) place();
        break;
    }
  }
  return messages;
}

function buttonMessages(
  button: PointerButton,
  isDown: boolean,
  buttons: Hands["buttons"],
): readonly Message[] {
  switch (button) {
    case "left":
    case "middle":
    case "right":
      buttons[button] = isDown;
      return [{ event: "mouse-click", value: [buttons.left, buttons.middle, buttons.right] }];
    case "wheel-up":
    case "wheel-down":
      return isDown ? [{ event: "mouse-wheel", value: [button === "wheel-up" ? 1 : -1, 0] }] : [];
    case "side":
    case "extra":
    case "wheel-left":
    case "wheel-right":
      return [];
  }
}
