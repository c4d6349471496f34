/**
 * A PC's disk in a file: read where the guest reads, never as a whole; the kernel's page cache is its cache.
 *
 * Writes go to the file, or to an overlay: a sparse temporary file without a name, of which a map tells the
 * blocks that it has.  Reads and writes are synchronous: they are made on the PC's own thread, which nobody else
 * waits for, and a disk is at every moment what the guest has written to it.
 */

import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoOf } from "./file-error.ts";
import { strerror } from "./strerror.ts";

/** Unit of an overlay. */
const BLOCK_BYTES = 4096;
/** An exported overlay: how many blocks, their numbers, then their bytes in the same order. */
const NUMBER_BYTES = 4;

/** A guest would find no file system in it, and write its own over what others keep there. */
const QCOW_MAGIC = Buffer.from("QFI\xfb", "latin1");

export type DiskAccess = "read-only" | "read-write" | "overlay";

/** A file that a PC cannot use.  The message is QEMU's, where it has one. */
export class DiskFileError extends Error {
  override readonly name = "DiskFileError";
  readonly code = "DISK_FILE";
}

/** What a disk has of its file, which may be at a name that says nothing, and may have been made shorter. */
export interface DiskPart {
  /** The file's name, for people. */
  readonly told: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export class DiskFile {
  readonly file: string;
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly #fd: number;
  readonly #offsetBytes: number;
  readonly #overlay: Overlay | undefined;

  /**
   * Opens a regular file; FIFOs and devices are refused before anything waits for them.  Throws {@link DiskFileError}.
   */
  constructor(file: string, access: DiskAccess, part?: DiskPart) {
    this.file = part?.told ?? file;
    this.isReadOnly = access === "read-only";
    this.#offsetBytes = part?.offsetBytes ?? 0;
    const flags = access === "read-write" ? constants.O_RDWR : constants.O_RDONLY;
    this.#fd = openRegularFile(file, flags, this.file);
    try {
      this.sizeBytes = part?.sizeBytes ?? fstatSync(this.#fd).size;
      this.#overlay = access === "overlay" ? new Overlay(this.#offsetBytes + this.sizeBytes) : undefined;
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  get hasOverlay(): boolean {
    return this.#overlay !== undefined;
  }

  read(offset: number, into: Uint8Array): void {
    const start = this.#offsetBytes + offset;
    if (this.#overlay === undefined) readAll(this.#fd, start, into);
    else this.#overlay.read(start, into, this.#fd);
  }

  write(offset: number, bytes: Uint8Array): void {
    const start = this.#offsetBytes + offset;
    if (this.#overlay === undefined) writeAll(this.#fd, start, bytes);
    else this.#overlay.write(start, bytes, this.#fd);
  }

  /** Empty without an overlay. */
  exportOverlay(): Uint8Array<SharedArrayBuffer> {
    return this.#overlay?.export() ?? new Uint8Array(new SharedArrayBuffer(NUMBER_BYTES));
  }

  /** Throws {@link DiskFileError} for what was exported from a disk of another size. */
  importOverlay(bytes: Uint8Array): void {
    this.#overlay?.import(bytes);
  }

  close(): void {
    closeSync(this.#fd);
    this.#overlay?.close();
  }
}

/** Opens a file of which nobody has said that it is raw.  Throws {@link DiskFileError}, also where it is none. */
export function openGuessedRaw(file: string, access: DiskAccess): DiskFile {
  const disk = new DiskFile(file, access);
  try {
    const start = Buffer.alloc(QCOW_MAGIC.length);
    disk.read(0, start);
    if (!start.equals(QCOW_MAGIC)) return disk;
    const what =
      "it is a qcow2 image, and raw ones alone can be used: 'qemu-img convert -O raw' makes one of it";
    throw new DiskFileError(`Could not open '${file}': ${what}`);
  } catch (error) {
    disk.close();
    throw error;
  }
}

/**
 * The bytes of a file that a PC needs whole, in memory of their own: firmware, a kernel; zeros follow up to a
 * multiple of `unitBytes`.  Throws {@link DiskFileError}.
 */
export function readWholeFile(file: string, bytesMax: number, unitBytes = 1): ArrayBuffer {
  const fd = openRegularFile(file, constants.O_RDONLY);
  try {
    const { size } = fstatSync(fd);
    if (size > bytesMax) throw new DiskFileError(`Could not load '${file}': ${strerror("EFBIG")}`);
    const buffer = new ArrayBuffer(Math.ceil(size / unitBytes) * unitBytes);
    readAll(fd, 0, new Uint8Array(buffer, 0, size));
    return buffer;
  } finally {
    closeSync(fd);
  }
}

function openRegularFile(file: string, flags: number, told = file): number {
  let fd: number | undefined;
  try {
    if (!statSync(file).isFile()) throw notRegular(told);
    fd = openSync(file, flags | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) throw notRegular(told);
    return fd;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    if (error instanceof DiskFileError) throw error;
    throw new DiskFileError(`Could not open '${told}': ${strerror(errnoOf(error))}`, { cause: error });
  }
}

function notRegular(file: string): DiskFileError {
  return new DiskFileError(`Could not open '${file}': it is not a regular file`);
}

/** A file without a name: it is gone when it is closed. */
function openTemporaryFile(): number {
  const directory = tmpdir();
  const file = join(directory, `qmpd-overlay-${randomUUID()}`);
  try {
    const fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(file);
    return fd;
  } catch (error) {
    const reason = strerror(errnoOf(error));
    throw new DiskFileError(`Could not make a temporary file in '${directory}': ${reason}`, { cause: error });
  }
}

class Overlay {
  readonly #fd: number;
  /** By block: 1 where the overlay has it. */
  readonly #has: Uint8Array;
  readonly #sizeBytes: number;

  constructor(sizeBytes: number) {
    this.#has = new Uint8Array(Math.ceil(sizeBytes / BLOCK_BYTES));
    this.#sizeBytes = sizeBytes;
    this.#fd = openTemporaryFile();
  }

  read(offset: number, into: Uint8Array, baseFd: number): void {
    for (let done = 0; done < into.length; ) {
      const block = Math.floor((offset + done) / BLOCK_BYTES);
      const isHere = this.#has[block] === 1;
      let endBlock = block + 1;
      while (endBlock * BLOCK_BYTES < offset + into.length && (this.#has[endBlock] === 1) === isHere)
        endBlock++;
      const end = Math.min(into.length, endBlock * BLOCK_BYTES - offset);
      readAll(isHere ? this.#fd : baseFd, offset + done, into.subarray(done, end));
      done = end;
    }
  }

  write(offset: number, bytes: Uint8Array, baseFd: number): void {
    const first = Math.floor(offset / BLOCK_BYTES);
    const last = Math.floor((offset + bytes.length - 1) / BLOCK_BYTES);
    // What a block holds besides comes along with the first write to it.
    if (offset % BLOCK_BYTES !== 0) this.#fetch(first, baseFd);
    if ((offset + bytes.length) % BLOCK_BYTES !== 0) this.#fetch(last, baseFd);
    writeAll(this.#fd, offset, bytes);
    this.#has.fill(1, first, last + 1);
  }

  export(): Uint8Array<SharedArrayBuffer> {
    const blocks: number[] = [];
    for (let block = this.#has.indexOf(1); block >= 0; block = this.#has.indexOf(1, block + 1))
      blocks.push(block);
    const start = NUMBER_BYTES * (1 + blocks.length);
    const exported = new Uint8Array(new SharedArrayBuffer(start + blocks.length * BLOCK_BYTES));
    const numbers = new Uint32Array(exported.buffer, 0, 1 + blocks.length);
    numbers[0] = blocks.length;
    blocks.forEach((block, index) => {
      numbers[1 + index] = block;
      const at = start + index * BLOCK_BYTES;
      const length = Math.min(BLOCK_BYTES, this.#sizeBytes - block * BLOCK_BYTES);
      readAll(this.#fd, block * BLOCK_BYTES, exported.subarray(at, at + length));
    });
    return exported;
  }

  import(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const numberAt = (index: number): number => view.getUint32(index * NUMBER_BYTES, true);
    const count = bytes.length < NUMBER_BYTES ? -1 : numberAt(0);
    const start = NUMBER_BYTES * (1 + count);
    if (count < 0 || bytes.length !== start + count * BLOCK_BYTES)
      throw new DiskFileError("the saved disk is damaged");
    for (let index = 0; index < count; index++) {
      if (numberAt(1 + index) >= this.#has.length)
        throw new DiskFileError("the saved disk is of another size");
    }
    this.#has.fill(0);
    ftruncateSync(this.#fd, 0);
    for (let index = 0; index < count; index++) {
      const block = numberAt(1 + index);
      const at = start + index * BLOCK_BYTES;
      writeAll(this.#fd, block * BLOCK_BYTES, bytes.subarray(at, at + BLOCK_BYTES));
      this.#has[block] = 1;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #fetch(block: number, baseFd: number): void {
    if (this.#has[block] === 1) return;
    const start = block * BLOCK_BYTES;
    const bytes = new Uint8Array(Math.min(BLOCK_BYTES, this.#sizeBytes - start));
    readAll(baseFd, start, bytes);
    writeAll(this.#fd, start, bytes);
    this.#has[block] = 1;
  }
}

/** What lies behind the end of the file reads as zeros: somebody has made it shorter. */
function readAll(fd: number, offset: number, into: Uint8Array): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, into.length - done, offset + done);
    if (count === 0) return void into.fill(0, done);
    done += count;
  }
}

function writeAll(fd: number, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
  }
}
