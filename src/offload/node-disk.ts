/**
 * A block node as a PC's disk.  The node has its file open on the main thread; the disk opens the same file once
 * more through that descriptor, whatever its name leads to by now, and so depends on the node no longer.
 */

import { type DiskAccess, DiskFile } from "./disk-file.ts";
import type { NodeContents } from "./pc-contract.ts";

/** What a drive can do with a disk, whatever is behind it. */
export type NodeDisk = Pick<DiskFile, keyof DiskFile>;

/** Throws `DiskFileError`. */
export function openNodeDisk(contents: NodeContents, access: DiskAccess): NodeDisk {
  const { file, sizeBytes, part } = contents;
  if (part === undefined) return new EmptyDisk(file, sizeBytes, access === "read-only");
  const { descriptor, offsetBytes } = part;
  // Of a file that somebody has made shorter, the rest is zeros until it is written.
  const whole = new DiskFile(`/dev/fd/${descriptor}`, access, file, offsetBytes + sizeBytes);
  return new DiskPart(whole, offsetBytes, sizeBytes);
}

/** Zeros, whatever is written. */
class EmptyDisk implements NodeDisk {
  readonly file: string;
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly hasOverlay = false;

  constructor(file: string, sizeBytes: number, isReadOnly: boolean) {
    this.file = file;
    this.sizeBytes = sizeBytes;
    this.isReadOnly = isReadOnly;
  }

  read(_offset: number, into: Uint8Array): void {
    into.fill(0);
  }

  write(): void {}

  exportOverlay(): Uint8Array<SharedArrayBuffer> {
    throw new Error("a disk of zeros has no overlay");
  }

  importOverlay(): void {
    throw new Error("a disk of zeros has no overlay");
  }

  close(): void {}
}

/** What lies in a file from some place on; its last sector may end beyond that of the file, and is zeros there. */
class DiskPart implements NodeDisk {
  readonly sizeBytes: number;
  readonly #whole: DiskFile;
  readonly #offsetBytes: number;

  constructor(whole: DiskFile, offsetBytes: number, sizeBytes: number) {
    this.#whole = whole;
    this.#offsetBytes = offsetBytes;
    this.sizeBytes = sizeBytes;
  }

  get file(): string {
    return this.#whole.file;
  }

  get isReadOnly(): boolean {
    return this.#whole.isReadOnly;
  }

  get hasOverlay(): boolean {
    return this.#whole.hasOverlay;
  }

  read(offset: number, into: Uint8Array): void {
    this.#whole.read(this.#offsetBytes + offset, into);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#whole.write(this.#offsetBytes + offset, bytes);
  }

  exportOverlay(): Uint8Array<SharedArrayBuffer> {
    return this.#whole.exportOverlay();
  }

  importOverlay(overlay: Uint8Array): void {
    this.#whole.importOverlay(overlay);
  }

  close(): void {
    this.#whole.close();
  }
}
