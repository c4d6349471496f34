/**
 * The worker pool: pictures are made and written in threads of low priority, by piscina.
 *
 *     encode ---bands, several threads---> picture ---save, one thread a destination---> file
 *                                            |  '---base64---> bytes of a reply
 *                                            '---discard---> its room is free
 *     pieces of memory ---saveMemory, one thread at a time---> file
 *
 * Invariants (rules C7, C8 and D4):
 *  - a task that is cancelled before it began never begins; one that runs ends within a band; one that
 *    does not is ended with its thread after `POOL_STOP_MS`;
 *  - every call settles: a thread that ends fails its tasks with `WorkerGoneError` and is replaced by piscina;
 *    when threads end while starting, what is queued fails too, since nobody is left to take it;
 *  - nothing that may wait for another process runs here: a FIFO is written on the event loop.
 */

import { Piscina } from "piscina";
import { BandBoard } from "../util/band-board.ts";
import { ByteRooms } from "../util/byte-rooms.ts";
import { cancel, createCancelFlag, hasBegun } from "../util/cancel-flag.ts";
import { systemClock, type Timer } from "../util/clock.ts";
import { releaseRoom, takeRoom } from "../util/frame-memory.ts";
import {
  ENCODE_TASKS_MAX,
  MEMORY_COPIES_BYTES_MAX,
  POOL_HEAP_MIB_MAX,
  POOL_STOP_MS,
} from "../util/limits.ts";
import { layoutPng, layoutPpm } from "../util/picture-layout.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import type {
  Base64Task,
  CoreHeadTask,
  EncodeTask,
  Extents,
  ImageFormat,
  Picture,
  PieceTask,
  PluginTask,
  PluginTaskResult,
  ReleaseTask,
  TaskOutcome,
  TransferTask,
  WriteTask,
} from "./contract.ts";
import { completeDestination, type Destination, truncateDestination } from "./destination.ts";
import { bytesOf, firstExtents, sizeOf } from "./extents.ts";
import { writeFifo } from "./fifo.ts";
import { errnoOf, FileError } from "./file-error.ts";
import { WorkerGoneError } from "./worker-gone.ts";

export interface WorkerPoolOptions {
  /** The built file of the threads' entry. */
  readonly workerUrl: URL;
  /** How many, from the start to the end. */
  readonly threads: number;
  /** A thread has ended by itself, or was ended because it did not stop. */
  readonly onThreadGone: (error: WorkerGoneError) => void;
}

/** The functions that the threads' entry exports, with what they take and answer. */
interface Tasks {
  encode: { task: EncodeTask; value: Extents | undefined };
  write: { task: WriteTask; value: undefined };
  coreHead: { task: CoreHeadTask; value: Uint8Array<ArrayBuffer> };
  piece: { task: PieceTask; value: undefined };
  release: { task: ReleaseTask; value: undefined };
  turn: { task: undefined; value: undefined };
  base64: { task: Base64Task; value: Uint8Array<ArrayBuffer> };
  plugin: { task: PluginTask; value: PluginTaskResult };
  transfer: { task: TransferTask; value: number };
}

/**
 * Has piscina import the threads' entry: it tries `require` first, and Node.js 20 aborts the process when a
 * thread is ended in the middle of requiring a module.
 */
const LOADING_FLAGS = ["--no-experimental-require-module"].filter((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

export class WorkerPool {
  readonly #piscina: Piscina;
  readonly #onThreadGone: (error: WorkerGoneError) => void;
  /** Each ends a task that has not settled, together with its thread if it has one. */
  readonly #unsettled = new Set<AbortController>();
  /** Why the thread ended that piscina is about to tell of, or has just told of. */
  #lastFailure: unknown;
  #isClosed = false;
  /** For guest memory that waits to be written: who copies some asks for room first. */
  readonly memoryRooms = new ByteRooms(MEMORY_COPIES_BYTES_MAX);

  constructor({ workerUrl, threads, onThreadGone }: WorkerPoolOptions) {
    this.#onThreadGone = onThreadGone;
    this.#piscina = new Piscina({
      filename: workerUrl.href,
      minThreads: threads,
      maxThreads: threads,
      resourceLimits: { maxOldGenerationSizeMb: POOL_HEAP_MIB_MAX },
      execArgv: LOADING_FLAGS,
    });
    this.#piscina.on("error", (error) => {
      this.#lastFailure = error;
    });
    this.#piscina.on("workerDestroy", () => this.#threadEnded());
  }

  /**
   * Makes a picture of `frame`, which is not read any more once this has settled.  The picture is the caller's until
   * `discard`.  Rejects with `FileError`, `WorkerGoneError` or the signal's reason.
   *
   * `along`: a file that is to have the picture, when nobody else waits for it: the threads write it there, which
   * `save` completes.  The file must stay open until this has settled.
   */
  async encode(
    frame: SharedSurface,
    format: ImageFormat,
    signal: AbortSignal,
    along?: Destination,
  ): Promise<Picture> {
    const { width, height } = frame;
    const { bandCount, roomBytes } = format === "png" ? layoutPng(width, height) : layoutPpm(width, height);
    const room = takeRoom(frame.memory, roomBytes);
    const board = BandBoard.create(bandCount);
    const task = {
      frame,
      format,
      cancel: createCancelFlag(),
      roomBuffer: room.isInFrameMemory ? undefined : room.buffer,
      roomOffset: room.offset,
      board: board.words,
      // Elsewhere a room has not a byte more than a PPM.
      fd: along?.kind === "file" && (format === "png" || room.isInFrameMemory) ? along.fd : undefined,
    };
    // Where pictures queue for threads, a thread for each is less talk between threads than all of them for one.
    const tasks =
      this.#piscina.queueSize > 0 ? 1 : Math.min(this.#piscina.maxThreads, bandCount, ENCODE_TASKS_MAX);
    try {
      const runs = Array.from({ length: tasks }, (_, index) =>
        this.#runCancellable("encode", { ...task, task: index }, signal),
      );
      const extents = await firstExtents(runs, board);
      return { format, width, height, room, extents, sizeBytes: sizeOf(extents), writtenTo: task.fd };
    } catch (error) {
      releaseRoom(room);
      throw error;
    }
  }

  /** Settles when a task that is asked for now would begin.  Rejects with `WorkerGoneError`. */
  async turn(): Promise<void> {
    if (this.#piscina.queueSize > 0) await this.#run("turn", undefined);
  }

  /** The picture is not read any more.  Once a picture. */
  discard(picture: Picture): void {
    releaseRoom(picture.room);
  }

  /**
   * Writes `picture` to `destination`, which is closed, or discarded on failure, when this settles.  Rejects
   * with `FileError`, `WorkerGoneError` or the signal's reason.
   */
  async save(picture: Picture, destination: Destination, signal: AbortSignal): Promise<void> {
    const { room, extents } = picture;
    if (destination.kind === "fifo") return saveToFifo(bytesOf(room.buffer, extents), destination.fd, signal);
    const flag = createCancelFlag();
    const task = {
      buffer: room.buffer,
      extents,
      fd: destination.fd,
      isFile: destination.kind === "file",
      fileBytes: destination.sizeBytes,
      cancel: flag,
    };
    const isWritten = picture.writtenTo === destination.fd;
    const write = async (): Promise<void> => {
      if (!isWritten) await this.#runCancellable("write", task, signal);
      else if (destination.sizeBytes > picture.sizeBytes)
        await truncateDestination(destination, picture.sizeBytes);
    };
    await completeDestination(destination, signal, write, () => isWritten || hasBegun(flag));
  }

  /** Makes the head of a core file. */
  async coreHead({ registers, ranges, mappings }: CoreHeadTask): Promise<Uint8Array<ArrayBuffer>> {
    return this.#run("coreHead", { registers, ranges, mappings });
  }

  /**
   * Writes pieces of memory to `destination`, one behind the other; `written` is told of the bytes as they are
   * written.  The pieces are not the caller's any more; they have been given back when this settles, and
   * `destination` is closed, or discarded on failure.  Rejects as `save` does.
   */
  async saveMemory(
    pieces: readonly Uint8Array<ArrayBuffer>[],
    destination: Destination,
    signal: AbortSignal,
    written: (bytes: number) => void,
  ): Promise<void> {
    const left = [...pieces];
    try {
      if (destination.kind === "fifo")
        return await saveToFifo(drain(pieces, written), destination.fd, signal);
      let position = 0;
      let flag = createCancelFlag();
      const isFile = destination.kind === "file";
      const write = async (): Promise<void> => {
        while (left.length > 0) {
          signal.throwIfAborted();
          const bytes = left.shift() as Uint8Array<ArrayBuffer>;
          const { length } = bytes;
          flag = createCancelFlag();
          const task = { bytes, fd: destination.fd, position: isFile ? position : undefined, cancel: flag };
          await this.#runCancellable("piece", task, signal, [bytes.buffer]);
          position += length;
          written(length);
        }
        if (isFile && destination.sizeBytes > position) await truncateDestination(destination, position);
      };
      await completeDestination(destination, signal, write, () => position > 0 || hasBegun(flag));
    } finally {
      await this.discardMemory(left);
    }
  }

  /** Gives back pieces of memory that are not to be written.  Rejects never: a pool that has ended holds none. */
  async discardMemory(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    if (pieces.length === 0) return;
    const buffers = pieces.map(({ buffer }) => buffer);
    await this.#run("release", { pieces }, undefined, buffers).catch(() => {});
  }

  /** The picture in base64.  Rejects with `WorkerGoneError` or the signal's reason. */
  async base64(picture: Picture, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { room, extents, sizeBytes } = picture;
    const task = { buffer: room.buffer, extents, sizeBytes, cancel: createCancelFlag() };
    return this.#runCancellable("base64", task, signal);
  }

  /**
   * Runs a plugin's task.  Rejects with `WorkerGoneError`, the signal's reason, an `Error` that tells of a defect
   * in the task, or the system's when `input` cannot be sent to a thread.
   */
  async runPlugin(task: Omit<PluginTask, "cancel">, signal: AbortSignal): Promise<PluginTaskResult> {
    const result = await this.#runCancellable("plugin", { ...task, cancel: createCancelFlag() }, signal);
    // It did not look at its flag, or too late: whoever cancelled is told that it worked.
    signal.throwIfAborted();
    return result;
  }

  /**
   * Moves a piece of a snapshot, and answers its checksum.  Rejects with `FileError` or `WorkerGoneError`.  It is
   * short, and not cancelled: whoever wants no more does not ask for the next one.
   */
  async transfer(task: TransferTask): Promise<number> {
    return this.#run("transfer", task);
  }

  /** Threads that live: as many as were asked for, but while one is replaced, or when none starts. */
  get threadCount(): number {
    return this.#piscina.threads.length;
  }

  /** Ends the threads now; what they have in hand fails with `WorkerGoneError`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#piscina.destroy();
  }

  /** Runs a task whose flag is set when `signal` fires. */
  async #runCancellable<Name extends "encode" | "write" | "piece" | "base64" | "plugin">(
    name: Name,
    task: Tasks[Name]["task"],
    signal: AbortSignal,
    moved?: readonly ArrayBuffer[],
  ): Promise<Tasks[Name]["value"]> {
    signal.throwIfAborted();
    const kill = new AbortController();
    let timer: Timer | undefined;
    let abort = (): void => {};
    const cancelled = new Promise<never>((_, reject) => {
      abort = () => {
        if (cancel(task.cancel)) reject(signal.reason);
        else timer = systemClock.startTimer(POOL_STOP_MS, () => kill.abort());
      };
    });
    signal.addEventListener("abort", abort);
    try {
      return await Promise.race([this.#run(name, task, kill, moved), cancelled]);
    } catch (error) {
      throw error instanceof TaskCancelled || signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener("abort", abort);
      timer?.cancel();
    }
  }

  /** `moved` is the thread's afterwards.  Rejects with `TaskCancelled`, `FileError`, `WorkerGoneError`, or a defect of the task's. */
  async #run<Name extends keyof Tasks>(
    name: Name,
    task: Tasks[Name]["task"],
    kill = new AbortController(),
    moved: readonly ArrayBuffer[] = [],
  ): Promise<Tasks[Name]["value"]> {
    if (this.#isClosed) throw new WorkerGoneError("the pool is closed");
    this.#unsettled.add(kill);
    let outcome: TaskOutcome<Tasks[Name]["value"]>;
    try {
      outcome = await this.#piscina.run(task, { name, signal: kill.signal, transferList: [...moved] });
    } catch (error) {
      if (isCloneError(error)) throw error;
      // A task's own failure is a value: this is the end of its thread.
      this.#lastFailure = error;
      throw new WorkerGoneError("the pool thread has ended", { cause: error });
    } finally {
      this.#unsettled.delete(kill);
    }
    if (outcome.ok) return outcome.value;
    switch (outcome.code) {
      case "cancelled":
        throw new TaskCancelled();
      case "io":
        throw new FileError("Unable to write to file", outcome.errno);
      case "defect":
        throw new Error(`a pool task failed: ${outcome.message}`);
    }
  }

  #threadEnded(): void {
    if (this.#isClosed) return;
    // By then its tasks have been told why it ended, and it has been replaced.
    setImmediate(() => {
      const cause = this.#lastFailure;
      this.#lastFailure = undefined;
      this.#onThreadGone(new WorkerGoneError("a pool thread has ended", { cause }));
      // Piscina replaces no thread that fails at its start, and would let what is queued wait for ever.
      if (this.#piscina.threads.length > 0) return;
      for (const kill of this.#unsettled) kill.abort();
    });
  }
}

/** What cannot be sent to a thread, a function for example, is no fault of the thread. */
function isCloneError(error: unknown): boolean {
  return error instanceof Error && error.name === "DataCloneError";
}

/** The task saw its cancel flag. */
class TaskCancelled extends Error {
  override readonly name = "TaskCancelled";
}

async function saveToFifo(pieces: Iterable<Uint8Array>, fd: number, signal: AbortSignal): Promise<void> {
  try {
    await writeFifo(fd, pieces, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new FileError("Unable to write to file", errnoOf(error), { cause: error });
  }
}

/** Each piece, and then the news that it has been taken. */
function* drain(
  pieces: readonly Uint8Array[],
  written: (bytes: number) => void,
): Generator<Uint8Array, undefined> {
  for (const piece of pieces) {
    yield piece;
    written(piece.length);
  }
}
