/**
 * Entry of a pool thread: one exported function for each task, as piscina wants them.
 */

import type {
  Base64Task,
  EncodeOutcome,
  EncodeTask,
  TaskOutcome,
  WriteTask,
} from "../src/offload/contract.ts";
import { lowerPriority } from "../src/offload/low-priority.ts";
import { encodeBase64 } from "../src/picture/base64.ts";
import { CancelledError } from "../src/picture/cancelled.ts";
import { encodePicture } from "../src/picture/encoder.ts";
import { writePicture } from "../src/picture/write.ts";
import { BandBoard } from "../src/util/band-board.ts";
import { begin, type CancelFlag } from "../src/util/cancel-flag.ts";

lowerPriority();

export function encode(task: EncodeTask): EncodeOutcome {
  return settle(() => encodePicture({ ...task, board: new BandBoard(task.board) }));
}

export function write(task: WriteTask): TaskOutcome<undefined> {
  return beginAndSettle(task.cancel, () => writePicture(task));
}

export function base64(task: Base64Task): TaskOutcome<undefined> {
  return beginAndSettle(task.cancel, () => encodeBase64(task));
}

function beginAndSettle(cancel: CancelFlag, work: () => void): TaskOutcome<undefined> {
  if (!begin(cancel)) return { ok: false, code: "cancelled" };
  return settle(() => {
    work();
    return undefined;
  });
}

function settle<T>(work: () => T): TaskOutcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof CancelledError) return { ok: false, code: "cancelled" };
    if (error instanceof Error && "errno" in error && "code" in error) {
      return { ok: false, code: "io", errno: String(error.code) };
    }
    return {
      ok: false,
      code: "defect",
      message: error instanceof Error ? (error.stack ?? "") : String(error),
    };
  }
}
