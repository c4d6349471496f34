/** A value of JSON for somebody's eyes: in colour, on one line if it fits, otherwise a member a line. */

import { printJson } from "../qjson/print.ts";
import { type JsonArray, JsonDouble, type JsonObject, JsonText, type JsonValue } from "../qjson/value.ts";
import type { Painter } from "./colors.ts";

/** A longer string is cut: a picture in base64 says nothing to anybody. */
const STRING_CHARS_MAX = 400;
const INDENT = "  ";

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
        head: `${paint("name", printJson(name))}: `,
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
  if (value.length <= STRING_CHARS_MAX) return paint("string", printJson(value));
  const rest = value.length - STRING_CHARS_MAX;
  return `${paint("string", printJson(value.slice(0, STRING_CHARS_MAX)))}${paint("dim", `... ${rest} more`)}`;
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
