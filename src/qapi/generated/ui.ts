/**
 * Generated from schema/ui.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler, PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asArray,
  asBoolean,
  asInt64,
  asNoMembers,
  asObject,
  asString,
  asText,
  firstMembers,
  type Input,
  type Int64,
  type JsonText,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * How a picture is written down.
 *
 * - `ppm`: without compression
 * - `png`: compressed, without loss
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 18.
 */
export type ImageFormat = "ppm" | "png";

export function unmarshalImageFormat(input: Input, at: string, name: string | number): ImageFormat {
  switch (input) {
    case "ppm":
    case "png":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * A picture of a display.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 64.
 */
export type ScreendumpData = {
  /** the file's bytes, in base64 */
  readonly data: string | JsonText;
  /** in pixels */
  readonly width: Int64;
  /** in pixels */
  readonly height: Int64;
  /** how the picture is written down */
  readonly format: ImageFormat;
};

export function unmarshalScreendumpData(input: Input, at: string, name: string | number): ScreendumpData {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ScreendumpData>;
  result.data = asText(object.data, path, "data");
  result.width = asInt64(object.width, path, "width");
  result.height = asInt64(object.height, path, "height");
  result.format = unmarshalImageFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "data":
      case "width":
      case "height":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * What shows the displays to somebody at this computer.
 *
 * - `none`: nothing does
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 98.
 */
export type DisplayType = "none";

export function unmarshalDisplayType(input: Input, at: string, name: string | number): DisplayType {
  switch (input) {
    case "none":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * How the displays are shown.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 109.
 */
export type DisplayOptions = {
  /** by what */
  readonly type: DisplayType;
};

export function unmarshalDisplayOptions(input: Input, at: string, name: string | number): DisplayOptions {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DisplayOptions>;
  result.type = unmarshalDisplayType(object.type, path, "type");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "type":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A pointer of the machine.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 141.
 */
export type MouseInfo = {
  /** what it is */
  readonly name: string;
  /** its number */
  readonly index: Int64;
  /** whether the guest is told of pointer events by it */
  readonly current: boolean;
  /** whether it can be told a position; otherwise, steps alone */
  readonly absolute: boolean;
};

export function unmarshalMouseInfo(input: Input, at: string, name: string | number): MouseInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<MouseInfo>;
  result.name = asString(object.name, path, "name");
  result.index = asInt64(object.index, path, "index");
  result.current = asBoolean(object.current, path, "current");
  result.absolute = asBoolean(object.absolute, path, "absolute");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "index":
      case "current":
      case "absolute":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A key, by what is printed on it on a keyboard of the United States, where
 * it has it.  Pressing one that a PC's keyboard has not does nothing.
 *
 * - `unmapped`: no key
 * - `shift`: Shift, on the left
 * - `shift_r`: Shift, on the right
 * - `alt`: Alt, on the left
 * - `alt_r`: Alt, on the right; AltGr
 * - `ctrl`: Ctrl, on the left
 * - `ctrl_r`: Ctrl, on the right
 * - `menu`: Menu of a Sun's keyboard: no key of a PC's
 * - `esc`: Esc
 * - `1`: 1
 * - `2`: 2
 * - `3`: 3
 * - `4`: 4
 * - `5`: 5
 * - `6`: 6
 * - `7`: 7
 * - `8`: 8
 * - `9`: 9
 * - `0`: 0
 * - `minus`: -
 * - `equal`: =
 * - `backspace`: Backspace
 * - `tab`: Tab
 * - `q`: Q
 * - `w`: W
 * - `e`: E
 * - `r`: R
 * - `t`: T
 * - `y`: Y
 * - `u`: U
 * - `i`: I
 * - `o`: O
 * - `p`: P
 * - `bracket_left`: [
 * - `bracket_right`: ]
 * - `ret`: Enter
 * - `a`: A
 * - `s`: S
 * - `d`: D
 * - `f`: F
 * - `g`: G
 * - `h`: H
 * - `j`: J
 * - `k`: K
 * - `l`: L
 * - `semicolon`: ;
 * - `apostrophe`: '
 * - `grave_accent`: `
 * - `backslash`: \
 * - `z`: Z
 * - `x`: X
 * - `c`: C
 * - `v`: V
 * - `b`: B
 * - `n`: N
 * - `m`: M
 * - `comma`: ,
 * - `dot`: .
 * - `slash`: /
 * - `asterisk`: * of the keypad
 * - `spc`: the space bar
 * - `caps_lock`: Caps Lock
 * - `f1`: F1
 * - `f2`: F2
 * - `f3`: F3
 * - `f4`: F4
 * - `f5`: F5
 * - `f6`: F6
 * - `f7`: F7
 * - `f8`: F8
 * - `f9`: F9
 * - `f10`: F10
 * - `num_lock`: Num Lock
 * - `scroll_lock`: Scroll Lock
 * - `kp_divide`: / of the keypad
 * - `kp_multiply`: * of the keypad
 * - `kp_subtract`: - of the keypad
 * - `kp_add`: + of the keypad
 * - `kp_enter`: Enter of the keypad
 * - `kp_decimal`: . of the keypad
 * - `sysrq`: Print Screen, by another name
 * - `kp_0`: 0 of the keypad
 * - `kp_1`: 1 of the keypad
 * - `kp_2`: 2 of the keypad
 * - `kp_3`: 3 of the keypad
 * - `kp_4`: 4 of the keypad
 * - `kp_5`: 5 of the keypad
 * - `kp_6`: 6 of the keypad
 * - `kp_7`: 7 of the keypad
 * - `kp_8`: 8 of the keypad
 * - `kp_9`: 9 of the keypad
 * - `less`: <, where a keyboard has it beside the left Shift
 * - `f11`: F11
 * - `f12`: F12
 * - `print`: Print Screen; with Alt, SysRq
 * - `home`: Home
 * - `pgup`: Page Up
 * - `pgdn`: Page Down
 * - `end`: End
 * - `left`: the arrow to the left
 * - `up`: the arrow up
 * - `down`: the arrow down
 * - `right`: the arrow to the right
 * - `insert`: Insert
 * - `delete`: Delete
 * - `stop`: Stop, among the keys for a browser
 * - `again`: Again of a Sun's keyboard: no key of a PC's
 * - `props`: Props of a Sun's keyboard: no key of a PC's
 * - `undo`: Undo of a Sun's keyboard: no key of a PC's
 * - `front`: Front of a Sun's keyboard: no key of a PC's
 * - `copy`: Copy of a Sun's keyboard: no key of a PC's
 * - `open`: Open of a Sun's keyboard: no key of a PC's
 * - `paste`: Paste of a Sun's keyboard: no key of a PC's
 * - `find`: Find of a Sun's keyboard: no key of a PC's
 * - `cut`: Cut of a Sun's keyboard: no key of a PC's
 * - `lf`: Line Feed: no key of a PC's
 * - `help`: Help: no key of a PC's
 * - `meta_l`: the Windows key, on the left
 * - `meta_r`: the Windows key, on the right
 * - `compose`: the Menu key
 * - `pause`: Pause; with Ctrl, Break
 * - `ro`: Ro, of Japan
 * - `hiragana`: Hiragana, of Japan
 * - `henkan`: Henkan, of Japan
 * - `yen`: Yen, of Japan
 * - `muhenkan`: Muhenkan, of Japan
 * - `katakanahiragana`: Katakana and Hiragana, of Japan
 * - `kp_comma`: , of the keypad
 * - `kp_equals`: = of the keypad
 * - `power`: Power
 * - `sleep`: Sleep
 * - `wake`: Wake
 * - `audionext`: the next track
 * - `audioprev`: the track before
 * - `audiostop`: stop playing
 * - `audioplay`: play, or pause
 * - `audiomute`: mute
 * - `volumeup`: louder
 * - `volumedown`: softer
 * - `mediaselect`: the media player
 * - `mail`: the mail program
 * - `calculator`: the calculator
 * - `computer`: My Computer
 * - `ac_home`: a browser's home page
 * - `ac_back`: a page back
 * - `ac_forward`: a page forward
 * - `ac_refresh`: load the page again
 * - `ac_bookmarks`: bookmarks
 * - `lang1`: Hangul, of Korea: not sent by this keyboard
 * - `lang2`: Hanja, of Korea: not sent by this keyboard
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 465.
 */
export type QKeyCode =
  | "unmapped"
  | "shift"
  | "shift_r"
  | "alt"
  | "alt_r"
  | "ctrl"
  | "ctrl_r"
  | "menu"
  | "esc"
  | "1"
  | "2"
  | "3"
  | "4"
  | "5"
  | "6"
  | "7"
  | "8"
  | "9"
  | "0"
  | "minus"
  | "equal"
  | "backspace"
  | "tab"
  | "q"
  | "w"
  | "e"
  | "r"
  | "t"
  | "y"
  | "u"
  | "i"
  | "o"
  | "p"
  | "bracket_left"
  | "bracket_right"
  | "ret"
  | "a"
  | "s"
  | "d"
  | "f"
  | "g"
  | "h"
  | "j"
  | "k"
  | "l"
  | "semicolon"
  | "apostrophe"
  | "grave_accent"
  | "backslash"
  | "z"
  | "x"
  | "c"
  | "v"
  | "b"
  | "n"
  | "m"
  | "comma"
  | "dot"
  | "slash"
  | "asterisk"
  | "spc"
  | "caps_lock"
  | "f1"
  | "f2"
  | "f3"
  | "f4"
  | "f5"
  | "f6"
  | "f7"
  | "f8"
  | "f9"
  | "f10"
  | "num_lock"
  | "scroll_lock"
  | "kp_divide"
  | "kp_multiply"
  | "kp_subtract"
  | "kp_add"
  | "kp_enter"
  | "kp_decimal"
  | "sysrq"
  | "kp_0"
  | "kp_1"
  | "kp_2"
  | "kp_3"
  | "kp_4"
  | "kp_5"
  | "kp_6"
  | "kp_7"
  | "kp_8"
  | "kp_9"
  | "less"
  | "f11"
  | "f12"
  | "print"
  | "home"
  | "pgup"
  | "pgdn"
  | "end"
  | "left"
  | "up"
  | "down"
  | "right"
  | "insert"
  | "delete"
  | "stop"
  | "again"
  | "props"
  | "undo"
  | "front"
  | "copy"
  | "open"
  | "paste"
  | "find"
  | "cut"
  | "lf"
  | "help"
  | "meta_l"
  | "meta_r"
  | "compose"
  | "pause"
  | "ro"
  | "hiragana"
  | "henkan"
  | "yen"
  | "muhenkan"
  | "katakanahiragana"
  | "kp_comma"
  | "kp_equals"
  | "power"
  | "sleep"
  | "wake"
  | "audionext"
  | "audioprev"
  | "audiostop"
  | "audioplay"
  | "audiomute"
  | "volumeup"
  | "volumedown"
  | "mediaselect"
  | "mail"
  | "calculator"
  | "computer"
  | "ac_home"
  | "ac_back"
  | "ac_forward"
  | "ac_refresh"
  | "ac_bookmarks"
  | "lang1"
  | "lang2";

export function unmarshalQKeyCode(input: Input, at: string, name: string | number): QKeyCode {
  switch (input) {
    case "unmapped":
    case "shift":
    case "shift_r":
    case "alt":
    case "alt_r":
    case "ctrl":
    case "ctrl_r":
    case "menu":
    case "esc":
    case "1":
    case "2":
    case "3":
    case "4":
    case "5":
    case "6":
    case "7":
    case "8":
    case "9":
    case "0":
    case "minus":
    case "equal":
    case "backspace":
    case "tab":
    case "q":
    case "w":
    case "e":
    case "r":
    case "t":
    case "y":
    case "u":
    case "i":
    case "o":
    case "p":
    case "bracket_left":
    case "bracket_right":
    case "ret":
    case "a":
    case "s":
    case "d":
    case "f":
    case "g":
    case "h":
    case "j":
    case "k":
    case "l":
    case "semicolon":
    case "apostrophe":
    case "grave_accent":
    case "backslash":
    case "z":
    case "x":
    case "c":
    case "v":
    case "b":
    case "n":
    case "m":
    case "comma":
    case "dot":
    case "slash":
    case "asterisk":
    case "spc":
    case "caps_lock":
    case "f1":
    case "f2":
    case "f3":
    case "f4":
    case "f5":
    case "f6":
    case "f7":
    case "f8":
    case "f9":
    case "f10":
    case "num_lock":
    case "scroll_lock":
    case "kp_divide":
    case "kp_multiply":
    case "kp_subtract":
    case "kp_add":
    case "kp_enter":
    case "kp_decimal":
    case "sysrq":
    case "kp_0":
    case "kp_1":
    case "kp_2":
    case "kp_3":
    case "kp_4":
    case "kp_5":
    case "kp_6":
    case "kp_7":
    case "kp_8":
    case "kp_9":
    case "less":
    case "f11":
    case "f12":
    case "print":
    case "home":
    case "pgup":
    case "pgdn":
    case "end":
    case "left":
    case "up":
    case "down":
    case "right":
    case "insert":
    case "delete":
    case "stop":
    case "again":
    case "props":
    case "undo":
    case "front":
    case "copy":
    case "open":
    case "paste":
    case "find":
    case "cut":
    case "lf":
    case "help":
    case "meta_l":
    case "meta_r":
    case "compose":
    case "pause":
    case "ro":
    case "hiragana":
    case "henkan":
    case "yen":
    case "muhenkan":
    case "katakanahiragana":
    case "kp_comma":
    case "kp_equals":
    case "power":
    case "sleep":
    case "wake":
    case "audionext":
    case "audioprev":
    case "audiostop":
    case "audioplay":
    case "audiomute":
    case "volumeup":
    case "volumedown":
    case "mediaselect":
    case "mail":
    case "calculator":
    case "computer":
    case "ac_home":
    case "ac_back":
    case "ac_forward":
    case "ac_refresh":
    case "ac_bookmarks":
    case "lang1":
    case "lang2":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * How a key is told.
 *
 * - `number`: by its number
 * - `qcode`: by its name
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 502.
 */
export type KeyValueKind = "number" | "qcode";

export function unmarshalKeyValueKind(input: Input, at: string, name: string | number): KeyValueKind {
  switch (input) {
    case "number":
    case "qcode":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * A key by its number.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 515.
 */
export type IntWrapper = {
  /**
   * the scan code of set 1 that it sends when it is pressed; with 0x80
   * added where the keyboard sends E0 before it.  Numbers of no key do
   * nothing.
   */
  readonly data: Int64;
};

/**
 * A key by its name.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 526.
 */
export type QKeyCodeWrapper = {
  /** the name */
  readonly data: QKeyCode;
};

/**
 * A key.
 *
 * Members of every `KeyValue`.
 *
 * Source: schema/ui.json, line 537.
 */
export type KeyValueBase = {
  /** how it is told */
  readonly type: KeyValueKind;
};

/**
 * A key.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 537.
 */
export type KeyValue =
  | (KeyValueBase & { readonly type: "number" } & IntWrapper)
  | (KeyValueBase & { readonly type: "qcode" } & QKeyCodeWrapper);

export function unmarshalKeyValue(input: Input, at: string, name: string | number): KeyValue {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const base = {} as Mutable<KeyValueBase>;
  base.type = unmarshalKeyValueKind(object.type, path, "type");
  switch (base.type) {
    case "number": {
      const result = base as Mutable<Extract<KeyValue, { type: "number" }>>;
      result.data = asInt64(object.data, path, "data");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "type":
          case "data":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "qcode": {
      const result = base as Mutable<Extract<KeyValue, { type: "qcode" }>>;
      result.data = unmarshalQKeyCode(object.data, path, "data");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "type":
          case "data":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
  }
}

/**
 * A button of a pointer, or a notch of its wheel.
 *
 * - `left`: the left one
 * - `middle`: the middle one
 * - `right`: the right one
 * - `wheel-up`: the wheel, away from the user
 * - `wheel-down`: the wheel, towards the user
 * - `side`: none that the pointers here have: it does nothing
 * - `extra`: the same
 * - `wheel-left`: the same
 * - `wheel-right`: the same
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 596.
 */
export type InputButton =
  | "left"
  | "middle"
  | "right"
  | "wheel-up"
  | "wheel-down"
  | "side"
  | "extra"
  | "wheel-left"
  | "wheel-right";

export function unmarshalInputButton(input: Input, at: string, name: string | number): InputButton {
  switch (input) {
    case "left":
    case "middle":
    case "right":
    case "wheel-up":
    case "wheel-down":
    case "side":
    case "extra":
    case "wheel-left":
    case "wheel-right":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * An axis of a pointer.
 *
 * - `x`: to the right
 * - `y`: down
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 611.
 */
export type InputAxis = "x" | "y";

export function unmarshalInputAxis(input: Input, at: string, name: string | number): InputAxis {
  switch (input) {
    case "x":
    case "y":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * A key is pressed, or let go.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 624.
 */
export type InputKeyEvent = {
  /** which one */
  readonly key: KeyValue;
  /** whether it is pressed */
  readonly down: boolean;
};

export function unmarshalInputKeyEvent(input: Input, at: string, name: string | number): InputKeyEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<InputKeyEvent>;
  result.key = unmarshalKeyValue(object.key, path, "key");
  result.down = asBoolean(object.down, path, "down");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "key":
      case "down":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A button of a pointer is pressed, or let go.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 637.
 */
export type InputBtnEvent = {
  /** which one */
  readonly button: InputButton;
  /** whether it is pressed; a wheel turns by one notch then */
  readonly down: boolean;
};

export function unmarshalInputBtnEvent(input: Input, at: string, name: string | number): InputBtnEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<InputBtnEvent>;
  result.button = unmarshalInputButton(object.button, path, "button");
  result.down = asBoolean(object.down, path, "down");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "button":
      case "down":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A pointer moves.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 652.
 */
export type InputMoveEvent = {
  /** along which axis */
  readonly axis: InputAxis;
  /**
   * by how many steps; or to which place, from 0 on the left and at the
   * top to 0x7fff
   */
  readonly value: Int64;
};

export function unmarshalInputMoveEvent(input: Input, at: string, name: string | number): InputMoveEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<InputMoveEvent>;
  result.axis = unmarshalInputAxis(object.axis, path, "axis");
  result.value = asInt64(object.value, path, "value");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "axis":
      case "value":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * What happens.
 *
 * - `key`: to a key
 * - `btn`: to a button of a pointer
 * - `rel`: a pointer moves by some steps
 * - `abs`: a pointer moves to a place; the guest has to have one that can
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 669.
 */
export type InputEventKind = "key" | "btn" | "rel" | "abs";

export function unmarshalInputEventKind(input: Input, at: string, name: string | number): InputEventKind {
  switch (input) {
    case "key":
    case "btn":
    case "rel":
    case "abs":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * An event of a key.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 680.
 */
export type InputKeyEventWrapper = {
  /** what happens */
  readonly data: InputKeyEvent;
};

/**
 * An event of a button.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 691.
 */
export type InputBtnEventWrapper = {
  /** what happens */
  readonly data: InputBtnEvent;
};

/**
 * An event of a pointer.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 702.
 */
export type InputMoveEventWrapper = {
  /** what happens */
  readonly data: InputMoveEvent;
};

/**
 * Something that a user does.
 *
 * Members of every `InputEvent`.
 *
 * Source: schema/ui.json, line 713.
 */
export type InputEventBase = {
  /** to what */
  readonly type: InputEventKind;
};

/**
 * Something that a user does.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 713.
 */
export type InputEvent =
  | (InputEventBase & { readonly type: "key" } & InputKeyEventWrapper)
  | (InputEventBase & { readonly type: "btn" } & InputBtnEventWrapper)
  | (InputEventBase & { readonly type: "rel" } & InputMoveEventWrapper)
  | (InputEventBase & { readonly type: "abs" } & InputMoveEventWrapper);

export function unmarshalInputEvent(input: Input, at: string, name: string | number): InputEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const base = {} as Mutable<InputEventBase>;
  base.type = unmarshalInputEventKind(object.type, path, "type");
  switch (base.type) {
    case "key": {
      const result = base as Mutable<Extract<InputEvent, { type: "key" }>>;
      result.data = unmarshalInputKeyEvent(object.data, path, "data");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "type":
          case "data":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "btn": {
      const result = base as Mutable<Extract<InputEvent, { type: "btn" }>>;
      result.data = unmarshalInputBtnEvent(object.data, path, "data");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "type":
          case "data":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "rel": {
      const result = base as Mutable<Extract<InputEvent, { type: "rel" }>>;
      result.data = unmarshalInputMoveEvent(object.data, path, "data");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "type":
          case "data":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "abs": {
      const result = base as Mutable<Extract<InputEvent, { type: "abs" }>>;
      result.data = unmarshalInputMoveEvent(object.data, path, "data");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "type":
          case "data":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
  }
}

/**
 * Writes a picture of a display to a file.  The picture shows the display as
 * it is after the command arrived, whole.  The file is complete when the
 * reply comes; if it cannot be completed, no new file is left behind, and
 * one that was there is left empty.
 *
 * Arguments of the command `screendump`.
 *
 * Source: schema/ui.json, line 44.
 */
export type ScreendumpArg = {
  /** the file */
  readonly filename: string;
  /** the id of the display's device; the first display if left out */
  readonly device?: string;
  /** which head of the device, from 0; only together with `device` */
  readonly head?: Int64;
  /** 'ppm' if left out */
  readonly format?: ImageFormat;
};

export function unmarshalScreendumpArg(input: Input, at: string, name: string | number): ScreendumpArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ScreendumpArg>;
  result.filename = asString(object.filename, path, "filename");
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.head !== undefined) result.head = asInt64(object.head, path, "head");
  if (object.format !== undefined) result.format = unmarshalImageFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "filename":
      case "device":
      case "head":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Answers with a picture of a display, for clients that share no files with
 * this program.  Apart from that it is the command screendump.
 *
 * Arguments of the command `screendump-data`.
 *
 * Source: schema/ui.json, line 84.
 */
export type ScreendumpDataArg = {
  /** the id of the display's device; the first display if left out */
  readonly device?: string;
  /** which head of the device, from 0; only together with `device` */
  readonly head?: Int64;
  /** 'ppm' if left out */
  readonly format?: ImageFormat;
};

export function unmarshalScreendumpDataArg(
  input: Input,
  at: string,
  name: string | number,
): ScreendumpDataArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ScreendumpDataArg>;
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.head !== undefined) result.head = asInt64(object.head, path, "head");
  if (object.format !== undefined) result.format = unmarshalImageFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "head":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Presses keys, one after the other, and lets go of them, the last one
 * first.  Between two of these steps the hold time goes by.  The reply comes
 * when the last key was let go.  The keys of another send-key wait until
 * then, and for as long again, but at most 100 ms.  A machine that does not
 * run, or that has no keyboard, takes no notice of it.
 *
 * A command that is cancelled lets go of the keys at once.
 *
 * Arguments of the command `send-key`.
 *
 * Source: schema/ui.json, line 567.
 */
export type SendKeyArg = {
  /** the keys, in the order in which they are pressed; at most 512 */
  readonly keys: readonly KeyValue[];
  /** in milliseconds; 100 if left out, or 0 */
  readonly "hold-time"?: Int64;
};

export function unmarshalSendKeyArg(input: Input, at: string, name: string | number): SendKeyArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SendKeyArg>;
  result.keys = asArray(object.keys, path, "keys", unmarshalKeyValue);
  if (object["hold-time"] !== undefined) {
    result["hold-time"] = asInt64(object["hold-time"], path, "hold-time");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "keys":
      case "hold-time":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Lets a user do something: all of `events`, in their order, or none of them
 * where one cannot be.  The guest hears of moves along both axes that follow
 * each other as of one.
 *
 * Arguments of the command `input-send-event`.
 *
 * Source: schema/ui.json, line 747.
 */
export type InputSendEventArg = {
  /** the id of the display's device that the user sits at */
  readonly device?: string;
  /** which head of the device, from 0; without `device` it means nothing */
  readonly head?: Int64;
  /** what happens; at most 512 */
  readonly events: readonly InputEvent[];
};

export function unmarshalInputSendEventArg(
  input: Input,
  at: string,
  name: string | number,
): InputSendEventArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<InputSendEventArg>;
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.head !== undefined) result.head = asInt64(object.head, path, "head");
  result.events = asArray(object.events, path, "events", unmarshalInputEvent);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "head":
      case "events":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/ui.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface UiHandlers<P, C> {
  /**
   * Writes a picture of a display to a file.  The picture shows the display as
   * it is after the command arrived, whole.  The file is complete when the
   * reply comes; if it cannot be completed, no new file is left behind, and
   * one that was there is left empty.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "screendump", "id": "shot",
   *      "arguments": { "filename": "/tmp/screen.png", "format": "png" } }
   * <- { "return": {}, "id": "shot" }
   * ```
   */
  readonly screendump: AsyncHandler<ScreendumpArg, void, C>;

  /**
   * Answers with a picture of a display, for clients that share no files with
   * this program.  Apart from that it is the command screendump.
   *
   * Returns: the picture.
   *
   * Since: 0.1
   */
  readonly "screendump-data": AsyncHandler<ScreendumpDataArg, ScreendumpData, C>;

  /**
   * Tells how the displays are shown.
   *
   * Returns: how they are.
   *
   * Since: 0.1
   */
  readonly "query-display-options": PlainHandler<NoMembers, DisplayOptions, P>;

  /**
   * Lists the machine's pointers.  One that the guest has to switch on is
   * listed once it has.
   *
   * Returns: one entry for each pointer.
   *
   * Since: 0.1
   */
  readonly "query-mice": AsyncHandler<NoMembers, readonly MouseInfo[], C>;

  /**
   * Presses keys, one after the other, and lets go of them, the last one
   * first.  Between two of these steps the hold time goes by.  The reply comes
   * when the last key was let go.  The keys of another send-key wait until
   * then, and for as long again, but at most 100 ms.  A machine that does not
   * run, or that has no keyboard, takes no notice of it.
   *
   * A command that is cancelled lets go of the keys at once.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "send-key", "id": "restart",
   *      "arguments": { "keys": [ { "type": "qcode", "data": "ctrl" },
   *                               { "type": "qcode", "data": "alt" },
   *                               { "type": "qcode", "data": "delete" } ] } }
   * <- { "return": {}, "id": "restart" }
   * ```
   */
  readonly "send-key": AsyncHandler<SendKeyArg, void, C>;

  /**
   * Lets a user do something: all of `events`, in their order, or none of them
   * where one cannot be.  The guest hears of moves along both axes that follow
   * each other as of one.
   *
   * Returns: nothing; an error if the machine does not run, or has nothing that
   * takes such an event.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "input-send-event",
   *      "arguments": { "events": [
   *        { "type": "rel", "data": { "axis": "x", "value": 20 } },
   *        { "type": "btn", "data": { "button": "left", "down": true } } ] } }
   * <- { "return": {} }
   * ```
   */
  readonly "input-send-event": AsyncHandler<InputSendEventArg, void, C>;
}

function marshalScreendump<C>(handler: AsyncHandler<ScreendumpArg, void, C>): AsyncCommand<C> {
  return {
    name: "screendump",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalScreendumpArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalScreendumpArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function returnScreendumpData(result: ScreendumpData): JsonValue {
  return marshalResult("screendump-data", result, unmarshalScreendumpData);
}

function marshalScreendumpData<C>(
  handler: AsyncHandler<ScreendumpDataArg, ScreendumpData, C>,
): AsyncCommand<C> {
  return {
    name: "screendump-data",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalScreendumpDataArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalScreendumpDataArg(input, "", "");
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnScreendumpData,
      );
    },
  };
}

function returnQueryDisplayOptions(result: DisplayOptions): JsonValue {
  return marshalResult("query-display-options", result, unmarshalDisplayOptions);
}

function marshalQueryDisplayOptions<P>(
  handler: PlainHandler<NoMembers, DisplayOptions, P>,
): PlainCommand<P> {
  return {
    name: "query-display-options",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQueryDisplayOptions(handler(args, context));
    },
  };
}

function returnQueryMice(result: readonly MouseInfo[]): JsonValue {
  return marshalResult(
    "query-mice",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalMouseInfo),
  );
}

function marshalQueryMice<C>(handler: AsyncHandler<NoMembers, readonly MouseInfo[], C>): AsyncCommand<C> {
  return {
    name: "query-mice",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnQueryMice,
      );
    },
  };
}

function marshalSendKey<C>(handler: AsyncHandler<SendKeyArg, void, C>): AsyncCommand<C> {
  return {
    name: "send-key",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalSendKeyArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalSendKeyArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function marshalInputSendEvent<C>(handler: AsyncHandler<InputSendEventArg, void, C>): AsyncCommand<C> {
  return {
    name: "input-send-event",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalInputSendEventArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalInputSendEventArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

/** Binds the commands in schema/ui.json to their handlers. */
export function marshalUiCommands<P, C>(handlers: UiHandlers<P, C>): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    marshalScreendump(handlers.screendump),
    marshalScreendumpData(handlers["screendump-data"]),
    marshalQueryDisplayOptions(handlers["query-display-options"]),
    marshalQueryMice(handlers["query-mice"]),
    marshalSendKey(handlers["send-key"]),
    marshalInputSendEvent(handlers["input-send-event"]),
  ];
}
