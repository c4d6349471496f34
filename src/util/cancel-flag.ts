/**
 * Cancelling work on another thread: words in shared memory, which cost the thread one load a look.
 *
 * Word 0: 1 once the work is to be given up.  Word 1: 1 once it has begun.  Each side first writes its own word,
 * then reads the other's, so that one of them always sees the other: work that was cancelled before it
 * began never begins, and whoever cancelled it knows at once.
 */

/** Has one word at least; the second is for work that is queued. */
export type CancelFlag = Int32Array<SharedArrayBuffer>;

export function createCancelFlag(): CancelFlag {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** Asks for the end of the work.  True: it has not begun, and never will. */
export function cancel(flag: CancelFlag): boolean {
  Atomics.store(flag, 0, 1);
  return Atomics.load(flag, 1) === 0;
}

/** Called by the thread before it touches anything.  False: it must not. */
export function begin(flag: CancelFlag): boolean {
  Atomics.store(flag, 1, 1);
  return !isCancelled(flag);
}

export function isCancelled(flag: CancelFlag): boolean {
  return Atomics.load(flag, 0) !== 0;
}
