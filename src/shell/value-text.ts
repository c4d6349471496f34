/** A value of JSON for somebody's eyes: in colour, on one line if it fits, otherwise a member a line. */

import { printJson } from "../qjson/print.ts";
import {
  isJsonObject,
  type JsonArray,
  JsonDouble,
  type JsonObject,
  JsonText,
  type JsonValue,
} from "../qjson/value.ts";
import { visible } from "../util/visible.ts";
import type { Painter } from "./colors.ts";

/** A longer string is cut: a picture in base64 says nothing to anybody. */
const STRING_CHARS_MAX = 400;
/** A text of lines is made to be read, up to this. */
const LINES_CHARS_MAX = 32 * 1024;
const INDENT = "  ";
/** What a terminal would obey, or not show. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** As `valueText`, of what a command returned: a text of several lines stands below as its author wrote it. */
export function answerText(value: JsonValue, paint: Painter, columns: number): string {
  const lines = linesOf(value);
  if (lines === undefined) return valueText(value, paint, columns);
  const rest = lines.length - LINES_CHARS_MAX;
  const shown = visible(lines.slice(0, LINES_CHARS_MAX).replaceAll("\r\n", "\n")).trimEnd();
  return `\n${shown}${rest > 0 ? paint("dim", `... ${rest} more`) : ""}`;
}

/** Such texts are strings (`human-monitor-command`) or alone in an object.  Source: QAPI, HumanReadableText. */
function linesOf(value: JsonValue): string | undefined {
  const { "human-readable-text": alone, ...others } = isJsonObject(value) ? value : {};
  const text = alone !== undefined && Object.keys(others).length === 0 ? alone : value;
  return typeof text === "string" && text.includes("\n") ? text : undefined;
}

/** `columns`: what fits on a line, as far as it goes. */
export function valueText(value: JsonValue, paint: Painter, columns: number): string {
  return text(value, paint, columns, "");
}

function text(value: JsonValue, paint: Painter, columns: number, indent: string): string {
  switch (typeof value) {
    case "string":
      return stringText(value, paint);
    case "number":
    case "bigint":
      return paint("number", printJson(value));
    case "boolean":
      return paint("word", `${value}`);
  }
  if (value === null) return paint("word", "null");
  if (value instanceof JsonDouble) return paint("number", printJson(value));
  if (value instanceof JsonText) return printJson(value);
  const isList = isArray(value);
  const parts = isList
    ? value.map((element) => ({ head: "", value: element }))
    : membersOf(value).map(([name, member]) => ({
        head: `${paint("name", quoted(name))}: `,
        value: member,
      }));
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (fits(value, columns - indent.length)) {
    return (
      open + parts.map((part) => part.head + text(part.value, paint, columns, indent)).join(", ") + close
    );
  }
  const inner = indent + INDENT;
  const lines = parts.map((part) => inner + part.head + text(part.value, paint, columns, inner));
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

function stringText(value: string, paint: Painter): string {
  if (value.length <= STRING_CHARS_MAX) return paint("string", quoted(value));
  const rest = value.length - STRING_CHARS_MAX;
  return `${paint("string", quoted(value.slice(0, STRING_CHARS_MAX)))}${paint("dim", `... ${rest} more`)}`;
}

/** A string of JSON with the letters of any language as they are. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(UNSEEN, (char) => printJson(char).slice(1, -1));
}

/** Looks no further than `room`. */
function fits(value: JsonValue, room: number): boolean {
  let left = room;
  const visit = (part: JsonValue): void => {
    if (typeof part !== "object" || part === null) {
      left -= typeof part === "string" ? part.length + 2 : String(part).length;
    } else if (isArray(part as JsonObject | JsonArray)) {
      for (const element of part as JsonArray) {
        if (left < 0) return;
        left -= 2;
        visit(element);
      }
    } else if (part instanceof JsonDouble) {
      left -= String(part.value).length;
    } else {
      for (const [name, member] of membersOf(part as JsonObject)) {
        if (left < 0) return;
        left -= name.length + 6;
        visit(member);
      }
    }
  };
  visit(value);
  return left >= 0;
}

function membersOf(object: JsonObject): [string, JsonValue][] {
  return Object.entries(object).flatMap(([name, member]) => (member === undefined ? [] : [[name, member]]));
}

function isArray(value: JsonObject | JsonArray): value is JsonArray {
  return Array.isArray(value);
}
