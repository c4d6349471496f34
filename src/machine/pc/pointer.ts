/**
 * The PC's pointers: a PS/2 mouse, and the absolute pointer of VMware's port, which a guest has to switch on.
 */

import type { Emulator } from "./emulator.ts";

export interface PointerDevice {
  readonly name: string;
  readonly index: number;
  readonly current: boolean;
  readonly absolute: boolean;
}

/** The largest coordinate.  Source: QEMU, `INPUT_EVENT_ABS_MAX`. */
export const POSITION_MAX = 0x7fff;
/** What one packet of a PS/2 mouse can tell. */
const STEP_MAX = 127;
/** More steps at once than any screen has; the rest of a longer way is left out. */
const WAY_MAX = 32 * STEP_MAX;

/** Whether the guest has switched the absolute pointer on. */
export function isAbsolute({ cpu }: Emulator): boolean {
  return cpu.devices.vmware.enabled && cpu.devices.vmware.absolute;
}

/** In the order and with the numbers that QEMU has for them. */
export function pointers(emulator: Emulator): PointerDevice[] {
  const absolute = isAbsolute(emulator);
  const mouse = { name: "QEMU PS/2 Mouse", index: 2, current: !absolute, absolute: false };
  return absolute ? [mouse, { name: "vmmouse", index: 4, current: true, absolute: true }] : [mouse];
}

/** A way in steps that a mouse can tell. */
export function stepsOf(way: { readonly x: number; readonly y: number }): { dx: number; dy: number }[] {
  const steps: { dx: number; dy: number }[] = [];
  let x = limit(way.x, WAY_MAX);
  let y = limit(way.y, WAY_MAX);
  while (x !== 0 || y !== 0) {
    const step = { dx: limit(x, STEP_MAX), dy: limit(y, STEP_MAX) };
    steps.push(step);
    x -= step.dx;
    y -= step.dy;
  }
  return steps;
}

function limit(value: number, max: number): number {
  return Math.max(-max, Math.min(max, Math.trunc(value)));
}
