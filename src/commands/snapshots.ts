/**
 * Snapshots of a machine: its state, and the overlays of its disks, in a directory.
 *
 *     save:    wait for the turn -> guest stands still, is copied, goes on -> written
 *     load:    wait for the turn -> read, checked -> guest stands still, is put back, goes on
 *     delete:  wait for the turn -> removed
 *
 * Operations on one tag run one after the other.  What changes whether the guest runs waits until a save has its
 * copy, and until a load is through: whoever saves, then continues, has saved what was before (rule R1).
 *
 * The checks, their order and their texts are QEMU's.  Where QEMU keeps the state in one of the disks, here all is
 * in one file of the directory: that is called `snapshots` where a disk is named in QEMU, and each disk stands for it too.
 */

import type { DriveName, MachineState } from "../offload/pc-contract.ts";
import type { SnapshotStore, StoredSnapshot } from "../offload/snapshot-store.ts";
import type { SnapshotInfo } from "../qapi/generated/block-core.ts";
import type { MachineSnapshotInfo } from "../qapi/generated/migration.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import { QmpError } from "../qmp/errors.ts";
import type { ResourceTable } from "../qmp/resources.ts";
import type { JobControl } from "./job-table.ts";
import type { MachineControl } from "./machine-control.ts";
import { runStateClaim } from "./misc.ts";
import { fromThread, machineValue } from "./results.ts";

/** Where the state goes to, for a machine without a disk to name. */
const STORE_NAME = "snapshots";
const MS_PER_S = 1000;
const NS_PER_MS = 1_000_000;

export interface SnapshotParts {
  readonly machine: MachineControl;
  readonly resources: ResourceTable;
  /** Undefined: the machine was given no directory. */
  readonly store: (() => Promise<SnapshotStore>) | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export interface SnapshotArguments {
  readonly tag: string;
  readonly vmstate: string;
  /** Names of nodes. */
  readonly devices: readonly string[];
}

export class Snapshots {
  readonly #machine: MachineControl;
  readonly #resources: ResourceTable;
  readonly #openStore: (() => Promise<SnapshotStore>) | undefined;
  readonly #nowMs: () => number;

  constructor({ machine, resources, store, nowMs }: SnapshotParts) {
    this.#machine = machine;
    this.#resources = resources;
    this.#openStore = store;
    this.#nowMs = nowMs;
  }

  /** The oldest first; empty without a directory.  Rejects with `QmpError` for a directory that cannot be read. */
  async list(): Promise<MachineSnapshotInfo[]> {
    if (this.#openStore === undefined) return [];
    const store = await this.#openStore();
    return (await asClientsError(store.list())).map((snapshot) => ({
      ...snapshotInfo(snapshot),
      devices: snapshot.overlays.map(({ drive }) => drive),
    }));
  }

  /** Takes its place in the order of arrival at once.  Rejects with `QmpError`; no file is left then. */
  async save({ tag, vmstate, devices }: SnapshotArguments, control: JobControl): Promise<void> {
    const { handle } = this.#machine;
    const turn = this.#turn(tag, control.signal);
    try {
      await turn.come;
      const drives = await this.#drivesOf(devices, vmstate === STORE_NAME);
      const store = await this.#store();
      if (await asClientsError(store.has(tag))) {
        throw new QmpError(`Snapshot '${tag}' already exists in one or more devices`);
      }
      checkVmstate(vmstate, devices);
      control.signal.throwIfAborted();
      const dateMs = this.#nowMs();
      const saved = machineValue(await fromThread(handle.saveState(drives)));
      turn.leaveRunState();
      await asClientsError(store.save(tag, saved, { dateMs, guestTimeMs: saved.guestTimeMs }, control));
    } finally {
      turn.leave();
    }
  }

  /** As {@link save}.  When it rejects the machine is as it was, or has to be reset, which the error tells. */
  async load({ tag, vmstate, devices }: SnapshotArguments, control: JobControl): Promise<void> {
    const turn = this.#turn(tag, control.signal);
    try {
      await turn.come;
      const drives = await this.#drivesOf(devices, vmstate === STORE_NAME);
      const store = await this.#store();
      if (!(await asClientsError(store.has(tag)))) throw doesNotExist(tag);
      checkVmstate(vmstate, devices);
      const state = await asClientsError(store.load(tag, control));
      const restored = { ...state, overlays: overlaysFor(drives, state, tag) };
      await control.pausePoint();
      const result = await fromThread(this.#machine.handle.restoreState(restored));
      if (!result.ok) throw new QmpError(`Snapshot file '${store.pathOf(tag)}': ${result.desc}`);
    } finally {
      turn.leave();
    }
  }

  /** As {@link save}.  One that is not there is no error. */
  async delete({ tag, devices }: Omit<SnapshotArguments, "vmstate">, control: JobControl): Promise<void> {
    const turn = this.#turn(tag, control.signal);
    turn.leaveRunState();
    try {
      await turn.come;
      await this.#drivesOf(devices, devices.length === 0 && (await this.#isWithoutDisks(tag)));
      await control.pausePoint();
      await asClientsError((await this.#store()).remove(tag));
    } finally {
      turn.leave();
    }
  }

  /** Whether a snapshot can be deleted where no disk is named: one that is damaged can, too. */
  async #isWithoutDisks(tag: string): Promise<boolean> {
    // That a directory is missing is told later.
    if (this.#openStore === undefined) return this.#machine.handle.config.type === "pc";
    const store = await this.#openStore();
    if (!(await asClientsError(store.has(tag)))) return false;
    const header = await store.header(tag).catch(() => undefined);
    return header === undefined || header.overlays.length === 0;
  }

  /** The disks among `devices` that are to be saved, or put back, along.  Throws `QmpError` for what cannot be. */
  async #drivesOf(devices: readonly string[], isNoneEnough: boolean): Promise<DriveName[]> {
    if (devices.length === 0 && !isNoneEnough) {
      throw new QmpError("At least one device is required for snapshot");
    }
    const there = await fromThread(this.#machine.handle.blockDevices());
    const named = [...new Set(devices)].map((device) => {
      const found = there.find(({ drive, medium }) => drive === device && medium !== undefined);
      if (found === undefined) throw new QmpError(`No block device node '${device}'`);
      return found;
    });
    const written = named.filter(({ medium }) => medium?.isReadOnly === false);
    const unfit = written.find(({ medium }) => medium?.hasOverlay === false);
    if (unfit === undefined) return written.map(({ drive }) => drive);
    throw new QmpError(`Device '${unfit.drive}' is writable but does not support snapshots`);
  }

  async #store(): Promise<SnapshotStore> {
    if (this.#openStore !== undefined) return this.#openStore();
    throw new QmpError(
      this.#machine.handle.config.type === "pc"
        ? "Snapshots need a directory: start the machine with --snapshots DIR"
        : "no block device can store vmstate for snapshot",
    );
  }

  /** Both places are taken in one step, so that no two operations wait for each other. */
  #turn(tag: string, signal: AbortSignal) {
    const ofTag = this.#claim([{ resource: `snapshot:${tag}`, mode: "exclusive" }], signal);
    const ofRunState = this.#claim(runStateClaim(), signal);
    const come = Promise.all([ofTag.granted, ofRunState.granted]);
    come.catch(() => {}); // It may fail before anybody awaits it.
    return {
      come,
      leaveRunState: ofRunState.release,
      leave: () => {
        ofRunState.release();
        ofTag.release();
      },
    };
  }

  #claim(claims: readonly ResourceClaim[], signal: AbortSignal) {
    let release = (): void => {};
    const granted = new Promise<void>((resolve, reject) => {
      const ticket = this.#resources.acquire(claims, resolve, reject);
      const abort = (): void => reject(signal.reason);
      signal.addEventListener("abort", abort);
      release = () => {
        signal.removeEventListener("abort", abort);
        ticket?.release();
        resolve();
      };
    });
    return { granted, release };
  }
}

/** As QEMU's disk images tell of it. */
function snapshotInfo({ id, tag, dateMs, guestTimeMs, stateBytes }: StoredSnapshot): SnapshotInfo {
  return {
    id: String(id),
    name: tag,
    "vm-state-size": stateBytes,
    "date-sec": Math.floor(dateMs / MS_PER_S),
    "date-nsec": nanosecondsOf(dateMs),
    "vm-clock-sec": Math.floor(guestTimeMs / MS_PER_S),
    "vm-clock-nsec": nanosecondsOf(guestTimeMs),
  };
}

/** What is beyond whole seconds. */
function nanosecondsOf(ms: number): number {
  return Math.floor((ms % MS_PER_S) * NS_PER_MS);
}

function checkVmstate(vmstate: string, devices: readonly string[]): void {
  if (vmstate === STORE_NAME || devices.includes(vmstate)) return;
  throw new QmpError(`vmstate block device '${vmstate}' does not exist`);
}

/** The overlays of `drives`; all have to be there. */
function overlaysFor(drives: readonly DriveName[], { overlays }: MachineState, tag: string) {
  return drives.map((name) => {
    const overlay = overlays.find(({ drive }) => drive === name);
    if (overlay === undefined) throw doesNotExist(tag);
    return overlay;
  });
}

function doesNotExist(tag: string): QmpError {
  return new QmpError(`Snapshot '${tag}' does not exist in one or more devices`);
}

/** What is wrong with a file or a directory is for the client to read; so is that a thread has died. */
async function asClientsError<T>(work: Promise<T>): Promise<T> {
  try {
    return await fromThread(work);
  } catch (error) {
    const isOfFile =
      error instanceof Error && "code" in error && ["SNAPSHOT", "FILE"].includes(String(error.code));
    if (isOfFile) throw new QmpError((error as Error).message, "GenericError", { cause: error });
    throw error;
  }
}
