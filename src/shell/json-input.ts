/** A value of JSON in a line. */

import { readJsonText } from "../qjson/text.ts";
import type { JsonValue } from "../qjson/value.ts";
import { ShellError } from "./shell-error.ts";

/** One value.  Throws {@link ShellError}. */
export function parseJson(text: string): JsonValue {
  const input = readJsonText(text);
  if (input.kind === "error") throw new ShellError(input.desc);
  const [value] = input.kind === "values" ? input.values : [];
  if (value === undefined || (input.kind === "values" && input.values.length > 1)) {
    throw new ShellError("one value of JSON is expected");
  }
  return value;
}
