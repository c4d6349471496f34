/**
 * A plugin's task, in its pool thread: what it is handed, and how it is called.
 */

import type { PluginTask, PluginTaskResult } from "../offload/contract.ts";
import { QmpError } from "../qapi/runtime/error.ts";
import { isCancelled } from "../util/cancel-flag.ts";
import { writeProgress } from "../util/progress-words.ts";
import { checkProgress, type Progress } from "./progress.ts";

/** What a task is handed besides its input. */
export interface TaskContext {
  /** Whether the command was cancelled: to be looked at every few milliseconds. */
  readonly isCancelled: boolean;
  /** Throws when the command was cancelled.  What is thrown then goes nowhere: the client has been told. */
  throwIfCancelled(): void;
  /** Tells how far the work has got, as often as convenient. */
  progress(progress: Progress): void;
}

/**
 * A task: the default export of a module of its own.  `input` and what it answers are copied from thread to
 * thread.  It throws a `QmpError` for a failure that is the client's to read.
 */
export type Task<Input, Output> = (input: Input, context: TaskContext) => Output | Promise<Output>;

/** Runs a task in this thread.  Rejects when the task has a defect. */
export async function runPluginTask({
  module,
  input,
  progress,
  cancel,
}: PluginTask): Promise<PluginTaskResult> {
  const { default: run } = (await import(module)) as { readonly default?: unknown };
  if (typeof run !== "function") throw new TypeError(`the default export of ${module} is no function`);
  const context: TaskContext = {
    get isCancelled() {
      return isCancelled(cancel);
    },
    throwIfCancelled() {
      if (isCancelled(cancel)) throw new Error("the command was cancelled");
    },
    progress({ current, total }) {
      checkProgress({ current, total });
      writeProgress(progress, current, total);
    },
  };
  try {
    // Copied here first: what cannot be would end the thread, when it is sent.
    return { ok: true, value: structuredClone(await run(input, context)) };
  } catch (error) {
    if (error instanceof QmpError) return { ok: false, errorClass: error.errorClass, desc: error.message };
    throw error;
  }
}
