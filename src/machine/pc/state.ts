/**
 * A machine's state as bytes: a description of the machine that it fits, then what v86 saves.
 *
 *     | magic | length of head | head, JSON: description, and what v86 does not know | padding | v86's state |
 *
 * v86 takes whatever state it is given and goes wrong later; the description is what refuses one of another
 * machine first.
 */

import { MachineError } from "../error.ts";
import type { BlockDevice, DriveName } from "./drives.ts";
import type { EmulatorParts } from "./emulator.ts";

const MAGIC = 0x5150_4d31;
const WORD_BYTES = 4;
/** Where v86's part begins: it reads words. */
const ALIGNMENT_BYTES = 16;

/** The machine's own bytes, and what has been written to its disks. */
export interface State {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly overlays: readonly Overlay[];
}

interface Overlay {
  readonly drive: DriveName;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** What must be the same for a state to fit.  By name, so that the error can say what is not. */
export type Description = Readonly<Record<string, string | number>>;

/** What belongs to a machine's state beside the emulator's. */
export interface Surroundings {
  /** How long the guest has run since it was reset. */
  readonly guestTimeMs: number;
  readonly isTrayOpen: boolean;
  readonly isTrayLocked: boolean;
}

interface Head {
  readonly description: Description;
  readonly surroundings: Surroundings;
}

type DescribedParts = Pick<EmulatorParts, "memoryBytes" | "bios" | "vgaBios"> & {
  readonly emulatorVersion: string;
};

export function describeMachine(
  { memoryBytes, bios, vgaBios, emulatorVersion }: DescribedParts,
  devices: readonly BlockDevice[],
): Description {
  const drives = devices.map(({ drive, medium }) => `${drive}:${medium?.sizeBytes ?? "-"}`);
  return {
    "version of the emulator": emulatorVersion,
    "memory size": memoryBytes,
    firmware: `${checksum(bios)}-${checksum(vgaBios)}`,
    "set of disks": drives.join(","),
  };
}

export function packState(
  description: Description,
  surroundings: Surroundings,
  state: ArrayBuffer,
): Uint8Array<SharedArrayBuffer> {
  const head: Head = { description, surroundings };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const start = alignUp(2 * WORD_BYTES + text.length);
  const packed = new Uint8Array(new SharedArrayBuffer(start + state.byteLength));
  const view = new DataView(packed.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(WORD_BYTES, text.length, true);
  packed.set(text, 2 * WORD_BYTES);
  packed.set(new Uint8Array(state), start);
  return packed;
}

/** v86's state in memory of its own.  Throws `MachineError` for one that is no state, or of another machine. */
export function unpackState(
  description: Description,
  packed: Uint8Array,
): { readonly state: ArrayBuffer; readonly surroundings: Surroundings } {
  const { head, start } = readHead(packed);
  for (const name of new Set([...Object.keys(description), ...Object.keys(head.description)])) {
    if (head.description[name] !== description[name]) {
      throw new MachineError(`The saved state is of a machine with another ${name}`);
    }
  }
  const state = new ArrayBuffer(packed.length - start);
  new Uint8Array(state).set(packed.subarray(start));
  return { state, surroundings: head.surroundings };
}

function readHead(packed: Uint8Array): { readonly head: Head; readonly start: number } {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const length =
    packed.length > 2 * WORD_BYTES && view.getUint32(0, true) === MAGIC
      ? view.getUint32(WORD_BYTES, true)
      : -1;
  const start = alignUp(2 * WORD_BYTES + length);
  if (length < 0 || start >= packed.length) throw new MachineError("This is no saved state of a machine");
  try {
    const text = new TextDecoder().decode(packed.slice(2 * WORD_BYTES, 2 * WORD_BYTES + length));
    return { head: JSON.parse(text), start };
  } catch {
    throw new MachineError("The saved state of the machine is damaged");
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** Tells one firmware from another. */
function checksum(bytes: ArrayBuffer | undefined): number {
  let sum = 0x811c_9dc5;
  if (bytes === undefined) return 0;
  for (const byte of new Uint8Array(bytes)) sum = Math.imul(sum ^ byte, 0x0100_0193);
  return sum >>> 0;
}
