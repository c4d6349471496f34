/**
 * What a PC's keyboard sends when a key is pressed or let go: scan codes of set 1.
 *
 * Most keys send their code, and the same with bit 7 set when they are let go.  Two are older than their place on the
 * keyboard, and pretend to be what they were: Print Screen was on the keypad's `*`, and with Alt a key of its own;
 * Pause was Ctrl with Num Lock, sends that when it is pressed and nothing afterwards, and with Ctrl is Break.
 */

/** A key is pressed or let go. */
export interface KeyEvent {
  readonly kind: "key";
  /** Its code in set 1, plus 0xE000 where the keyboard sends E0 before it; `undefined`: it has no such key. */
  readonly code: number | undefined;
  readonly isDown: boolean;
}

const CTRL = 0x1d;
const CTRL_RIGHT = 0xe01d;
const SHIFT = 0x2a;
const SHIFT_RIGHT = 0x36;
const ALT = 0x38;
const ALT_RIGHT = 0xe038;
const PRINT = 0xe037;
const PAUSE = 0xe046;
/** Its shift key that nobody presses. */
const PRETENDED_SHIFT = 0xe02a;
const SYSTEM_REQUEST = 0x54;
const PAUSE_BYTES = [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5];

/** The codes of the keys that are held.  Belongs to whoever makes it; `scancodesOf` changes it. */
export type HeldKeys = Set<number>;

/** Most bytes that letting go of a key can take. */
export const RELEASE_BYTES_MAX = 5;

/** The bytes that the keyboard sends; `held` becomes what is held afterwards. */
export function scancodesOf({ code, isDown }: KeyEvent, held: HeldKeys): readonly number[] {
  if (code === undefined) return [];
  if (isDown) held.add(code);
  else held.delete(code);
  if (code === PAUSE) return isDown ? pausePressed(held) : [];
  if (code === PRINT) return isDown ? printPressed(held) : printReleased(held);
  return isDown ? pressed(code) : released(code);
}

function pausePressed(held: HeldKeys): readonly number[] {
  return isCtrlHeld(held) ? [...pressed(PAUSE), ...released(PAUSE)] : PAUSE_BYTES;
}

function printPressed(held: HeldKeys): readonly number[] {
  const alt = heldAlt(held);
  if (alt !== undefined) return [...released(alt), ...pressed(alt), ...pressed(SYSTEM_REQUEST)];
  return isShiftHeld(held) || isCtrlHeld(held)
    ? pressed(PRINT)
    : [...pressed(PRETENDED_SHIFT), ...pressed(PRINT)];
}

function printReleased(held: HeldKeys): readonly number[] {
  const alt = heldAlt(held);
  if (alt !== undefined) return [...released(SYSTEM_REQUEST), ...released(alt), ...pressed(alt)];
  return isShiftHeld(held) || isCtrlHeld(held)
    ? released(PRINT)
    : [...released(PRINT), ...released(PRETENDED_SHIFT)];
}

function heldAlt(held: HeldKeys): number | undefined {
  return [ALT, ALT_RIGHT].find((code) => held.has(code));
}

function isCtrlHeld(held: HeldKeys): boolean {
  return held.has(CTRL) || held.has(CTRL_RIGHT);
}

function isShiftHeld(held: HeldKeys): boolean {
  return held.has(SHIFT) || held.has(SHIFT_RIGHT);
}

function pressed(code: number): readonly number[] {
  return code > 0xff ? [code >> 8, code & 0xff] : [code];
}

function released(code: number): readonly number[] {
  return pressed(code | 0x80);
}
