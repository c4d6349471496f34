/**
 * `QmpError`: a client's mistake, or a command's failure, with the class and the sentence that go on the
 * wire.  `src/qmp/errors.ts` is the one place that turns it, or anything else thrown, into wire text.
 */

/** Error classes of QMP.  Source: QEMU's `QapiErrorClass`. */
export type QmpErrorClass =
  | "GenericError"
  | "CommandNotFound"
  | "DeviceNotActive"
  | "DeviceNotFound"
  | "KVMMissingCap";

export class QmpError extends Error {
  override readonly name = "QmpError";
  readonly errorClass: QmpErrorClass;

  /** `desc` is a sentence for people, without a full stop, as QEMU's are. */
  constructor(desc: string, errorClass: QmpErrorClass = "GenericError", options?: ErrorOptions) {
    super(desc, options);
    this.errorClass = errorClass;
  }
}
