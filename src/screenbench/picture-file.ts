/** The file that a server was asked to write a picture to. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { LoadError } from "../loadgen/load-error.ts";

/** More than a picture of any display has. */
const FILE_BYTES_MAX = 2 ** 28;

/**
 * Reads it; undefined: there is none.  What is there may be anything: a FIFO would be
 * waited for, and a device may have no end.  Throws {@link LoadError} for what is no file, or cannot be read.
 */
export function pictureAt(file: string): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const there = fstatSync(opened);
    if (!there.isFile()) throw new Error("what the server has left there is no file");
    if (there.size > FILE_BYTES_MAX) throw new Error(`it has ${there.size} bytes, which no picture has`);
    return readFileSync(opened);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new LoadError(`${file}: ${(error as Error).message}`, { cause: error });
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}
