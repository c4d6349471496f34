/**
 * What a machine is made of, and the check that it can be made.
 */

import {
  DISPLAY_HEIGHT_MAX_PX,
  DISPLAY_HEIGHT_MIN_PX,
  DISPLAY_WIDTH_MAX_PX,
  DISPLAY_WIDTH_MIN_PX,
  MACHINE_CONSOLES_MAX,
} from "../util/limits.ts";
import { faultOfPc, type PcSettings } from "./pc/config.ts";

export const MACHINE_TYPES = ["none", "test", "pc"] as const;
/**
 * `none`: no console and no device.  `test`: displays, and a guest that does nothing but draw on them.
 * `pc`: an emulated PC, which `pc/` holds; it brings its own display.
 */
export type MachineType = (typeof MACHINE_TYPES)[number];

export const DISPLAY_TYPES = ["VGA", "qxl"] as const;
export type DisplayType = (typeof DISPLAY_TYPES)[number];

export const DISPLAY_CONTENTS = ["moving", "still"] as const;
export type DisplayContent = (typeof DISPLAY_CONTENTS)[number];

export interface DisplayConfig {
  readonly type: DisplayType;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly content: DisplayContent;
  /** Each head is a console of its own. */
  readonly heads: number;
  /** The device's id, where the user gave one. */
  readonly id: string | undefined;
}

export interface MachineConfig {
  readonly type: MachineType;
  readonly displays: readonly DisplayConfig[];
  readonly pc?: PcSettings | undefined;
}

/** A configuration that no machine can be made of.  The message is for the one who wrote it. */
export class MachineConfigError extends Error {
  override readonly name = "MachineConfigError";
  readonly code = "MACHINE_CONFIG";
}

/** Ids as QEMU takes them: a letter, then letters, digits, `-`, `.`, `_`. */
const ID_PATTERN = /^[A-Za-z][A-Za-z0-9\-._]*$/;

/** Throws {@link MachineConfigError} for the first thing that is wrong with `config`. */
export function checkMachineConfig(config: MachineConfig): void {
  check(MACHINE_TYPES.includes(config.type), `unknown machine type '${config.type}': use pc, test or none`);
  check(
    config.type === "test" || config.displays.length === 0,
    `machine type '${config.type}' takes no display: type test does`,
  );
  check(
    (config.pc !== undefined) === (config.type === "pc"),
    "a machine of type 'pc' needs its parts, no other has any",
  );
  const fault = config.pc && faultOfPc(config.pc);
  check(fault === undefined, fault ?? "");
  const ids = new Set<string>();
  let consoles = 0;
  for (const display of config.displays) {
    checkDisplay(display);
    consoles += display.heads;
    if (display.id === undefined) continue;
    check(!ids.has(display.id), `two displays have the id '${display.id}'`);
    ids.add(display.id);
  }
  check(
    consoles <= MACHINE_CONSOLES_MAX,
    `${consoles} heads in all: a machine has at most ${MACHINE_CONSOLES_MAX}`,
  );
}

function checkDisplay(display: DisplayConfig): void {
  const { type, width, height, content, heads, id } = display;
  check(DISPLAY_TYPES.includes(type), `unknown display type '${type}': use VGA or qxl`);
  check(
    inRange(width, DISPLAY_WIDTH_MIN_PX, DISPLAY_WIDTH_MAX_PX) &&
      inRange(height, DISPLAY_HEIGHT_MIN_PX, DISPLAY_HEIGHT_MAX_PX),
    `display size ${width}x${height} is not between ${DISPLAY_WIDTH_MIN_PX}x${DISPLAY_HEIGHT_MIN_PX}` +
      ` and ${DISPLAY_WIDTH_MAX_PX}x${DISPLAY_HEIGHT_MAX_PX}`,
  );
  check(DISPLAY_CONTENTS.includes(content), `unknown display content '${content}': use moving or still`);
  check(
    inRange(heads, 1, MACHINE_CONSOLES_MAX),
    `a display has 1 to ${MACHINE_CONSOLES_MAX} heads, not ${heads}`,
  );
  check(
    id === undefined || ID_PATTERN.test(id),
    `display id '${id}' is not a letter followed by letters, digits, '-', '.', '_'`,
  );
}

function inRange(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new MachineConfigError(message);
}
