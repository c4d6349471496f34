import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConsoleFrame } from "../../src/ui/console.ts";
import { ScreendumpBatcher, type ScreendumpPorts, type SharedPicture } from "../../src/ui/screendump.ts";
import type { SharedSurface } from "../../src/util/shared-surface.ts";

interface FakePicture {
  readonly format: string;
  readonly frameNumber: number;
  discarded: number;
}

interface Step<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

interface Capture extends Step<void> {
  readonly console: number;
  readonly reuse: WebAssembly.Memory | undefined;
}

interface Encoding extends Step<void> {
  readonly frame: SharedSurface;
  readonly format: string;
  readonly signal: AbortSignal;
}

/** Captures and encodings end when the test says so. */
class FakePorts implements ScreendumpPorts<string, FakePicture, string> {
  readonly captures: Capture[] = [];
  readonly encodings: Encoding[] = [];
  readonly pictures: FakePicture[] = [];
  #frameNumber = 0;
  readonly #frameNumbers = new Map<SharedSurface, number>();

  readonly nextTurn = queueMicrotask;
  /** One that does not settle holds the next batch. */
  turn: Promise<void> = Promise.resolve();

  encoderTurn(): Promise<void> {
    return this.turn;
  }

  /** Ends the wait for encodings that are under way. */
  loseTime: () => void = () => {};

  async inTime(encoded: Promise<void>): Promise<void> {
    const tooLong = new Promise<void>((resolve) => {
      this.loseTime = resolve;
    });
    await Promise.race([encoded, tooLong]);
  }

  /** Frames of which the capture has begun. */
  get capturesBegun(): number {
    return this.#frameNumber;
  }

  async capture(console: number, reuse: WebAssembly.Memory | undefined): Promise<ConsoleFrame> {
    const frameNumber = ++this.#frameNumber;
    await new Promise<void>((resolve, reject) => this.captures.push({ console, reuse, resolve, reject }));
    const memory = reuse ?? new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const frame = { memory, offset: 0, width: 1, height: 1, stride: 4 };
    this.#frameNumbers.set(frame, frameNumber);
    return { frame, frameNumber };
  }

  /** What each encoding was told to take along. */
  readonly alongs: (string | undefined)[] = [];

  async encode(
    frame: SharedSurface,
    format: string,
    signal: AbortSignal,
    along: string | undefined,
  ): Promise<FakePicture> {
    this.alongs.push(along);
    await new Promise<void>((resolve, reject) =>
      this.encodings.push({ frame, format, signal, resolve, reject }),
    );
    const picture = { format, frameNumber: this.#frameNumbers.get(frame) ?? 0, discarded: 0 };
    this.pictures.push(picture);
    return picture;
  }

  discard(picture: FakePicture): void {
    picture.discarded++;
  }
}

function setUp() {
  const ports = new FakePorts();
  const batcher = new ScreendumpBatcher(ports);
  const request = (format = "png", signal = new AbortController().signal, console = 0) =>
    batcher.request(console, format, signal);
  return { ports, batcher, request };
}

/** Lets all promises that can settle do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function first<T>(items: T[]): T {
  const item = items.shift();
  if (item === undefined) throw new Error("nothing is under way");
  return item;
}

describe("screendump batches", () => {
  it("D1: serve a request that came during a refresh with the next one, and all that wait with one", async () => {
    const { ports, batcher, request } = setUp();
    const early = request();
    await settle();
    const late = [request(), request(), request()];
    await settle();
    expect(ports.captures.length).toBe(1);
    first(ports.captures).resolve();
    await settle();
    expect(ports.captures.length).toBe(0);
    first(ports.encodings).resolve();
    await settle();
    expect(ports.captures.length).toBe(1);
    first(ports.captures).resolve();
    await settle();
    first(ports.encodings).resolve();
    const pictures = await Promise.all([early, ...late]);
    expect(pictures.map(({ picture }) => picture.frameNumber)).toEqual([1, 2, 2, 2]);
    expect(new Set(pictures.map(({ picture }) => picture)).size).toBe(2);
    await settle();
    expect(batcher.framesHeld).toBe(0);
  });

  it("take in who comes while the threads are busy with what was asked of them before", async () => {
    const { ports, request } = setUp();
    let begin = (): void => {};
    ports.turn = new Promise((resolve) => {
      begin = resolve;
    });
    const early = request();
    await settle();
    const late = request();
    await settle();
    expect(ports.captures.length).toBe(0);
    begin();
    await settle();
    first(ports.captures).resolve();
    await settle();
    first(ports.encodings).resolve();
    expect((await early).picture).toBe((await late).picture);
  });

  it("are made without a turn, where there are no threads: the encoding tells why", async () => {
    const { ports, request } = setUp();
    ports.turn = Promise.reject(new Error("no thread"));
    const picture = request();
    await settle();
    first(ports.captures).resolve();
    await settle();
    first(ports.encodings).reject(new Error("no thread to encode"));
    await expect(picture).rejects.toThrow("no thread to encode");
  });

  it("share the frame among formats, and make each format once", async () => {
    const { ports, batcher, request } = setUp();
    const waiting = [request("png"), request("ppm"), request("png"), request("ppm")];
    await settle();
    first(ports.captures).resolve();
    await settle();
    const [png, ppm] = ports.encodings;
    expect(ports.encodings.map(({ format }) => format)).toEqual(["png", "ppm"]);
    expect(png?.frame).toBe(ppm?.frame);
    ppm?.resolve();
    await settle();
    expect(batcher.framesHeld).toBe(1);
    png?.resolve();
    const pictures = await Promise.all(waiting);
    expect(pictures.map(({ picture }) => picture.format)).toEqual(["png", "ppm", "png", "ppm"]);
    await settle();
    expect(batcher.framesHeld).toBe(0);
  });

  it("take along what their one request brings, and nothing when several share the picture", async () => {
    const { ports, batcher } = setUp();
    const { signal } = new AbortController();
    void batcher.request(0, "ppm", signal, "alone");
    await settle();
    for (const along of ["b", "d"]) void batcher.request(0, "ppm", signal, along);
    void batcher.request(0, "png", signal, "other format");
    ports.captures[0]?.resolve();
    await settle();
    ports.encodings[0]?.resolve();
    await settle();
    ports.captures[1]?.resolve();
    await settle();
    expect(ports.alongs).toEqual(["alone", undefined, "other format"]);
    for (const encoding of ports.encodings) encoding.resolve();
  });

  it("do not wait for an encoding that takes too long, and leave its frame alone", async () => {
    const { ports, batcher, request } = setUp();
    const stuck = request();
    await settle();
    first(ports.captures).resolve();
    await settle();
    const hung = first(ports.encodings);
    const next = request();
    await settle();
    expect(ports.captures).toHaveLength(0);
    ports.loseTime();
    await settle();
    const { reuse, resolve } = first(ports.captures);
    expect(reuse).toBeUndefined();
    resolve();
    await settle();
    first(ports.encodings).resolve();
    expect((await next).picture.frameNumber).toBe(2);
    hung.resolve();
    expect((await stuck).picture.frameNumber).toBe(1);
    await settle();
    expect(batcher.framesHeld).toBe(0);
  });

  it("hold no further frame while encodings hang and no thread is free", async () => {
    const { ports, batcher, request } = setUp();
    const stuck = request();
    await settle();
    first(ports.captures).resolve();
    await settle();
    let begin = (): void => {};
    ports.turn = new Promise((resolve) => {
      begin = resolve;
    });
    const waiting = request();
    ports.loseTime();
    await settle();
    expect([ports.captures.length, batcher.framesHeld]).toEqual([0, 1]);
    begin();
    await settle();
    first(ports.captures).resolve();
    await settle();
    for (const encoding of ports.encodings) encoding.resolve();
    await Promise.all([stuck, waiting]);
  });

  it("keep consoles apart", async () => {
    const { ports, request } = setUp();
    void request("png", undefined, 0);
    void request("png", undefined, 1);
    await settle();
    expect(ports.captures.map(({ console }) => console)).toEqual([0, 1]);
  });

  it("discard a picture once all its readers have released it, each counted once", async () => {
    const { ports, request } = setUp();
    const waiting = [request(), request()];
    await settle();
    first(ports.captures).resolve();
    await settle();
    for (const encoding of ports.encodings) encoding.resolve();
    const [a, b] = await Promise.all(waiting);
    a?.release();
    a?.release();
    expect(a?.picture.discarded).toBe(0);
    b?.release();
    expect(a?.picture.discarded).toBe(1);
  });

  it("use a frame's memory again once its encodings have ended, and not before", async () => {
    const { ports, request } = setUp();
    void request();
    await settle();
    void request();
    expect(ports.captures[0]?.reuse).toBeUndefined();
    first(ports.captures).resolve();
    await settle();
    expect(ports.captures.length).toBe(0);
    const { frame, resolve } = first(ports.encodings);
    resolve();
    await settle();
    expect(ports.captures[0]?.reuse).toBe(frame.memory);
  });
});

describe("a cancelled screendump", () => {
  const reason = new Error("Command cancelled");

  it("is refused when its signal has fired already", async () => {
    const { ports, request } = setUp();
    await expect(request("png", AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(ports.captures.length).toBe(0);
  });

  it("leaves the queue, and no refresh is made for it", async () => {
    const { ports, request } = setUp();
    const controller = new AbortController();
    void request();
    await settle();
    const waiting = request("png", controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    first(ports.captures).resolve();
    await settle();
    first(ports.encodings).resolve();
    await settle();
    expect(ports.captures.length).toBe(0);
  });

  it("leaves while its batch waits for its turn, and no refresh is made for it", async () => {
    const { ports, request } = setUp();
    const controller = new AbortController();
    const waiting = request("png", controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await settle();
    expect(ports.captures.length).toBe(0);
    void request();
    await settle();
    expect(ports.captures.length).toBe(1);
  });

  it("leaves its batch during the refresh: the frame is let go, nothing is encoded", async () => {
    const { ports, batcher, request } = setUp();
    const controller = new AbortController();
    const refreshing = request("png", controller.signal);
    await settle();
    controller.abort(reason);
    await expect(refreshing).rejects.toBe(reason);
    first(ports.captures).resolve();
    await settle();
    expect([ports.encodings.length, batcher.framesHeld]).toEqual([0, 0]);
  });

  it("C7: has its encoding told to give up, at once, when nobody else wants it", async () => {
    const { ports, batcher, request } = setUp();
    const controller = new AbortController();
    const encoding = request("png", controller.signal);
    await settle();
    first(ports.captures).resolve();
    await settle();
    controller.abort(reason);
    await expect(encoding).rejects.toBe(reason);
    const { signal, reject } = first(ports.encodings);
    expect(signal.aborted).toBe(true);
    expect(batcher.framesHeld).toBe(1);
    reject(new Error("given up"));
    await settle();
    expect(batcher.framesHeld).toBe(0);
  });

  it("discards a picture that was ready before the encoder saw that it should give up", async () => {
    const { ports, request } = setUp();
    const controller = new AbortController();
    const encoding = request("png", controller.signal);
    await settle();
    first(ports.captures).resolve();
    await settle();
    controller.abort(reason);
    first(ports.encodings).resolve();
    await expect(encoding).rejects.toBe(reason);
    await settle();
    expect(ports.pictures.map(({ discarded }) => discarded)).toEqual([1]);
  });

  it("leaves the encoding to those who share it", async () => {
    const { ports, request } = setUp();
    const controller = new AbortController();
    const leaver = request("png", controller.signal);
    const stayer = request();
    await settle();
    first(ports.captures).resolve();
    await settle();
    controller.abort(reason);
    await expect(leaver).rejects.toBe(reason);
    const { signal, resolve } = first(ports.encodings);
    expect(signal.aborted).toBe(false);
    resolve();
    (await stayer).release();
    expect(ports.pictures.map(({ discarded }) => discarded)).toEqual([1]);
  });
});

describe("a failure", () => {
  it("of a capture fails exactly those who waited for it", async () => {
    const { ports, batcher, request } = setUp();
    const gone = new Error("the machine thread has ended");
    const early = request();
    await settle();
    const late = request();
    first(ports.captures).reject(gone);
    await expect(early).rejects.toBe(gone);
    await settle();
    first(ports.captures).resolve();
    await settle();
    first(ports.encodings).resolve();
    expect((await late).picture.frameNumber).toBe(2);
    await settle();
    expect(batcher.framesHeld).toBe(0);
  });

  it("of an encoding fails those who wanted that format", async () => {
    const { ports, batcher, request } = setUp();
    const full = new Error("no memory");
    const png = request("png");
    const ppm = request("ppm");
    await settle();
    first(ports.captures).resolve();
    await settle();
    first(ports.encodings).reject(full);
    await expect(png).rejects.toBe(full);
    first(ports.encodings).resolve();
    expect((await ppm).picture.format).toBe("ppm");
    await settle();
    expect(batcher.framesHeld).toBe(0);
  });
});

/** One thing that may happen next; those that cannot happen now are passed over. */
type Happening =
  | { readonly kind: "request"; readonly format: string }
  | {
      readonly kind: "cancel" | "captured" | "capture failed" | "encoded" | "encoding failed";
      readonly pick: number;
    };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("request" as const), format: fc.constantFrom("png", "ppm") }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "cancel" as const,
        "captured" as const,
        "captured" as const,
        "capture failed" as const,
        "encoded" as const,
        "encoded" as const,
        "encoding failed" as const,
      ),
      pick: fc.nat(20),
    }),
  },
);

interface Issued {
  readonly format: string;
  /** Captures begun when the request was made: what serves it comes later. */
  readonly capturesBefore: number;
  readonly controller: AbortController;
  outcomes: (SharedPicture<FakePicture> | Error)[];
}

it("D1: whatever happens in whatever order, each request settles once, freshly served, and no frame leaks", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (happenings) => {
      const ports = new FakePorts();
      const batcher = new ScreendumpBatcher(ports);
      const issued: Issued[] = [];
      for (const what of happenings) {
        await happen(what, ports, batcher, issued);
        expect(batcher.framesHeld).toBeLessThanOrEqual(1);
      }
      while (ports.captures.length + ports.encodings.length > 0) {
        ports.captures.shift()?.resolve();
        ports.encodings.shift()?.resolve();
        await settle();
      }
      expect(issued.map(({ outcomes }) => outcomes.length)).toEqual(issued.map(() => 1));
      for (const { format, capturesBefore, outcomes } of issued) {
        for (const outcome of outcomes) {
          if (outcome instanceof Error) continue;
          expect(outcome.picture.format).toBe(format);
          expect(outcome.picture.frameNumber).toBeGreaterThan(capturesBefore);
          outcome.release();
        }
      }
      await settle();
      expect(batcher.framesHeld).toBe(0);
      expect(ports.pictures.map(({ discarded }) => discarded)).toEqual(ports.pictures.map(() => 1));
    }),
  );
});

async function happen(
  what: Happening,
  ports: FakePorts,
  batcher: ScreendumpBatcher<string, FakePicture, string>,
  issued: Issued[],
): Promise<void> {
  const pickFrom = <T>(items: T[], pick: number): T | undefined =>
    items.splice(pick % (items.length || 1), 1)[0];
  switch (what.kind) {
    case "request": {
      const controller = new AbortController();
      const request: Issued = {
        format: what.format,
        capturesBefore: ports.capturesBegun,
        controller,
        outcomes: [],
      };
      issued.push(request);
      batcher.request(0, what.format, controller.signal).then(
        (picture) => request.outcomes.push(picture),
        (error) => request.outcomes.push(error),
      );
      break;
    }
    case "cancel":
      issued[what.pick % (issued.length || 1)]?.controller.abort(new Error("Command cancelled"));
      break;
    case "captured":
      ports.captures.shift()?.resolve();
      break;
    case "capture failed":
      ports.captures.shift()?.reject(new Error("the machine thread has ended"));
      break;
    case "encoded":
      pickFrom(ports.encodings, what.pick)?.resolve();
      break;
    case "encoding failed":
      pickFrom(ports.encodings, what.pick)?.reject(new Error("given up"));
      break;
  }
  await settle();
}
