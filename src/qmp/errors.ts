/**
 * From anything thrown to the error of a reply: the one place that makes wire text of an error.
 *
 * A `QmpError` is the client's to read.  Everything else is a defect of this program: the client is told
 * so in one sentence, and whoever dispatches the command reports the error itself (it goes to the log).
 */

import { QmpError, type QmpErrorClass } from "../qapi/runtime/error.ts";

export { QmpError, type QmpErrorClass };

/** The `error` member of a reply. */
export interface ErrorReply {
  readonly class: QmpErrorClass;
  readonly desc: string;
}

/** What a cancelled command is answered with (rule C5). */
export const COMMAND_CANCELLED = new QmpError("Command cancelled");

/** Whether `error` is a defect, to be reported, rather than a client's mistake or a command's failure. */
export function isDefect(error: unknown): boolean {
  return !(error instanceof QmpError);
}

export function errorReply(error: unknown): ErrorReply {
  if (error instanceof QmpError) return { class: error.errorClass, desc: error.message };
  return { class: "GenericError", desc: "Internal error; the server's log says more" };
}
