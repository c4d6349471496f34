/**
 * Entry of a PC's thread: receives calls, asks the PC, answers; and tells what its guest does by itself.
 */

import { randomInt } from "node:crypto";
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { parentPort } from "node:worker_threads";
import { expose, transfer } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { MachineError } from "../src/machine/error.ts";
import type { DiskImage } from "../src/machine/pc/disk.ts";
import type { Drives } from "../src/machine/pc/drives.ts";
import { Pc } from "../src/machine/pc/pc.ts";
import { CPU_PATH, createPcTree, type PcTree } from "../src/machine/pc/pc-tree.ts";
import { type QomObject, qomGet, qomList, qomSet } from "../src/machine/qom.ts";
import { qomListTypes } from "../src/machine/qom-types.ts";
import type { MachineEvent } from "../src/machine/run-state.ts";
import type {
  CapturedFrame,
  MachineConfig,
  MachineNews,
  MachineResult,
  MachineRunState,
  MachineThread,
  QomProperty,
  QomTypeInfo,
  QomValue,
  VerbOutcome,
} from "../src/offload/contract.ts";
import { type DiskAccess, DiskFile, DiskFileError, openGuessedRaw } from "../src/offload/disk-file.ts";
import { lowerPriority } from "../src/offload/low-priority.ts";
import { openNodeDisk } from "../src/offload/node-disk.ts";
import type {
  AddressSpace,
  BlockDevice,
  CpuDescription,
  DriveName,
  DumpRequest,
  InputEvent,
  MachineDump,
  MachineState,
  MediumChange,
  MemoryCopy,
  NodeContents,
  PcThread,
  PointerDevice,
  Registers,
  Saved,
} from "../src/offload/pc-contract.ts";
import { openPcFiles } from "../src/offload/pc-files.ts";
import { Console } from "../src/ui/console.ts";
import { assert } from "../src/util/assert.ts";
import type { CancelFlag } from "../src/util/cancel-flag.ts";
import { systemClock } from "../src/util/clock.ts";

/** One PC a thread: its number is always the same. */
const NUMBER = 0;

class PcService implements MachineThread, PcThread {
  readonly #tell: (news: MachineNews) => void;
  readonly #takePrinted: () => string;
  #pc: Pc | undefined;
  #console: Console | undefined;
  #tree: PcTree | undefined;
  /** What is written to a medium that comes later is thrown away too. */
  #isSnapshot = false;

  constructor(tell: (news: MachineNews) => void, takePrinted: () => string) {
    this.#tell = tell;
    this.#takePrinted = takePrinted;
  }

  async ready(): Promise<void> {}

  async create(config: MachineConfig, initialState: MachineRunState): ReturnType<MachineThread["create"]> {
    assert(
      config.pc !== undefined && this.#pc === undefined,
      "a PC's thread has one machine, and it is a PC",
    );
    const files = await openPcFiles(config.pc);
    const tree = createPcTree(config.pc.memoryBytes, files.images.has("ide0-hd0"));
    const pc = new Pc(
      { ...config.pc, ...files, drivePath: (drive) => tree.drivePath(drive) },
      initialState,
      {
        happened: (runState, events) =>
          this.#tell({ machine: NUMBER, news: "outcome", outcome: { runState, events } }),
        serialOutput: (bytes) => this.#tell({ machine: NUMBER, news: "serial", bytes }),
        emulationFailed: (cause) => process.stderr.write(`qmpd: the emulation failed: ${String(cause)}\n`),
      },
      {
        clock: systemClock,
        defer: setImmediate,
        sleep: (ms, callback) => void setTimeout(callback, ms),
        takePrinted: this.#takePrinted,
      },
    );
    await pc.settled();
    this.#pc = pc;
    this.#tree = tree;
    this.#isSnapshot = config.pc.isSnapshot;
    this.#console = new Console(pc.screen, randomInt(1, 2 ** 31));
    const console = {
      index: 0,
      deviceId: undefined,
      devicePath: tree.displayPath,
      head: 0,
      ...pc.screen.size,
    };
    return { machine: NUMBER, consoles: [console] };
  }

  async destroy(): Promise<void> {
    this.#console?.close();
    await this.#pc?.close();
  }

  async cont(): Promise<MachineResult<VerbOutcome>> {
    return this.#control((pc) => pc.cont());
  }

  async stop(): Promise<MachineResult<VerbOutcome>> {
    return this.#control((pc) => pc.stop());
  }

  async reset(): Promise<MachineResult<VerbOutcome>> {
    return this.#control((pc) => pc.reset());
  }

  async powerdown(): Promise<MachineResult<VerbOutcome>> {
    return this.#control((pc) => pc.powerdown());
  }

  async capture(_: number, index: number, reuse: WebAssembly.Memory | undefined): Promise<CapturedFrame> {
    assert(index === 0 && this.#console !== undefined, "a PC has one console");
    await this.#machine.settled();
    return this.#console.capture(reuse);
  }

  async qomList(_: number, path: string): Promise<MachineResult<readonly QomProperty[]>> {
    return answer(() => qomList(this.#root, path));
  }

  async qomGet(_: number, path: string, property: string): Promise<MachineResult<QomValue>> {
    return answer(() => qomGet(this.#root, path, property));
  }

  async qomSet(_: number, path: string, property: string, value: QomValue): Promise<MachineResult<void>> {
    return answer(() => qomSet(this.#root, path, property, value));
  }

  async qomListTypes(implementing: string | undefined, abstract: boolean): Promise<readonly QomTypeInfo[]> {
    return qomListTypes(implementing, abstract);
  }

  async sendInput(_: number, events: readonly InputEvent[]): Promise<MachineResult<void>> {
    return answer(() => this.#machine.sendInput(events));
  }

  async pointers(): Promise<readonly PointerDevice[]> {
    return this.#machine.pointers();
  }

  async cpus(): Promise<readonly CpuDescription[]> {
    return [{ index: 0, path: CPU_PATH, threadId: threadId() }];
  }

  async registers(): Promise<MachineResult<Registers>> {
    return answer(() => this.#machine.registers());
  }

  async copyMemory(
    _: number,
    space: AddressSpace,
    address: number | bigint,
    into: Uint8Array<SharedArrayBuffer>,
  ): Promise<MachineResult<void>> {
    return answer(() => this.#machine.copyMemory(space, BigInt(address), into));
  }

  async mappedRanges(
    _: number,
    countMax: number,
  ): Promise<MachineResult<Float64Array<ArrayBuffer> | undefined>> {
    return answer(() => this.#machine.mappedRanges(countMax));
  }

  async takeMemory(
    _: number,
    space: AddressSpace,
    address: number | bigint,
    length: number,
    cancel: CancelFlag,
  ): Promise<MachineResult<MemoryCopy>> {
    return this.#take((pc) => pc.takeMemory(space, BigInt(address), length, cancel));
  }

  async takeDump(_: number, request: DumpRequest, cancel: CancelFlag): Promise<MachineResult<MachineDump>> {
    return this.#take((pc) => pc.takeDump(request, cancel));
  }

  async saveState(_: number, drives: readonly DriveName[]): Promise<MachineResult<MachineState & Saved>> {
    return answer(async () => {
      const { state, events, guestTimeMs } = await this.#machine.saveState(drives);
      this.#happened(events);
      return { ...state, guestTimeMs };
    });
  }

  async restoreState(_: number, state: MachineState): Promise<MachineResult<void>> {
    return answer(async () => this.#happened(await this.#machine.restoreState(state)));
  }

  async blockDevices(): Promise<readonly BlockDevice[]> {
    return this.#machine.withDrives((drives) => drives.describe());
  }

  async changeMedium(_: number, change: MediumChange): Promise<MachineResult<void>> {
    const { drive, file, isRaw, readOnlyMode, tray } = change;
    const open = (wasReadOnly: boolean): DiskImage | undefined => {
      if (file === undefined) return undefined;
      const isReadOnly =
        drive === "ide1-cd0" || (readOnlyMode === "retain" ? wasReadOnly : readOnlyMode === "read-only");
      const access = this.#accessOf(isReadOnly);
      return isRaw === true ? new DiskFile(file, access) : openGuessedRaw(file, access);
    };
    return this.#move((drives) => drives.change(drive, open, tray));
  }

  async insertNode(_: number, drive: DriveName, contents: NodeContents): Promise<MachineResult<void>> {
    const isReadOnly = drive === "ide1-cd0" || contents.isReadOnly;
    const open = (): DiskImage => openNodeDisk(contents, this.#accessOf(isReadOnly));
    return answer(() => this.#machine.withDrives((drives) => drives.insert(drive, open)));
  }

  async moveTray(
    _: number,
    drive: DriveName,
    isOpen: boolean,
    isForced: boolean,
  ): Promise<MachineResult<void>> {
    return this.#move((drives) => drives.moveTray(drive, isOpen, isForced));
  }

  async serialWrite(_: number, bytes: Uint8Array): Promise<MachineResult<void>> {
    return answer(() => this.#machine.serial.write(bytes));
  }

  async serialTaken(_: number, count: number): Promise<void> {
    this.#machine.serial.taken(count);
  }

  get #machine(): Pc {
    assert(this.#pc !== undefined, "a machine is used after it was made");
    return this.#pc;
  }

  get #root(): QomObject {
    assert(this.#tree !== undefined, "a machine is used after it was made");
    return this.#tree.root;
  }

  /** What is taken is moved to whoever asked. */
  async #take<T extends MemoryCopy & Partial<Pick<MachineDump, "mappings">>>(
    take: (pc: Pc) => Promise<T>,
  ): Promise<MachineResult<T>> {
    const result = await answer(() => take(this.#machine));
    if (!result.ok) return result;
    const { pieces, mappings } = result.value;
    const moved = mappings === undefined ? pieces : [...pieces, mappings];
    return transfer(
      result,
      moved.map(({ buffer }) => buffer),
    );
  }

  async #control(verb: (pc: Pc) => Promise<readonly MachineEvent[]>): Promise<MachineResult<VerbOutcome>> {
    return answer(async () => {
      const events = await verb(this.#machine);
      return { events, runState: this.#machine.runState };
    });
  }

  #accessOf(isReadOnly: boolean): DiskAccess {
    if (isReadOnly) return "read-only";
    return this.#isSnapshot ? "overlay" : "read-write";
  }

  async #move(change: (drives: Drives) => readonly MachineEvent[]): Promise<MachineResult<void>> {
    return answer(async () => this.#happened(await this.#machine.withDrives(change)));
  }

  /** Told before the answer of the call that caused them. */
  #happened(events: readonly MachineEvent[]): void {
    const { runState } = this.#machine;
    this.#tell({ machine: NUMBER, news: "outcome", outcome: { runState, events } });
  }
}

/** The system's number of this thread: Linux tells it by where a link leads, others not at all. */
function threadId(): number {
  try {
    return Number(basename(readlinkSync("/proc/thread-self")));
  } catch {
    return process.pid;
  }
}

/** A `MachineError` is the client's, and so is a file that cannot be used; anything else is a defect, and rejects the call. */
async function answer<T>(question: () => T | Promise<T>): Promise<MachineResult<T>> {
  try {
    return { ok: true, value: await question() };
  } catch (error) {
    if (error instanceof MachineError) {
      return { ok: false, errorClass: error.errorClass, desc: error.message };
    }
    if (error instanceof DiskFileError) return { ok: false, errorClass: "GenericError", desc: error.message };
    throw error;
  }
}

assert(parentPort !== null, "this file is a thread's entry");
lowerPriority();

// The emulator prints to the console, which is no place for it: standard output may be a client's.
let printed = "";
for (const method of ["log", "warn", "error", "assert"] as const) {
  console[method] = (...words: readonly unknown[]) => {
    printed = words.join(" ");
  };
}
const takePrinted = (): string => {
  const text = printed;
  printed = "";
  return text;
};

const port = parentPort;
expose(new PcService((news) => port.postMessage(news), takePrinted), nodeEndpoint(port));
