/** A call's outcome: a failure that the client caused is a value, so that it crosses the thread whole. */
export type MachineResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errorClass: "GenericError" | "DeviceNotFound"; readonly desc: string };
