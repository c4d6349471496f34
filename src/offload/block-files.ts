/**
 * Files of block nodes: a regular file that is held open, and configuration text out of any file.
 *
 * Whatever the file is, no thread is blocked by it (rule C8): anything but a regular file is refused before
 * it is opened, and should it be changed for another in between, opening it does not wait either.
 */

import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { errnoOf } from "./file-error.ts";
import { strerror } from "./strerror.ts";

/** Why a file could not be used.  The message is the C library's. */
export class BlockFileError extends Error {
  override readonly name = "BlockFileError";
  readonly code = "BLOCK_FILE";
  /** `kind`: it is not a regular file. */
  readonly step: "open" | "kind" | "read";

  constructor(step: BlockFileError["step"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.step = step;
  }
}

/** Size of the blocks that `stat` counts.  Source: POSIX. */
const STAT_BLOCK_BYTES = 512;

/** A file that is open.  Sizes are those that it had when it was opened. */
export class OpenBlockFile {
  readonly sizeBytes: number;
  /** What it takes on the file system. */
  readonly allocatedBytes: number;
  readonly #handle: FileHandle;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, sizeBytes: number, allocatedBytes: number) {
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
    this.allocatedBytes = allocatedBytes;
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }
}

/** Opens a regular file for reading, or for reading and writing.  Rejects with `BlockFileError`. */
export async function openBlockFile(filename: string, readOnly: boolean): Promise<OpenBlockFile> {
  let handle: FileHandle | undefined;
  try {
    const found = await stat(filename);
    // Left to `open`, which has the error for it.
    const isDirectoryToWrite = found.isDirectory() && !readOnly;
    if (!found.isFile() && !isDirectoryToWrite) throw notRegular();
    const access = readOnly ? constants.O_RDONLY : constants.O_RDWR;
    handle = await open(filename, access | constants.O_NONBLOCK);
    const opened = await handle.stat();
    if (!opened.isFile()) throw notRegular();
    return new OpenBlockFile(handle, opened.size, opened.blocks * STAT_BLOCK_BYTES);
  } catch (error) {
    await handle?.close();
    if (error instanceof BlockFileError) throw error;
    throw new BlockFileError("open", strerror(errnoOf(error)), { cause: error });
  }
}

function notRegular(): BlockFileError {
  return new BlockFileError("kind", "Not a regular file");
}
