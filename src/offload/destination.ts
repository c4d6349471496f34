/**
 * Destinations: the file, device or FIFO that a picture or a dump is written to.
 *
 *     openDestination ---> open ---written---> closed
 *                           '---failed or cancelled---> discarded
 *
 * Invariants (rules D5 and C8):
 *  - nothing here waits for another process: a FIFO without a reader is an error, and so is a socket;
 *  - a file that was there is overwritten in place, never truncated before;
 *  - a discarded or retracted file is gone if it was made here, and empty if it was there and has been written to;
 *  - no other file is touched that has come to its path meanwhile: a file is known by its device and inode.
 */

import {
  type BigIntStats,
  close,
  constants,
  fstat,
  ftruncate,
  lstat,
  open,
  readlink,
  realpath,
  stat,
  unlink,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { ERROR_DESC_LEN_MAX, FILE_LINKS_COUNT_MAX, PATH_BYTES_MAX } from "../util/limits.ts";
import { errnoOf, FileError } from "./file-error.ts";

export { FileError };

export interface Destination {
  /** Where the file is; of a new one, the place that links lead to. */
  readonly path: string;
  readonly fd: number;
  readonly kind: "file" | "fifo" | "device";
  /** Whether opening it made the file. */
  readonly isNew: boolean;
  /** Of the file when it was opened. */
  readonly sizeBytes: number;
  /** What the file is known by, whatever becomes of its path. */
  readonly inode: Inode;
}

type Inode = Pick<BigIntStats, "dev" | "ino">;

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(stat);
const statOpenFile = promisify(fstat);
const truncateOpenFile = promisify(ftruncate);
const statLink = promisify(lstat);
const readLink = promisify(readlink);
const unlinkFile = promisify(unlink);
const resolveLinks = promisify(realpath.native);

const OPEN_FLAGS = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const NEW_FILE_MODE = 0o666;
/** More than this is no accident any more. */
const OPEN_ATTEMPTS_MAX = 8;

/** Throws `FileError`. */
export async function openDestination(path: string, newFileMode = NEW_FILE_MODE): Promise<Destination> {
  // The system would say so, but of megabytes Node.js makes copies first; a client is told no more of them.
  if (path.length > PATH_BYTES_MAX) {
    throw new FileError(`failed to open file '${path.slice(0, ERROR_DESC_LEN_MAX)}'`, "ENAMETOOLONG");
  }
  try {
    const opened = await openOrCreate(path, newFileMode);
    try {
      const status = await statOpenFile(opened.fd, { bigint: true });
      const kind = status.isFIFO() ? "fifo" : status.isFile() ? "file" : "device";
      const { dev, ino, size } = status;
      return { ...opened, kind, sizeBytes: Number(size), inode: { dev, ino } };
    } catch (error) {
      await closeFile(opened.fd);
      throw error;
    }
  } catch (error) {
    throw new FileError(`failed to open file '${path}'`, errnoOf(error), { cause: error });
  }
}

async function openOrCreate(path: string, mode: number): Promise<Pick<Destination, "path" | "fd" | "isNew">> {
  // Somebody else may make the file, or take it away, between a look and the next: then it is looked at again.
  for (let attempt = 0; ; attempt++) {
    try {
      return { path, fd: await openFile(path, OPEN_FLAGS), isNew: false };
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
    // An exclusive creation follows no link, so that a file made through a link is known to be new, too.
    const place = await followLinks(path);
    const flags = OPEN_FLAGS | constants.O_CREAT | constants.O_EXCL;
    try {
      return { path: place, fd: await openFile(place, flags, mode), isNew: true };
    } catch (error) {
      if (errnoOf(error) !== "EEXIST" || attempt === OPEN_ATTEMPTS_MAX) throw error;
    }
  }
}

/**
 * The path that a file has, or would get, at the end of all links.  Rejects with the system's error when its
 * directory is not there; what else is wrong with the path, opening it tells.
 */
async function followLinks(path: string): Promise<string> {
  let place = path;
  for (let links = 0; links <= FILE_LINKS_COUNT_MAX; links++) {
    if (place === "" || place.endsWith("/")) break; // No file has such a name.
    const directory = await resolveLinks(dirname(place));
    place = resolve(directory, basename(place));
    const target = await readLink(place).catch(() => undefined);
    if (target === undefined) break;
    // Not normalized: where `..` leads to is told by the file system.
    place = target.startsWith("/") ? target : `${directory}/${target}`;
  }
  return place;
}

/** Cuts off what an older, longer file had behind the picture.  Throws `FileError`. */
export async function truncateDestination({ fd }: Destination, sizeBytes: number): Promise<void> {
  try {
    await truncateOpenFile(fd, sizeBytes);
  } catch (error) {
    throw new FileError("Unable to write to file", errnoOf(error), { cause: error });
  }
}

/** Throws `FileError`: some file systems tell only now that the disk is full. */
export async function closeDestination({ fd }: Destination): Promise<void> {
  try {
    await closeFile(fd);
  } catch (error) {
    throw new FileError("Unable to write to file", errnoOf(error), { cause: error });
  }
}

/**
 * Has a file or device written by `write`, and closes it.  On failure, or when `signal` fires, it is discarded or
 * retracted: `isWritten` tells whether it was begun.  Rejects with what `write` throws, `FileError` or the signal's reason.
 */
export async function completeDestination(
  destination: Destination,
  signal: AbortSignal,
  write: () => Promise<void>,
  isWritten: () => boolean,
): Promise<void> {
  try {
    await write();
    signal.throwIfAborted();
  } catch (error) {
    await discardDestination(destination, isWritten());
    throw error;
  }
  try {
    await closeDestination(destination);
    // Cancelled while it was closed: whoever cancelled is told that it worked, so nothing may be left.
    signal.throwIfAborted();
  } catch (error) {
    await retractDestination(destination);
    throw error;
  }
}

/** Closes a destination that has no picture, or half of one if `isWritten`.  Throws nothing: what failed before counts. */
export async function discardDestination(destination: Destination, isWritten: boolean): Promise<void> {
  const { fd, kind, isNew } = destination;
  try {
    if (isNew) await removeNew(destination);
    else if (isWritten && kind === "file") await truncateOpenFile(fd, 0);
  } catch {
    // The file went by itself, or cannot be written any more.
  }
  await closeFile(fd).catch(() => {});
}

/** Takes back a destination that has been written and closed.  Throws nothing. */
export async function retractDestination(destination: Destination): Promise<void> {
  const { path, kind, isNew } = destination;
  try {
    if (isNew) await removeNew(destination);
    else if (kind === "file" && isSame(await statFile(path, { bigint: true }), destination)) {
      const fd = await openFile(path, OPEN_FLAGS);
      const isStillSame = isSame(await statOpenFile(fd, { bigint: true }), destination);
      await discardDestination({ ...destination, fd }, isStillSame);
    }
  } catch {
    // The file went by itself, or cannot be written any more.
  }
}

async function removeNew(destination: Destination): Promise<void> {
  const { path } = destination;
  if (isSame(await statLink(path, { bigint: true }), destination)) await unlinkFile(path);
}

function isSame({ dev, ino }: Inode, { inode }: Destination): boolean {
  return dev === inode.dev && ino === inode.ino;
}

/**
 * What a destination is, as names of resources (rule R1): two paths that share one of them are the same file.
 * Every file has its place, its directory and name at the end of all links; one that exists has its
 * inode also, which it has under all names.
 */
export async function identifyDestination(path: string): Promise<readonly string[]> {
  // No file has such a path, which opening it will tell; to resolve megabytes of it would take seconds.
  if (path.length > PATH_BYTES_MAX) return [];
  // Asked together: each answer takes longer to come from its thread than to be found there.
  const [itself, directory] = await Promise.allSettled([
    statLink(path, { bigint: true }),
    statFile(dirname(path), { bigint: true }),
  ]);
  if (itself.status === "fulfilled" && itself.value.isSymbolicLink()) return identifyBehindLinks(path);
  const names: string[] = [];
  if (itself.status === "fulfilled") names.push(inodeName(itself.value));
  if (directory.status === "fulfilled") names.push(placeName(directory.value, path));
  else names.push(`path:${resolve(path)}`); // It cannot be opened, which opening it will tell.
  return names;
}

async function identifyBehindLinks(path: string): Promise<readonly string[]> {
  const [file, place] = await Promise.allSettled([
    statFile(path, { bigint: true }),
    followLinks(path).then(async (at) => placeName(await statFile(dirname(at), { bigint: true }), at)),
  ]);
  const names = file.status === "fulfilled" ? [inodeName(file.value)] : [];
  return [...names, place.status === "fulfilled" ? place.value : `path:${resolve(path)}`];
}

function inodeName({ dev, ino }: Inode): string {
  return `file:${dev}:${ino}`;
}

function placeName({ dev, ino }: Inode, path: string): string {
  return `place:${dev}:${ino}:${basename(path)}`;
}
