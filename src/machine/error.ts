/**
 * `MachineError`: what was asked of the machine cannot be done.  The sentence is QEMU's, for the client.
 */

export type MachineErrorClass = "GenericError" | "DeviceNotFound";

export class MachineError extends Error {
  override readonly name = "MachineError";
  readonly errorClass: MachineErrorClass;

  constructor(desc: string, errorClass: MachineErrorClass = "GenericError") {
    super(desc);
    this.errorClass = errorClass;
  }
}
