/**
 * Builds the start of a message, and of a large one no more than what is looked at first.
 *
 *     building ──more than `JSON_BUILT_BYTES_MAX`──▶ checking ──the value ends, or an error──▶ building
 *
 * What becomes of a large message is most often decided by its shallow parts: an argument that the command has not, an
 * `id` that is too long.  So the value under way when too much has been built becomes a placeholder, and its bytes count
 * no longer.  Which of the two takes the next token is `sink`.
 *
 * Without a seed for the names' hashes everything is built.
 */

import { JSON_BUILT_BYTES_MAX } from "../util/limits.ts";
import type { StringDecoder } from "./string-decoder.ts";
import type { JsonValue } from "./value.ts";
import { type TokenSink, ValueBuilder } from "./value-builder.ts";
import { ValueChecker } from "./value-checker.ts";

export class SparingBuilder {
  readonly #seed: number | undefined;
  readonly #builder = new ValueBuilder();
  /** Made when first needed: most sessions send no large message. */
  #checker: ValueChecker | undefined;
  #sink: TokenSink = this.#builder;
  /** Bytes of what has become a placeholder, and where the one under way begins. */
  #sparedBytes = 0;
  #unreadStart = 0;
  #isWhole = false;
  #isPartial = false;

  constructor(seed: number | undefined) {
    this.#seed = seed;
  }

  /** What takes the next token. */
  get sink(): TokenSink {
    return this.#sink;
  }

  /** What takes the next token, when it is checked and not built. */
  get checker(): ValueChecker | undefined {
    return this.#sink === this.#checker ? this.#checker : undefined;
  }

  /** The first error of the message; empty when there is none so far. */
  get error(): string {
    return this.#sink.error;
  }

  /** The message's value, when its last token has been taken and there is no error. */
  get value(): JsonValue {
    return this.#builder.value;
  }

  /** Whether the value has a placeholder. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  /** Whether a key may have come twice in an object whose keys are not there to compare: build the whole message. */
  get mayClash(): boolean {
    return this.#checker?.mayClash === true;
  }

  /** What is held of names, beside what has been built. */
  get heldBytes(): number {
    return this.#checker?.heldBytes ?? 0;
  }

  /** Makes ready for the next message.  `isWhole`: all of it is built. */
  reset(isWhole = false): void {
    this.#builder.reset();
    this.#checker?.reset();
    this.#sink = this.#builder;
    this.#sparedBytes = 0;
    this.#isWhole = isWhole;
    this.#isPartial = false;
  }

  /** A token has been given to the sink.  `messageBytes`: those of the message so far. */
  tokenTaken(messageBytes: number): void {
    const checker = this.checker;
    if (checker !== undefined) {
      if (checker.error === "" && !checker.isComplete) return;
      this.#sink = this.#builder;
      if (checker.error !== "") return this.#builder.fail(checker.error);
      this.#sparedBytes += messageBytes - this.#unreadStart - checker.keptChars;
      this.#isPartial = true;
      this.#builder.scalar(checker.placeholder());
    }
    if (this.#isTooMuch(messageBytes) && this.#builder.isOpen) this.#spare(false, messageBytes);
  }

  /** A string has grown to `tokenBytes`, which are not counted in `messageBytes`, and `decoder` has it. */
  stringUnderWay(messageBytes: number, tokenBytes: number, decoder: StringDecoder): void {
    if (this.checker !== undefined || this.error !== "" || !this.#isTooMuch(messageBytes + tokenBytes))
      return;
    const checker = this.#spare(true, messageBytes);
    decoder.measure(checker.expectsName ? checker.hash : undefined);
  }

  #isTooMuch(messageBytes: number): boolean {
    return (
      this.#seed !== undefined && !this.#isWhole && messageBytes - this.#sparedBytes > JSON_BUILT_BYTES_MAX
    );
  }

  #spare(inString: boolean, messageBytes: number): ValueChecker {
    this.#checker ??= new ValueChecker(this.#seed ?? 0);
    const frames = this.#builder.giveAway(inString);
    this.#unreadStart = frames[0]?.startBytes ?? messageBytes;
    this.#checker.adopt(frames);
    this.#sink = this.#checker;
    return this.#checker;
  }
}
