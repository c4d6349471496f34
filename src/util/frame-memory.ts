/**
 * The memory of a frame, with room behind the pixels for the pictures that are made of it.
 *
 *     | pixels ............ | room 0 | room 1 | ... | directory |
 *
 * A WebAssembly instance sees one memory, so that a picture made next to its frame needs no copy.  The
 * frame's memory is used again as soon as its pictures are encoded, while they may still be being
 * written: a picture therefore keeps its room, not the frame.  Who has which room is told by the words of the
 * directory, on the last page, since every thread that gets the memory sees another object for it.  Pages that
 * nobody writes to cost address space alone.
 *
 * Invariants: pixels end where the rooms begin; a room is taken by one picture at a time.
 */

import { ENCODE_TASKS_MAX, FRAME_PICTURES_MAX, PNG_BAND_BYTES } from "./limits.ts";

const PAGE_BYTES = 65_536;
/** Kernel copies run at full speed between places of equal alignment in their pages. */
const ALIGNMENT_BYTES = 4096;

/** Words of the directory.  All zero in a memory that was not made here: it has no room. */
const SIGNATURE = 0x70_69_63_74;
const WORD_SIGNATURE = 0;
const WORD_ROOMS_OFFSET = 1;
const WORD_ROOM_BYTES = 2;
/** Which picture the pixels are: of which surface, in which version. */
const WORD_SURFACE = 3;
const WORD_VERSION = 4;
const WORD_TAKEN = 5;

/** A place for one picture and what its encoders need meanwhile. */
export interface PictureRoom {
  readonly buffer: SharedArrayBuffer;
  /** In bytes from the start of `buffer`. */
  readonly offset: number;
  /** Whether it lies in the memory of the frame itself. */
  readonly isInFrameMemory: boolean;
}

/** Memory for `pixelBytes` of pixels, at its start. */
export function allocateFrameMemory(pixelBytes: number): WebAssembly.Memory {
  const roomsOffset = alignUp(pixelBytes, PAGE_BYTES);
  const roomBytes = alignUp(roomBytesFor(pixelBytes), PAGE_BYTES);
  const bytes = roomsOffset + FRAME_PICTURES_MAX * roomBytes + PAGE_BYTES;
  const memory = new WebAssembly.Memory({
    initial: bytes / PAGE_BYTES,
    maximum: bytes / PAGE_BYTES,
    shared: true,
  });
  const directory = directoryOf(memory);
  directory[WORD_ROOMS_OFFSET] = roomsOffset;
  directory[WORD_ROOM_BYTES] = roomBytes;
  Atomics.store(directory, WORD_SIGNATURE, SIGNATURE);
  return memory;
}

/** Bytes of pixels that `memory` holds without touching a room. */
export function pixelCapacityBytes(memory: WebAssembly.Memory): number {
  const directory = directoryOf(memory);
  if (directory[WORD_SIGNATURE] !== SIGNATURE) return memory.buffer.byteLength;
  return directory[WORD_ROOMS_OFFSET] ?? 0;
}

/** Whether `memory` holds the pixels of a surface in this version, as `stampFrame` has told. */
export function holdsFrame(memory: WebAssembly.Memory, surfaceId: number, version: number): boolean {
  const directory = directoryOf(memory);
  if (directory[WORD_SIGNATURE] !== SIGNATURE) return false;
  return directory[WORD_SURFACE] === (surfaceId | 0) && directory[WORD_VERSION] === (version | 0);
}

/** The pixels of the surface have been copied to `memory`. */
export function stampFrame(memory: WebAssembly.Memory, surfaceId: number, version: number): void {
  const directory = directoryOf(memory);
  if (directory[WORD_SIGNATURE] !== SIGNATURE) return;
  directory[WORD_SURFACE] = surfaceId;
  directory[WORD_VERSION] = version;
}

/** A room of at least `bytes`: in `memory` if there is one, else in new memory, which costs a copy. */
export function takeRoom(memory: WebAssembly.Memory, bytes: number): PictureRoom {
  const directory = directoryOf(memory);
  const roomBytes = directory[WORD_ROOM_BYTES] ?? 0;
  if (directory[WORD_SIGNATURE] === SIGNATURE && bytes <= roomBytes) {
    for (let index = 0; index < FRAME_PICTURES_MAX; index++) {
      if (Atomics.compareExchange(directory, WORD_TAKEN + index, 0, 1) !== 0) continue;
      const offset = (directory[WORD_ROOMS_OFFSET] ?? 0) + index * roomBytes;
      return { buffer: memory.buffer, offset, isInFrameMemory: true };
    }
  }
  return { buffer: new SharedArrayBuffer(bytes), offset: 0, isInFrameMemory: false };
}

/** Gives a room back.  To be called once for each `takeRoom`. */
export function releaseRoom(room: PictureRoom): void {
  if (!room.isInFrameMemory) return;
  const directory = directoryOf(room);
  const index = (room.offset - (directory[WORD_ROOMS_OFFSET] ?? 0)) / (directory[WORD_ROOM_BYTES] ?? 1);
  Atomics.store(directory, WORD_TAKEN + index, 0);
}

/** `bytes`, rounded up to a multiple of `unit`. */
export function alignUp(bytes: number, unit: number = ALIGNMENT_BYTES): number {
  return Math.ceil(bytes / unit) * unit;
}

function directoryOf({ buffer }: { readonly buffer: SharedArrayBuffer }): Int32Array<SharedArrayBuffer> {
  return new Int32Array(buffer, buffer.byteLength - PAGE_BYTES, WORD_TAKEN + FRAME_PICTURES_MAX);
}

/**
 * Three bytes of a picture for four of pixels; a sixteenth more for filter bytes, chunks and pixels that do
 * not compress; and each task's scratch.
 */
function roomBytesFor(pixelBytes: number): number {
  return (pixelBytes * 3) / 4 + pixelBytes / 16 + (ENCODE_TASKS_MAX + 2) * 2 * PNG_BAND_BYTES;
}
