/**
 * A directory of snapshots.
 *
 *     save:  temporary file ---all written, and on the disk---> renamed      (cancelled, failed: removed)
 *
 * Invariants:
 *  - a file with a snapshot's name is complete: it gets that name when its last byte is on the disk;
 *  - nothing is left of a save that failed or was cancelled; what a killed process left is removed by a later save;
 *  - state and overlays are read, written and summed in pool threads, a piece at a time;
 *  - nothing here waits for another process: what is no regular file is refused.
 *
 * Two operations on one tag do not run at the same time: the caller sees to that.
 */

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SNAPSHOT_STALE_MS, SNAPSHOT_TRANSFER_BYTES } from "../util/limits.ts";
import { errnoOf, FileError } from "./file-error.ts";
import type { DiskOverlay, MachineState } from "./pc-contract.ts";
import type { WorkerPool } from "./pool.ts";
import {
  CHECKSUM_BYTES,
  damaged,
  decodeHeader,
  encodeHeader,
  fileBytes,
  fileName,
  headerBytes,
  PREFIX_BYTES,
  SnapshotFault,
  type SnapshotHeader,
  tagOf,
} from "./snapshot-file.ts";
import { strerror } from "./strerror.ts";

const TEMPORARY = ".partial";
const FILE_MODE = 0o600;

export interface StoredSnapshot extends SnapshotHeader {
  readonly tag: string;
}

/** What a save or a load is asked between two pieces, and tells. */
export interface TransferControl {
  readonly signal: AbortSignal;
  /** Rejects when it is to be given up. */
  pausePoint(): Promise<void>;
  /** In bytes. */
  progress(current: number, total: number): void;
}

export class SnapshotStore {
  readonly directory: string;
  readonly #pool: () => Promise<WorkerPool>;
  readonly #nowMs: () => number;
  /** The largest number given to a snapshot by this process. */
  #lastId = 0;

  /** `nowMs`: milliseconds since 1970, by the clock that the times of files are of. */
  constructor(directory: string, pool: () => Promise<WorkerPool>, nowMs: () => number) {
    this.directory = directory;
    this.#pool = pool;
    this.#nowMs = nowMs;
  }

  /** Rejects with `FileError` when there is no such directory. */
  async check(): Promise<void> {
    const found = await stat(this.directory).catch((error: unknown) => {
      throw this.#directoryError(errnoOf(error), error);
    });
    if (!found.isDirectory()) throw this.#directoryError("ENOTDIR");
  }

  /** The file of a tag that can be. */
  pathOf(tag: string): string {
    return join(this.directory, fileName(tag));
  }

  /** What is there, the oldest first.  A file that is damaged is left out: loading it tells what is wrong. */
  async list(): Promise<StoredSnapshot[]> {
    const snapshots: StoredSnapshot[] = [];
    for (const name of await this.#names()) {
      const tag = tagOf(name);
      const header = tag === undefined ? undefined : await this.#headerOf(name).catch(() => undefined);
      if (tag !== undefined && header !== undefined) snapshots.push({ tag, ...header });
    }
    return snapshots.sort((one, other) => one.dateMs - other.dateMs || one.id - other.id);
  }

  /** Whether there is a file of that tag, damaged or not.  Rejects with `SnapshotFault` for a tag that cannot be. */
  async has(tag: string): Promise<boolean> {
    try {
      await stat(this.pathOf(tag));
      return true;
    } catch (error) {
      if (errnoOf(error) === "ENOENT" && !(error instanceof SnapshotFault)) return false;
      throw error instanceof SnapshotFault ? error : this.#directoryError(errnoOf(error), error);
    }
  }

  /** What a snapshot tells about itself.  Rejects with `SnapshotFault`, which names the file. */
  async header(tag: string): Promise<SnapshotHeader> {
    const name = fileName(tag);
    return this.#named(name, () => this.#headerOf(name));
  }

  /**
   * Writes a snapshot that is not there yet.  Rejects with `SnapshotFault`, `WorkerGoneError` or the signal's reason, and
   * nothing is left of it then.
   */
  async save(
    tag: string,
    state: MachineState,
    { dateMs, guestTimeMs }: Pick<SnapshotHeader, "dateMs" | "guestTimeMs">,
    control: TransferControl,
  ): Promise<void> {
    const name = fileName(tag);
    await this.#removeStale();
    const header = {
      id: await this.#newId(),
      dateMs,
      guestTimeMs,
      stateBytes: state.bytes.length,
      overlays: state.overlays.map(({ drive, bytes }) => ({ drive, bytes: bytes.length })),
    };
    const partial = join(this.directory, `${name}.${randomUUID()}${TEMPORARY}`);
    await this.#named(name, async () => {
      let isRenamed = false;
      try {
        await this.#write(partial, encodeHeader(header), state, control);
        await rename(partial, join(this.directory, name));
        isRenamed = true;
        await this.#syncDirectory();
        // Whoever has cancelled it is told that it worked, so nothing may be left.
        control.signal.throwIfAborted();
      } catch (error) {
        await unlink(isRenamed ? join(this.directory, name) : partial).catch(() => {});
        throw error;
      }
    });
  }

  /**
   * The whole of a snapshot, whose checksum was right.  Rejects with `SnapshotFault`, which names the file,
   * `WorkerGoneError` or the signal's reason.
   */
  async load(tag: string, control: TransferControl): Promise<MachineState> {
    const name = fileName(tag);
    return this.#named(name, async () => {
      const file = await openSnapshot(join(this.directory, name));
      try {
        const { header, start, sizeBytes } = await readHeader(file);
        const state = allocate(header.stateBytes);
        const overlays: DiskOverlay[] = header.overlays.map(({ drive, bytes }) => ({
          drive,
          bytes: allocate(bytes),
        }));
        const parts = [state, ...overlays.map(({ bytes }) => bytes)];
        const checksum = await this.#transfer("read", file, parts, start, control);
        const { buffer: expected } = await file.read(
          Buffer.alloc(CHECKSUM_BYTES),
          0,
          CHECKSUM_BYTES,
          sizeBytes - CHECKSUM_BYTES,
        );
        if (expected.readUInt32LE(0) !== checksum) throw damaged();
        return { bytes: state, overlays };
      } finally {
        await file.close();
      }
    });
  }

  /** One that is not there is no error.  Rejects with `SnapshotFault`. */
  async remove(tag: string): Promise<void> {
    const name = fileName(tag);
    await this.#named(name, async () => {
      await unlink(join(this.directory, name)).catch((error: unknown) => {
        if (errnoOf(error) !== "ENOENT") throw error;
      });
      await this.#syncDirectory();
    });
  }

  async #write(path: string, header: Buffer, state: MachineState, control: TransferControl): Promise<void> {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, FILE_MODE);
    try {
      await file.write(header, 0, header.length, 0);
      const parts = [state.bytes, ...state.overlays.map(({ bytes }) => bytes)];
      const checksum = await this.#transfer("write", file, parts, header.length, control);
      const last = Buffer.alloc(CHECKSUM_BYTES);
      last.writeUInt32LE(checksum);
      const dataBytes = parts.reduce((sum, { length }) => sum + length, 0);
      await file.write(last, 0, last.length, header.length + dataBytes);
      await file.sync();
      await control.pausePoint();
    } finally {
      await file.close();
    }
  }

  /** Moves `parts` to or from the file, from `start` on, piece by piece.  Answers their checksum. */
  async #transfer(
    direction: "read" | "write",
    file: FileHandle,
    parts: readonly Uint8Array<SharedArrayBuffer>[],
    start: number,
    control: TransferControl,
  ): Promise<number> {
    const pool = await this.#pool();
    const total = parts.reduce((sum, { length }) => sum + length, 0);
    let checksum = 0;
    let done = 0;
    for (const part of parts) {
      for (let at = 0; at < part.length; at += SNAPSHOT_TRANSFER_BYTES) {
        await control.pausePoint();
        const bytes = part.subarray(at, at + SNAPSHOT_TRANSFER_BYTES);
        checksum = await pool.transfer({ direction, bytes, fd: file.fd, position: start + done, checksum });
        done += bytes.length;
        control.progress(done, total);
      }
    }
    return checksum;
  }

  async #headerOf(name: string): Promise<SnapshotHeader> {
    const file = await openSnapshot(join(this.directory, name));
    try {
      return (await readHeader(file)).header;
    } finally {
      await file.close();
    }
  }

  /** Larger than that of any snapshot that is there, or is being saved. */
  async #newId(): Promise<number> {
    const ids = (await this.list()).map(({ id }) => id);
    this.#lastId = Math.max(this.#lastId, ...ids) + 1;
    return this.#lastId;
  }

  async #removeStale(): Promise<void> {
    for (const name of await this.#names()) {
      if (!name.endsWith(TEMPORARY)) continue;
      const path = join(this.directory, name);
      const isStale = await stat(path).then(
        ({ mtimeMs }) => mtimeMs < this.#nowMs() - SNAPSHOT_STALE_MS,
        () => false,
      );
      if (isStale) await unlink(path).catch(() => {});
    }
  }

  async #names(): Promise<string[]> {
    return readdir(this.directory).catch((error: unknown) => {
      throw this.#directoryError(errnoOf(error), error);
    });
  }

  /** Until then a rename, or a removal, may be forgotten when the computer crashes. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.directory, constants.O_RDONLY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** What fails about a file, with its name. */
  async #named<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const what = reasonOf(error);
      if (what === undefined) throw error;
      throw new SnapshotFault(`Snapshot file '${join(this.directory, name)}': ${what}`, { cause: error });
    }
  }

  #directoryError(errno: string, cause?: unknown): FileError {
    return new FileError(`Snapshot directory '${this.directory}'`, errno, { cause });
  }
}

/** What is wrong with a file, in words; undefined when it is not the file. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof SnapshotFault) return error.message;
  if (error instanceof FileError) return strerror(error.errno);
  const isSystems = error instanceof Error && "syscall" in error;
  return isSystems ? strerror(errnoOf(error)) : undefined;
}

/** Also a file that has all its bytes may have more than there is memory. */
function allocate(bytes: number): Uint8Array<SharedArrayBuffer> {
  try {
    return new Uint8Array(new SharedArrayBuffer(bytes));
  } catch (cause) {
    throw new SnapshotFault(strerror("ENOMEM"), { cause });
  }
}

async function openSnapshot(path: string): Promise<FileHandle> {
  // Looked at first: opening a FIFO, or a device, can have effects.
  if (!(await stat(path)).isFile()) throw new SnapshotFault("it is not a regular file");
  return open(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** What a file tells about itself, where its state begins, and its size, which is right. */
async function readHeader(
  file: FileHandle,
): Promise<{ readonly header: SnapshotHeader; readonly start: number; readonly sizeBytes: number }> {
  const prefix = await readAt(file, 0, PREFIX_BYTES);
  const text = await readAt(file, PREFIX_BYTES, headerBytes(prefix));
  const header = decodeHeader(prefix, text);
  const sizeBytes = fileBytes(text.length, header);
  const { size } = await file.stat();
  if (size < sizeBytes) throw new SnapshotFault(`its end is missing: it has ${size} of ${sizeBytes} bytes`);
  if (size > sizeBytes) throw new SnapshotFault(`it has ${size - sizeBytes} bytes too many`);
  return { header, start: PREFIX_BYTES + text.length, sizeBytes };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
