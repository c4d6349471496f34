/**
 * The bytes of a message that may have to be read once more, off the engine's heap: copied, so that what a piece of
 * input costs beside its bytes does not count.
 *
 * Who sends one large message sends more.  The memory of an earlier one is taken again, unless the engine has collected
 * it: memory that is always new makes it collect all the time.
 *
 * Invariant: what is not counted in `length` is never held, but for the rest of one chunk: the engine may collect it.
 */

const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

export class KeptBytes {
  #chunks: Uint8Array[] = [];
  /** Chunks of an earlier message: at each place one of the size that is due there. */
  #earlier: WeakRef<Uint8Array[]> | undefined;
  #last: Uint8Array = NO_BYTES;
  #lastLen = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      if (this.#lastLen === this.#last.length) this.#addChunk();
      const stop = Math.min(end, at + this.#last.length - this.#lastLen);
      this.#last.set(bytes.subarray(at, stop), this.#lastLen);
      this.#lastLen += stop - at;
      this.#length += stop - at;
      at = stop;
    }
  }

  /** All bytes, which are kept no longer. */
  take(): Uint8Array[] {
    const chunks = this.#chunks;
    if (chunks.length > 0) chunks[chunks.length - 1] = this.#last.subarray(0, this.#lastLen);
    this.#forget();
    return chunks;
  }

  clear(): void {
    if (this.#length === 0) return;
    const earlierCount = this.#earlier?.deref()?.length ?? 0;
    if (this.#chunks.length > earlierCount) this.#earlier = new WeakRef(this.#chunks);
    this.#forget();
  }

  #forget(): void {
    this.#chunks = [];
    this.#last = NO_BYTES;
    this.#lastLen = 0;
    this.#length = 0;
  }

  #addChunk(): void {
    const sizeBytes = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, this.#length));
    this.#last = this.#earlier?.deref()?.[this.#chunks.length] ?? new Uint8Array(sizeBytes);
    this.#chunks.push(this.#last);
    this.#lastLen = 0;
  }
}
