/** Runs a session against a server, and makes what came back comparable. */

import { createConnection } from "node:net";
import { LAST_ID, OOB_ID_PREFIX, type Session, SHAPE_ID_PREFIX } from "./session-maker.ts";

/** Lines, in order, greeting first. */
export interface Transcript {
  readonly lines: readonly string[];
  /** How it ended: the server closed in order, or it did not. */
  readonly end: "closed" | "timeout" | "error";
}

const TIMEOUT_MS = 10_000;

/** Sends the session's pieces, each in a write of its own, and reads until the server closes. */
export function runSession(path: string, session: Session): Promise<Transcript> {
  return new Promise((resolve) => {
    const socket = createConnection({ path, allowHalfOpen: true });
    let text = "";
    const finish = (end: Transcript["end"]): void => {
      clearTimeout(timeout);
      socket.destroy();
      resolve({ lines: text.split("\r\n").filter((line) => line !== ""), end });
    };
    const timeout = setTimeout(() => finish("timeout"), TIMEOUT_MS);
    let sent = false;
    /** The last reply may come before the white space after its request is sent. */
    const endIfDone = (): void => {
      if (sent && (session.halfCloseEarly || text.includes(`"id": "${LAST_ID}"`))) socket.end();
    };
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      endIfDone();
    });
    socket.once("end", () => finish("closed"));
    socket.once("error", () => finish("error"));
    socket.once("connect", () => {
      let next = 0;
      const send = (): void => {
        const piece = session.pieces[next++];
        if (piece !== undefined) {
          socket.write(piece);
          // The next event loop turn, so that the kernel sees the pieces one by one.
          setImmediate(send);
        } else {
          sent = true;
          endIfDone();
        }
      };
      send();
    });
  });
}

/** A transcript in which equal behaviour is equal text: in-band lines in order, then out-of-band ones. */
export function comparable({ lines, end }: Transcript): string[] {
  const replies = lines.map(comparableLine);
  const isOob = (line: string): boolean => line.includes(`"$id":"$${OOB_ID_PREFIX}`);
  return [...replies.filter((line) => !isOob(line)), ...replies.filter(isOob), end];
}

function comparableLine(line: string): string {
  let value: unknown;
  try {
    value = JSON.parse(tagged(line));
  } catch {
    return `not JSON: ${line}`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const message = value as Record<string, unknown>;
  if ("$QMP" in message) return "greeting";
  if ("$timestamp" in message) message.$timestamp = shapeOf(message.$timestamp);
  const id = message.$id;
  if (typeof id === "string" && id.startsWith(`$${SHAPE_ID_PREFIX}`) && "$return" in message) {
    message.$return = shapeOf(message.$return);
  }
  return JSON.stringify(sorted(message));
}

/** The errors for the first of the members that should not be there. */
const UNEXPECTED = /(?:Parameter|QMP input member) '(.*?)' (?:is unexpected|clashes with '.*?')/;

/**
 * Whether two lines say the same.  Of several members that should not be there this server names the
 * first that was sent, QEMU the first in its hash table, as it does of two that clash: both must have
 * been sent.
 */
export function isAlike(ours: string | undefined, theirs: string | undefined, session: Session): boolean {
  if (ours === theirs) return true;
  const [oursError, oursName] = UNEXPECTED.exec(ours ?? "") ?? [];
  const [theirsError, theirsName] = UNEXPECTED.exec(theirs ?? "") ?? [];
  if (oursError === undefined || theirsError === undefined || oursName === undefined) return false;
  if (ours?.replace(oursError, theirsError) !== theirs) return false;
  const text = session.messages.map(unescaped).join();
  return [oursName, theirsName].every((name) => text.includes(JSON.parse(`"${name}"`)));
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** A message's bytes as text, without escapes. */
function unescaped(message: string): string {
  const text = Buffer.from(message, "latin1").toString("utf8");
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, digits: string | undefined, letter: string) =>
    digits === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/**
 * The same JSON, with each number a string of its digits: JavaScript would make 2^63 and 2^63 + 1 one
 * number.  Strings get a mark of their own, so that "1" and 1 stay apart.
 */
function tagged(line: string): string {
  return line.replace(/"((?:[^"\\]|\\.)*)"|-?\d[\d.eE+-]*/g, (token, string: string | undefined) =>
    string === undefined ? `"#${token}"` : `"$${string}"`,
  );
}

/** Objects are unordered in QEMU: its dictionaries are hash tables. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** What describes the machine: only the kind of the value, and of an object the kinds of its members. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return "array";
  if (typeof value === "string") return value.startsWith("#") ? "number" : "string";
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shapeOf(member)]));
}
