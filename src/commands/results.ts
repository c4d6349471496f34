/** From what threads answer to what handlers return. */

import type { MachineResult } from "../offload/contract.ts";
import { WorkerGoneError } from "../offload/worker-gone.ts";
import { QmpError } from "../qmp/errors.ts";

/** The value of a machine's answer.  Throws the `QmpError` that it stands for. */
export function machineValue<T>(result: MachineResult<T>): T {
  if (result.ok) return result.value;
  throw new QmpError(result.desc, result.errorClass);
}

/** Waits for a thread.  Its end becomes an error that the client can read (a dead thread is replaced). */
export async function fromThread<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WorkerGoneError) {
      throw new QmpError("The thread that served this command has died; try again", "GenericError", {
        cause: error,
      });
    }
    throw error;
  }
}
