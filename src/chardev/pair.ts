/**
 * A pair of chardevs in memory, each the other's peer: the transport of tests and of embedders.
 *
 * It behaves as a unix socket does.  Bytes travel in microtasks, one chunk at a time, in order; `drain`,
 * `inputEnd` and `close` come at the point of the stream where they belong; a peer that has closed is
 * noticed at once.
 */

import { CHARDEV_OUTPUT_WATERMARK_BYTES } from "../util/limits.ts";
import type { Chardev, ChardevListener } from "./chardev.ts";
import { ChardevError } from "./errors.ts";

/** A chardev of a pair.  Beside what any chardev does it can half-close, as a client may. */
export interface PairedChardev extends Chardev {
  /** Ends this side's output and goes on reading.  Idempotent. */
  endOutput(): void;
}

export function createChardevPair(): [PairedChardev, PairedChardev] {
  const first = new MemoryChardev();
  const second = new MemoryChardev();
  first.connect(second);
  second.connect(first);
  return [first, second];
}

/** `ending`: output goes out, and an end follows it; `finishing`: then this side closes. */
type State = "open" | "ending" | "finishing" | "closed";

class MemoryChardev implements PairedChardev {
  readonly peer = "memory";
  #other: MemoryChardev = this; // Until `connect`.
  #listener: ChardevListener | undefined;
  #state: State = "open";
  #paused = false;
  /** What the other side has not taken yet. */
  readonly #output: Uint8Array[] = [];
  #unsentBytes = 0;
  #wantsDrain = false;
  #endDelivered = false;
  #pumping = false;

  connect(other: MemoryChardev): void {
    this.#other = other;
  }

  start(listener: ChardevListener): void {
    this.#listener = listener;
    this.#other.#pump();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#other.#pump();
  }

  write(data: string | Uint8Array): boolean {
    if (this.#state !== "open") return true;
    if (data.length > 0) {
      this.#output.push(typeof data === "string" ? Buffer.from(data, "latin1") : data);
      this.#unsentBytes += data.length;
      this.#pump();
    }
    this.#wantsDrain ||= this.#unsentBytes >= CHARDEV_OUTPUT_WATERMARK_BYTES;
    return !this.#wantsDrain;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  endOutput(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#pump();
  }

  end(): void {
    if (this.#state === "closed") return;
    this.#state = "finishing";
    this.#pump();
  }

  destroy(): void {
    queueMicrotask(() => this.#close(undefined));
  }

  /** Delivers output, a chunk a microtask, while the other side takes it. */
  #pump(): void {
    if (this.#pumping || this.#state === "closed" || !this.#otherReads()) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      if (this.#state === "closed" || !this.#otherReads()) return;
      const chunk = this.#output.shift();
      if (chunk === undefined) return this.#deliverEnd();
      this.#unsentBytes -= chunk.length;
      this.#other.#receive(chunk);
      if (this.#output.length === 0 && this.#wantsDrain) {
        this.#wantsDrain = false;
        if (this.#state === "open") this.#listener?.drain();
      }
      this.#pump();
    });
  }

  #deliverEnd(): void {
    if (this.#state === "open") return;
    if (!this.#endDelivered) {
      this.#endDelivered = true;
      this.#other.#receiveEnd();
    }
    if (this.#state === "finishing") this.#close(undefined);
  }

  /** A side that closes itself takes what still comes, and drops it. */
  #otherReads(): boolean {
    const other = this.#other;
    if (other.#listener === undefined) return false;
    return !other.#paused || other.#state === "finishing" || other.#state === "closed";
  }

  #receive(bytes: Uint8Array): void {
    if (this.#state === "open" || this.#state === "ending") this.#listener?.data(bytes);
  }

  #receiveEnd(): void {
    if (this.#state === "open" || this.#state === "ending") this.#listener?.inputEnd();
  }

  #close(error: Error | undefined): void {
    if (this.#state === "closed") return;
    const lost = this.#unsentBytes > 0;
    this.#state = "closed";
    this.#output.length = 0;
    this.#unsentBytes = 0;
    this.#listener?.close(error);
    const gone = lost ? new ChardevError("CHARDEV_GONE", "the peer has gone") : undefined;
    queueMicrotask(() => this.#other.#close(gone));
  }
}
