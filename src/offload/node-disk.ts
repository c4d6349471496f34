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
  return new DiskFile(`/dev/fd/${descriptor}`, access, { told: file, offsetBytes, sizeBytes });
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
