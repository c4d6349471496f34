/** Handlers of the schema module `job`. */

import type { JobHandlers } from "../qapi/generated/job.ts";
import type { PlainContext } from "../qmp/context.ts";
import type { JobTable } from "./job-table.ts";

export function jobHandlers(jobs: JobTable): JobHandlers<PlainContext> {
  return {
    "query-jobs": () => jobs.info(),
    "job-pause": ({ id }) => jobs.pause(id),
    "job-resume": ({ id }) => jobs.resume(id),
    "job-cancel": ({ id }) => jobs.cancel(id),
    "job-complete": ({ id }) => jobs.complete(id),
    "job-finalize": ({ id }) => jobs.finalize(id),
    "job-dismiss": ({ id }) => jobs.dismiss(id),
  };
}
