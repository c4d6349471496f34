/**
 * What a caller of the client library can meet.
 *
 *   CommandError    the server's own answer: the command failed there
 *   ClientError     there is no answer, and `code` says why
 *   ChardevError    CHARDEV_CONNECT alone: there was nobody to connect to
 *
 * They never mix: a connection that is lost is no `CommandError`, and an answer is no `ClientError`.
 */

import { ChardevError } from "../chardev/errors.ts";

export type ClientErrorCode =
  /** What came is not QMP: no greeting, no JSON, no message that the protocol has. */
  | "CLIENT_PROTOCOL"
  /** The server does not offer a capability that is needed. */
  | "CLIENT_CAPABILITY"
  /** No greeting, or no reply, in the time that was given. */
  | "CLIENT_TIMEOUT"
  /** The connection is over; the command may or may not have had its effect. */
  | "CLIENT_CLOSED"
  /** The caller's signal fired. */
  | "CLIENT_ABORTED"
  /** Too many commands, or too many bytes, wait for the server already. */
  | "CLIENT_BUSY"
  /** The arguments of the call cannot be: not an endpoint, not a value of JSON. */
  | "CLIENT_ARGUMENT";

export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientErrorCode;

  /** `message` is a sentence for people; it names the command or the endpoint that it is about. */
  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The `error` of a reply.  Its message is the server's `desc`. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** The command that failed. */
  readonly command: string;
  /** As the server wrote it: `GenericError`, `CommandNotFound`, `DeviceNotFound`, ... */
  readonly errorClass: string;
  readonly desc: string;

  constructor(command: string, errorClass: string, desc: string) {
    super(desc);
    this.command = command;
    this.errorClass = errorClass;
    this.desc = desc;
  }
}

/** Whether it is one of those that a caller can meet. */
export function isCallersError(error: unknown): error is Error {
  return [CommandError, ClientError, ChardevError].some((type) => error instanceof type);
}

/** Whether the call itself was wrong, and nobody has been asked. */
export function isArgumentError(error: unknown): boolean {
  return error instanceof ClientError && error.code === "CLIENT_ARGUMENT";
}

/** For people: of a server's answer, also what was asked, and the class. */
export function errorText(error: Error): string {
  return error instanceof CommandError
    ? `${error.command}: ${error.errorClass}: ${error.desc}`
    : error.message;
}
