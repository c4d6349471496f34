/**
 * A disk as the emulator reads and writes it, over an image that outlives the emulator: a reset makes another
 * emulator with the same images.
 *
 * What an image fails to do is thrown through the emulator, which then stands still: no guest goes on with
 * what its disk never held.
 */

import type { V86Disk } from "v86";

/** A disk's bytes.  Offsets and lengths are within its size. */
export interface DiskImage {
  /** As it was given. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly hasOverlay: boolean;
  /** Fills `into` from `offset` on.  Throws what the system's error is. */
  read(offset: number, into: Uint8Array): void;
  /** Throws for an image that is read-only. */
  write(offset: number, bytes: Uint8Array): void;
  /** What was written since it was opened, for `importOverlay`. */
  exportOverlay(): Uint8Array<SharedArrayBuffer>;
  importOverlay(overlay: Uint8Array): void;
  close(): void;
}

export class EmulatedDisk implements V86Disk {
  readonly #image: DiskImage;
  onload: (() => void) | undefined;

  constructor(image: DiskImage) {
    this.#image = image;
  }

  get byteLength(): number {
    return this.#image.sizeBytes;
  }

  load(): void {
    this.onload?.();
  }

  get(offset: number, length: number, done: (bytes: Uint8Array) => void): void {
    done(this.#read(offset, length));
  }

  get_and_cache(offset: number, length: number, done: (bytes: Uint8Array) => void): void {
    this.get(offset, length, done);
  }

  get_from_cache(offset: number, length: number): Uint8Array {
    return this.#read(offset, length);
  }

  set(offset: number, bytes: Uint8Array, done: () => void): void {
    // Never one that is read-only: its drive refuses the write, so that the guest sees an error.
    this.#image.write(offset, bytes);
    done();
  }

  /** A machine's state has no disks in it: those are saved on their own. */
  get_state(): unknown[] {
    return [];
  }

  set_state(): void {}

  #read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const end = Math.min(length, this.#image.sizeBytes - offset);
    if (end > 0) this.#image.read(offset, bytes.subarray(0, end));
    return bytes;
  }
}
