/**
 * Cancelling work on another thread: words in shared memory, which cost the thread one load a look.
 *
 * Word 0: 1 once the work is to be given up.  Word 1: who was first, the thread that began or whoever cancelled.
 * It changes once, so that both agree: work that was cancelled before it began never begins, and whoever
 * cancelled it knows at once.
 */

const WORD_CANCELLED = 0;
const WORD_START = 1;

const START_OPEN = 0;
const START_BEGUN = 1;
const START_NEVER = 2;

export type CancelFlag = Int32Array<SharedArrayBuffer>;

export function createCancelFlag(): CancelFlag {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** Asks for the end of the work.  True: it has not begun, and never will. */
export function cancel(flag: CancelFlag): boolean {
  Atomics.store(flag, WORD_CANCELLED, 1);
  return Atomics.compareExchange(flag, WORD_START, START_OPEN, START_NEVER) !== START_BEGUN;
}

/** Called by the thread, or each that shares the work, before it touches anything.  False: it must not. */
export function begin(flag: CancelFlag): boolean {
  return Atomics.compareExchange(flag, WORD_START, START_OPEN, START_BEGUN) !== START_NEVER;
}

/** Whether the thread has begun. */
export function hasBegun(flag: CancelFlag): boolean {
  return Atomics.load(flag, WORD_START) === START_BEGUN;
}

export function isCancelled(flag: CancelFlag): boolean {
  return Atomics.load(flag, WORD_CANCELLED) !== 0;
}
