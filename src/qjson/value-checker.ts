/**
 * From tokens to the knowledge that they are a value, which is not built: the counterpart of the builder for a part of a
 * large message that nobody may ever read.
 *
 * It takes over what the builder has begun, goes along with the tokens as the builder does, finds the same errors in the
 * same order, and ends with a placeholder.  Of names it keeps hashes: two that are equal make the message one to be read
 * once more, which tells whether the names are.
 *
 * Invariant: whatever the part's size, nothing of it stays on the engine's heap.
 */

import { assert } from "../util/assert.ts";
import { JSON_NESTING_DEPTH_MAX } from "../util/limits.ts";
import { NameHash } from "./name-hash.ts";
import { NameSets } from "./name-sets.ts";
import { unreadContainer, unreadSize, unreadString } from "./unread.ts";
import { isJsonObject, type JsonValue, markLarge } from "./value.ts";
import type { Expecting, Frame, TokenSink } from "./value-builder.ts";

/** What a container waits for; with `IN_OBJECT`, one that is an object. */
const VALUE = 0;
const VALUE_OR_END = 1;
const SEPARATOR_OR_END = 2;
const KEY = 3;
const KEY_OR_END = 4;
const COLON = 5;
const IN_OBJECT = 8;

const STATES: Readonly<Record<Expecting, number>> = {
  value: VALUE,
  valueOrEnd: VALUE_OR_END,
  separatorOrEnd: SEPARATOR_OR_END,
  key: KEY,
  keyOrEnd: KEY_OR_END,
  colon: COLON,
};
/** No container is open: the value itself is due. */
const NOTHING_OPEN = VALUE;

export class ValueChecker implements TokenSink {
  /** Of the open containers around the innermost one, whose state is `#state`. */
  readonly #outer = new Uint8Array(JSON_NESTING_DEPTH_MAX);
  #depth = 0;
  #state = NOTHING_OPEN;
  readonly #names = new NameSets();
  /** Of the name under way. */
  readonly hash: NameHash;
  #chars = 0;
  #error = "";
  #mayClash = false;
  #isComplete = false;
  /** What the value is, when it is a container: taken over from the builder. */
  #outermost: Frame | undefined;

  /** `seed`: 32 bits by chance. */
  constructor(seed: number) {
    this.hash = new NameHash(seed);
  }

  get error(): string {
    return this.#error;
  }

  /** Whether the value's last token has been taken. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether two names of one object had equal hashes, since this was `reset`. */
  get mayClash(): boolean {
    return this.#mayClash;
  }

  /** Whether a string that begins now is a name. */
  get expectsName(): boolean {
    return this.#state === (IN_OBJECT | KEY) || this.#state === (IN_OBJECT | KEY_OR_END);
  }

  /** Makes ready for the next message. */
  reset(): void {
    this.#mayClash = false;
    this.#outermost = undefined;
    this.#names.clear();
  }

  /** What the names of open objects take. */
  get heldBytes(): number {
    return this.#names.heldBytes;
  }

  /** Takes over a value that has begun: its open containers, the outermost first; none for a string. */
  adopt(frames: readonly Frame[]): void {
    this.#depth = 0;
    this.#state = NOTHING_OPEN;
    this.#chars = 0;
    this.#error = "";
    this.#isComplete = false;
    this.#names.clear();
    this.#outermost = frames[0];
    for (const frame of frames) {
      const { array, object, expecting, key } = frame;
      this.#push(STATES[expecting] | (array === undefined ? IN_OBJECT : 0));
      this.#chars += sizeOf(array ?? object);
      if (array !== undefined) continue;
      for (const name in object) this.#addName(name);
      // Of a member whose value is not complete, the name is.
      if (expecting !== "colon" && expecting !== "value") continue;
      this.#addName(key);
      this.#chars += key.length;
    }
  }

  /** The placeholder for the complete value. */
  placeholder(): JsonValue {
    assert(this.#isComplete, "a value is complete when its placeholder is made");
    const outermost = this.#outermost;
    if (outermost === undefined) return unreadString(this.#chars);
    if (outermost.array !== undefined) return unreadContainer<JsonValue[]>([], this.#chars);
    const object = {};
    const first = this.#firstMember(outermost);
    if (first !== undefined) markLarge(object, first, outermost.memberCount);
    return unreadContainer(object, this.#chars);
  }

  /** Characters that the placeholder keeps. */
  get keptChars(): number {
    const first = this.#outermost === undefined ? undefined : this.#firstMember(this.#outermost);
    return first === undefined ? 0 : (Object.keys(first)[0]?.length ?? 0);
  }

  /** The first member of an object with so many that one is unknown: without its value, which the error has not. */
  #firstMember({ firstMembers }: Frame): Readonly<Record<string, null>> | undefined {
    if (firstMembers === undefined) return undefined;
    for (const name in firstMembers) return Object.fromEntries([[name, null]]);
    return undefined;
  }

  openArray(): void {
    if (this.#mayBeginValue()) this.#push(VALUE_OR_END);
  }

  openObject(): void {
    if (this.#mayBeginValue()) this.#push(IN_OBJECT | KEY_OR_END);
  }

  closeArray(): void {
    if (this.#error !== "") return;
    if (this.#depth === 0 || (this.#state !== VALUE_OR_END && this.#state !== SEPARATOR_OR_END))
      return this.#unexpected();
    this.#pop();
  }

  closeObject(): void {
    if (this.#error !== "") return;
    if (this.#state !== (IN_OBJECT | KEY_OR_END) && this.#state !== (IN_OBJECT | SEPARATOR_OR_END))
      return this.#unexpected();
    this.#names.close();
    this.#pop();
  }

  comma(): void {
    if (this.#error !== "") return;
    if (this.#state === SEPARATOR_OR_END) this.#state = VALUE;
    else if (this.#state === (IN_OBJECT | SEPARATOR_OR_END)) this.#state = IN_OBJECT | KEY;
    else this.#unexpected();
  }

  colon(): void {
    if (this.#error !== "") return;
    if (this.#state === (IN_OBJECT | COLON)) this.#state = IN_OBJECT | VALUE;
    else this.#unexpected();
  }

  /** A string of `chars` characters; of a name, `hash` has taken all of them. */
  string(chars: number): void {
    if (!this.#mayBeginValue()) return;
    this.#chars += chars;
    if (!this.expectsName) return this.#added();
    if (this.#names.add(this.hash.value)) this.#mayClash = true;
    this.#state = IN_OBJECT | COLON;
  }

  /** A value that is neither a container nor a string; which one does not matter. */
  scalar(_value?: JsonValue): void {
    if (!this.#mayBeginValue()) return;
    this.#chars++;
    this.#added();
  }

  invalidScalar(error: string): void {
    if (this.#mayBeginValue()) this.#error = error;
  }

  #push(state: number): void {
    this.#outer[this.#depth++] = this.#state;
    this.#state = state;
    this.#chars++;
    if (state >= IN_OBJECT) this.#names.open();
  }

  #pop(): void {
    this.#state = this.#outer[--this.#depth] as number;
    this.#added();
  }

  /** A value other than a name has ended. */
  #added(): void {
    if (this.#depth === 0) this.#isComplete = true;
    else if (this.expectsName) this.#error = "key is not a string in object";
    else this.#state = (this.#state & IN_OBJECT) | SEPARATOR_OR_END;
  }

  #addName(name: string): void {
    this.hash.begin();
    this.hash.text(name);
    if (this.#names.add(this.hash.value)) this.#mayClash = true;
  }

  #mayBeginValue(): boolean {
    if (this.#error !== "") return false;
    const expecting = this.#state & ~IN_OBJECT;
    if (expecting !== SEPARATOR_OR_END && expecting !== COLON) return true;
    this.#unexpected();
    return false;
  }

  #unexpected(): void {
    const expecting = this.#state & ~IN_OBJECT;
    if (expecting === SEPARATOR_OR_END)
      this.#error = `expected separator in ${this.#state === expecting ? "list" : "dict"}`;
    else this.#error = expecting === COLON ? "missing : in object pair" : "expecting value";
  }
}

/** The size of what has been built of a container, itself left out: see {@link unreadSize}. */
function sizeOf(container: JsonValue): number {
  let chars = 0;
  const add = (value: JsonValue): void => {
    chars += typeof value === "string" ? value.length : (unreadSize(value) ?? 1 + sizeOf(value));
  };
  if (Array.isArray(container)) {
    for (const element of container) add(element);
  } else if (isJsonObject(container)) {
    for (const name in container) {
      chars += name.length;
      add(container[name] ?? null);
    }
  }
  return chars;
}
