/**
 * Entry of a pool thread: one exported function for each task, as piscina wants them.
 */

import { encodeCoreHead } from "../src/dump/core-head.ts";
import { releaseMemory, writePiece } from "../src/dump/write-piece.ts";
import type {
  Base64Outcome,
  Base64Task,
  CoreHeadOutcome,
  CoreHeadTask,
  EncodeOutcome,
  EncodeTask,
  PieceTask,
  PluginTask,
  PluginTaskOutcome,
  ReleaseTask,
  TaskOutcome,
  TransferTask,
  WriteTask,
} from "../src/offload/contract.ts";
import { lowerPriority } from "../src/offload/low-priority.ts";
import { transfer as transferPiece } from "../src/offload/snapshot-transfer.ts";
import { encodeBase64 } from "../src/picture/base64.ts";
import { CancelledError } from "../src/picture/cancelled.ts";
import { encodePicture } from "../src/picture/encoder.ts";
import { writePicture } from "../src/picture/write.ts";
import { BandBoard } from "../src/util/band-board.ts";
import { begin, type CancelFlag } from "../src/util/cancel-flag.ts";

lowerPriority();

export function encode(task: EncodeTask): EncodeOutcome {
  return beginAndSettle(task.cancel, () => encodePicture({ ...task, board: new BandBoard(task.board) }));
}

export function write(task: WriteTask): TaskOutcome<undefined> {
  return beginAndSettle(task.cancel, () => void writePicture(task));
}

export async function base64(task: Base64Task): Promise<Base64Outcome> {
  return moved(beginAndSettle(task.cancel, () => encodeBase64(task)));
}

export async function coreHead(task: CoreHeadTask): Promise<CoreHeadOutcome> {
  return moved(settle(() => encodeCoreHead(task)));
}

export function piece(task: PieceTask): TaskOutcome<undefined> {
  const outcome = beginAndSettle(task.cancel, () => writePiece(task));
  releaseMemory([task.bytes]);
  return outcome.ok ? { ok: true, value: undefined } : outcome;
}

export function release({ pieces }: ReleaseTask): TaskOutcome<undefined> {
  releaseMemory(pieces);
  return { ok: true, value: undefined };
}

/** Its turn has come, and that is all. */
export function turn(): TaskOutcome<undefined> {
  return { ok: true, value: undefined };
}

export function transfer(task: TransferTask): TaskOutcome<number> {
  return settle(() => transferPiece(task));
}

export async function plugin(task: PluginTask): Promise<PluginTaskOutcome> {
  if (!begin(task.cancel)) return { ok: false, code: "cancelled" };
  try {
    const { runPluginTask } = await import("../src/plugin/task.ts");
    return { ok: true, value: await runPluginTask(task) };
  } catch (error) {
    return defect(error);
  }
}

/** Has the bytes of an outcome moved to the main thread rather than copied. */
async function moved(
  outcome: TaskOutcome<Uint8Array<ArrayBuffer>>,
): Promise<TaskOutcome<Uint8Array<ArrayBuffer>>> {
  if (!outcome.ok) return outcome;
  // Loaded by the threads that need it: it takes as long as all else together.  One that cannot, as when no file can be
  // opened at that moment, never will: Node.js tries once.  What it makes is copied.
  const piscina = await import("piscina").catch(() => undefined);
  if (piscina === undefined) return outcome;
  const { move, transferableSymbol, valueSymbol } = piscina;
  // Piscina unwraps it: what arrives is the outcome.
  const moving: unknown = { [transferableSymbol]: outcome.value.buffer, [valueSymbol]: outcome };
  return move(moving as Parameters<typeof move>[0]) as unknown as TaskOutcome<Uint8Array<ArrayBuffer>>;
}

function beginAndSettle<T>(cancel: CancelFlag, work: () => T): TaskOutcome<T> {
  return begin(cancel) ? settle(work) : { ok: false, code: "cancelled" };
}

function settle<T>(work: () => T): TaskOutcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof CancelledError) return { ok: false, code: "cancelled" };
    if (error instanceof Error && "errno" in error && "code" in error) {
      return { ok: false, code: "io", errno: String(error.code) };
    }
    return defect(error);
  }
}

function defect(error: unknown): TaskOutcome<never> {
  return { ok: false, code: "defect", message: error instanceof Error ? (error.stack ?? "") : String(error) };
}
