/**
 * Drives a streamer in tests: pushes input in pieces and gathers what comes out.
 */

import { JsonStreamer } from "../../src/qjson/streamer.ts";
import type { JsonValue } from "../../src/qjson/value.ts";

export type Outcome = { readonly value: JsonValue } | { readonly error: string };

/** All that `streamer` has to tell now.  `onPartial`: what is done about a message with placeholders. */
export function drain(
  streamer: JsonStreamer,
  onPartial: "readWhole" | "dropUnread" = "dropUnread",
): Outcome[] {
  const outcomes: Outcome[] = [];
  for (;;) {
    switch (streamer.next()) {
      case "value":
        if (streamer.isPartial) {
          streamer[onPartial]();
          if (onPartial === "readWhole") break;
        }
        outcomes.push({ value: streamer.value });
        break;
      case "error":
        outcomes.push({ error: streamer.errorDesc });
        break;
      case "slice":
        break;
      case "starved":
        return outcomes;
    }
  }
}

/** What comes of `input` when each piece is parsed before the next is pushed. */
export function outcomesOf(...pieces: (Uint8Array | string)[]): Outcome[] {
  const streamer = new JsonStreamer();
  return pieces.flatMap((piece) => {
    streamer.push(typeof piece === "string" ? Buffer.from(piece) : piece);
    return drain(streamer);
  });
}

/** The bytes of `input` as pieces of one byte each. */
export function bytewise(input: Uint8Array | string): Uint8Array[] {
  return Array.from(Buffer.from(input), (byte) => Buffer.of(byte));
}
