/**
 * The PC's pointers: a PS/2 mouse, and the absolute pointer of VMware's port, which a guest has to switch on.
 */

import { MachineError } from "../error.ts";
import type { Emulator } from "./emulator.ts";

export type PointerEvent =
  | { readonly kind: "move"; readonly dx: number; readonly dy: number }
  | { readonly kind: "wheel"; readonly dz: number }
  | { readonly kind: "position"; readonly x: number; readonly y: number }
  | { readonly kind: "buttons"; readonly left: boolean; readonly middle: boolean; readonly right: boolean };

export interface PointerDevice {
  readonly name: string;
  readonly index: number;
  readonly current: boolean;
  readonly absolute: boolean;
}

/** The largest coordinate.  Source: QEMU, `INPUT_EVENT_ABS_MAX`. */
const POSITION_MAX = 0x7fff;
/** What one packet of a PS/2 mouse can tell. */
const STEP_MAX = 127;
/** More steps at once than any screen has; the rest of a longer way is left out. */
const WAY_MAX = 32 * STEP_MAX;

function isAbsolute({ cpu }: Emulator): boolean {
  return cpu.devices.vmware.enabled && cpu.devices.vmware.absolute;
}

export function pointers(emulator: Emulator): PointerDevice[] {
  const absolute = isAbsolute(emulator);
  const mouse = { name: "QEMU PS/2 Mouse", index: 2, current: !absolute, absolute: false };
  return absolute ? [{ name: "vmmouse", index: 3, current: true, absolute: true }, mouse] : [mouse];
}

/** Throws `MachineError` for a position that the guest has no pointer for; the events before it have been sent. */
export function sendPointer(emulator: Emulator, events: readonly PointerEvent[]): void {
  for (const event of events) sendEvent(emulator, event);
}

function sendEvent(emulator: Emulator, event: PointerEvent): void {
  const { bus } = emulator;
  switch (event.kind) {
    case "move":
      return sendMove(emulator, event.dx, event.dy);
    case "wheel":
      // v86 counts notches away from the user.
      return bus.send("mouse-wheel", [-event.dz, 0]);
    case "position":
      if (!isAbsolute(emulator)) throw new MachineError("Input handler not found for event type abs");
      return bus.send("mouse-absolute", [event.x, event.y, POSITION_MAX, POSITION_MAX]);
    case "buttons":
      return bus.send("mouse-click", [event.left, event.middle, event.right]);
  }
}

function sendMove({ bus }: Emulator, dx: number, dy: number): void {
  let x = limit(dx, WAY_MAX);
  let y = limit(dy, WAY_MAX);
  while (x !== 0 || y !== 0) {
    const stepX = limit(x, STEP_MAX);
    const stepY = limit(y, STEP_MAX);
    // A PS/2 mouse counts upwards.
    bus.send("mouse-delta", [stepX, -stepY]);
    x -= stepX;
    y -= stepY;
  }
}

function limit(value: number, max: number): number {
  return Math.max(-max, Math.min(max, Math.trunc(value)));
}
