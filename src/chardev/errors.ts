/**
 * Errors of transports: what could not be listened on or connected to, or why a connection ended.  The message is for
 * people: it goes to the log, or to the terminal of whoever started the service.
 */

export type ChardevErrorCode =
  /** Another process listens there. */
  | "CHARDEV_IN_USE"
  /** The address cannot be listened on as it is written: too long, no such directory, not permitted. */
  | "CHARDEV_ADDRESS"
  /** Nobody answers at the address that was to be connected to. */
  | "CHARDEV_CONNECT"
  /** An address that others can reach, without the option that permits it. */
  | "CHARDEV_REMOTE"
  /** The peer spoke HTTP. */
  | "CHARDEV_HTTP"
  /** The peer went away. */
  | "CHARDEV_GONE";

export class ChardevError extends Error {
  override readonly name = "ChardevError";
  readonly code: ChardevErrorCode;

  constructor(code: ChardevErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The code of an error that Node reports for a system call: `ENOENT`, `EPIPE`; "" when it has none. */
export function systemErrorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "";
}
