/**
 * Are the pictures right?  Each that is looked at is decoded, and has to
 *
 *  - be of the size that the display has, and of one size as long as it is asked for;
 *  - tell one frame number in all its lines, where it carries one: it is whole, and no two frames are mixed;
 *  - be fresh, where it carries one: newer than every picture of that console that was answered before this one was
 *    asked for.  A refresh that had begun by then may not serve it.
 *
 * A display that carries no number has the same pixels each time, where it is known to be still.
 */

import { type PixelBytes, readFrameNumber, readFrameNumbers } from "../machine/frame-number.ts";
import type { Format, PictureSize } from "./cases.ts";
import { decodePicture, pixelHash } from "./picture.ts";

const FAULT_EXAMPLES_MAX = 5;

export interface Expected {
  readonly format: Format;
  /** Undefined: whatever comes first. */
  readonly size: Pick<PictureSize, "width" | "height"> | undefined;
  /** Undefined: nothing is known of what the display shows. */
  readonly content: "moving" | "still" | undefined;
  /** A guest that is paused draws nothing new. */
  readonly isRunning: boolean;
}

/** What a console had shown when a picture was asked for. */
export interface Asked {
  readonly console: string;
  /** The newest frame that had been answered; -1: none. */
  readonly newestFrame: number;
}

export interface VerifierResult {
  readonly pictures: number;
  readonly freshPictures: number;
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Of the last picture. */
  readonly bytes: number | undefined;
  /** Of the first picture, if it carries no frame number. */
  readonly stillHash: string | undefined;
  readonly faultCount: number;
  readonly faultExamples: readonly string[];
}

export class Verifier {
  readonly #expected: Expected;
  readonly #newestFrames = new Map<string, number>();
  #pictures = 0;
  #freshPictures = 0;
  #size: VerifierResult["size"];
  #bytes: number | undefined;
  #stillHash: string | undefined;
  #faultCount = 0;
  readonly #faultExamples: string[] = [];

  constructor(expected: Expected) {
    this.#expected = expected;
    this.#size = expected.size;
  }

  /** To be called when a picture is asked for. */
  ask(console: string): Asked {
    return { console, newestFrame: this.#newestFrames.get(console) ?? -1 };
  }

  /** To be called when it has come.  `asked` undefined: how old it may be is not known. */
  check(bytes: Buffer, asked: Asked | undefined): void {
    this.#pictures++;
    this.#bytes = bytes.length;
    try {
      this.#look(decodePicture(bytes, this.#expected.format), asked);
    } catch (error) {
      this.#fault((error as Error).message);
    }
  }

  /** To be called instead when there is no picture. */
  miss(why: string): void {
    this.#pictures++;
    this.#fault(why);
  }

  result(): VerifierResult {
    return {
      pictures: this.#pictures,
      freshPictures: this.#freshPictures,
      size: this.#size && { width: this.#size.width, height: this.#size.height },
      bytes: this.#bytes,
      stillHash: this.#stillHash,
      faultCount: this.#faultCount,
      faultExamples: this.#faultExamples,
    };
  }

  #fault(why: string): void {
    this.#faultCount++;
    const text = `picture ${this.#pictures}: ${why}`;
    if (this.#faultExamples.length < FAULT_EXAMPLES_MAX) this.#faultExamples.push(text);
  }

  #look(image: PixelBytes, asked: Asked | undefined): void {
    const { width, height } = image;
    this.#size ??= { width, height };
    if (width !== this.#size.width || height !== this.#size.height) {
      throw new Error(`it is ${width}x${height}, not ${this.#size.width}x${this.#size.height}`);
    }
    const { content } = this.#expected;
    const hasNumber =
      content === "moving" ||
      (content === undefined && readFrameNumbers(image).some((number) => number !== undefined));
    if (hasNumber) this.#lookAtFrame(readFrameNumber(image), asked);
    else this.#lookAtStill(image);
  }

  #lookAtFrame(number: number, asked: Asked | undefined): void {
    if (asked === undefined) return;
    const newest = this.#newestFrames.get(asked.console) ?? -1;
    this.#newestFrames.set(asked.console, Math.max(newest, number));
    const { newestFrame } = asked;
    if (number < newestFrame || (this.#expected.isRunning && number === newestFrame)) {
      throw new Error(`it shows frame ${number}, and ${newestFrame} had been seen before it was asked for`);
    }
    this.#freshPictures++;
  }

  #lookAtStill(image: PixelBytes): void {
    const hash = pixelHash(image);
    this.#stillHash ??= hash;
    if (this.#expected.content === "still" && hash !== this.#stillHash) {
      throw new Error("its pixels differ from the first one's, and the display is still");
    }
  }
}
