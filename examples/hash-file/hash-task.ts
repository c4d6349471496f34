/**
 * Hashing a file, in a pool thread.
 *
 * It works in pieces of less than a millisecond, and looks between two of them whether it is to go on.  Whatever
 * happens, the file is closed.
 */

import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { getSystemErrorMap } from "node:util";
import { QmpError, type TaskContext } from "qmpd/plugin";
import type { HashAlgorithm } from "./generated/hash-file.js";

const PIECE_BYTES = 256 * 1024;

/** Opening a FIFO must not wait for its writer: nothing could end that. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

export interface HashInput {
  readonly filename: string;
  readonly algorithm: HashAlgorithm;
}

export default function hashTask(
  { filename, algorithm }: HashInput,
  task: TaskContext,
): { digest: string; size: number } {
  const fd = orFail(filename, () => openSync(filename, OPEN_FLAGS));
  try {
    const status = fstatSync(fd);
    // What a FIFO or a device has to say may never end.
    if (!status.isFile()) throw new QmpError(`Could not hash '${filename}': it is no regular file`);
    const hash = createHash(algorithm);
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let size = 0; ; ) {
      task.throwIfCancelled();
      const bytes = orFail(filename, () => readSync(fd, piece, 0, PIECE_BYTES, null));
      if (bytes === 0) return { digest: hash.digest("hex"), size };
      hash.update(piece.subarray(0, bytes));
      size += bytes;
      // The file may grow meanwhile.
      task.progress({ current: size, total: Math.max(size, status.size) });
    }
  } finally {
    closeSync(fd);
  }
}

/** A failure of the system's is the client's to read. */
function orFail<T>(filename: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const errno = cause instanceof Error && "errno" in cause ? Number(cause.errno) : 0;
    const [, reason = String(cause)] = getSystemErrorMap().get(errno) ?? [];
    throw new QmpError(`Could not hash '${filename}': ${reason}`, "GenericError", { cause });
  }
}
