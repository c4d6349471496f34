/**
 * The system's errors as text, in the words of the C library, which clients of QEMU know; Node.js has words of its
 * own.
 */

import { getSystemErrorMap } from "node:util";

/** Source: glibc, `strerror`. */
const TEXTS: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EAGAIN: "Resource temporarily unavailable",
  EBADF: "Bad file descriptor",
  EBUSY: "Device or resource busy",
  EDQUOT: "Disk quota exceeded",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENFILE: "Too many open files in system",
  ENODEV: "No such device",
  ENOENT: "No such file or directory",
  ENOMEM: "Cannot allocate memory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENXIO: "No such device or address",
  EOVERFLOW: "Value too large for defined data type",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  EROFS: "Read-only file system",
  ESPIPE: "Illegal seek",
  ETIMEDOUT: "Connection timed out",
  ETXTBSY: "Text file busy",
};

/** The name of the system's error that `error` tells of: `ENOENT`.  `EINVAL` for what Node.js itself refused. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return "EINVAL";
  return error.code.startsWith("ERR_") ? "EINVAL" : error.code;
}

export function errnoText(errno: string): string {
  const text = TEXTS[errno];
  if (text !== undefined) return text;
  for (const [name, words] of getSystemErrorMap().values()) {
    if (name === errno) return words.charAt(0).toUpperCase() + words.slice(1);
  }
  return `Unknown error ${errno}`;
}
