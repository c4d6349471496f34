/**
 * `QmpError`: a client's mistake, or a command's failure, with the class and the sentence that go on the
 * wire.  `src/qmp/errors.ts` is the one place that turns it, or anything else thrown, into wire text.
 */

import { ERROR_DESC_LEN_MAX } from "../../util/limits.ts";

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

  /**
   * `desc` is a sentence for people, without a full stop, as QEMU's are.  Of a long one, which may quote what was sent, the
   * beginning is kept: the error, with its stack, would be more copies of it.
   */
  constructor(desc: string, errorClass: QmpErrorClass = "GenericError", options?: ErrorOptions) {
    super(desc.length > ERROR_DESC_LEN_MAX ? `${desc.slice(0, ERROR_DESC_LEN_MAX)}...` : desc, options);
    this.errorClass = errorClass;
  }
}
