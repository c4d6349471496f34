/**
 * Which key of a PC's keyboard each name and number stands for: its code in scan code set 1, plus 0xE000 where the
 * keyboard sends E0 before it.  What Print Screen and Pause send is not that simple: see `machine/pc/keyboard.ts`.
 *
 * Source: QEMU 7.2, which a test asks for each of them.
 */

import type { KeyValue, QKeyCode } from "../qapi/generated/ui.ts";

const PRINT = 0xe037;

/** Undefined: there is no such key. */
const CODES: Readonly<Record<QKeyCode, number | undefined>> = {
  unmapped: undefined,
  shift: 0x2a,
  shift_r: 0x36,
  alt: 0x38,
  alt_r: 0xe038,
  ctrl: 0x1d,
  ctrl_r: 0xe01d,
  menu: undefined,
  esc: 0x01,
  1: 0x02,
  2: 0x03,
  3: 0x04,
  4: 0x05,
  5: 0x06,
  6: 0x07,
  7: 0x08,
  8: 0x09,
  9: 0x0a,
  0: 0x0b,
  minus: 0x0c,
  equal: 0x0d,
  backspace: 0x0e,
  tab: 0x0f,
  q: 0x10,
  w: 0x11,
  e: 0x12,
  r: 0x13,
  t: 0x14,
  y: 0x15,
  u: 0x16,
  i: 0x17,
  o: 0x18,
  p: 0x19,
  bracket_left: 0x1a,
  bracket_right: 0x1b,
  ret: 0x1c,
  a: 0x1e,
  s: 0x1f,
  d: 0x20,
  f: 0x21,
  g: 0x22,
  h: 0x23,
  j: 0x24,
  k: 0x25,
  l: 0x26,
  semicolon: 0x27,
  apostrophe: 0x28,
  grave_accent: 0x29,
  backslash: 0x2b,
  z: 0x2c,
  x: 0x2d,
  c: 0x2e,
  v: 0x2f,
  b: 0x30,
  n: 0x31,
  m: 0x32,
  comma: 0x33,
  dot: 0x34,
  slash: 0x35,
  asterisk: 0x37,
  spc: 0x39,
  caps_lock: 0x3a,
  f1: 0x3b,
  f2: 0x3c,
  f3: 0x3d,
  f4: 0x3e,
  f5: 0x3f,
  f6: 0x40,
  f7: 0x41,
  f8: 0x42,
  f9: 0x43,
  f10: 0x44,
  num_lock: 0x45,
  scroll_lock: 0x46,
  kp_divide: 0xe035,
  kp_multiply: 0x37,
  kp_subtract: 0x4a,
  kp_add: 0x4e,
  kp_enter: 0xe01c,
  kp_decimal: 0x53,
  sysrq: 0xe037,
  kp_0: 0x52,
  kp_1: 0x4f,
  kp_2: 0x50,
  kp_3: 0x51,
  kp_4: 0x4b,
  kp_5: 0x4c,
  kp_6: 0x4d,
  kp_7: 0x47,
  kp_8: 0x48,
  kp_9: 0x49,
  less: 0x56,
  f11: 0x57,
  f12: 0x58,
  print: 0xe037,
  home: 0xe047,
  pgup: 0xe049,
  pgdn: 0xe051,
  end: 0xe04f,
  left: 0xe04b,
  up: 0xe048,
  down: 0xe050,
  right: 0xe04d,
  insert: 0xe052,
  delete: 0xe053,
  stop: 0xe068,
  again: undefined,
  props: undefined,
  undo: undefined,
  front: undefined,
  copy: undefined,
  open: undefined,
  paste: undefined,
  find: undefined,
  cut: undefined,
  lf: undefined,
  help: undefined,
  meta_l: 0xe05b,
  meta_r: 0xe05c,
  compose: 0xe05d,
  pause: 0xe046,
  ro: 0x73,
  hiragana: 0x77,
  henkan: 0x79,
  yen: 0x7d,
  muhenkan: 0x7b,
  katakanahiragana: 0x70,
  kp_comma: 0x7e,
  kp_equals: 0x59,
  power: 0xe05e,
  sleep: 0xe05f,
  wake: 0xe063,
  audionext: 0xe019,
  audioprev: 0xe010,
  audiostop: 0xe024,
  audioplay: 0xe022,
  audiomute: 0xe020,
  volumeup: 0xe030,
  volumedown: 0xe02e,
  mediaselect: 0xe06d,
  mail: 0xe06c,
  calculator: 0xe021,
  computer: 0xe06b,
  ac_home: 0xe032,
  ac_back: 0xe06a,
  ac_forward: 0xe069,
  ac_refresh: 0xe067,
  ac_bookmarks: 0xe066,
  lang1: undefined,
  lang2: undefined,
};

/** Of all keys, also those that a PC's keyboard has not. */
export const KEY_NAMES: readonly string[] = Object.keys(CODES);

/** What the number of a key stands in for E0 with. */
const NUMBER_EXTENDED = 0x80;
const NUMBER_MAX = 0xff;
/** The number of what Print Screen is together with Alt. */
const NUMBER_SYSTEM_REQUEST = 0x54;
const KNOWN_CODES: ReadonlySet<number | undefined> = new Set(Object.values(CODES));

/** `undefined`: a PC's keyboard has no such key. */
export function keyCode(key: KeyValue): number | undefined {
  return key.type === "qcode" ? CODES[key.data] : codeOfNumber(key.data);
}

function codeOfNumber(value: number | bigint): number | undefined {
  // QEMU looks at the lower half alone.
  const number = Number(BigInt.asUintN(32, BigInt(value)));
  if (number > NUMBER_MAX) return undefined;
  if (number === NUMBER_SYSTEM_REQUEST) return PRINT;
  const code = number < NUMBER_EXTENDED ? number : 0xe000 | (number - NUMBER_EXTENDED);
  return KNOWN_CODES.has(code) ? code : undefined;
}
