/** What a line of a server is.  It is judged by what has to be there; members beside it are let pass, as servers add some. */

import { isUtf8 } from "node:buffer";
import { visibleInLine } from "../util/visible.ts";

export type ServerLine =
  | {
      readonly kind: "greeting";
      readonly capabilities: readonly string[];
    }
  | { readonly kind: "event"; readonly name: string }
  | { readonly kind: "return"; readonly id: unknown }
  | { readonly kind: "error"; readonly id: unknown; readonly errorClass: string; readonly desc: string }
  | { readonly kind: "unknown" };

/** Of the name of an event or a class: the rest is of no use in a table. */
const NAME_CHARS_MAX = 80;

/** Of the sentence of an error. */
const DESC_CHARS_MAX = 200;

export const UNKNOWN_LINE: ServerLine = { kind: "unknown" };

/** Nothing is guessed: what is not JSON, or two things at once, is `unknown`. */
export function readServerLine(bytes: Buffer): ServerLine {
  const value = parse(bytes);
  return isObject(value) ? serverLineOf(value) : UNKNOWN_LINE;
}

/** What an object is.  Nothing is looked at but its members, and those of an error and a greeting. */
export function serverLineOf(value: Readonly<Record<string, unknown>>): ServerLine {
  const { return: returned, error, event, QMP } = value;
  if ([returned, error, event, QMP].filter((member) => member !== undefined).length !== 1)
    return UNKNOWN_LINE;
  if (returned !== undefined) return { kind: "return", id: value.id };
  if (isObject(error) && typeof error.class === "string" && typeof error.desc === "string") {
    return {
      kind: "error",
      id: value.id,
      errorClass: nameOf(error.class),
      desc: error.desc.slice(0, DESC_CHARS_MAX),
    };
  }
  if (typeof event === "string" && (value.data === undefined || isObject(value.data))) {
    return { kind: "event", name: nameOf(event) };
  }
  if (!isObject(QMP)) return UNKNOWN_LINE;
  const { capabilities } = QMP;
  return { kind: "greeting", capabilities: Array.isArray(capabilities) ? capabilities.map(String) : [] };
}

/** A name stands in tables and sentences: a server must not write lines of its own there. */
function nameOf(text: string): string {
  return visibleInLine(text.slice(0, NAME_CHARS_MAX));
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
