/**
 * What stands in a value for a part of a large message that has been checked and not built.
 *
 * A placeholder for an array or object looks like one from outside, which is all that a check of its kind needs; one for
 * a string is an `UnreadString`.  Whoever looks inside, a printer or a handler, meets an `UnreadError`: such a value
 * never leaves the place where it is decided whether the message has to be read whole.
 */

import { type JsonValue, UnreadString } from "./value.ts";

/** Somebody looked for what has not been read. */
export class UnreadError extends Error {
  override readonly name = "UnreadError";

  constructor() {
    super("a part of a large message is needed that has not been read");
  }
}

/** Holds the size of a placeholder: the characters of its strings and names, and one for each other value. */
const unreadChars: unique symbol = Symbol("unreadChars");

interface MaybeUnread {
  readonly [unreadChars]?: number;
}

function refuse(): never {
  throw new UnreadError();
}

/** Symbols are how this program marks its values, and how it asks what one is an instance of. */
const TRAPS: ProxyHandler<object> = {
  get: (target, name) => (typeof name === "symbol" ? Reflect.get(target, name) : refuse()),
  has: refuse,
  ownKeys: refuse,
  getOwnPropertyDescriptor: refuse,
};

/** Makes a placeholder of an empty array or object; what it is marked with can still be asked for. */
export function unreadContainer<T extends object>(empty: T, chars: number): T {
  Object.defineProperty(empty, unreadChars, { value: chars });
  return new Proxy(empty, TRAPS as ProxyHandler<T>);
}

/** A placeholder for a string; to a compiler it is what it stands for, as the other placeholders are. */
export function unreadString(chars: number): string {
  return unreadContainer(new UnreadString(), chars) as unknown as string;
}

/** Throws where text is due and `value` is a placeholder for some: whether it is right, only its characters can tell. */
export function refuseUnreadString(value: JsonValue | undefined): void {
  if (typeof value === "object" && value instanceof UnreadString) throw new UnreadError();
}

/** The size of a placeholder; undefined for what has been read. */
export function unreadSize(value: JsonValue | undefined): number | undefined {
  return typeof value === "object" && value !== null ? (value as MaybeUnread)[unreadChars] : undefined;
}
