/** What handlers ask of the machine that their monitor belongs to. */

import type { MachineHandle } from "../offload/contract.ts";
import type { JsonObject } from "../qjson/value.ts";

export interface MachineControl {
  readonly name: string | undefined;
  readonly handle: MachineHandle;
  /** Whether it waits for `x-exit-preconfig`. */
  readonly isPreconfig: boolean;
  /** Settles when the machine runs, or waits for `cont`. */
  exitPreconfig(): Promise<void>;
  /** Ends the machine once the reply of the command that asks has been sent. */
  quit(): void;
  /** Sends an event to all sessions. */
  emit(event: string, data?: JsonObject): void;
}
