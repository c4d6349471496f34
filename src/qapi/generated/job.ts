/**
 * Generated from schema/job.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asArray,
  asInt64,
  asNoMembers,
  asObject,
  asString,
  firstMembers,
  type Input,
  type Int64,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * What a job does.  Those of QEMU that copy disks are not here.
 *
 * - `snapshot-load`: see snapshot-load
 * - `snapshot-save`: see snapshot-save
 * - `snapshot-delete`: see snapshot-delete
 *
 * Since: 0.1
 *
 * Source: schema/job.json, line 21.
 */
export type JobType = "snapshot-load" | "snapshot-save" | "snapshot-delete";

export function unmarshalJobType(input: Input, at: string, name: string | number): JobType {
  switch (input) {
    case "snapshot-load":
    case "snapshot-save":
    case "snapshot-delete":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * How far a job has got.
 *
 * - `undefined`: never told
 * - `created`: it is about to begin
 * - `running`: it works
 * - `paused`: it stands still until job-resume
 * - `ready`: never told here: it would wait for job-complete
 * - `standby`: never told here: it would be ready, and paused
 * - `waiting`: its work is done
 * - `pending`: it could still be taken back
 * - `aborting`: it failed, or was cancelled
 * - `concluded`: it has ended, and can be dismissed
 * - `null`: it has been dismissed
 *
 * Since: 0.1
 *
 * Source: schema/job.json, line 53.
 */
export type JobStatus =
  | "undefined"
  | "created"
  | "running"
  | "paused"
  | "ready"
  | "standby"
  | "waiting"
  | "pending"
  | "aborting"
  | "concluded"
  | "null";

export function unmarshalJobStatus(input: Input, at: string, name: string | number): JobStatus {
  switch (input) {
    case "undefined":
    case "created":
    case "running":
    case "paused":
    case "ready":
    case "standby":
    case "waiting":
    case "pending":
    case "aborting":
    case "concluded":
    case "null":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * A job.
 *
 * Since: 0.1
 *
 * Source: schema/job.json, line 165.
 */
export type JobInfo = {
  /** its name */
  readonly id: string;
  /** what it does */
  readonly type: JobType;
  /** how far it has got */
  readonly status: JobStatus;
  /** how much is done, in a unit of its own */
  readonly "current-progress": Int64;
  /**
   * how much there is to do as far as is known by now, in the
   * same unit
   */
  readonly "total-progress": Int64;
  /** why it failed, if it did */
  readonly error?: string;
};

export function unmarshalJobInfo(input: Input, at: string, name: string | number): JobInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobInfo>;
  result.id = asString(object.id, path, "id");
  result.type = unmarshalJobType(object.type, path, "type");
  result.status = unmarshalJobStatus(object.status, path, "status");
  result["current-progress"] = asInt64(object["current-progress"], path, "current-progress");
  result["total-progress"] = asInt64(object["total-progress"], path, "total-progress");
  if (object.error !== undefined) result.error = asString(object.error, path, "error");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "type":
      case "status":
      case "current-progress":
      case "total-progress":
      case "error":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A job has got further.
 *
 * Data of the event `JOB_STATUS_CHANGE`.
 *
 * Source: schema/job.json, line 74.
 */
export type JobStatusChangeEvent = {
  /** its name */
  readonly id: string;
  /** how far */
  readonly status: JobStatus;
};

export function unmarshalJobStatusChangeEvent(
  input: Input,
  at: string,
  name: string | number,
): JobStatusChangeEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobStatusChangeEvent>;
  result.id = asString(object.id, path, "id");
  result.status = unmarshalJobStatus(object.status, path, "status");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
      case "status":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Has a job stand still at the next opportunity.
 *
 * Arguments of the command `job-pause`.
 *
 * Source: schema/job.json, line 85.
 */
export type JobPauseArg = {
  /** its name */
  readonly id: string;
};

export function unmarshalJobPauseArg(input: Input, at: string, name: string | number): JobPauseArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobPauseArg>;
  result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Lets a paused job go on.
 *
 * Arguments of the command `job-resume`.
 *
 * Source: schema/job.json, line 96.
 */
export type JobResumeArg = {
  /** its name */
  readonly id: string;
};

export function unmarshalJobResumeArg(input: Input, at: string, name: string | number): JobResumeArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobResumeArg>;
  result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Gives a job up at the next opportunity.  What it has made is gone when it
 * has concluded.
 *
 * Arguments of the command `job-cancel`.
 *
 * Source: schema/job.json, line 108.
 */
export type JobCancelArg = {
  /** its name */
  readonly id: string;
};

export function unmarshalJobCancelArg(input: Input, at: string, name: string | number): JobCancelArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobCancelArg>;
  result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Ends a job that is ready.  No job here waits for that, so that it is always
 * an error.
 *
 * Arguments of the command `job-complete`.
 *
 * Source: schema/job.json, line 120.
 */
export type JobCompleteArg = {
  /** its name */
  readonly id: string;
};

export function unmarshalJobCompleteArg(input: Input, at: string, name: string | number): JobCompleteArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobCompleteArg>;
  result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Forgets a job that has concluded.
 *
 * Arguments of the command `job-dismiss`.
 *
 * Source: schema/job.json, line 131.
 */
export type JobDismissArg = {
  /** its name */
  readonly id: string;
};

export function unmarshalJobDismissArg(input: Input, at: string, name: string | number): JobDismissArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobDismissArg>;
  result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Ends a job that is pending.  Every job here does so by itself, so that it is
 * always an error.
 *
 * Arguments of the command `job-finalize`.
 *
 * Source: schema/job.json, line 143.
 */
export type JobFinalizeArg = {
  /** its name */
  readonly id: string;
};

export function unmarshalJobFinalizeArg(input: Input, at: string, name: string | number): JobFinalizeArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<JobFinalizeArg>;
  result.id = asString(object.id, path, "id");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "id":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/job.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface JobHandlers<P> {
  /**
   * Has a job stand still at the next opportunity.
   *
   * Since: 0.1
   */
  readonly "job-pause": PlainHandler<JobPauseArg, void, P>;

  /**
   * Lets a paused job go on.
   *
   * Since: 0.1
   */
  readonly "job-resume": PlainHandler<JobResumeArg, void, P>;

  /**
   * Gives a job up at the next opportunity.  What it has made is gone when it
   * has concluded.
   *
   * Since: 0.1
   */
  readonly "job-cancel": PlainHandler<JobCancelArg, void, P>;

  /**
   * Ends a job that is ready.  No job here waits for that, so that it is always
   * an error.
   *
   * Since: 0.1
   */
  readonly "job-complete": PlainHandler<JobCompleteArg, void, P>;

  /**
   * Forgets a job that has concluded.
   *
   * Since: 0.1
   */
  readonly "job-dismiss": PlainHandler<JobDismissArg, void, P>;

  /**
   * Ends a job that is pending.  Every job here does so by itself, so that it is
   * always an error.
   *
   * Since: 0.1
   */
  readonly "job-finalize": PlainHandler<JobFinalizeArg, void, P>;

  /**
   * Lists the jobs that have not been dismissed, the newest first.
   *
   * Returns: one entry for each job.
   *
   * Since: 0.1
   */
  readonly "query-jobs": PlainHandler<NoMembers, readonly JobInfo[], P>;
}

function marshalJobPause<P>(handler: PlainHandler<JobPauseArg, void, P>): PlainCommand<P> {
  return {
    name: "job-pause",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalJobPauseArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalJobPauseArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalJobResume<P>(handler: PlainHandler<JobResumeArg, void, P>): PlainCommand<P> {
  return {
    name: "job-resume",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalJobResumeArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalJobResumeArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalJobCancel<P>(handler: PlainHandler<JobCancelArg, void, P>): PlainCommand<P> {
  return {
    name: "job-cancel",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalJobCancelArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalJobCancelArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalJobComplete<P>(handler: PlainHandler<JobCompleteArg, void, P>): PlainCommand<P> {
  return {
    name: "job-complete",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalJobCompleteArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalJobCompleteArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalJobDismiss<P>(handler: PlainHandler<JobDismissArg, void, P>): PlainCommand<P> {
  return {
    name: "job-dismiss",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalJobDismissArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalJobDismissArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function marshalJobFinalize<P>(handler: PlainHandler<JobFinalizeArg, void, P>): PlainCommand<P> {
  return {
    name: "job-finalize",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalJobFinalizeArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalJobFinalizeArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

function returnQueryJobs(result: readonly JobInfo[]): JsonValue {
  return marshalResult(
    "query-jobs",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalJobInfo),
  );
}

function marshalQueryJobs<P>(handler: PlainHandler<NoMembers, readonly JobInfo[], P>): PlainCommand<P> {
  return {
    name: "query-jobs",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQueryJobs(handler(args, context));
    },
  };
}

/** Binds the commands in schema/job.json to their handlers. */
export function marshalJobCommands<P>(handlers: JobHandlers<P>): PlainCommand<P>[] {
  return [
    marshalJobPause(handlers["job-pause"]),
    marshalJobResume(handlers["job-resume"]),
    marshalJobCancel(handlers["job-cancel"]),
    marshalJobComplete(handlers["job-complete"]),
    marshalJobDismiss(handlers["job-dismiss"]),
    marshalJobFinalize(handlers["job-finalize"]),
    marshalQueryJobs(handlers["query-jobs"]),
  ];
}
