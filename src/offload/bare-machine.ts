/**
 * What a machine without the parts of a PC answers, in the words of QEMU's `-machine none`.
 */

import type { CancelFlag } from "../util/cancel-flag.ts";
import { allocatePieces } from "../util/memory-pieces.ts";
import type { MachineResult } from "./contract.ts";
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
  PcControl,
  PointerDevice,
  Registers,
  Saved,
} from "./pc-contract.ts";

const DONE: MachineResult<void> = { ok: true, value: undefined };

function failure<T>(
  desc: string,
  errorClass: "GenericError" | "DeviceNotFound" = "GenericError",
): MachineResult<T> {
  return { ok: false, errorClass, desc };
}

export abstract class BareMachine implements PcControl {
  get hasSerialPort(): boolean {
    return false;
  }

  async sendInput([first]: readonly InputEvent[]): Promise<MachineResult<void>> {
    return first === undefined ? DONE : failure(`Input handler not found for event type ${first.kind}`);
  }

  async pointers(): Promise<readonly PointerDevice[]> {
    return [];
  }

  async cpus(): Promise<readonly CpuDescription[]> {
    return [];
  }

  async registers(): Promise<MachineResult<Registers>> {
    return failure("No CPU available");
  }

  async memorySizeBytes(): Promise<number> {
    return 0;
  }

  async copyMemory(
    space: AddressSpace,
    _address: number | bigint,
    _into: Uint8Array<SharedArrayBuffer>,
  ): Promise<MachineResult<void>> {
    return failure(space === "virtual" ? "No CPU available" : "dump: no guest memory to dump");
  }

  async mappedRanges(_countMax: number): Promise<MachineResult<Float64Array<ArrayBuffer> | undefined>> {
    return failure("No CPU available");
  }

  /** Nothing is there, which can be looked at all the same. */
  async takeMemory(
    space: AddressSpace,
    _address: number | bigint,
    length: number,
    _cancel: CancelFlag,
  ): Promise<MachineResult<MemoryCopy>> {
    if (space === "virtual") return failure("No CPU available");
    return { ok: true, value: { pieces: allocatePieces(length), pausedUs: 0 } };
  }

  async takeDump(_request: DumpRequest, _cancel: CancelFlag): Promise<MachineResult<MachineDump>> {
    return failure("dump: no guest memory to dump");
  }

  async saveState(_drives: readonly DriveName[]): Promise<MachineResult<MachineState & Saved>> {
    return failure("no block device can store vmstate for snapshot");
  }

  async restoreState(_state: MachineState): Promise<MachineResult<void>> {
    return failure("no block device can store vmstate for snapshot");
  }

  async blockDevices(): Promise<readonly BlockDevice[]> {
    return [];
  }

  async changeMedium({ drive }: MediumChange): Promise<MachineResult<void>> {
    return failure(`Device '${drive}' not found`, "DeviceNotFound");
  }

  async insertNode(drive: DriveName, _contents: NodeContents): Promise<MachineResult<void>> {
    return failure(`Device '${drive}' not found`, "DeviceNotFound");
  }

  async moveTray(drive: DriveName, _isOpen: boolean, _isForced: boolean): Promise<MachineResult<void>> {
    return failure(`Device '${drive}' not found`, "DeviceNotFound");
  }

  onSerialOutput(_listener: (bytes: Uint8Array) => void | Promise<void>): void {
    throw new Error("this machine has no serial port");
  }

  async serialWrite(_bytes: Uint8Array): Promise<MachineResult<void>> {
    return failure("this machine has no serial port");
  }

  async injectNmi(): Promise<MachineResult<void>> {
    return failure("this feature or command is not currently supported");
  }
}
