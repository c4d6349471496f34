import { strerror } from "./strerror.ts";

/** Something about a file, as QEMU puts it: what failed, and the C library's sentence for why. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code = "FILE";
  /** The system's name of the error: `ENOSPC`. */
  readonly errno: string;

  constructor(what: string, errno: string, options?: ErrorOptions) {
    super(`${what}: ${strerror(errno)}`, options);
    this.errno = errno;
  }
}

/** The name of the system's error that `error` tells of.  `EINVAL` for what Node.js itself refused: a NUL in a path. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return "EINVAL";
  return error.code.startsWith("ERR_") ? "EINVAL" : error.code;
}
