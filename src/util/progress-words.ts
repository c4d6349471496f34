/**
 * Progress of work on another thread: words in shared memory, which the thread writes as often as it likes and
 * the main thread reads when it likes, so that no thread can flood the other.
 *
 * Word 0: work done; word 1: work in all, 0 until the thread has told anything.  The total is written first and
 * read last: one that grows is never seen smaller than what is done.
 */

const WORD_CURRENT = 0;
const WORD_TOTAL = 1;

export type ProgressWords = BigInt64Array<SharedArrayBuffer>;

export function createProgressWords(): ProgressWords {
  return new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT));
}

export function writeProgress(words: ProgressWords, current: number, total: number): void {
  Atomics.store(words, WORD_TOTAL, BigInt(total));
  Atomics.store(words, WORD_CURRENT, BigInt(current));
}

export function readProgress(words: ProgressWords): { readonly current: number; readonly total: number } {
  const current = Number(Atomics.load(words, WORD_CURRENT));
  return { current, total: Number(Atomics.load(words, WORD_TOTAL)) };
}
