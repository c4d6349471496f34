/**
 * Destinations: the file, device or FIFO that a picture is written to.
 *
 *     openDestination ---> open ---written---> closed
 *                           '---failed or cancelled---> discarded
 *
 * Invariants (rules D5 and C8):
 *  - nothing here waits for another process: a FIFO without a reader is an error, and so is a socket;
 *  - a file that was there is overwritten in place, never truncated before;
 *  - a discarded or retracted file is gone if it was made here, and empty if it was there and has been written to.
 */

import { close, constants, fstat, ftruncate, open, realpath, stat, truncate, unlink } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { errnoOf, FileError } from "./file-error.ts";

export { FileError };

export interface Destination {
  readonly path: string;
  readonly fd: number;
  readonly kind: "file" | "fifo" | "device";
  /** Whether opening it made the file. */
  readonly isNew: boolean;
  /** Of the file when it was opened. */
  readonly sizeBytes: number;
}

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(stat);
const statOpenFile = promisify(fstat);
const truncateOpenFile = promisify(ftruncate);
const truncateFile = promisify(truncate);
const unlinkFile = promisify(unlink);
const resolveLinks = promisify(realpath.native);

const OPEN_FLAGS = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const NEW_FILE_MODE = 0o666;

/** Throws `FileError`. */
export async function openDestination(path: string): Promise<Destination> {
  try {
    const { fd, isNew } = await openOrCreate(path);
    try {
      const status = await statOpenFile(fd);
      const kind = status.isFIFO() ? "fifo" : status.isCharacterDevice() ? "device" : "file";
      return { path, fd, kind, isNew, sizeBytes: status.size };
    } catch (error) {
      await closeFile(fd);
      throw error;
    }
  } catch (error) {
    throw new FileError(`failed to open file '${path}'`, errnoOf(error), { cause: error });
  }
}

async function openOrCreate(path: string): Promise<{ fd: number; isNew: boolean }> {
  try {
    return { fd: await openFile(path, OPEN_FLAGS), isNew: false };
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  try {
    const flags = OPEN_FLAGS | constants.O_CREAT | constants.O_EXCL;
    return { fd: await openFile(path, flags, NEW_FILE_MODE), isNew: true };
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  // Somebody else was faster, or it is a link to a file that is not there: not ours to remove.
  return { fd: await openFile(path, OPEN_FLAGS | constants.O_CREAT, NEW_FILE_MODE), isNew: false };
}

/** Throws `FileError`: some file systems tell only now that the disk is full. */
export async function closeDestination({ fd }: Destination): Promise<void> {
  try {
    await closeFile(fd);
  } catch (error) {
    throw new FileError("Unable to write to file", errnoOf(error), { cause: error });
  }
}

/** Closes a destination that has no picture, or half of one if `isWritten`.  Throws nothing: what failed before counts. */
export async function discardDestination(destination: Destination, isWritten: boolean): Promise<void> {
  const { path, fd, kind, isNew } = destination;
  try {
    if (isNew) await unlinkFile(path);
    else if (isWritten && kind === "file") await truncateOpenFile(fd, 0);
  } catch {
    // The file went by itself, or cannot be written any more.
  }
  await closeFile(fd).catch(() => {});
}

/** Takes back a destination that has been written and closed.  Throws nothing. */
export async function retractDestination({ path, kind, isNew }: Destination): Promise<void> {
  try {
    if (isNew) await unlinkFile(path);
    else if (kind === "file") await truncateFile(path, 0);
  } catch {
    // The file went by itself, or cannot be written any more.
  }
}

/**
 * What a destination is, as names of resources (rule R1): two paths that share one of them are the same file.
 * Every file has its place, its directory and name; one that exists has its inode also, which it
 * has under all names.
 */
export async function identifyDestination(path: string): Promise<readonly string[]> {
  const [file, target] = await Promise.allSettled([statFile(path), resolveLinks(path)]);
  const names: string[] = [];
  if (file.status === "fulfilled") names.push(`file:${file.value.dev}:${file.value.ino}`);
  const place = target.status === "fulfilled" ? target.value : resolve(path);
  try {
    const { dev, ino } = await statFile(dirname(place));
    names.push(`place:${dev}:${ino}:${basename(place)}`);
  } catch {
    names.push(`path:${place}`); // It cannot be opened, which opening it will tell.
  }
  return names;
}
