/** JSON as people type it: QEMU's dialect, read by the parser that reads QMP. */

import { JsonStreamer } from "./streamer.ts";
import type { JsonValue } from "./value.ts";

/** `incomplete`: all was well so far, and brackets or quotes are open. */
export type JsonInput =
  | { readonly kind: "values"; readonly values: readonly JsonValue[] }
  | { readonly kind: "incomplete" }
  | { readonly kind: "error"; readonly desc: string };

/** Reads the values of a text; there may be none. */
export function readJsonText(text: string): JsonInput {
  return new JsonTextReader().push(text);
}

/** The same for a text that comes in parts, none of which is looked at twice. */
export class JsonTextReader {
  readonly #streamer = new JsonStreamer();
  readonly #values: JsonValue[] = [];

  /** Takes whole lines; answers what the text is as far as it has come.  Not to be called after an error. */
  push(lines: string): JsonInput {
    const streamer = this.#streamer;
    // A number or a word ends at the white space after it.
    streamer.push(new TextEncoder().encode(`${lines}\n`));
    for (;;) {
      switch (streamer.next()) {
        case "value":
          this.#values.push(streamer.value);
          break;
        case "error":
          return { kind: "error", desc: streamer.errorDesc };
        case "starved":
          return streamer.heldBytes > 0 ? { kind: "incomplete" } : { kind: "values", values: this.#values };
        case "slice":
          break;
      }
    }
  }
}
