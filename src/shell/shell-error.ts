/** What somebody typed cannot be sent: a sentence for them, that says what would be right. */

import { CLIENT_QUOTED_CHARS_MAX } from "../util/limits.ts";

export class ShellError extends Error {
  override readonly name = "ShellError";
}

/** In quotes, for a message: what was pasted may be long. */
export function quote(typed: string): string {
  return typed.length > CLIENT_QUOTED_CHARS_MAX
    ? `'${typed.slice(0, CLIENT_QUOTED_CHARS_MAX)}...'`
    : `'${typed}'`;
}
