/**
 * The C library's sentence for a system error, as QEMU's error messages end in it.  Node has its own
 * wording, so the sentences of what opening, reading and writing files can answer stand here.
 */

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["EACCES", "Permission denied"],
  ["EAGAIN", "Resource temporarily unavailable"],
  ["EBADF", "Bad file descriptor"],
  ["EBUSY", "Device or resource busy"],
  ["EDQUOT", "Disk quota exceeded"],
  ["EEXIST", "File exists"],
  ["EFBIG", "File too large"],
  ["EINTR", "Interrupted system call"],
  ["EINVAL", "Invalid argument"],
  ["EIO", "Input/output error"],
  ["EISDIR", "Is a directory"],
  ["ELOOP", "Too many levels of symbolic links"],
  ["EMFILE", "Too many open files"],
  ["ENAMETOOLONG", "File name too long"],
  ["ENFILE", "Too many open files in system"],
  ["ENODEV", "No such device"],
  ["ENOENT", "No such file or directory"],
  ["ENOMEM", "Cannot allocate memory"],
  ["ENOSPC", "No space left on device"],
  ["ENOTDIR", "Not a directory"],
  ["ENXIO", "No such device or address"],
  ["EOPNOTSUPP", "Operation not supported"],
  ["EOVERFLOW", "Value too large for defined data type"],
  ["EPERM", "Operation not permitted"],
  ["EPIPE", "Broken pipe"],
  ["EROFS", "Read-only file system"],
  ["ESPIPE", "Illegal seek"],
  ["ESTALE", "Stale file handle"],
  ["ETXTBSY", "Text file busy"],
]);

/** `ENOENT` to "No such file or directory". */
export function strerror(errno: string): string {
  return SENTENCES.get(errno) ?? `Unknown error ${errno}`;
}
