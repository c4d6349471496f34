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
  const streamer = new JsonStreamer();
  // A number or a word ends at the white space after it.
  streamer.push(new TextEncoder().encode(`${text}\n`));
  const values: JsonValue[] = [];
  for (;;) {
    switch (streamer.next()) {
      case "value":
        values.push(streamer.value);
        break;
      case "error":
        return { kind: "error", desc: streamer.errorDesc };
      case "starved":
        return streamer.heldBytes > 0 ? { kind: "incomplete" } : { kind: "values", values };
      case "slice":
        break;
    }
  }
}
