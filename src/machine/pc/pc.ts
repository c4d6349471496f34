/**
 * A PC: its run state, its emulator, and what outlives the emulator: disks, the serial port's other end.
 *
 *     making ---made---> there ---reset---> making ---...         there ---close---> closed
 *
 * A reset ends the emulator and makes another one of the same parts; what is asked meanwhile waits for it.
 * Whatever the guest does by itself is noted in the middle of an instruction and acted upon in a later turn,
 * when the emulator is between two.
 *
 * Invariants: the emulator runs exactly when the run state is `running` and it is there; each event is told once,
 * in the order in which it happened, by the answer of the verb that caused it, or else to the listener.
 */

import { assert } from "../../util/assert.ts";
import type { CancelFlag } from "../../util/cancel-flag.ts";
import type { Clock } from "../../util/clock.ts";
import { MachineError } from "../error.ts";
import { type MachineEvent, RunControl, type RunState } from "../run-state.ts";
import type { DiskImage } from "./disk.ts";
import { type DriveName, Drives } from "./drives.ts";
import { type DumpDescription, type DumpRequest, describeDump, rangesToDump } from "./dump.ts";
import { type EmulationFault, Emulator, type EmulatorThread } from "./emulator.ts";
import { Input, type InputEvent } from "./input.ts";
import { type AddressSpace, copyMemory, memoryAt, memoryOf, sizeOf } from "./memory.ts";
import { copyAtOnce, type MemoryCopy, prepareCopy } from "./memory-copy.ts";
import { hasPaging, listRanges } from "./page-tables.ts";
import { type PointerDevice, pointers } from "./pointer.ts";
import { type Registers, readRegisters } from "./registers.ts";
import { Screen } from "./screen.ts";
import { SerialPort } from "./serial.ts";
import { describeMachine, packState, type State, unpackState } from "./state.ts";
import { TripleFaults } from "./triple-faults.ts";

/** What a PC is made of. */
export interface PcParts {
  readonly wasm: WebAssembly.Module;
  /** A state fits this version of the emulator alone. */
  readonly emulatorVersion: string;
  readonly memoryBytes: number;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer | undefined;
  readonly kernel: ArrayBuffer | undefined;
  readonly initrd: ArrayBuffer | undefined;
  readonly append: string | undefined;
  readonly bootOrder: string;
  readonly images: ReadonlyMap<DriveName, DiskImage>;
  /** The QOM path of a drive. */
  drivePath(drive: DriveName): string;
  readonly isNoReboot: boolean;
  readonly isNoShutdown: boolean;
  readonly tripleFault: "reset" | "panic";
}

export interface PcListener {
  /** The guest did something by itself. */
  happened(runState: RunState, events: readonly MachineEvent[]): void;
  /** The guest's serial port sent this. */
  serialOutput(bytes: Uint8Array): void;
  /** The emulation failed, for the log. */
  emulationFailed(cause: unknown): void;
}

export interface PcThreadPort extends EmulatorThread {
  readonly clock: Clock;
}

type Shutdown = { readonly guest: boolean; readonly reason: string };

export class Pc {
  readonly screen = new Screen();
  readonly serial: SerialPort;
  readonly drives: Drives;
  readonly #run: RunControl;
  readonly #parts: PcParts;
  readonly #listener: PcListener;
  readonly #thread: PcThreadPort;
  readonly #tripleFaults = new TripleFaults();
  /** The emulator, once it has been made. */
  #made: Promise<Emulator>;
  /** That of the emulator which was made last. */
  #input: Input | undefined;
  /** Counted up with each emulator: what an earlier one has noted is not acted upon. */
  #generation = 0;
  #isClosed = false;

  constructor(parts: PcParts, initialState: RunState, listener: PcListener, thread: PcThreadPort) {
    this.#parts = parts;
    this.#listener = listener;
    this.#thread = thread;
    this.#run = new RunControl(thread.clock, initialState);
    this.serial = new SerialPort(
      (bytes) => listener.serialOutput(bytes),
      (callback) => thread.defer(callback),
    );
    this.drives = new Drives(parts.images, (drive) => parts.drivePath(drive));
    this.#made = this.#make();
  }

  get runState(): RunState {
    return this.#run.state;
  }

  /** Settles when nothing is being made.  Rejects when the emulator could not be. */
  async settled(): Promise<void> {
    await this.#emulator();
  }

  // ---- Verbs.  Each answers the events that it caused ----

  async cont(): Promise<MachineEvent[]> {
    const emulator = await this.#emulator();
    const events = this.#run.cont();
    if (this.#run.isRunning) emulator.run();
    return events;
  }

  async stop(): Promise<MachineEvent[]> {
    const emulator = await this.#emulator();
    emulator.stop();
    return this.#run.stop();
  }

  async reset(): Promise<MachineEvent[]> {
    const emulator = await this.#emulator();
    if (this.#parts.isNoReboot) {
      return this.#shutDown(emulator, { guest: false, reason: "host-qmp-system-reset" });
    }
    this.#tripleFaults.forget();
    await this.#makeAnew(emulator);
    return this.#run.reset();
  }

  async powerdown(): Promise<MachineEvent[]> {
    const emulator = await this.#emulator();
    if (!emulator.hasFailed) emulator.pressPowerButton();
    return [{ kind: "powerdown" }];
  }

  // ---- Input ----

  /** A guest that stands still finds it when it goes on. */
  async sendInput(events: readonly InputEvent[]): Promise<void> {
    await this.#emulator();
    assert(this.#input !== undefined, "an emulator that is made has its input");
    this.#input.send(events);
  }

  async pointers(): Promise<PointerDevice[]> {
    return pointers(await this.#emulator());
  }

  // ---- CPU and memory ----

  async registers(): Promise<Registers> {
    return readRegisters((await this.#emulator()).cpu);
  }

  /** Nothing else happens on this thread meanwhile, so that what is copied is of one moment. */
  async copyMemory(space: AddressSpace, address: bigint, into: Uint8Array): Promise<void> {
    copyMemory((await this.#emulator()).cpu, space, address, into);
  }

  async mappedRanges(countMax: number): Promise<Float64Array<ArrayBuffer> | undefined> {
    const { cpu } = await this.#emulator();
    return hasPaging(cpu) ? listRanges(cpu, countMax) : undefined;
  }

  /** As `copyMemory`, in memory that is allocated for it. */
  async takeMemory(
    space: AddressSpace,
    address: bigint,
    length: number,
    cancel: CancelFlag,
  ): Promise<MemoryCopy> {
    const source = async () => memoryAt((await this.#emulator()).cpu, space, address, length);
    const pieces = await prepareCopy(length, source, this.#thread.defer, cancel);
    const memory = await source();
    return this.#timed(() => {
      copyAtOnce(memory, pieces);
      return { pieces };
    });
  }

  /** Memory and what describes it, of one moment. */
  async takeDump(request: DumpRequest, cancel: CancelFlag): Promise<MemoryCopy & DumpDescription> {
    const ranges = rangesToDump((await this.#emulator()).cpu, request);
    const source = async () => memoryOf((await this.#emulator()).cpu, ranges);
    const pieces = await prepareCopy(sizeOf(ranges), source, this.#thread.defer, cancel);
    const { cpu } = await this.#emulator();
    return this.#timed(() => {
      copyAtOnce(memoryOf(cpu, ranges), pieces);
      return { pieces, ...describeDump(cpu, request, ranges) };
    });
  }

  /** `work` does not wait: the guest stands still for it. */
  #timed<T extends object>(work: () => T): T & Pick<MemoryCopy, "pausedUs"> {
    const startMs = this.#thread.clock.nowMs();
    const result = work();
    return { ...result, pausedUs: Math.round((this.#thread.clock.nowMs() - startMs) * 1000) };
  }

  // ---- State ----

  /** Also answers the events: a guest that runs is stopped for it, and goes on. */
  async saveState(
    drives: readonly DriveName[],
  ): Promise<{ state: State; guestTimeMs: number; events: MachineEvent[] }> {
    const emulator = await this.#emulator();
    if (emulator.hasFailed) throw new MachineError("Resetting the Virtual Machine is required");
    const images = this.drives.overlaysOf(drives);
    const events = this.#run.stop();
    emulator.stop();
    try {
      const { guestTimeMs } = this.#run;
      const { isTrayOpen, isTrayLocked } = this.drives;
      const surroundings = { guestTimeMs, isTrayOpen, isTrayLocked };
      const bytes = packState(
        describeMachine(this.#parts, this.drives.describe()),
        surroundings,
        emulator.saveState(),
      );
      const overlays = images.map(({ drive, image }) => ({ drive, bytes: image.exportOverlay() }));
      return { state: { bytes, overlays }, guestTimeMs, events };
    } finally {
      if (events.length > 0) {
        events.push(...this.#run.cont());
        emulator.run();
      }
    }
  }

  async restoreState({ bytes, overlays }: State): Promise<MachineEvent[]> {
    const emulator = await this.#emulator();
    const description = describeMachine(this.#parts, this.drives.describe());
    const { state, surroundings } = unpackState(description, bytes);
    const images = this.drives.overlaysOf(overlays.map(({ drive }) => drive));
    const events = this.#run.stop();
    emulator.stop();
    // One that has failed cannot take a state.
    const fresh = emulator.hasFailed ? await this.#makeAnew(emulator, "stopped") : emulator;
    try {
      images.forEach(({ image }, index) => {
        const overlay = overlays[index];
        if (overlay !== undefined) image.importOverlay(overlay.bytes);
      });
      fresh.restoreState(state);
    } catch (cause) {
      // Part of it is of that moment, part of this one.
      fresh.giveUp();
      this.#listener.emulationFailed(cause);
      this.#tell([...events, ...this.#run.lose()]);
      throw new MachineError(
        "The saved state could not be put back; resetting the Virtual Machine is required",
      );
    }
    fresh.isTrayLocked = surroundings.isTrayLocked;
    this.drives.restored(surroundings.isTrayOpen);
    this.screen.changed();
    this.#run.restored(surroundings.guestTimeMs);
    if (events.length > 0) {
      events.push(...this.#run.cont());
      fresh.run();
    }
    return events;
  }

  // ---- Media ----

  /** What is asked of the drives, at a moment at which no emulator is being made around them. */
  async withDrives<T>(ask: (drives: Drives) => T): Promise<T> {
    await this.#emulator();
    return ask(this.drives);
  }

  /** Ends it.  Nothing is asked afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#generation++;
    const emulator = await this.#made.catch(() => undefined);
    emulator?.destroy();
    this.drives.close();
  }

  // ---- The emulator ----

  /** The one that is there when nothing is being made any more. */
  async #emulator(): Promise<Emulator> {
    for (;;) {
      const made = this.#made;
      const emulator = await made;
      if (made === this.#made) return emulator;
    }
  }

  /** Makes one, which runs if the machine does by then. */
  async #make(mode: "as-told" | "stopped" = "as-told"): Promise<Emulator> {
    const generation = ++this.#generation;
    const { images: _, ...parts } = this.#parts;
    /** Acts in a later turn, unless the emulator has been replaced by then. */
    const note = (action: (emulator: Emulator) => void): void => {
      this.#thread.defer(() => {
        if (generation !== this.#generation) return;
        void made.then((emulator) => {
          if (generation === this.#generation) action(emulator);
        });
      });
    };
    let isOff = false;
    const made = Emulator.create(
      {
        ...parts,
        hardDisk: this.drives.disk("ide0-hd0"),
        cdrom: this.drives.disk("ide1-cd0"),
        floppy: this.drives.disk("floppy0"),
      },
      {
        serialByte: (byte) => this.serial.send(byte),
        resetAsked: () => note((emulator) => this.#guestReset(emulator)),
        powerOff: () => {
          // The guest may say it again until it stands still.
          if (!isOff) note((emulator) => this.#switchedOff(emulator));
          isOff = true;
        },
        discEjected: () => note(() => this.#tell(this.drives.noticeTray())),
        failed: (fault) => note((emulator) => this.#failed(emulator, fault)),
      },
      this.#thread,
    );
    const emulator = await made;
    this.drives.attach(emulator);
    this.serial.attach(emulator);
    this.screen.show(emulator);
    this.#input = new Input(emulator);
    if (mode === "as-told" && this.#run.isRunning && !this.#isClosed) emulator.run();
    return emulator;
  }

  #makeAnew(before: Emulator, mode: "as-told" | "stopped" = "as-told"): Promise<Emulator> {
    before.destroy();
    this.serial.detach();
    this.#made = this.#make(mode);
    this.#made.catch(() => {}); // Whoever asks next is told.
    return this.#made;
  }

  // ---- What the guest does by itself ----

  #guestReset(emulator: Emulator): void {
    const reason = "guest-reset";
    if (this.#parts.isNoReboot) return this.#tell(this.#shutDown(emulator, { guest: true, reason }));
    void this.#makeAnew(emulator);
    this.#tell(this.#run.reset(true, reason));
  }

  #switchedOff(emulator: Emulator): void {
    this.#tell(this.#shutDown(emulator, { guest: true, reason: "guest-shutdown" }));
  }

  #failed(emulator: Emulator, { kind, cause }: EmulationFault): void {
    if (kind === "defect") {
      this.#listener.emulationFailed(cause);
      emulator.stop();
      return this.#tell(this.#run.halt("internal-error"));
    }
    if (this.#parts.tripleFault === "reset" && this.#tripleFaults.count(this.#thread.clock.nowMs()))
      return this.#guestReset(emulator);
    emulator.stop();
    const stopped = this.#run.halt("guest-panicked");
    this.#tell([{ kind: "guest-panicked" }, ...stopped]);
  }

  #shutDown(emulator: Emulator, { guest, reason }: Shutdown): MachineEvent[] {
    emulator.stop();
    const isEnd = !this.#parts.isNoShutdown;
    const stopped = this.#run.halt("shutdown");
    const shutdown: MachineEvent = { kind: "shutdown", guest, reason, isEnd };
    // A machine that is about to end does not tell that it has stopped.
    return isEnd ? [shutdown] : [shutdown, ...stopped];
  }

  #tell(events: readonly MachineEvent[]): void {
    this.#listener.happened(this.#run.state, events);
  }
}
