/** What is said of a server that does not speak QMP as it should; each ends the connection. */

import { printJson } from "../qjson/print.ts";
import type { JsonValue } from "../qjson/value.ts";
import { CLIENT_QUOTED_CHARS_MAX } from "../util/limits.ts";
import { ClientError } from "./errors.ts";

/** `value` is JSON, but nothing that may come here. */
export function notQmp(peer: string, value: JsonValue, expected = "a message of QMP"): ClientError {
  return new ClientError(
    "CLIENT_PROTOCOL",
    `${peer}: ${expected} was expected, and this came: ${quote(value)}`,
  );
}

/** A reply without an id, in a session whose replies come in no order. */
export function orderUnknown(peer: string, value: JsonValue): ClientError {
  const message = `${peer}: a reply without an id cannot be assigned to a command with async enabled: ${quote(value)}`;
  return new ClientError("CLIENT_PROTOCOL", message);
}

function quote(value: JsonValue): string {
  const text = printJson(value);
  return text.length > CLIENT_QUOTED_CHARS_MAX ? `${text.slice(0, CLIENT_QUOTED_CHARS_MAX)}...` : text;
}
