/**
 * The envelopes of QMP as a client meets them: the text of a request out of a command, and what a message of the
 * server is.  Messages are judged by what has to be there; members beside it are let pass, as servers add some.
 */

import { printJson } from "../qjson/print.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../qjson/value.ts";

/** What the server said of itself when the connection was made. */
export interface Greeting {
  /** As `query-version` answers it: `{qemu: {major, minor, micro}, package}`. */
  readonly version: JsonObject;
  /** The capabilities that it offers. */
  readonly capabilities: readonly string[];
}

export interface QmpEvent {
  /** `STOP`, `DEVICE_DELETED`, ... */
  readonly event: string;
  /** Empty when the event has none. */
  readonly data: JsonObject;
  /** The server's clock; undefined when it did not say. */
  readonly timestamp: { readonly seconds: number; readonly microseconds: number } | undefined;
}

/** How the server answered a command. */
export type Outcome =
  | { readonly kind: "return"; readonly value: JsonValue }
  | { readonly kind: "error"; readonly errorClass: string; readonly desc: string };

export type ServerMessage =
  | { readonly kind: "greeting"; readonly greeting: Greeting }
  | { readonly kind: "event"; readonly event: QmpEvent }
  | { readonly kind: "reply"; readonly id: JsonValue | undefined; readonly outcome: Outcome };

/** `undefined`: it is none that QMP has. */
export function readServerMessage(value: JsonValue): ServerMessage | undefined {
  if (!isJsonObject(value)) return undefined;
  if (value.return !== undefined) {
    return { kind: "reply", id: value.id, outcome: { kind: "return", value: value.return } };
  }
  if (value.event !== undefined) return readEvent(value);
  if (value.error !== undefined) return readError(value);
  return value.QMP === undefined ? undefined : readGreeting(value.QMP);
}

function readEvent({ event, data, timestamp }: JsonObject): ServerMessage | undefined {
  if (typeof event !== "string" || (data !== undefined && !isJsonObject(data))) return undefined;
  return { kind: "event", event: { event, data: data ?? {}, timestamp: readTimestamp(timestamp) } };
}

function readTimestamp(value: JsonValue | undefined): QmpEvent["timestamp"] {
  if (!isJsonObject(value)) return undefined;
  const { seconds, microseconds } = value;
  return typeof seconds === "number" && typeof microseconds === "number"
    ? { seconds, microseconds }
    : undefined;
}

function readError({ error, id }: JsonObject): ServerMessage | undefined {
  if (!isJsonObject(error)) return undefined;
  const { class: errorClass, desc } = error;
  if (typeof errorClass !== "string" || typeof desc !== "string") return undefined;
  return { kind: "reply", id, outcome: { kind: "error", errorClass, desc } };
}

function readGreeting(value: JsonValue): ServerMessage | undefined {
  if (!isJsonObject(value)) return undefined;
  // A greeting without capabilities was sent before there were any.
  const { version = {}, capabilities = [] } = value;
  if (!isJsonObject(version) || !Array.isArray(capabilities)) return undefined;
  const names = (capabilities as readonly JsonValue[]).filter((name) => typeof name === "string");
  return { kind: "greeting", greeting: { version, capabilities: names } };
}

/** The text of a request; ASCII.  Throws when `args` is nothing that JSON can say. */
export function encodeRequest(
  command: string,
  args: JsonObject | undefined,
  id: number,
  oob: boolean,
): string {
  const head = `{"${oob ? "exec-oob" : "execute"}": ${printJson(command)}`;
  return args === undefined
    ? `${head}, "id": ${id}}\r\n`
    : `${head}, "arguments": ${printJson(args)}, "id": ${id}}\r\n`;
}
