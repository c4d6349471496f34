/**
 * What differs between two interfaces, and whether a client of the first can go on with the second.
 *
 * In: two answers of `query-qmp-schema`.  Names of types mean nothing there, so types are compared by what
 * they are, followed from each command and event through all that they lead to.  What is an argument may
 * take more than before, and what is answered may promise more: a change is judged by its direction.
 *
 *     argument   optional member added, mandatory made optional, value or branch added: compatible
 *     answer     member added, optional made mandatory, value added or removed: compatible
 *
 * A pair of types is gone through once in each direction, and told of where it is met first.
 */

import type { AnswerEntry, CommandEntry, EnumEntry, EventEntry, ObjectEntry, TypeEntry } from "./answer.ts";

export interface Change {
  readonly kind: "added" | "removed" | "changed";
  readonly compatible: boolean;
  /** `command 'screendump'`, `event 'STOP'`. */
  readonly subject: string;
  /** What is the matter with it; empty when it is added or removed as a whole. */
  readonly what: string;
}

/** Argument: a client sends it.  Answer: a client gets it, as a command's return or an event's data. */
type Direction = "argument" | "answer";

/** Features that warn of use: that one is gone takes nothing away. */
const WARNINGS = ["deprecated", "unstable"];

export function compareAnswers(before: readonly AnswerEntry[], after: readonly AnswerEntry[]): Change[] {
  return new Comparison(before, after).run();
}

type Root = CommandEntry | EventEntry;

class Side {
  readonly roots = new Map<string, Root>();
  readonly #types = new Map<string, TypeEntry>();

  constructor(entries: readonly AnswerEntry[]) {
    for (const entry of entries) {
      const meta = entry["meta-type"];
      if (meta === "command" || meta === "event") this.roots.set(`${meta} '${entry.name}'`, entry);
      else this.#types.set(entry.name, entry);
    }
  }

  type(name: string): TypeEntry {
    const entry = this.#types.get(name);
    if (entry === undefined) throw new Error(`type ${name} has no entry`);
    return entry;
  }
}

class Comparison {
  readonly #before: Side;
  readonly #after: Side;
  readonly #changes: Change[] = [];
  readonly #seen = new Set<string>();
  /** Pairs of types that are to be compared yet: types can be nested deeper than the stack is. */
  readonly #pending: (() => void)[] = [];
  #subject = "";

  constructor(before: readonly AnswerEntry[], after: readonly AnswerEntry[]) {
    this.#before = new Side(before);
    this.#after = new Side(after);
  }

  run(): Change[] {
    for (const [subject, before] of this.#before.roots) {
      const after = this.#after.roots.get(subject);
      if (after === undefined) {
        this.#changes.push({ kind: "removed", compatible: false, subject, what: "" });
        continue;
      }
      this.#subject = subject;
      this.#root(before, after);
      for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) next();
    }
    for (const subject of this.#after.roots.keys()) {
      if (this.#before.roots.has(subject)) continue;
      this.#changes.push({ kind: "added", compatible: true, subject, what: "" });
    }
    return this.#changes;
  }

  #root(before: Root, after: Root): void {
    this.#features("", before.features, after.features);
    if (before["meta-type"] === "event" || after["meta-type"] === "event") {
      this.#types("data", before["arg-type"], after["arg-type"], "answer");
      return;
    }
    for (const flag of ["allow-oob", "async"] as const) {
      const [was, is] = [before[flag] === true, after[flag] === true];
      if (was !== is) this.#note(!was, "", `'${flag}' is ${was ? "removed" : "added"}`);
    }
    this.#types("arguments", before["arg-type"], after["arg-type"], "argument");
    this.#types("return", before["ret-type"], after["ret-type"], "answer");
  }

  #note(compatible: boolean, path: string, text: string): void {
    const what = path === "" ? text : `${path}: ${text}`;
    this.#changes.push({ kind: "changed", compatible, subject: this.#subject, what });
  }

  #types(path: string, beforeName: string, afterName: string, direction: Direction): void {
    const pair = `${direction} ${beforeName} ${afterName}`;
    if (this.#seen.has(pair)) return;
    this.#seen.add(pair);
    this.#pending.push(() =>
      this.#typePair(path, this.#before.type(beforeName), this.#after.type(afterName), direction),
    );
  }

  #typePair(path: string, before: TypeEntry, after: TypeEntry, direction: Direction): void {
    if (before["meta-type"] === "array" && after["meta-type"] === "array") {
      this.#types(`${path}[]`, before["element-type"], after["element-type"], direction);
    } else if (before["meta-type"] === "object" && after["meta-type"] === "object") {
      this.#features(path, before.features, after.features);
      this.#objects(path, before, after, direction);
    } else if (before["meta-type"] === "enum" && after["meta-type"] === "enum") {
      this.#features(path, before.features, after.features);
      this.#values(path, before, after, direction);
    } else if (before["meta-type"] === "alternate" || after["meta-type"] === "alternate") {
      this.#alternates(path, before, after, direction);
    } else {
      const [was, is] = [formOf(before), formOf(after)];
      if (was === is && before["meta-type"] === after["meta-type"]) return;
      const [narrow, wide] = direction === "argument" ? [before, after] : [after, before];
      this.#note(isWider(wide, narrow), path, `was ${describe(before)}, is ${describe(after)}`);
    }
  }

  #objects(path: string, before: ObjectEntry, after: ObjectEntry, direction: Direction): void {
    const beforeMembers = new Map(before.members.map((member) => [member.name, member]));
    const afterMembers = new Map(after.members.map((member) => [member.name, member]));
    for (const [name, was] of beforeMembers) {
      const at = `${path}.${name}`;
      const is = afterMembers.get(name);
      if (is === undefined) {
        this.#note(false, at, "is removed");
        continue;
      }
      const [wasOptional, isOptional] = ["default" in was, "default" in is];
      if (wasOptional !== isOptional) {
        const compatible = isOptional === (direction === "argument");
        this.#note(compatible, at, isOptional ? "is optional now" : "is mandatory now");
      }
      this.#features(at, was.features, is.features);
      this.#types(at, was.type, is.type, direction);
    }
    for (const [name, member] of afterMembers) {
      if (beforeMembers.has(name)) continue;
      const isOptional = "default" in member;
      const compatible = direction === "answer" || isOptional;
      this.#note(compatible, `${path}.${name}`, `is added, ${isOptional ? "optional" : "mandatory"}`);
    }
    this.#variants(path, before, after, direction);
  }

  #variants(path: string, before: ObjectEntry, after: ObjectEntry, direction: Direction): void {
    if (before.tag !== after.tag) {
      const shown = (tag: string | undefined): string => (tag === undefined ? "none" : `'${tag}'`);
      const compatible = before.tag === undefined && direction === "answer";
      this.#note(compatible, path, `the tag was ${shown(before.tag)}, is ${shown(after.tag)}`);
      return;
    }
    // A case that comes or goes does so with the tag's value, which is told already.
    const afterCases = new Map((after.variants ?? []).map((variant) => [variant.case, variant.type]));
    for (const variant of before.variants ?? []) {
      const type = afterCases.get(variant.case);
      if (type === undefined) continue;
      this.#types(`${path}<${variant.case}>`, variant.type, type, direction);
    }
  }

  #values(path: string, before: EnumEntry, after: EnumEntry, direction: Direction): void {
    const beforeValues = valuesOf(before);
    const afterValues = valuesOf(after);
    for (const [value, features] of beforeValues) {
      const is = afterValues.get(value);
      if (is === undefined) this.#note(direction === "answer", path, `value '${value}' is removed`);
      else this.#features(`${path}=${value}`, features, is);
    }
    for (const value of afterValues.keys()) {
      if (!beforeValues.has(value)) this.#note(true, path, `value '${value}' is added`);
    }
  }

  /** Branches are told apart by the form of their values; what is no alternate is one of a single branch. */
  #alternates(path: string, before: TypeEntry, after: TypeEntry, direction: Direction): void {
    const beforeBranches = branchesOf(this.#before, before);
    const afterBranches = branchesOf(this.#after, after);
    for (const [form, was] of beforeBranches) {
      const is = afterBranches.get(form);
      if (is === undefined) this.#note(direction === "answer", path, `can be ${form} no more`);
      else this.#types(`${path}<${form}>`, was, is, direction);
    }
    for (const form of afterBranches.keys()) {
      if (!beforeBranches.has(form)) this.#note(direction === "argument", path, `can be ${form} now`);
    }
  }

  #features(path: string, before: readonly string[] = [], after: readonly string[] = []): void {
    for (const name of missingIn(after, before)) {
      this.#note(WARNINGS.includes(name), path, `feature '${name}' is removed`);
    }
    for (const name of missingIn(before, after)) this.#note(true, path, `feature '${name}' is added`);
  }
}

/** Those of `names` that `list` does not have. */
function missingIn(list: readonly string[], names: readonly string[]): string[] {
  const there = new Set(list);
  return names.filter((name) => !there.has(name));
}

/** Values, and the features of each. */
function valuesOf({ members, values = [] }: EnumEntry): Map<string, readonly string[]> {
  if (members === undefined) return new Map(values.map((name) => [name, []]));
  return new Map(members.map(({ name, features = [] }) => [name, features]));
}

/** What a value of the type is in JSON; `value`: anything. */
function formOf(type: TypeEntry): string {
  switch (type["meta-type"]) {
    case "builtin":
      return type["json-type"];
    case "enum":
      return "string";
    case "alternate":
      return "value";
    case "array":
    case "object":
      return type["meta-type"];
  }
}

/** Whether `wide` takes every value that `narrow` has; neither is an alternate. */
function isWider(wide: TypeEntry, narrow: TypeEntry): boolean {
  if (wide["meta-type"] !== "builtin") return false;
  const [to, from] = [formOf(wide), formOf(narrow)];
  return to === "value" || to === from || (to === "number" && from === "int");
}

function describe(type: TypeEntry): string {
  switch (type["meta-type"]) {
    case "builtin":
      return type["json-type"] === "value" ? "any value" : type["json-type"];
    case "enum":
      return "an enumeration";
    case "array":
      return "an array";
    case "object":
      return "an object";
    case "alternate":
      return "an alternate";
  }
}

function branchesOf(side: Side, type: TypeEntry): Map<string, string> {
  const names = type["meta-type"] === "alternate" ? type.members.map((member) => member.type) : [type.name];
  return new Map(names.map((name) => [formOf(side.type(name)), name]));
}
