/** JSON as people type it: QEMU's dialect, read by the parser that reads QMP. */

import { JsonStreamer } from "../qjson/streamer.ts";
import type { JsonValue } from "../qjson/value.ts";
import { ShellError } from "./shell-error.ts";

/** `incomplete`: all was well so far, and brackets or quotes are open. */
export type JsonInput =
  | { readonly kind: "values"; readonly values: readonly JsonValue[] }
  | { readonly kind: "incomplete" }
  | { readonly kind: "error"; readonly desc: string };

/** Reads one or more values. */
export function readJson(text: string): JsonInput {
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

/** One value.  Throws {@link ShellError}. */
export function parseJson(text: string): JsonValue {
  const input = readJson(text);
  if (input.kind === "error") throw new ShellError(input.desc);
  const [value] = input.kind === "values" ? input.values : [];
  if (value === undefined || (input.kind === "values" && input.values.length > 1)) {
    throw new ShellError("one value of JSON is expected");
  }
  return value;
}
