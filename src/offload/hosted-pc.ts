/**
 * A PC of a machine thread, as the main thread holds it: what every machine has, and the parts that only a PC has.
 */

import { assert } from "../util/assert.ts";
import type { CancelFlag } from "../util/cancel-flag.ts";
import type { MachineNews, MachineResult, MachineThread } from "./contract.ts";
import { HostedMachine } from "./hosted-machine.ts";
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
} from "./pc-contract.ts";

export type SerialListener = (bytes: Uint8Array) => void | Promise<void>;

export class HostedPc extends HostedMachine {
  #serialListener: SerialListener | undefined;
  /** What came before there was a listener; bounded, since the thread waits to be told that it was taken. */
  readonly #serialWaiting: Uint8Array[] = [];

  override get hasSerialPort(): boolean {
    return true;
  }

  override async sendInput(events: readonly InputEvent[]): Promise<MachineResult<void>> {
    const [pc, machine] = await this.#pc();
    return pc.sendInput(machine, events);
  }

  override async pointers(): Promise<readonly PointerDevice[]> {
    const [pc, machine] = await this.#pc();
    return pc.pointers(machine);
  }

  override async cpus(): Promise<readonly CpuDescription[]> {
    const [pc, machine] = await this.#pc();
    return pc.cpus(machine);
  }

  override async registers(): Promise<MachineResult<Registers>> {
    const [pc, machine] = await this.#pc();
    return pc.registers(machine);
  }

  override async memorySizeBytes(): Promise<number> {
    return this.config.pc?.memoryBytes ?? 0;
  }

  override async copyMemory(
    space: AddressSpace,
    address: number | bigint,
    into: Uint8Array<SharedArrayBuffer>,
  ): Promise<MachineResult<void>> {
    const [pc, machine] = await this.#pc();
    return pc.copyMemory(machine, space, address, into);
  }

  override async mappedRanges(
    countMax: number,
  ): Promise<MachineResult<Float64Array<ArrayBuffer> | undefined>> {
    const [pc, machine] = await this.#pc();
    return pc.mappedRanges(machine, countMax);
  }

  override async takeMemory(
    space: AddressSpace,
    address: number | bigint,
    length: number,
    cancel: CancelFlag,
  ): Promise<MachineResult<MemoryCopy>> {
    const [pc, machine] = await this.#pc();
    return pc.takeMemory(machine, space, address, length, cancel);
  }

  override async takeDump(request: DumpRequest, cancel: CancelFlag): Promise<MachineResult<MachineDump>> {
    const [pc, machine] = await this.#pc();
    return pc.takeDump(machine, request, cancel);
  }

  override async saveState(drives: readonly DriveName[]): Promise<MachineResult<MachineState & Saved>> {
    const [pc, machine] = await this.#pc();
    return pc.saveState(machine, drives);
  }

  override async restoreState(state: MachineState): Promise<MachineResult<void>> {
    const [pc, machine] = await this.#pc();
    return pc.restoreState(machine, state);
  }

  override async blockDevices(): Promise<readonly BlockDevice[]> {
    const [pc, machine] = await this.#pc();
    return pc.blockDevices(machine);
  }

  override async changeMedium(change: MediumChange): Promise<MachineResult<void>> {
    const [pc, machine] = await this.#pc();
    return pc.changeMedium(machine, change);
  }

  override async insertNode(drive: DriveName, contents: NodeContents): Promise<MachineResult<void>> {
    const [pc, machine] = await this.#pc();
    return pc.insertNode(machine, drive, contents);
  }

  override async moveTray(
    drive: DriveName,
    isOpen: boolean,
    isForced: boolean,
  ): Promise<MachineResult<void>> {
    const [pc, machine] = await this.#pc();
    return pc.moveTray(machine, drive, isOpen, isForced);
  }

  override onSerialOutput(listener: SerialListener): void {
    assert(this.#serialListener === undefined, "a serial port has one listener");
    this.#serialListener = listener;
    for (const bytes of this.#serialWaiting.splice(0)) void this.#passOn(listener, bytes);
  }

  override async serialWrite(bytes: Uint8Array): Promise<MachineResult<void>> {
    const [pc, machine] = await this.#pc();
    return pc.serialWrite(machine, bytes);
  }

  override told(news: MachineNews): void {
    if (news.news !== "serial") super.told(news);
    else if (this.#serialListener === undefined) this.#serialWaiting.push(news.bytes);
    else void this.#passOn(this.#serialListener, news.bytes);
  }

  async #passOn(listener: SerialListener, bytes: Uint8Array): Promise<void> {
    await listener(bytes);
    try {
      const [pc, machine] = await this.#pc();
      await pc.serialTaken(machine, bytes.length);
    } catch {
      // A thread that has died waits for nothing, and neither does one that could not be started anew.
    }
  }

  async #pc(): Promise<readonly [PcThread, number]> {
    const [thread, machine] = await this.inThread();
    // Its thread's entry is that of a PC, which has both interfaces.
    return [thread as MachineThread & PcThread, machine];
  }
}
