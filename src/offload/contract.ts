/**
 * The wire between threads: types only.  What a pool thread takes and answers, and what a machine thread
 * offers over comlink.  Pixels and pictures stay in shared memory; messages carry handles.
 */

import type { CancelFlag } from "../util/cancel-flag.ts";
import type { PictureRoom } from "../util/frame-memory.ts";
import type { ProgressWords } from "../util/progress-words.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import type { MachineResult } from "./machine-result.ts";
import type { DriveName, MachineDump, PcConfig, PcControl } from "./pc-contract.ts";

export type { MachineResult };

// ---- Pool threads (piscina), `workers/pool.ts`: one exported function for each task ----

export type ImageFormat = "ppm" | "png";

/**
 * What a task answers.  A failure is a value, so that it crosses the thread whole.  `io` has the name of the
 * system's error: `ENOSPC`.
 */
export type TaskOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: "cancelled" }
  | { readonly ok: false; readonly code: "io"; readonly errno: string }
  | { readonly ok: false; readonly code: "defect"; readonly message: string };

/** Where a picture's bytes are, in their order: offset and length, offset and length, ... */
export type Extents = readonly number[];

/** A finished picture: bytes in shared memory. */
export interface Picture {
  readonly format: ImageFormat;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly room: PictureRoom;
  readonly extents: Extents;
  readonly sizeBytes: number;
  /** Descriptor of the file that the encoding has written it to; then the room does not hold it, if it is a PPM. */
  readonly writtenTo: number | undefined;
}

/** Helps to make a picture of a frame: takes band after band, as long as there are any. */
export interface EncodeTask {
  readonly frame: SharedSurface;
  readonly format: ImageFormat;
  readonly cancel: CancelFlag;
  /** Undefined: the picture's room is in the frame's memory. */
  readonly roomBuffer: SharedArrayBuffer | undefined;
  readonly roomOffset: number;
  /** What the tasks of one picture share: see `BandBoard`. */
  readonly board: Int32Array<SharedArrayBuffer>;
  /** A file that is to have the picture: see `EncodeWork`. */
  readonly fd: number | undefined;
  /** Its number among the tasks of the picture, from 0. */
  readonly task: number;
}

/** The task that does the last band answers the picture's extents, the others nothing. */
export type EncodeOutcome = TaskOutcome<Extents | undefined>;

/** Writes a picture to an open file. */
export interface WriteTask {
  readonly buffer: SharedArrayBuffer;
  readonly extents: Extents;
  readonly fd: number;
  /** False for a device: it has no positions, and nothing to cut off. */
  readonly isFile: boolean;
  /** Of the file before, so that it is truncated only when that changes. */
  readonly fileBytes: number;
  readonly cancel: CancelFlag;
}

/**
 * Makes base64 of a picture, in memory that is allocated when the task begins and moved to the main thread.
 * A thread that waits for work collects no garbage: what it shared with others would stay.
 */
export interface Base64Task {
  readonly buffer: SharedArrayBuffer;
  readonly extents: Extents;
  /** Of the picture. */
  readonly sizeBytes: number;
  readonly cancel: CancelFlag;
}

export type Base64Outcome = TaskOutcome<Uint8Array<ArrayBuffer>>;

/** Moves a piece of a snapshot to or from an open file. */
export interface TransferTask {
  readonly direction: "read" | "write";
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly fd: number;
  readonly position: number;
  /** Of the pieces before it; the answer is that with this one. */
  readonly checksum: number;
}

/** Makes the head of a core file. */
export type CoreHeadTask = Pick<MachineDump, "registers" | "ranges" | "mappings">;

export type CoreHeadOutcome = TaskOutcome<Uint8Array<ArrayBuffer>>;

/** Writes a piece of memory, which is moved to the thread, to an open file, and gives it back in any case. */
export interface PieceTask {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fd: number;
  /** In the file; undefined: a device, which has no positions. */
  readonly position: number | undefined;
  readonly cancel: CancelFlag;
}

/** Gives pieces of memory back that are moved to the thread. */
export interface ReleaseTask {
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

/** Calls the default export of a plugin's module with `input`. */
export interface PluginTask {
  /** Its URL. */
  readonly module: string;
  readonly input: unknown;
  readonly progress: ProgressWords;
  readonly cancel: CancelFlag;
}

/** What it answered, or the `QmpError` that it failed with. */
export type PluginTaskResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly errorClass: string; readonly desc: string };

export type PluginTaskOutcome = TaskOutcome<PluginTaskResult>;

// ---- Machine threads (comlink), `workers/machine.ts` and `workers/pc.ts` ----
//
// These types say what crosses the thread.  `src/machine/` has its own, since it could be used without a
// thread; the thread's entry holds both together, and does not compile when they part.  What only a PC has is in
// `pc-contract.ts`.

export type MachineType = "none" | "test" | "pc";
export type DisplayType = "VGA" | "qxl";

/** What a display shows: `moving` carries the frame number in its pixels, `still` never changes. */
export type DisplayContent = "moving" | "still";

export interface DisplayConfig {
  readonly type: DisplayType;
  /** In pixels: 320x200 to 3840x2160. */
  readonly width: number;
  readonly height: number;
  readonly content: DisplayContent;
  /** Heads of the device, one console each. */
  readonly heads: number;
  /** The device's id, where the user gave one. */
  readonly id: string | undefined;
}

export interface MachineConfig {
  readonly type: MachineType;
  readonly displays: readonly DisplayConfig[];
  /** Of a machine of type `pc`, and of no other. */
  readonly pc?: PcConfig | undefined;
}

/** One console: what `screendump` takes its picture of. */
export interface ConsoleDescription {
  /** Its number among the machine's consoles, from 0. */
  readonly index: number;
  /** The id of its device, if it has one. */
  readonly deviceId: string | undefined;
  /** The QOM path of its device. */
  readonly devicePath: string;
  readonly head: number;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Something that happened to the machine. */
export type MachineEvent =
  | { readonly kind: "stop" }
  | { readonly kind: "resume" }
  | { readonly kind: "reset"; readonly guest: boolean; readonly reason: string }
  | { readonly kind: "powerdown" }
  /** `isEnd`: the machine is to be ended; else it is in state `shutdown`. */
  | { readonly kind: "shutdown"; readonly guest: boolean; readonly reason: string; readonly isEnd: boolean }
  /** The guest stands still, in state `guest-panicked`. */
  | { readonly kind: "guest-panicked" }
  | {
      readonly kind: "tray-moved";
      readonly drive: DriveName;
      readonly devicePath: string;
      readonly isOpen: boolean;
    };

/**
 * As QEMU's `RunState`.  `internal-error`: the machine's thread died, or the emulation failed.  From it, from
 * `shutdown` and from `guest-panicked` only a reset brings the machine back.
 */
export type MachineRunState =
  | "prelaunch"
  | "running"
  | "paused"
  | "shutdown"
  | "guest-panicked"
  | "internal-error";

export interface QomProperty {
  readonly name: string;
  /** As QEMU prints it: `string`, `bool`, `child<container>`, `link<...>`. */
  readonly type: string;
}

export interface QomTypeInfo {
  readonly name: string;
  readonly abstract: boolean;
  readonly parent: string | undefined;
}

export type QomValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly QomValue[]
  | { readonly [name: string]: QomValue };

/** What a verb caused, or the guest by itself. */
export interface VerbOutcome {
  readonly runState: MachineRunState;
  /** In the order in which they happened. */
  readonly events: readonly MachineEvent[];
}

export interface CapturedFrame {
  /** A copy, which belongs to the caller. */
  readonly frame: SharedSurface;
  /** The display's frame number: larger with each refresh of a running machine, the same while it is paused. */
  readonly frameNumber: number;
}

/**
 * What a machine thread tells unasked, as messages of its port: they arrive in one order with the answers to
 * calls.  `machine` is the number that `create` answered.
 */
export type MachineNews = { readonly machine: number } & (
  | { readonly news: "outcome"; readonly outcome: VerbOutcome }
  | { readonly news: "serial"; readonly bytes: Uint8Array }
);

/**
 * A machine thread's interface, one object a thread, wrapped by comlink.  `machine` is the number that
 * `create` answered.  A verb answers after its effect.
 */
export interface MachineThread {
  /** Answers as soon as the thread can: a thread that dies while starting never does. */
  ready(): Promise<void>;
  /** Rejects when `config` does not describe a machine, or names a file that cannot be used. */
  create(
    config: MachineConfig,
    initialState: MachineRunState,
  ): Promise<{ readonly machine: number; readonly consoles: readonly ConsoleDescription[] }>;
  destroy(machine: number): Promise<void>;
  cont(machine: number): Promise<MachineResult<VerbOutcome>>;
  stop(machine: number): Promise<MachineResult<VerbOutcome>>;
  reset(machine: number): Promise<MachineResult<VerbOutcome>>;
  powerdown(machine: number): Promise<MachineResult<VerbOutcome>>;
  /**
   * Refreshes a console and copies the frame when the update is done, never a frame whose rendering
   * had begun before the call (rules D1 to D3).  `reuse` is memory of an earlier frame that nobody
   * reads any more; it is used when it is large enough.
   */
  capture(machine: number, console: number, reuse: WebAssembly.Memory | undefined): Promise<CapturedFrame>;
  qomList(machine: number, path: string): Promise<MachineResult<readonly QomProperty[]>>;
  qomGet(machine: number, path: string, property: string): Promise<MachineResult<QomValue>>;
  qomSet(machine: number, path: string, property: string, value: QomValue): Promise<MachineResult<void>>;
  /** The same for all machines of the thread. */
  qomListTypes(implementing: string | undefined, abstract: boolean): Promise<readonly QomTypeInfo[]>;
}

/**
 * A machine, as the main thread holds it; `MachineHost` makes them.  Every call rejects with
 * `WorkerGoneError` when the thread dies meanwhile.
 */
export interface MachineHandle extends PcControl {
  readonly config: MachineConfig;
  consoles(): Promise<readonly ConsoleDescription[]>;
  /** As last told: by a verb that was answered, by what the guest did, or by the thread's end. */
  readonly runState: MachineRunState;
  /** Fires when the thread that has the machine now dies, with a `WorkerGoneError`; then there is another one, for the next thread. */
  readonly threadSignal: AbortSignal;
  /** The machine's listener has been told of the events before a verb's promise is settled (rule L8). */
  cont(): Promise<MachineResult<void>>;
  stop(): Promise<MachineResult<void>>;
  reset(): Promise<MachineResult<void>>;
  powerdown(): Promise<MachineResult<void>>;
  /** The frame has the size that the console has by now, which need not be the one that `consoles` told. */
  capture(console: number, reuse: WebAssembly.Memory | undefined): Promise<CapturedFrame>;
  qomList(path: string): Promise<MachineResult<readonly QomProperty[]>>;
  qomGet(path: string, property: string): Promise<MachineResult<QomValue>>;
  qomSet(path: string, property: string, value: QomValue): Promise<MachineResult<void>>;
  qomListTypes(implementing: string | undefined, abstract: boolean): Promise<readonly QomTypeInfo[]>;
  /** Ends the machine.  No call is made afterwards. */
  destroy(): Promise<void>;
}
