/**
 * The jobs of one machine: work that outlives the command, and the session, that began it.
 *
 *     created -> running <-> paused
 *                   |---done----------------> waiting -> pending -> concluded -> null
 *                   '---failed, cancelled---> aborting ------------^
 *
 * The states are QEMU's, and so is the order in which they are told.  No job here has to be completed or
 * finalized: what lies between `running` and `concluded` goes by in one step.
 *
 * Invariants: a state is told once, when it is reached; a job that has concluded holds nothing but its row in the
 * table; one that was cancelled concludes when it has let go of what it held.
 */

import type { JobInfo, JobStatus, JobType } from "../qapi/generated/job.ts";
import type { JsonObject } from "../qjson/value.ts";
import { errorReply, isDefect, QmpError } from "../qmp/errors.ts";
import { JOB_ID_CHARS_MAX, JOBS_COUNT_MAX } from "../util/limits.ts";

/** What the work of a job sees of it. */
export interface JobControl {
  /** Fires when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Waits while the job is paused.  Rejects with the signal's reason when it is cancelled. */
  pausePoint(): Promise<void>;
  /** Tells how far the work has got, in a unit of its own. */
  progress(current: number, total: number): void;
}

/** What a client may ask of a job, and in which states. */
const VERB_STATES = {
  cancel: ["created", "running", "paused", "waiting", "pending"],
  pause: ["created", "running", "paused"],
  resume: ["created", "running", "paused"],
  complete: [],
  finalize: ["pending"],
  dismiss: ["concluded"],
} as const satisfies Record<string, readonly JobStatus[]>;
type Verb = keyof typeof VERB_STATES;

/** Source: QEMU, the C library's text for ECANCELED. */
const CANCELLED = new QmpError("Operation canceled");
const JOB_ID = /^[A-Za-z][A-Za-z0-9._-]*$/;

export class JobTable {
  readonly #emit: (event: string, data: JsonObject) => void;
  readonly #onDefect: (error: unknown) => void;
  /** In the order in which they were created. */
  readonly #jobs = new Map<string, Job>();

  /** `onDefect` is told what made a job fail that is no client's mistake. */
  constructor(emit: (event: string, data: JsonObject) => void, onDefect: (error: unknown) => void) {
    this.#emit = emit;
    this.#onDefect = onDefect;
  }

  /**
   * Creates a job and begins its work, which has failed when `run` rejects.  Throws `QmpError` for an id that cannot
   * be.  Settles when the job has concluded, with why it failed if it did.
   */
  start(id: string, type: JobType, run: (control: JobControl) => Promise<void>): Promise<string | undefined> {
    if (id.length > JOB_ID_CHARS_MAX || !JOB_ID.test(id)) throw new QmpError(`Invalid job ID '${id}'`);
    if (this.#jobs.has(id)) throw new QmpError(`Job ID '${id}' already in use`);
    if (this.#jobs.size >= JOBS_COUNT_MAX) throw new QmpError("Too many jobs");
    const told = (status: JobStatus): void => this.#emit("JOB_STATUS_CHANGE", { id, status });
    const job = new Job(id, type, told, this.#onDefect);
    this.#jobs.set(id, job);
    job.start(run);
    return job.concluded;
  }

  /** The newest first, as QEMU lists them. */
  info(): JobInfo[] {
    return Array.from(this.#jobs.values(), (job) => job.info()).reverse();
  }

  pause(id: string): void {
    this.#find(id, "pause").pause();
  }

  /** Whether it was paused is looked at first, as in QEMU. */
  resume(id: string): void {
    const job = this.#jobs.get(id);
    if (job !== undefined && !job.isPaused) throw new QmpError("Can't resume a job that was not paused");
    this.#find(id, "resume").resume();
  }

  cancel(id: string): void {
    this.#find(id, "cancel").cancel();
  }

  complete(id: string): void {
    this.#find(id, "complete");
  }

  finalize(id: string): void {
    this.#find(id, "finalize");
  }

  dismiss(id: string): void {
    const job = this.#find(id, "dismiss");
    this.#jobs.delete(id);
    job.dismiss();
  }

  /** Cancels those that still work, and settles when they have let go of what they held. */
  async close(): Promise<void> {
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) job.cancel();
    await Promise.all(jobs.map((job) => job.concluded));
  }

  #find(id: string, verb: Verb): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new QmpError("Job not found");
    const states: readonly JobStatus[] = VERB_STATES[verb];
    if (states.includes(job.status)) return job;
    throw new QmpError(`Job '${id}' in state '${job.status}' cannot accept command verb '${verb}'`);
  }
}

class Job implements JobControl {
  readonly #id: string;
  readonly #type: JobType;
  readonly #told: (status: JobStatus) => void;
  readonly #onDefect: (error: unknown) => void;
  readonly #abort = new AbortController();
  #status: JobStatus = "undefined";
  #progress = { current: 0, total: 1 };
  #error: string | undefined;
  /** Asked for; the state follows when the work comes to its next pause point. */
  isPaused = false;
  /** Wakes the work that stands at a pause point. */
  #wake: () => void = () => {};
  #conclude: (error: string | undefined) => void = () => {};
  readonly concluded = new Promise<string | undefined>((resolve) => {
    this.#conclude = resolve;
  });

  constructor(
    id: string,
    type: JobType,
    told: (status: JobStatus) => void,
    onDefect: (error: unknown) => void,
  ) {
    this.#id = id;
    this.#type = type;
    this.#told = told;
    this.#onDefect = onDefect;
  }

  get status(): JobStatus {
    return this.#status;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  start(run: (control: JobControl) => Promise<void>): void {
    this.#reach("created");
    this.#reach("running");
    // At once, so that it takes its place among others in the order of arrival.  It ends in a later turn, behind
    // the reply of the command that began it.
    run(this).then(
      () => this.#done(),
      (error: unknown) => this.#failed(error),
    );
  }

  info(): JobInfo {
    return {
      id: this.#id,
      type: this.#type,
      status: this.#status,
      "current-progress": this.#progress.current,
      "total-progress": this.#progress.total,
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }

  progress(current: number, total: number): void {
    this.#progress = { current, total };
  }

  async pausePoint(): Promise<void> {
    while (this.isPaused && !this.signal.aborted) {
      if (this.#status === "running") this.#reach("paused");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#status === "paused") this.#reach("running");
    this.signal.throwIfAborted();
  }

  pause(): void {
    if (this.isPaused) throw new QmpError("Job is already paused");
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.#wake();
  }

  /** Idempotent, and without effect on one that has concluded. */
  cancel(): void {
    this.#abort.abort(CANCELLED);
    this.resume();
  }

  dismiss(): void {
    this.#reach("null");
  }

  #done(): void {
    this.#progress = { ...this.#progress, current: this.#progress.total };
    this.#reach("waiting");
    this.#reach("pending");
    this.#reach("concluded");
    this.#conclude(undefined);
  }

  #failed(error: unknown): void {
    if (isDefect(error)) this.#onDefect(error);
    this.#error = errorReply(error).desc;
    this.#reach("aborting");
    this.#reach("concluded");
    this.#conclude(this.#error);
  }

  #reach(status: JobStatus): void {
    this.#status = status;
    this.#told(status);
  }
}
