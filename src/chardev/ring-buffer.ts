/**
 * A ring buffer: it keeps the last bytes that were written to it, until they are read.
 *
 * Invariant: what is read comes in the order in which it was written; what is lost is always the oldest.
 */

export class RingBuffer {
  readonly #bytes: Uint8Array;
  /** Counted on for ever; a place in the buffer is the rest of a division. */
  #written = 0;
  #read = 0;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
  }

  /** Bytes that wait to be read. */
  get length(): number {
    return this.#written - this.#read;
  }

  write(bytes: Uint8Array): void {
    const size = this.#bytes.length;
    const kept = bytes.subarray(Math.max(0, bytes.length - size));
    const start = (this.#written + bytes.length - kept.length) % size;
    const untilEnd = Math.min(kept.length, size - start);
    this.#bytes.set(kept.subarray(0, untilEnd), start);
    this.#bytes.set(kept.subarray(untilEnd), 0);
    this.#written += bytes.length;
    this.#read = Math.max(this.#read, this.#written - size);
  }

  /** Takes out at most `lengthMax` bytes, the oldest first. */
  read(lengthMax: number): Uint8Array {
    const size = this.#bytes.length;
    const taken = new Uint8Array(Math.min(lengthMax, this.length));
    const start = this.#read % size;
    const untilEnd = Math.min(taken.length, size - start);
    taken.set(this.#bytes.subarray(start, start + untilEnd));
    taken.set(this.#bytes.subarray(0, taken.length - untilEnd), untilEnd);
    this.#read += taken.length;
    return taken;
  }
}
