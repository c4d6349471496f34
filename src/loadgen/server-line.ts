/** What a line of a server is, when the fast path of `reply-lines.ts` does not know. */

export type ServerLine =
  | { readonly kind: "greeting"; readonly capabilities: readonly string[] }
  | { readonly kind: "event"; readonly name: string }
  | { readonly kind: "return"; readonly id: unknown }
  | { readonly kind: "error"; readonly id: unknown; readonly errorClass: string }
  | { readonly kind: "unknown" };

const BEGIN_OF_EVENT = '{"timestamp": ';
const BEFORE_EVENT_NAME = '"event": "';
/** An event's timestamp is shorter than this. */
const EVENT_HEAD_CHARS = 200;

export function readReply(bytes: Buffer): ServerLine {
  return readEvent(bytes) ?? readObject(bytes);
}

/** Events may come in floods: their data is not parsed. */
function readEvent(bytes: Buffer): ServerLine | undefined {
  const head = bytes.toString("latin1", 0, Math.min(bytes.length, EVENT_HEAD_CHARS));
  if (!head.startsWith(BEGIN_OF_EVENT)) return undefined;
  const start = head.indexOf(BEFORE_EVENT_NAME) + BEFORE_EVENT_NAME.length;
  const end = head.indexOf('"', start);
  return start < BEFORE_EVENT_NAME.length || end < 0
    ? undefined
    : { kind: "event", name: head.slice(start, end) };
}

function readObject(bytes: Buffer): ServerLine {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return { kind: "unknown" };
  }
  if (!isObject(value)) return { kind: "unknown" };
  if (value.return !== undefined) return { kind: "return", id: value.id };
  if (isObject(value.error) && typeof value.error.class === "string") {
    return { kind: "error", id: value.id, errorClass: value.error.class };
  }
  if (typeof value.event === "string") return { kind: "event", name: value.event };
  if (!isObject(value.QMP)) return { kind: "unknown" };
  const { capabilities } = value.QMP;
  return { kind: "greeting", capabilities: Array.isArray(capabilities) ? capabilities.map(String) : [] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
