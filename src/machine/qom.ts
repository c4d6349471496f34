/**
 * QOM: the tree of objects that a client can look at, with QEMU's rules for paths and its sentences.
 *
 * A path that begins with `/` is absolute; empty parts of it are skipped and links are followed.  Any other
 * path is partial: it is tried from every object of the tree and must fit exactly one place.  The empty
 * path fits everywhere.
 */

import { QOM_PATH_CHARS_MAX } from "../util/limits.ts";
import { MachineError } from "./error.ts";

export type QomValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly QomValue[]
  | { readonly [name: string]: QomValue };

/** A property as `qom-list` tells it. */
export interface QomProperty {
  readonly name: string;
  /** `string`, `bool`, `uint32`, `child<container>`, `link<device>`, ... */
  readonly type: string;
}

export interface QomPropertyDefinition extends QomProperty {
  get(): QomValue;
  /** Absent: the property is not writable.  Throws `MachineError` for a value that does not fit. */
  set?(value: QomValue): void;
  /** What a child or link property leads to. */
  target?: QomObject;
}

export class QomObject {
  readonly type: string;
  readonly #properties = new Map<string, QomPropertyDefinition>();
  #path = "/";

  constructor(type: string) {
    this.type = type;
    this.addProperty({ name: "type", type: "string", get: () => type });
  }

  /** Where the object stands in the tree; the root's is `/`. */
  get path(): string {
    return this.#path;
  }

  get properties(): Iterable<QomPropertyDefinition> {
    return this.#properties.values();
  }

  property(name: string): QomPropertyDefinition | undefined {
    return this.#properties.get(name);
  }

  addProperty(property: QomPropertyDefinition): void {
    this.#properties.set(property.name, property);
  }

  /** Puts `child` into the tree and answers it.  Its own children are added after that, so that paths are known. */
  addChild<T extends QomObject>(name: string, child: T): T {
    child.#path = this.#path === "/" ? `/${name}` : `${this.#path}/${name}`;
    this.addProperty({ name, type: `child<${child.type}>`, target: child, get: () => child.path });
    return child;
  }

  /** The next step of a path: a child, or what a link leads to. */
  step(name: string): QomObject | undefined {
    return this.#properties.get(name)?.target;
  }

  *children(): Iterable<QomObject> {
    for (const { type, target } of this.#properties.values()) {
      if (target !== undefined && type.startsWith("child<")) yield target;
    }
  }
}

/** The properties at `path`, as `qom-list` tells them. */
export function qomList(root: QomObject, path: string): QomProperty[] {
  const found = resolve(root, path);
  if (found === "ambiguous") throw new MachineError(`Path '${path}' is ambiguous`);
  return Array.from((found ?? notFound(path)).properties, ({ name, type }) => ({ name, type }));
}

export function qomGet(root: QomObject, path: string, property: string): QomValue {
  return findProperty(root, path, property).definition.get();
}

export function qomSet(root: QomObject, path: string, property: string, value: QomValue): void {
  const { object, definition } = findProperty(root, path, property);
  if (definition.set === undefined) {
    throw new MachineError(`Property '${object.type}.${property}' is not writable`);
  }
  definition.set(value);
}

/** What the type error says when `value` is not of the kind that property `name` takes. */
export function expectType(name: string, expected: "boolean" | "integer" | "string", value: QomValue): void {
  const fits =
    expected === "integer"
      ? typeof value === "bigint"
        ? BigInt.asIntN(64, value) === value
        : Number.isSafeInteger(value)
      : typeof value === expected;
  if (!fits) throw new MachineError(`Invalid parameter type for '${name}', expected: ${expected}`);
}

function findProperty(
  root: QomObject,
  path: string,
  property: string,
): { object: QomObject; definition: QomPropertyDefinition } {
  // Unlike `qom-list`, an ambiguous path is simply not found: QEMU's `qom-get` and `qom-set` tell no more.
  const found = resolve(root, path);
  const object = found === undefined || found === "ambiguous" ? notFound(path) : found;
  const definition = object.property(property);
  if (definition === undefined) throw new MachineError(`Property '${object.type}.${property}' not found`);
  return { object, definition };
}

function notFound(path: string): never {
  throw new MachineError(`Device '${path}' not found`, "DeviceNotFound");
}

function resolve(root: QomObject, path: string): QomObject | "ambiguous" | undefined {
  if (path.length > QOM_PATH_CHARS_MAX) return undefined;
  const parts = path.split("/").filter((part) => part !== "");
  return path.startsWith("/") ? walk(root, parts) : resolvePartial(root, parts);
}

function walk(from: QomObject, parts: readonly string[]): QomObject | undefined {
  let object: QomObject | undefined = from;
  for (const part of parts) object = object?.step(part);
  return object;
}

function resolvePartial(from: QomObject, parts: readonly string[]): QomObject | "ambiguous" | undefined {
  let found = walk(from, parts);
  for (const child of from.children()) {
    const below = resolvePartial(child, parts);
    if (below === undefined) continue;
    if (below === "ambiguous" || found !== undefined) return "ambiguous";
    found = below;
  }
  return found;
}
