/**
 * The board on which the threads that make one picture share its bands: each takes the next one that
 * nobody has taken, and notes what came out.  Who finishes the last one sees the notes of all.
 *
 * Words in shared memory: the next band, bands finished, then size and checksum of each band.
 */

const WORD_NEXT = 0;
const WORD_FINISHED = 1;
const WORD_BANDS = 2;
const WORDS_A_BAND = 2;

export class BandBoard {
  readonly words: Int32Array<SharedArrayBuffer>;

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.words = words;
  }

  static create(bandCount: number): BandBoard {
    const words = WORD_BANDS + WORDS_A_BAND * bandCount;
    return new BandBoard(new Int32Array(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT)));
  }

  get bandCount(): number {
    return (this.words.length - WORD_BANDS) / WORDS_A_BAND;
  }

  /** A band for the caller alone, or undefined when all have been taken. */
  take(): number | undefined {
    const band = Atomics.add(this.words, WORD_NEXT, 1);
    return band < this.bandCount ? band : undefined;
  }

  /** Notes the result of a band that the caller took.  True: it was the last one, all notes can be read. */
  finish(band: number, sizeBytes: number, checksum: number): boolean {
    this.words[WORD_BANDS + WORDS_A_BAND * band] = sizeBytes;
    this.words[WORD_BANDS + WORDS_A_BAND * band + 1] = checksum;
    return Atomics.add(this.words, WORD_FINISHED, 1) + 1 === this.bandCount;
  }

  /** Takes what is left, so that nobody else does. */
  stop(): void {
    Atomics.store(this.words, WORD_NEXT, this.bandCount);
  }

  sizeBytes(band: number): number {
    return this.words[WORD_BANDS + WORDS_A_BAND * band] ?? 0;
  }

  checksum(band: number): number {
    return (this.words[WORD_BANDS + WORDS_A_BAND * band + 1] ?? 0) >>> 0;
  }
}
