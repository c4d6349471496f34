/**
 * Reading a configuration file, whatever it is (rule C8): who reads a FIFO waits for its writer on the event
 * loop, holding no thread, and stops waiting when cancelled.
 */

import { close, constants, fstat, open, read } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { CONFIG_FILE_BYTES_MAX } from "../util/limits.ts";
import { BlockFileError } from "./block-files.ts";
import { errnoOf } from "./file-error.ts";
import { strerror } from "./strerror.ts";

const openFile = promisify(open);
const closeFile = promisify(close);
const statOpenFile = promisify(fstat);
const readOpenFile = promisify(read);

const READ_BYTES = 64 * 1024;

/** The text of a file up to its end.  Rejects with `BlockFileError`, or with the signal's reason. */
export async function readConfigText(filename: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const fd = await failAs("open", openFile(filename, constants.O_RDONLY | constants.O_NONBLOCK));
  const content = new Content();
  try {
    const status = await statOpenFile(fd).catch(() => undefined);
    await failAs("read", status?.isFIFO() ? readFifo(fd, content, signal) : readFile(fd, content, signal));
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  return content.text();
}

async function readFile(fd: number, content: Content, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      const { bytesRead, buffer } = await readOpenFile(fd, Buffer.alloc(READ_BYTES), 0, READ_BYTES, null);
      signal.throwIfAborted();
      if (bytesRead === 0) return;
      content.add(buffer.subarray(0, bytesRead));
    }
  } finally {
    await closeFile(fd);
  }
}

/** A FIFO that nobody has opened for writing is not at its end yet; it is when its last writer has closed it. */
function readFifo(fd: number, content: Content, signal: AbortSignal): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: false });
  const abort = (): void => void socket.destroy(signal.reason);
  signal.addEventListener("abort", abort);
  return new Promise<void>((resolve, reject) => {
    let failure: unknown;
    socket.on("data", (bytes) => {
      try {
        content.add(bytes);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.once("error", (error) => {
      failure = error;
    });
    socket.once("close", (isFailed) => (isFailed ? reject(failure) : resolve()));
    if (signal.aborted) abort();
  }).finally(() => signal.removeEventListener("abort", abort));
}

class Content {
  readonly #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  add(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes > CONFIG_FILE_BYTES_MAX) throw new BlockFileError("read", strerror("EFBIG"));
    this.#pieces.push(bytes);
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString("utf8");
  }
}

async function failAs<T>(step: "open" | "read", outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (error) {
    if (error instanceof BlockFileError) throw error;
    throw new BlockFileError(step, strerror(errnoOf(error)), { cause: error });
  }
}
