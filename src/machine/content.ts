/**
 * What a display shows: a scene that its device paints into the surface, a range of lines at a time.
 *
 * `moving` is a backdrop with a bar that wanders with guest time, and the frame number (see
 * frame-number.ts).  Only the bar's old and new place and the number are painted anew, so a refresh of
 * 3840x2160 takes a few milliseconds.  `still` is painted once and never changes.
 */

import type { DisplayContent } from "./config.ts";
import { FRAME_NUMBER_END_PX, paintFrameNumber } from "./frame-number.ts";
import { paintStill } from "./still.ts";
import { fillRectangle, type Surface } from "./surface.ts";

const BORDER_PX = 4;
const BORDER_COLOUR = 0x00f0_c040;
const BAR_COLOUR = 0x00ff_ffff;
const BAR_PX_PER_SECOND = 240;

/** Paints one head's surface.  A refresh is one `begin`, then `paint` for each line once, in any order. */
export interface Content {
  /** Chooses the scene that the next calls of `paint` show. */
  begin(frameNumber: number, guestTimeMs: number): void;
  /** Whether that changed the surface. */
  paint(firstLine: number, endLine: number): boolean;
}

/** Paints the first picture, frame number 0, and answers what paints the following ones. */
export function createContent(kind: DisplayContent, surface: Surface): Content {
  if (kind === "moving") return new MovingContent(surface);
  paintStill(surface);
  return { begin() {}, paint: () => false };
}

class MovingContent implements Content {
  readonly #surface: Surface;
  /** The backdrop is the sum of both: a part by column and a part by line that share no bits. */
  readonly #columnColours: Uint32Array;
  readonly #lineColours: Uint32Array;
  readonly #barWidth: number;
  #frameNumber = 0;
  #barX: number;
  #paintedBarX: number;

  constructor(surface: Surface) {
    this.#surface = surface;
    const { width, height } = surface;
    this.#columnColours = Uint32Array.from({ length: width }, (_, x) => {
      const share = x / width;
      return (Math.round(24 + 72 * share) << 16) | Math.round(96 + 112 * (1 - share));
    });
    this.#lineColours = Uint32Array.from(
      { length: height },
      (_, y) => Math.round(40 + (96 * y) / height) << 8,
    );
    this.#barWidth = Math.max(8, width >> 5);
    this.#barX = this.#barPlace(0);
    this.#paintedBarX = this.#barX;
    for (let line = 0; line < height; line++) this.#paintBackdrop(line, 0, width);
    fillRectangle(surface, 0, 0, width, BORDER_PX, BORDER_COLOUR);
    fillRectangle(surface, 0, height - BORDER_PX, width, BORDER_PX, BORDER_COLOUR);
    fillRectangle(surface, 0, 0, BORDER_PX, height, BORDER_COLOUR);
    fillRectangle(surface, width - BORDER_PX, 0, BORDER_PX, height, BORDER_COLOUR);
    this.paint(0, height);
  }

  begin(frameNumber: number, guestTimeMs: number): void {
    this.#frameNumber = frameNumber;
    this.#paintedBarX = this.#barX;
    this.#barX = this.#barPlace(guestTimeMs);
  }

  paint(firstLine: number, endLine: number): boolean {
    const { width, height, pixels } = this.#surface;
    paintFrameNumber(this.#surface, this.#frameNumber, firstLine, endLine);
    const lastBarLine = Math.min(endLine, height - BORDER_PX);
    for (let line = Math.max(firstLine, BORDER_PX); line < lastBarLine; line++) {
      this.#paintBackdrop(line, this.#paintedBarX, this.#paintedBarX + this.#barWidth);
      const start = line * width + this.#barX;
      pixels.fill(BAR_COLOUR, start, start + this.#barWidth);
    }
    return true;
  }

  #paintBackdrop(line: number, fromX: number, toX: number): void {
    const { width, pixels } = this.#surface;
    const lineColour = this.#lineColours[line] ?? 0;
    for (let x = fromX; x < toX; x++) pixels[line * width + x] = (this.#columnColours[x] ?? 0) | lineColour;
  }

  #barPlace(guestTimeMs: number): number {
    const left = FRAME_NUMBER_END_PX + BORDER_PX;
    const room = this.#surface.width - BORDER_PX - this.#barWidth - left;
    const way = Math.floor((guestTimeMs * BAR_PX_PER_SECOND) / 1000) % (2 * room);
    return left + (way < room ? way : 2 * room - way);
  }
}
