/**
 * `WorkerGoneError`: the worker thread that had a call in hand has ended, and with it the call.
 */
export class WorkerGoneError extends Error {
  override readonly name = "WorkerGoneError";
  readonly code = "WORKER_GONE";
}
