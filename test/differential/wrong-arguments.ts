/**
 * Arguments that are wrong in one place, or in two, made from a schema.
 *
 * A command's arguments are first made as the schema wants them, with all that is optional down to a
 * depth, and for a union once for each branch.  Then something is spoilt: a member is missing, one is too
 * much, a value is of another type, out of range, or none of an enumeration's.
 */

import type { Condition } from "../../src/qapi/compiler/definitions.ts";
import type { Command, Member, ObjectType, SchemaType } from "../../src/qapi/compiler/model.ts";
import { JsonDouble, type JsonObject, type JsonValue } from "../../src/qjson/value.ts";
import type { Random } from "./random.ts";

export type Holds = Readonly<Record<string, boolean>>;

/** Deeper than this, members that are optional are left out. */
const OPTIONAL_DEPTH_MAX = 2;
const DEPTH_MAX = 6;

/** A path that nobody may write to, should a command be carried out after all. */
const SAMPLE_TEXT = "/nowhere/at-all";
const UNKNOWN_MEMBER = "no-such-member";
const UNKNOWN_VALUE = "no-such-value";

export function holds(condition: Condition | undefined, conditions: Holds): boolean {
  if (condition === undefined) return true;
  if (typeof condition === "string") return conditions[condition] === true;
  if ("not" in condition) return !holds(condition.not, conditions);
  if ("all" in condition) return condition.all.every((each) => holds(each, conditions));
  return condition.any.some((each) => holds(each, conditions));
}

/** A change of one place: what becomes of the value there; `undefined` takes it away. */
interface Spoiler {
  readonly path: readonly (string | number)[];
  readonly value: JsonValue | undefined;
}

interface Sample {
  readonly value: JsonValue;
  readonly spoilers: readonly Spoiler[];
}

/** Wrong arguments for `command`, some of them wrong in two places. */
export function wrongArguments(command: Command, conditions: Holds, random: Random): JsonObject[] {
  const { arg } = command;
  if (arg === undefined) return [{ [UNKNOWN_MEMBER]: 1 }];
  const samples = branchesOf(arg, conditions).map((branch) =>
    new Sampler(conditions).object(arg, [], branch),
  );
  return samples.flatMap(({ value, spoilers }) => {
    const once = spoilers.map((spoiler) => spoil(value, spoiler));
    const twice = spoilers.map((spoiler) => {
      const other = random.pick(spoilers);
      // The deeper one first: the other may take it away, but not the reverse.
      const [one, two] = other.path.length > spoiler.path.length ? [other, spoiler] : [spoiler, other];
      return spoil(spoil(value, one), two);
    });
    return [...once, ...twice] as JsonObject[];
  });
}

function branchesOf(type: ObjectType, conditions: Holds): (string | undefined)[] {
  const branches = type.variants?.branches.filter(({ condition }) => holds(condition, conditions));
  return branches?.map(({ name }) => name) ?? [undefined];
}

/** `value` with a change at a path. */
function spoil(value: JsonValue, { path, value: changed }: Spoiler): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return changed ?? null;
  const inner: Spoiler = { path: rest, value: changed };
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === step ? spoil(item, inner) : item));
  }
  const object = value as JsonObject;
  if (rest.length > 0) return { ...object, [step]: spoil(object[step] ?? null, inner) };
  const { [step]: _, ...others } = object;
  return changed === undefined ? others : { ...object, [step]: changed };
}

const WRONG: Readonly<Record<string, readonly JsonValue[]>> = {
  str: [1, null, {}],
  number: ["1", true],
  int: ["1", new JsonDouble(1.5), 2n ** 63n, null],
  int64: ["1", new JsonDouble(0.5), 2n ** 64n - 1n],
  int8: [128, -129, "1"],
  int16: [32768, false],
  int32: [2 ** 31, -(2 ** 40), "1"],
  uint8: [256, -1, "1"],
  uint16: [65536, -1, []],
  uint32: [2 ** 32, -1, true],
  uint64: [new JsonDouble(2 ** 64), "1", new JsonDouble(-1.5)],
  size: [new JsonDouble(1.5), "1k", null],
  bool: [0, "on", null],
  any: [],
  null: [0, false],
};

const RIGHT: Readonly<Record<string, JsonValue>> = { str: SAMPLE_TEXT, bool: false, null: null };

class Sampler {
  readonly #conditions: Holds;
  readonly #spoilers: Spoiler[] = [];

  constructor(conditions: Holds) {
    this.#conditions = conditions;
  }

  object(type: ObjectType, path: readonly (string | number)[], branch: string | undefined): Sample {
    const value = this.#object(type, path, branch);
    return { value, spoilers: this.#spoilers };
  }

  #object(type: ObjectType, path: readonly (string | number)[], branch: string | undefined): JsonObject {
    const chosen = type.variants?.branches.find(({ name }) => name === branch);
    const members = [...type.members, ...(chosen?.type.members ?? [])];
    const value: Record<string, JsonValue> = {};
    for (const member of members) {
      const at = [...path, member.name];
      if (!holds(member.condition, this.#conditions)) {
        this.#spoilers.push({ path: at, value: 1 });
        continue;
      }
      if (member.optional && path.length >= OPTIONAL_DEPTH_MAX) continue;
      const made =
        member === type.variants?.tag ? this.#tag(member, at, branch) : this.#value(member.type, at);
      if (made === undefined) {
        if (member.optional) continue;
        throw new Error(`${at.join(".")} is too deep`);
      }
      value[member.name] = made;
      if (!member.optional) this.#spoilers.push({ path: at, value: undefined });
    }
    this.#spoilers.push({ path: [...path, UNKNOWN_MEMBER], value: null });
    return value;
  }

  #tag({ type }: Member, at: readonly (string | number)[], branch = ""): JsonValue {
    this.#value(type, at);
    return branch;
  }

  /** A right value, and ways to spoil it; `undefined` where it would be too deep. */
  #value(type: SchemaType, at: readonly (string | number)[]): JsonValue | undefined {
    const wrong = (...values: JsonValue[]): void => {
      for (const value of values) this.#spoilers.push({ path: at, value });
    };
    switch (type.meta) {
      case "built-in":
        wrong(...(WRONG[type.name] ?? []));
        return type.name in RIGHT ? RIGHT[type.name] : 1;
      case "enum": {
        const absent = type.values.find(({ condition }) => !holds(condition, this.#conditions));
        wrong(UNKNOWN_VALUE, 1, ...(absent === undefined ? [] : [absent.name]));
        return type.values.find(({ condition }) => holds(condition, this.#conditions))?.name;
      }
      case "array": {
        wrong({}, SAMPLE_TEXT);
        if (at.length >= DEPTH_MAX) return [];
        const element = this.#value(type.element, [...at, 0]);
        return element === undefined ? [] : [element];
      }
      case "alternate": {
        wrong(new JsonDouble(0.5), [], true);
        const branch = type.branches.find(({ type: { meta } }) => meta === "union" || meta === "struct");
        const deep =
          branch === undefined || at.length >= DEPTH_MAX ? undefined : this.#value(branch.type, at);
        if (deep !== undefined) return deep;
        const plain = type.branches.find(({ type: { meta } }) => meta === "built-in" || meta === "enum");
        return plain === undefined ? undefined : this.#value(plain.type, at);
      }
      case "struct":
      case "union": {
        if (at.length >= DEPTH_MAX) return undefined;
        wrong(1, []);
        const branches = branchesOf(type, this.#conditions);
        // The branch without members that must be there, where there is one: others lead ever deeper.
        const shallow = type.variants?.branches.find(
          ({ name, type: { members } }) =>
            branches.includes(name) && members.every(({ optional }) => optional),
        );
        return this.#object(type, at, shallow?.name ?? branches[0]);
      }
    }
  }
}
