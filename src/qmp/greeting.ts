/**
 * The greeting: the first line that a client reads (rule N1).  It stands apart from the other envelopes, so that
 * a service can greet before it has loaded what answers commands.
 */

import { printJson } from "../qjson/print.ts";
import type { JsonObject } from "../qjson/value.ts";
import { CAPABILITIES } from "./capabilities.ts";

/** `version` is the answer of `query-version`. */
export function encodeGreeting(version: JsonObject): string {
  return `${printJson({ QMP: { version, capabilities: CAPABILITIES } })}\r\n`;
}
