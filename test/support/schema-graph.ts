/**
 * Two answers of `query-qmp-schema`, compared as graphs.
 *
 * Names of types mean nothing, so types are compared by what they are, followed from each command and event
 * through all that they lead to.  Types may lead to themselves: a pair that has been met is not followed again.
 */

/** An entry of either side, with the members of every sort that are looked at. */
export interface SchemaEntry {
  readonly name: string;
  readonly "meta-type": string;
  readonly "arg-type"?: string;
  readonly "ret-type"?: string;
  readonly "allow-oob"?: boolean;
  readonly "element-type"?: string;
  readonly "json-type"?: string;
  readonly tag?: string;
  readonly features?: readonly string[];
  readonly members?: readonly SchemaMember[];
  readonly variants?: readonly { readonly case: string; readonly type: string }[];
}

interface SchemaMember {
  /** Of an object's member, or an enumeration's value. */
  readonly name?: string;
  /** Of an object's member, or an alternate's branch. */
  readonly type?: string;
  readonly default?: unknown;
  readonly features?: readonly string[];
}

export interface Agreement {
  readonly commands: number;
  readonly events: number;
  /** Pairs of types that were compared. */
  readonly types: number;
  /** Where the sides differ, by the way that leads there: `screendump(.format=png: here only`. */
  readonly differences: readonly string[];
}

/** Compares what both have, and names what one has alone.  `ours` is "here", `theirs` is "there". */
export function compareSchemas(ours: readonly SchemaEntry[], theirs: readonly SchemaEntry[]): Agreement {
  return new Comparison(ours, theirs).run();
}

class Comparison {
  readonly #differences: string[] = [];
  readonly #ours: ReadonlyMap<string, SchemaEntry>;
  readonly #theirs: ReadonlyMap<string, SchemaEntry>;
  readonly #seen = new Set<string>();

  constructor(ours: readonly SchemaEntry[], theirs: readonly SchemaEntry[]) {
    this.#ours = new Map(ours.map((entry) => [entry.name, entry]));
    this.#theirs = new Map(theirs.map((entry) => [entry.name, entry]));
  }

  run(): Agreement {
    const counts = { command: 0, event: 0 };
    const roots = (entries: ReadonlyMap<string, SchemaEntry>): SchemaEntry[] =>
      [...entries.values()].filter(({ "meta-type": meta }) => meta === "command" || meta === "event");
    this.#pairs(
      "",
      roots(this.#ours),
      roots(this.#theirs),
      ({ name }) => name,
      (name, ours, theirs) => {
        counts[ours["meta-type"] === "event" ? "event" : "command"]++;
        this.#same(`${name} meta-type`, ours["meta-type"], theirs["meta-type"]);
        this.#same(`${name} allow-oob`, ours["allow-oob"], theirs["allow-oob"]);
        this.#features(name, ours, theirs);
        this.#type(`${name}(`, ours["arg-type"], theirs["arg-type"]);
        this.#type(`${name})`, ours["ret-type"], theirs["ret-type"]);
      },
    );
    return {
      commands: counts.command,
      events: counts.event,
      types: this.#seen.size,
      differences: this.#differences.sort(),
    };
  }

  #same(path: string, ours: unknown, theirs: unknown): void {
    if (ours !== theirs) this.#differences.push(`${path}: ${String(ours)} here, ${String(theirs)} there`);
  }

  #features(path: string, ours: Pick<SchemaEntry, "features">, theirs: Pick<SchemaEntry, "features">): void {
    const list = ({ features = [] }: Pick<SchemaEntry, "features">): string => [...features].sort().join(" ");
    this.#same(`${path} features`, list(ours), list(theirs));
  }

  /** Calls `each` for what both sides have under one key; what one has alone is a difference. */
  #pairs<T>(
    path: string,
    ours: readonly T[] = [],
    theirs: readonly T[] = [],
    key: (item: T) => string,
    each: (path: string, ours: T, theirs: T) => void,
  ): void {
    const rest = new Map(theirs.map((item) => [key(item), item]));
    for (const item of ours) {
      const name = key(item);
      const other = rest.get(name);
      if (other === undefined) this.#differences.push(`${path}${name}: here only`);
      else each(`${path}${name}`, item, other);
      rest.delete(name);
    }
    for (const name of rest.keys()) this.#differences.push(`${path}${name}: there only`);
  }

  #type(path: string, ourName = "", theirName = ""): void {
    const pair = `${ourName} ${theirName}`;
    if (this.#seen.has(pair) || pair === " ") return;
    this.#seen.add(pair);
    const ours = this.#ours.get(ourName);
    const theirs = this.#theirs.get(theirName);
    if (ours === undefined || theirs === undefined) {
      return this.#same(path, ours && ourName, theirs && theirName);
    }
    if (ours["meta-type"] !== theirs["meta-type"]) {
      return this.#same(path, ours["meta-type"], theirs["meta-type"]);
    }
    this.#features(path, ours, theirs);
    this.#same(path, ours["json-type"], theirs["json-type"]);
    this.#same(`${path} tag`, ours.tag, theirs.tag);
    this.#type(`${path}[]`, ours["element-type"], theirs["element-type"]);
    this.#members(path, ours, theirs);
    this.#pairs(
      `${path}<`,
      ours.variants,
      theirs.variants,
      (variant) => `${variant.case}>`,
      (at, one, other) => {
        this.#type(at, one.type, other.type);
      },
    );
  }

  #members(path: string, ours: SchemaEntry, theirs: SchemaEntry): void {
    if (ours["meta-type"] === "alternate") {
      // A branch has no name: it is known by its form.
      const key =
        (side: ReadonlyMap<string, SchemaEntry>) =>
        ({ type = "" }: SchemaMember) => {
          const entry = side.get(type);
          return entry?.["json-type"] ?? entry?.["meta-type"] ?? "";
        };
      const [formHere, formThere] = [key(this.#ours), key(this.#theirs)];
      const forms = (entry: SchemaEntry, form: typeof formHere) =>
        (entry.members ?? []).map((branch) => ({ form: form(branch), type: branch.type }));
      const [one, other] = [forms(ours, formHere), forms(theirs, formThere)];
      return this.#pairs(
        `${path}|`,
        one,
        other,
        ({ form }) => form,
        (at, a, b) => this.#type(at, a.type, b.type),
      );
    }
    const mark = ours["meta-type"] === "enum" ? "=" : ".";
    this.#pairs(
      `${path}${mark}`,
      ours.members,
      theirs.members,
      ({ name = "" }) => name,
      (at, one, other) => {
        this.#same(`${at} optional`, "default" in one, "default" in other);
        this.#features(at, one, other);
        this.#type(at, one.type, other.type);
      },
    );
  }
}
