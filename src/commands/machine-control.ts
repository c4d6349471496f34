/** What handlers ask of the machine that their monitor belongs to. */

import type { MachineHandle } from "../offload/contract.ts";
import type { JsonObject } from "../qjson/value.ts";

/** A character device, as `query-chardev` tells of it. */
export interface CharacterDevice {
  readonly label: string;
  readonly filename: string;
}

/** What a serial port leads to. */
export interface SerialPeer extends CharacterDevice {
  /** Undefined: it is none. */
  readonly ringBuffer:
    | {
        /** Bytes that wait to be read. */
        readonly length: number;
        write(bytes: Uint8Array): void;
        /** Takes out at most `lengthMax` bytes, the oldest first. */
        read(lengthMax: number): Uint8Array;
      }
    | undefined;
}

export interface MachineControl {
  readonly name: string | undefined;
  readonly handle: MachineHandle;
  /** Undefined: the machine has no serial port. */
  readonly serial: SerialPeer | undefined;
  /** What its monitors listen on. */
  readonly monitorDevices: readonly CharacterDevice[];
  /** Whether it waits for `x-exit-preconfig`. */
  readonly isPreconfig: boolean;
  /** Settles when the machine runs, or waits for `cont`. */
  exitPreconfig(): Promise<void>;
  /** Ends the machine once the reply of the command that asks has been sent. */
  quit(): void;
  /** Sends an event to all sessions. */
  emit(event: string, data?: JsonObject): void;
}
