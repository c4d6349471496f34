/**
 * From tokens to a value, one token at a time.
 *
 * QEMU parses a message when its last token is there and answers the first error it meets.  The builder
 * goes along with the tokens instead, so that memory holds values and no tokens; it keeps the first error
 * and takes the rest of the message without looking at it.  The errors are the same, in the same order.
 *
 * Invariant: the caller ends the message; the builder never finds an end of its own, because brackets
 * that match are brackets that the caller has counted to zero.
 */

import { assert } from "../util/assert.ts";
import { JSON_LARGE_OBJECT_MEMBERS } from "../util/limits.ts";
import { type JsonObject, type JsonValue, markLarge } from "./value.ts";

/** What the container on top of the stack waits for. */
export type Expecting = "value" | "valueOrEnd" | "separatorOrEnd" | "key" | "keyOrEnd" | "colon";

/** What takes the tokens of a message.  `startBytes`: how many bytes of the message came before the container. */
export interface TokenSink {
  /** The first error of what it has been given; empty when there is none so far. */
  readonly error: string;
  openArray(startBytes: number): void;
  openObject(startBytes: number): void;
  closeArray(): void;
  closeObject(): void;
  comma(): void;
  colon(): void;
  scalar(value: JsonValue): void;
  /** A literal whose text is invalid: `error` counts where a value may begin. */
  invalidScalar(error: string): void;
}

type MutableArray = JsonValue[];
type MutableObject = Record<string, JsonValue>;

/** A container that is open. */
export interface Frame {
  readonly startBytes: number;
  readonly parent: Frame | undefined;
  readonly array: MutableArray | undefined;
  readonly object: MutableObject;
  expecting: Expecting;
  key: string;
  memberCount: number;
  /** Of an object that has become large. */
  firstMembers: JsonObject | undefined;
}

/** Elements an engine makes room for when an array grows. */
const SPARE_ELEMENTS = 16;
/** Levels of objects that are built before what is in them: the message and its members. */
const SHALLOW_OBJECTS = 2;
const NO_OBJECT: MutableObject = Object.freeze({});

/** Sets a member.  A plain assignment to `__proto__` would change the prototype instead. */
function setMember(object: MutableObject, key: string, value: JsonValue): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

export class ValueBuilder implements TokenSink {
  #top: Frame | undefined;
  #value: JsonValue | undefined;
  #error = "";

  /** The first error of this message; empty when there is none so far. */
  get error(): string {
    return this.#error;
  }

  /** The message's value, when its last token has been given and there is no error. */
  get value(): JsonValue {
    assert(this.#value !== undefined, "a message that ends without an error has a value");
    return this.#value;
  }

  /** Makes ready for the next message. */
  reset(): void {
    this.#top = undefined;
    this.#value = undefined;
    this.#error = "";
  }

  /** Records `error` unless there was one before, and lets go of what has been built. */
  fail(error: string): void {
    if (this.#error !== "") return;
    this.#error = error;
    this.#top = undefined;
    this.#value = undefined;
  }

  /** Whether a container is open, and no error has been found. */
  get isOpen(): boolean {
    return this.#top !== undefined;
  }

  openArray(startBytes: number): void {
    if (!this.#mayBeginValue()) return;
    this.#open(startBytes, [], NO_OBJECT, "valueOrEnd");
  }

  openObject(startBytes: number): void {
    if (!this.#mayBeginValue()) return;
    this.#open(startBytes, undefined, {}, "keyOrEnd");
  }

  closeArray(): void {
    if (this.#error !== "") return;
    const top = this.#top;
    if (top?.array === undefined) return this.#unexpected();
    if (top.expecting !== "valueOrEnd" && top.expecting !== "separatorOrEnd") return this.#unexpected();
    this.#top = top.parent;
    // A growing array has room for 16 elements more: in a small one that would be most of its memory.
    this.#add(top.array.length > SPARE_ELEMENTS ? top.array : top.array.slice());
  }

  closeObject(): void {
    if (this.#error !== "") return;
    const top = this.#top;
    if (top === undefined || top.array !== undefined) return this.#unexpected();
    if (top.expecting !== "keyOrEnd" && top.expecting !== "separatorOrEnd") return this.#unexpected();
    this.#top = top.parent;
    if (top.firstMembers !== undefined) markLarge(top.object, top.firstMembers, top.memberCount);
    this.#add(top.object);
  }

  comma(): void {
    if (this.#error !== "") return;
    const top = this.#top;
    if (top?.expecting !== "separatorOrEnd") return this.#unexpected();
    top.expecting = top.array === undefined ? "key" : "value";
  }

  colon(): void {
    if (this.#error !== "") return;
    const top = this.#top;
    if (top?.expecting !== "colon") return this.#unexpected();
    top.expecting = "value";
  }

  scalar(value: JsonValue): void {
    if (this.#mayBeginValue()) this.#add(value);
  }

  invalidScalar(error: string): void {
    if (this.#mayBeginValue()) this.fail(error);
  }

  /**
   * Gives the value under way away: the caller brings another in its place.  It is the outermost one that is neither the
   * message, if that is an object, nor an object that is a member of it: their own names and values are looked at first.
   * Where nothing but those is under way, it is the innermost of them.  Answers its open containers, the outermost first;
   * none for the string that has begun, `inString`.
   */
  giveAway(inString: boolean): Frame[] {
    const frames: Frame[] = [];
    for (let frame = this.#top; frame !== undefined; frame = frame.parent) frames.push(frame);
    frames.reverse();
    let first = frames.findIndex(({ array }, depth) => array !== undefined || depth === SHALLOW_OBJECTS);
    if (first === -1) {
      if (inString && (this.#top === undefined || this.#top.expecting === "value")) return [];
      first = frames.length - 1;
    }
    this.#top = frames[first]?.parent;
    return frames.slice(first);
  }

  #open(
    startBytes: number,
    array: MutableArray | undefined,
    object: MutableObject,
    expecting: Expecting,
  ): void {
    const parent = this.#top;
    this.#top = {
      startBytes,
      parent,
      array,
      object,
      expecting,
      key: "",
      memberCount: 0,
      firstMembers: undefined,
    };
  }

  #mayBeginValue(): boolean {
    if (this.#error !== "") return false;
    const expecting = this.#top?.expecting;
    if (expecting !== "separatorOrEnd" && expecting !== "colon") return true;
    this.#unexpected();
    return false;
  }

  /** Adds a complete value to the container on top. */
  #add(value: JsonValue): void {
    const top = this.#top;
    if (top === undefined) {
      this.#value = value;
    } else if (top.array !== undefined) {
      top.array.push(value);
      top.expecting = "separatorOrEnd";
    } else if (top.expecting === "value") {
      if (Object.hasOwn(top.object, top.key)) return this.fail("duplicate key");
      setMember(top.object, top.key, value);
      top.memberCount++;
      if (top.memberCount === JSON_LARGE_OBJECT_MEMBERS) top.firstMembers = { ...top.object };
      top.expecting = "separatorOrEnd";
    } else if (typeof value === "string") {
      top.key = value;
      top.expecting = "colon";
    } else {
      this.fail("key is not a string in object");
    }
  }

  /** A token other than the one the container on top waits for. */
  #unexpected(): void {
    const top = this.#top;
    switch (top?.expecting) {
      case "separatorOrEnd":
        return this.fail(`expected separator in ${top.array === undefined ? "dict" : "list"}`);
      case "colon":
        return this.fail("missing : in object pair");
      default:
        return this.fail("expecting value");
    }
  }
}
