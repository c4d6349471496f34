/**
 * Screendump batches: many who want a picture of a console, and as few refreshes, copies and encodings as serve
 * them all.
 *
 *     request ---> waiting ---refresh begins---> refreshing ---frame copied---> encoding ---> picture
 *
 * A console has one batch at a time.  The next one begins when an encoding would: not before the threads have taken
 * what was asked of them earlier, among it the writing of the last picture.  Whoever has that and asks again is then in
 * the same batch as those who came meanwhile; a refresh for each of them would be one more encoding.  An encoding that
 * takes too long is not waited for: its file may be on a file system that hangs.
 *
 * Invariants (rules D1 and D3, C7):
 *  - a request is served by a refresh that began after it; all that wait when one begins share it;
 *  - requests of one batch share the frame, and for equal formats the encoding and the picture;
 *  - a frame is held until the last encoding of it has ended, then its memory is used again;
 *  - frames of encodings that hang are bounded: each has a thread, and without a free one no batch begins;
 *  - a cancelled request leaves at once; an encoding that nobody wants any more is told to give up.
 *
 * Pictures that are being written are not waited for: a reader that does not read must not keep others waiting.
 * There are at most as many as there are commands in flight.
 */

import type { SharedSurface } from "../util/shared-surface.ts";
import type { ConsoleFrame } from "./console.ts";

/** What the batcher has done by others. */
export interface ScreendumpPorts<Format, Picture, Along = undefined> {
  /** Calls back in a later turn of the event loop. */
  nextTurn(callback: () => void): void;
  /** Settles when an encoding that is asked for now would begin; how does not matter. */
  encoderTurn(): Promise<void>;
  /** Settles when `encoded` does, or when that takes too long for the next batch to wait for. */
  inTime(encoded: Promise<void>): Promise<void>;
  /** A copy of the console as it is after the call.  `reuse` is memory that may be used for it. */
  capture(console: number, reuse: WebAssembly.Memory | undefined): Promise<ConsoleFrame>;
  /**
   * Does not read `frame` any more once it has settled, whichever way.  `signal` fires when nobody wants the
   * picture any more.  `along` is that of the one request that it is for, if there is only one.
   */
  encode(
    frame: SharedSurface,
    format: Format,
    signal: AbortSignal,
    along: Along | undefined,
  ): Promise<Picture>;
  /** Nobody reads `picture` any more. */
  discard(picture: Picture): void;
}

/** A picture that others may be reading too. */
export interface SharedPicture<Picture> {
  readonly picture: Picture;
  /** To be called once the picture has been written, or will not be.  Idempotent. */
  release(): void;
}

export class ScreendumpBatcher<Format, Picture, Along = undefined> {
  readonly #ports: ScreendumpPorts<Format, Picture, Along>;
  readonly #consoles = new Map<number, ConsoleQueue<Format, Picture, Along>>();

  constructor(ports: ScreendumpPorts<Format, Picture, Along>) {
    this.#ports = ports;
  }

  /**
   * A picture of `console` as it is after this call.  Rejects with the signal's reason as soon as it
   * fires, and with the error of the capture or encoding that was to serve it.  `along` is for the encoding,
   * if it turns out to be for this request alone.
   */
  request(
    console: number,
    format: Format,
    signal: AbortSignal,
    along?: Along,
  ): Promise<SharedPicture<Picture>> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      this.#queue(console).add(new Request(format, along, signal, resolve, reject));
    });
  }

  /** Frames that are captured or encoded now: 0 when nothing is in flight. */
  get framesHeld(): number {
    return Array.from(this.#consoles.values(), ({ framesHeld }) => framesHeld).reduce((a, b) => a + b, 0);
  }

  #queue(console: number): ConsoleQueue<Format, Picture, Along> {
    let queue = this.#consoles.get(console);
    if (queue === undefined) {
      queue = new ConsoleQueue(console, this.#ports);
      this.#consoles.set(console, queue);
    }
    return queue;
  }
}

/** One that wants a picture.  It is settled once; what comes after that is ignored. */
class Request<Format, Picture, Along> {
  readonly format: Format;
  readonly along: Along | undefined;
  readonly #signal: AbortSignal;
  readonly #resolve: (picture: SharedPicture<Picture>) => void;
  readonly #reject: (error: unknown) => void;
  /** Called when the request is cancelled: whoever holds it now lets it go. */
  leave: () => void = () => {};

  constructor(
    format: Format,
    along: Along | undefined,
    signal: AbortSignal,
    resolve: (picture: SharedPicture<Picture>) => void,
    reject: (error: unknown) => void,
  ) {
    this.format = format;
    this.along = along;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.#abort);
  }

  resolve(picture: SharedPicture<Picture>): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#resolve(picture);
  }

  reject(error: unknown): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#reject(error);
  }

  readonly #abort = (): void => {
    this.reject(this.#signal.reason);
    this.leave();
  };
}

/** The requests for one console, and the frames held for them. */
class ConsoleQueue<Format, Picture, Along> {
  readonly #console: number;
  readonly #ports: ScreendumpPorts<Format, Picture, Along>;
  /** They wait for the next refresh, in order of arrival. */
  #waiting = new Set<Request<Format, Picture, Along>>();
  /** From the time that somebody waits until the batch has been encoded, or takes too long. */
  #isBusy = false;
  /** That of the last frame, which nobody reads any more. */
  #freeMemory: WebAssembly.Memory | undefined;
  framesHeld = 0;

  constructor(console: number, ports: ScreendumpPorts<Format, Picture, Along>) {
    this.#console = console;
    this.#ports = ports;
  }

  add(request: Request<Format, Picture, Along>): void {
    const waiting = this.#waiting;
    waiting.add(request);
    // The set stays the batch's own, also once it is refreshing: leaving it is the same in both.
    request.leave = () => void waiting.delete(request);
    this.#serveIfPossible();
  }

  #serveIfPossible(): void {
    if (this.#isBusy || this.#waiting.size === 0) return;
    this.#isBusy = true;
    // By then those who have the last picture have asked the threads to write it.
    this.#ports.nextTurn(() => void this.#serve());
  }

  async #serve(): Promise<void> {
    // Without threads there is no turn; that is for the encoding to tell.
    await this.#ports.encoderTurn().catch(() => {});
    const batch = this.#waiting;
    this.#waiting = new Set();
    if (batch.size > 0) await this.#serveBatch(batch);
    this.#isBusy = false;
    this.#serveIfPossible();
  }

  /** Settles, never rejecting, when the next batch may begin. */
  async #serveBatch(batch: ReadonlySet<Request<Format, Picture, Along>>): Promise<void> {
    const reuse = this.#freeMemory;
    // Whoever fails may still write to the memory it was given.
    this.#freeMemory = undefined;
    this.framesHeld++;
    let frame: SharedSurface;
    try {
      ({ frame } = await this.#ports.capture(this.#console, reuse));
    } catch (error) {
      this.framesHeld--;
      for (const request of batch) request.reject(error);
      return;
    }
    await this.#ports.inTime(this.#encodeAll(frame, batch));
  }

  /** Settles, never rejecting, when the frame is not read any more. */
  async #encodeAll(frame: SharedSurface, batch: ReadonlySet<Request<Format, Picture, Along>>): Promise<void> {
    const groups = Array.from(groupByFormat(batch).values());
    await Promise.all(groups.map((group) => this.#encode(frame, group)));
    this.#freeMemory = frame.memory;
    this.framesHeld--;
  }

  /** Settles, never rejecting, when the frame is not read any more. */
  async #encode(frame: SharedSurface, group: Group<Format, Picture, Along>): Promise<void> {
    const unwanted = new AbortController();
    const { format, requests } = group;
    for (const request of requests) {
      request.leave = () => {
        requests.delete(request);
        if (requests.size === 0) unwanted.abort();
      };
    }
    try {
      const [only, ...others] = requests;
      const along = others.length === 0 ? only?.along : undefined;
      const picture = await this.#ports.encode(frame, format, unwanted.signal, along);
      if (requests.size === 0) this.#ports.discard(picture);
      else share(picture, requests, () => this.#ports.discard(picture));
    } catch (error) {
      for (const request of requests) request.reject(error);
    }
  }
}

/** Requests of one batch that want the same format. */
interface Group<Format, Picture, Along> {
  readonly format: Format;
  readonly requests: Set<Request<Format, Picture, Along>>;
}

function groupByFormat<Format, Picture, Along>(
  batch: Iterable<Request<Format, Picture, Along>>,
): Map<Format, Group<Format, Picture, Along>> {
  const groups = new Map<Format, Group<Format, Picture, Along>>();
  for (const request of batch) {
    const group = groups.get(request.format);
    if (group === undefined)
      groups.set(request.format, { format: request.format, requests: new Set([request]) });
    else group.requests.add(request);
  }
  return groups;
}

/** Gives `picture` to each request; `lastReleased` is called when all have released it. */
function share<Format, Picture, Along>(
  picture: Picture,
  requests: ReadonlySet<Request<Format, Picture, Along>>,
  lastReleased: () => void,
): void {
  let readers = requests.size;
  for (const request of requests) {
    let isReading = true;
    request.resolve({
      picture,
      release() {
        if (!isReading) return;
        isReading = false;
        readers--;
        if (readers === 0) lastReleased();
      },
    });
  }
}
