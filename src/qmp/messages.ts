/**
 * The envelopes of QMP, both ways: a request out of a decoded value, and the text of reply and event.  Key order
 * and separators of what is sent are QEMU's (rule W1).
 */

import { printJson } from "../qjson/print.ts";
import { refuseUnreadString, unreadSize } from "../qjson/unread.ts";
import {
  firstMembers,
  isJsonObject,
  type JsonObject,
  JsonText,
  type JsonValue,
  largeMemberCount,
} from "../qjson/value.ts";
import { errorReply, QmpError } from "./errors.ts";

export interface Request {
  readonly command: string;
  /** Sent by `exec-oob`. */
  readonly oob: boolean;
  readonly arguments: JsonObject;
  readonly id: JsonValue | undefined;
}

const NO_ARGUMENTS: JsonObject = Object.freeze({});

/** The `id` of anything that was sent as a request: errors carry it too. */
export function requestId(value: JsonValue): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, "id") ? value.id : undefined;
}

/**
 * Checks an envelope (rule N3).  `oobEnabled`: the session negotiated `oob`, so `exec-oob` is known.
 * Throws `QmpError` for the first member that is wrong, in the order received.
 */
export function parseRequest(value: JsonValue, oobEnabled: boolean): Request {
  if (!isJsonObject(value)) throw new QmpError("QMP input must be a JSON object");
  let command: string | undefined;
  let commandKey = "";
  let args = NO_ARGUMENTS;
  let id: JsonValue | undefined;
  for (const key in firstMembers(value)) {
    const member = value[key];
    if (key === "execute" || (key === "exec-oob" && oobEnabled)) {
      refuseUnreadString(member);
      if (typeof member !== "string") throw new QmpError(`QMP input member '${key}' must be a string`);
      if (command !== undefined) throw new QmpError(`QMP input member '${key}' clashes with '${commandKey}'`);
      command = member;
      commandKey = key;
    } else if (key === "arguments") {
      if (!isJsonObject(member)) throw new QmpError("QMP input member 'arguments' must be an object");
      args = member;
    } else if (key === "id") {
      id = member;
    } else {
      throw new QmpError(`QMP input member '${key}' is unexpected`);
    }
  }
  if (command === undefined) throw new QmpError("QMP input lacks member 'execute'");
  return { command, oob: commandKey === "exec-oob", arguments: args, id };
}

/**
 * The identity of an id within a session: equal for ids that are equal as JSON values, whatever they were
 * written like; `1` and `1.0` are, `1` and `"1"` are not (rule L5).
 */
export function idKey(id: JsonValue): string {
  if (typeof id === "string") return JSON.stringify(id);
  if (typeof id === "number" || typeof id === "bigint") return `${id}`;
  if (id === null || typeof id === "boolean") return String(id);
  if (Array.isArray(id)) return `[${id.map(idKey).join()}]`;
  if (!isJsonObject(id)) {
    const double = (id as { value: number }).value;
    return Number.isInteger(double) ? `${BigInt(double)}` : `${double}`;
  }
  const names = Object.keys(id).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${idKey(id[name] ?? null)}`).join()}}`;
}

/** Whether printing `id` would take more than about `limit` bytes.  Looks no further than that. */
export function isIdLarger(id: JsonValue, limit: number): boolean {
  let left = limit;
  const visit = (value: JsonValue): void => {
    const unread = unreadSize(value);
    left -= unread ?? (typeof value === "string" ? value.length : 1);
    if (left < 0 || unread !== undefined) return;
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length && left >= 0; index++) visit(value[index] ?? null);
    } else if (isJsonObject(value)) {
      if (largeMemberCount(value) > left) left = -1;
      else
        for (const name in value) {
          if (left < 0) return;
          left -= name.length;
          visit(value[name] ?? null);
        }
    }
  };
  visit(id);
  return left < 0;
}

/** One piece of output: text, or bytes that were made elsewhere and never become text here (rule D6). */
export type OutputChunk = string | Uint8Array;

export function encodeReturn(value: JsonValue, id: JsonValue | undefined): string {
  return id === undefined
    ? `{"return": ${printJson(value)}}\r\n`
    : `{"return": ${printJson(value)}, "id": ${printJson(id)}}\r\n`;
}

/** As `encodeReturn`, for a result whose members may be a `JsonText`: its bytes stay bytes. */
export function encodeReturnChunks(value: JsonValue, id: JsonValue | undefined): OutputChunk[] {
  const chunks: OutputChunk[] = [];
  if (!isJsonObject(value)) return [encodeReturn(value, id)];
  let text = '{"return": {';
  let separator = "";
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === undefined) continue;
    text += `${separator}${printJson(name)}: `;
    separator = ", ";
    if (member instanceof JsonText) {
      chunks.push(`${text}"`, ...member.parts);
      text = '"';
    } else {
      text += printJson(member);
    }
  }
  text += id === undefined ? "}}\r\n" : `}, "id": ${printJson(id)}}\r\n`;
  chunks.push(text);
  return chunks;
}

export function encodeError(error: unknown, id: JsonValue | undefined): string {
  const { class: errorClass, desc } = errorReply(error);
  const body = `"error": {"class": "${errorClass}", "desc": ${printJson(desc)}}}\r\n`;
  return id === undefined ? `{${body}` : `{"id": ${printJson(id)}, ${body}`;
}

/** `timestampUs` is wall clock time in microseconds. */
export function encodeEvent(event: string, data: JsonObject | undefined, timestampUs: number): string {
  const seconds = Math.floor(timestampUs / 1e6);
  const head = `{"timestamp": {"seconds": ${seconds}, "microseconds": ${timestampUs - seconds * 1e6}}, `;
  return data === undefined
    ? `${head}"event": "${event}"}\r\n`
    : `${head}"event": "${event}", "data": ${printJson(data)}}\r\n`;
}
