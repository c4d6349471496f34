/**
 * The configuration file of `blkdebug`: which requests of a block node are to fail, and when.
 *
 *     [inject-error]              a rule: fail a request
 *     event = "read_aio"          in this phase of it
 *     errno = "5"
 *
 *     [set-state "second"]        a rule: go on to other rules
 *     event = "flush_to_disk"
 *     new_state = "2"
 *
 * The language is that of QEMU's configuration files, which is read line by line and forgives much: what
 * follows a group's bracket or a value's quotation mark is ignored, and a value without quotation marks is
 * empty.  Errors are QEMU's, first to last as QEMU finds them.
 */

import { QmpError } from "../qmp/errors.ts";
import { BLKDEBUG_LINE_CHARS_MAX } from "../util/limits.ts";

/** A rule holds in a state of its node: 0 is any, and a node begins in 1. */
export type BlkdebugRule =
  | {
      readonly action: "inject-error";
      readonly event: string;
      readonly state: bigint;
      readonly errno: bigint;
      /** The only sector that fails; `undefined` is all. */
      readonly sector: bigint | undefined;
      /** The only kind of request that fails; `undefined` is all. */
      readonly iotype: string | undefined;
      readonly once: boolean;
      readonly immediately: boolean;
    }
  | {
      readonly action: "set-state";
      readonly event: string;
      readonly state: bigint;
      readonly newState: bigint;
    };

/** The rules that `text` states: those that inject errors first.  Throws `QmpError`. */
export function parseBlkdebugConfig(text: string): BlkdebugRule[] {
  const groups = parseGroups(text);
  const of = (name: GroupName): Group[] => groups.filter((group) => group.name === name);
  return [...of("inject-error").map(injectErrorRule), ...of("set-state").map(setStateRule)];
}

// ---- Lines to groups ----

type OptionType = "string" | "number" | "bool";
type GroupName = "inject-error" | "set-state";

const GROUP_OPTIONS: Readonly<Record<GroupName, ReadonlyMap<string, OptionType>>> = {
  "inject-error": new Map([
    ["event", "string"],
    ["state", "number"],
    ["iotype", "string"],
    ["errno", "number"],
    ["sector", "number"],
    ["once", "bool"],
    ["immediately", "bool"],
  ]),
  "set-state": new Map([
    ["event", "string"],
    ["state", "number"],
    ["new_state", "number"],
  ]),
};

/** A group whose options are known, and whose values are of their types. */
interface Group {
  readonly name: GroupName;
  readonly options: ReadonlyMap<string, string>;
}

// A word is taken whole, as scanf does: the lookahead keeps the rest of a pattern from giving part of it back.
const GROUP_WITH_ID = /^\[\s*(?=(\S{1,63}))\1\s*"([^"]{1,63})/;
const GROUP = /^\[([^\]]{1,63})/;
const OPTION = /^\s*(?=(\S{1,63}))\1(?:\s*=\s*"([^"]{1,1023}))?/;

function parseGroups(text: string): Group[] {
  const groups: Group[] = [];
  const ids = new Set<string>();
  let name = "";
  let options: Map<string, string> | undefined;
  const endGroup = (): void => {
    if (options !== undefined) groups.push(checkedGroup(name, options, ids));
  };
  for (const line of linesOf(text)) {
    if (line === "\n" || line.startsWith("#")) continue;
    const header = line.startsWith("[") ? (GROUP_WITH_ID.exec(line) ?? GROUP.exec(line)) : null;
    if (header !== null) {
      endGroup();
      const [, group = "", id] = header;
      name = group;
      options = new Map(id === undefined ? [] : [["id", id]]);
      continue;
    }
    const [, option, value = ""] = OPTION.exec(line) ?? [];
    if (option === undefined) throw new QmpError("parse error");
    if (options === undefined) throw new QmpError("no group defined");
    options.set(option, value);
  }
  endGroup();
  return groups;
}

/** Lines with their line feeds, an overlong one in pieces. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const lineFeed = text.indexOf("\n", start);
    const end = Math.min(lineFeed < 0 ? text.length : lineFeed + 1, start + BLKDEBUG_LINE_CHARS_MAX);
    yield text.slice(start, end);
    start = end;
  }
}

function checkedGroup(name: string, options: ReadonlyMap<string, string>, ids: Set<string>): Group {
  if (name !== "inject-error" && name !== "set-state") {
    throw new QmpError(`There is no option group '${name}'`);
  }
  const id = options.get("id");
  if (id !== undefined) {
    if (!/^[A-Za-z][A-Za-z0-9._-]*$/.test(id)) throw new QmpError("Parameter 'id' expects an identifier");
    const key = `${name} ${id}`;
    if (ids.has(key)) throw new QmpError(`Duplicate ID '${id}' for ${name}`);
    ids.add(key);
  }
  for (const [option, value] of options) {
    if (option === "id") continue;
    const type = GROUP_OPTIONS[name].get(option);
    if (type === undefined) throw new QmpError(`Invalid parameter '${option}'`);
    if (type === "number") numberOf(option, value);
    else if (type === "bool") boolOf(option, value);
  }
  return { name, options };
}

// ---- Groups to rules ----

/** Errno that a rule injects when it names none: EIO. */
const ERRNO_DEFAULT = 5n;

function injectErrorRule({ options }: Group): BlkdebugRule {
  const event = eventOf(options);
  const iotype = options.get("iotype");
  if (iotype !== undefined && !IO_TYPES.has(iotype)) throw invalidValue(iotype);
  const sector = options.get("sector");
  return {
    action: "inject-error",
    event,
    state: optionalNumber(options, "state", 0n),
    errno: optionalNumber(options, "errno", ERRNO_DEFAULT),
    sector: sector === undefined ? undefined : numberOf("sector", sector),
    iotype,
    once: boolOf("once", options.get("once") ?? "off"),
    immediately: boolOf("immediately", options.get("immediately") ?? "off"),
  };
}

function setStateRule({ options }: Group): BlkdebugRule {
  return {
    action: "set-state",
    event: eventOf(options),
    state: optionalNumber(options, "state", 0n),
    newState: optionalNumber(options, "new_state", 0n),
  };
}

function eventOf(options: ReadonlyMap<string, string>): string {
  const event = options.get("event");
  if (event === undefined) throw new QmpError("Missing event name for rule");
  if (!EVENTS.has(event)) throw invalidValue(event);
  return event;
}

function invalidValue(value: string): QmpError {
  return new QmpError(`invalid parameter value: ${value}`);
}

function optionalNumber(options: ReadonlyMap<string, string>, name: string, otherwise: bigint): bigint {
  const value = options.get(name);
  return value === undefined ? otherwise : numberOf(name, value);
}

/** A number as C reads it: decimal, `0x` hexadecimal or `0` octal; a negative one counts down from 2^64. */
function numberOf(name: string, value: string): bigint {
  const [, sign, hex, octal, decimal] =
    /^\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))$/.exec(value) ?? [];
  let magnitude: bigint;
  if (hex !== undefined) magnitude = BigInt(`0x${hex}`);
  else if (octal !== undefined) magnitude = BigInt(`0o${octal}`);
  else if (decimal !== undefined) magnitude = BigInt(decimal);
  else throw new QmpError(`Parameter '${name}' expects a number`);
  if (BigInt.asUintN(64, magnitude) !== magnitude) {
    throw new QmpError(`Value '${value}' is too large for parameter '${name}'`);
  }
  return sign === "-" ? BigInt.asUintN(64, -magnitude) : magnitude;
}

function boolOf(name: string, value: string): boolean {
  if (["on", "yes", "true", "y"].includes(value)) return true;
  if (["off", "no", "false", "n"].includes(value)) return false;
  throw new QmpError(`Parameter '${name}' expects 'on' or 'off'`);
}

/** Source: QAPI, `BlkdebugIOType`. */
const IO_TYPES = new Set(["read", "write", "write-zeroes", "discard", "flush", "block-status"]);

/** Source: QAPI, `BlkdebugEvent`. */
const EVENTS = new Set(
  `l1_update l1_grow_alloc_table l1_grow_write_table l1_grow_activate_table l2_load l2_update
   l2_update_compressed l2_alloc_cow_read l2_alloc_write read_aio read_backing_aio read_compressed write_aio
   write_compressed vmstate_load vmstate_save cow_read cow_write reftable_load reftable_grow reftable_update
   refblock_load refblock_update refblock_update_part refblock_alloc refblock_alloc_hookup
   refblock_alloc_write refblock_alloc_write_blocks refblock_alloc_write_table refblock_alloc_switch_table
   cluster_alloc cluster_alloc_bytes cluster_free flush_to_os flush_to_disk pwritev_rmw_head
   pwritev_rmw_after_head pwritev_rmw_tail pwritev_rmw_after_tail pwritev pwritev_zero pwritev_done
   empty_image_prepare l1_shrink_write_table l1_shrink_free_l2_clusters cor_write cluster_alloc_space none`.split(
    /\s+/,
  ),
);
