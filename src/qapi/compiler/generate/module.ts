/**
 * Pass 4, the text of one generated file: its banner, its imports, its declarations.
 *
 * Declarations are added in the order in which they are to stand; imports follow from what they use.
 */

import { identifierOf } from "../names.ts";

/** Columns of a generated line, its last comma apart. */
export const LINE_WIDTH = 109;
const INDENT = "  ";

/** Types of the runtime, by the file that has them; every other name is a function of `unmarshal.ts`. */
const COMMAND_TYPES = ["AsyncCommand", "AsyncHandler", "PlainCommand", "PlainHandler"];
const UNMARSHAL_TYPES = [
  ...["Input", "Int64", "JsonObject", "JsonText", "JsonValue", "Mutable", "NoMembers"],
  ...["Uint64", "Unmarshal", "UnmarshalWith"],
];
/** Types that a type of the schema would hide: those of the runtime. */
export const RUNTIME_TYPES: readonly string[] = [...COMMAND_TYPES, ...UNMARSHAL_TYPES];

/** What is said of generated code where it is used: by default, as part of this project. */
export interface Placement {
  /** How a generated file imports the runtime: the folder of `command.ts` and `unmarshal.ts`, or a package. */
  readonly runtime: { readonly folder: string } | { readonly package: string };
  /** How generated files import each other. */
  readonly extension: ".ts" | ".js";
  /** The command that makes the files anew. */
  readonly madeBy: string;
}

export const IN_THIS_PROJECT: Placement = {
  runtime: { folder: "../runtime" },
  extension: ".ts",
  madeBy: "npm run generate",
};

/** In a project that uses this one as a package: generated of a plugin's schema. */
export const IN_A_PLUGIN: Placement = {
  runtime: { package: "qmpd/qapi" },
  extension: ".js",
  madeBy: "qmpd schema compile",
};

/** `schema/block-core.json` is the module `block-core`. */
export function moduleOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.json$/, "");
}

export class GeneratedModule {
  readonly name: string;
  readonly #sources: string;
  readonly #placement: Placement;
  readonly #imports = new Map<string, Set<string>>();
  readonly #declarations: string[] = [];

  /** `sources` tells, in the banner, what the file is made from. */
  constructor(name: string, sources: string, placement: Placement) {
    this.name = name;
    this.#sources = sources;
    this.#placement = placement;
  }

  get isEmpty(): boolean {
    return this.#declarations.length === 0;
  }

  add(declaration: string): void {
    this.#declarations.push(declaration.trimEnd());
  }

  /** A name of `src/qapi/runtime/`. */
  runtime(name: string): string {
    const { runtime, extension } = this.#placement;
    const file = COMMAND_TYPES.includes(name) ? "command" : "unmarshal";
    const from = "package" in runtime ? runtime.package : `${runtime.folder}/${file}${extension}`;
    return this.#import(from, RUNTIME_TYPES.includes(name) ? `type ${name}` : name);
  }

  /** A name that another generated module declares, or this one. */
  from(module: string, name: string, kind: "type" | "value"): string {
    if (module !== this.name)
      this.#import(`./${module}${this.#placement.extension}`, kind === "type" ? `type ${name}` : name);
    return name;
  }

  #import(path: string, name: string): string {
    const names = this.#imports.get(path) ?? new Set();
    names.add(name);
    this.#imports.set(path, names);
    return name.replace(/^type /, "");
  }

  /** The whole file. */
  text(): string {
    const { madeBy } = this.#placement;
    const banner = `/**\n * Generated from ${this.#sources} by \`${madeBy}\`: change the schema, not this file.\n */`;
    const imports = [...this.#imports]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, names]) => importLine(path, [...names]));
    const blocks = imports.length > 0 ? [banner, imports.join("\n")] : [banner];
    return `${[...blocks, ...this.#declarations].join("\n\n")}\n`;
  }
}

function importLine(path: string, names: readonly string[]): string {
  const bare = (name: string): string => name.replace(/^type /, "");
  const sorted = [...names].sort((a, b) => (bare(a).toLowerCase() < bare(b).toLowerCase() ? -1 : 1));
  const typesOnly = sorted.every((name) => name.startsWith("type "));
  const list = typesOnly ? sorted.map(bare) : sorted;
  return bracket(`import ${typesOnly ? "type " : ""}{`, list, `} from "${path}";`, { pad: " " });
}

/**
 * `open item, item close` on one line where that fits, else one item a line.  `pad` stands inside the
 * brackets of a single line; `column` is where the line begins, from 0.
 */
export function bracket(
  open: string,
  items: readonly string[],
  close: string,
  { pad = "", column = 0 }: { readonly pad?: string; readonly column?: number } = {},
): string {
  if (items.length === 0) return `${open}${close}`;
  const line = `${open}${pad}${items.join(", ")}${pad}${close}`;
  if (column + line.length <= LINE_WIDTH && !line.includes("\n")) return line;
  return `${open}\n${items.map((item) => `${indent(item)},\n`).join("")}${close}`;
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, INDENT);
}

// ---- Names ----

/** A type's name in TypeScript. */
export function typeNameOf(type: { readonly name: string }): string {
  return identifierOf(type.name);
}

/** `block-core` and `device_del` to `BlockCore` and `DeviceDel`. */
export function pascalCase(name: string): string {
  return identifierOf(name)
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.slice(0, 1).toLowerCase() + pascal.slice(1);
}

/** A member where it is declared. */
export function key(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}

/** A member where it is used. */
export function access(object: string, name: string): string {
  return key(name) === name ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`;
}
