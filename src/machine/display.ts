/**
 * Display devices.  Each head has a surface, which is brought up to date only when somebody asks: the scene
 * follows from the guest's time, so an idle machine costs nothing.
 *
 * A refresh of `VGA` is done at once.  One of `qxl` is rendered in pieces, each in a turn of its own, and
 * done later: until then the surface is half old and half new, and must not be shown (rule D2).
 *
 * A running guest draws a new frame for each refresh; a paused one has the same picture and the same frame
 * number at each, which is what the display shows after the request, as rule D1 wants it.
 */

import { assert } from "../util/assert.ts";
import { QXL_RENDER_PIECES_COUNT } from "../util/limits.ts";
import type { DisplayConfig, DisplayContent } from "./config.ts";
import { type Content, createContent } from "./content.ts";
import { createSurface, type Surface } from "./surface.ts";

/** The guest, as a display sees it. */
export interface Guest {
  readonly isRunning: boolean;
  readonly guestTimeMs: number;
}

/** Runs `callback` in a later turn of the machine thread. */
export type Defer = (callback: () => void) => void;

/** What a console is wired to. */
export interface DisplayHead {
  readonly surface: Surface;
  /** Number of the frame that the surface shows since the last refresh was done. */
  readonly frameNumber: number;
  /**
   * Brings the surface up to date.  `done`: it is, and `updateDone` will not be called.  `later`:
   * `updateDone` is called, once, in the turn in which it is.  Not to be called again before that.
   */
  refresh(updateDone: () => void): "done" | "later";
}

export interface DisplayDevice {
  readonly heads: readonly DisplayHead[];
  content: DisplayContent;
}

/** Makes the device and draws its first picture. */
export function createDisplay(config: DisplayConfig, guest: Guest, defer: Defer): DisplayDevice {
  const heads = Array.from({ length: config.heads }, () =>
    config.type === "VGA" ? new VgaHead(config, guest) : new QxlHead(config, guest, defer),
  );
  return {
    heads,
    get content() {
      return heads[0]?.content ?? config.content;
    },
    set content(content) {
      for (const head of heads) head.content = content;
    },
  };
}

/** What both devices have: a surface, its content, and the count of frames. */
abstract class Head implements DisplayHead {
  readonly surface: Surface;
  readonly #guest: Guest;
  #contentKind: DisplayContent;
  #painter: Content;
  /** Whether the frame that was begun last is a new one: the guest ran then. */
  #draws = false;
  protected nextFrameNumber = 0;

  constructor(config: DisplayConfig, guest: Guest) {
    this.surface = createSurface(config.width, config.height);
    this.#guest = guest;
    this.#contentKind = config.content;
    this.#painter = createContent(config.content, this.surface);
  }

  abstract readonly frameNumber: number;
  abstract refresh(updateDone: () => void): "done" | "later";

  get content(): DisplayContent {
    return this.#contentKind;
  }

  set content(content: DisplayContent) {
    if (content === this.#contentKind) return;
    this.#contentKind = content;
    this.#painter = createContent(content, this.surface);
    this.#painter.begin(this.nextFrameNumber, this.#guest.guestTimeMs);
    this.#painter.paint(0, this.surface.height);
    this.surface.version++;
  }

  protected beginFrame(): void {
    this.#draws = this.#guest.isRunning;
    if (!this.#draws) return;
    this.nextFrameNumber++;
    this.#painter.begin(this.nextFrameNumber, this.#guest.guestTimeMs);
  }

  protected paint(firstLine: number, endLine: number): void {
    if (this.#draws && this.#painter.paint(firstLine, endLine)) this.surface.version++;
  }
}

class VgaHead extends Head {
  get frameNumber(): number {
    return this.nextFrameNumber;
  }

  refresh(): "done" {
    this.beginFrame();
    this.paint(0, this.surface.height);
    return "done";
  }
}

class QxlHead extends Head {
  readonly #defer: Defer;
  #isRendering = false;
  #renderedFrameNumber = 0;

  constructor(config: DisplayConfig, guest: Guest, defer: Defer) {
    super(config, guest);
    this.#defer = defer;
  }

  get frameNumber(): number {
    return this.#renderedFrameNumber;
  }

  refresh(updateDone: () => void): "later" {
    assert(!this.#isRendering, "a console asks for one refresh at a time");
    this.#isRendering = true;
    this.beginFrame();
    this.#defer(() => this.#renderPiece(0, updateDone));
    return "later";
  }

  #renderPiece(piece: number, updateDone: () => void): void {
    if (piece < QXL_RENDER_PIECES_COUNT) {
      const lineOf = (n: number): number => Math.floor((this.surface.height * n) / QXL_RENDER_PIECES_COUNT);
      this.paint(lineOf(piece), lineOf(piece + 1));
      this.#defer(() => this.#renderPiece(piece + 1, updateDone));
      return;
    }
    this.#isRendering = false;
    this.#renderedFrameNumber = this.nextFrameNumber;
    updateDone();
  }
}
