/**
 * COMMAND_PROGRESS: what sessions that negotiated `async` hear of their own commands, at most once in a
 * period for each (rule C6).  A command that never reports costs nothing here.
 */

import { type SchedulerLike, Subject, type Subscription, throttleTime } from "rxjs";
import type { CallOwner, CommandCall } from "../qmp/call.ts";
import type { Progress } from "../qmp/context.ts";
import { PROGRESS_PERIOD_MS } from "../util/limits.ts";

interface Report {
  readonly progress: Subject<Progress>;
  readonly subscription: Subscription;
}

export class ProgressReports {
  readonly #scheduler: SchedulerLike;
  readonly #reports = new Map<CommandCall, Report>();

  constructor(scheduler: SchedulerLike) {
    this.#scheduler = scheduler;
  }

  report(call: CommandCall, progress: Progress, owner: Pick<CallOwner, "unicast">): void {
    let report = this.#reports.get(call);
    if (report === undefined) {
      const subject = new Subject<Progress>();
      const subscription = subject
        .pipe(throttleTime(PROGRESS_PERIOD_MS, this.#scheduler, { leading: true, trailing: true }))
        .subscribe(({ current, total, pausedUs }) => {
          const paused = pausedUs === undefined ? {} : { "paused-us": pausedUs };
          owner.unicast("COMMAND_PROGRESS", {
            id: call.id,
            command: call.command,
            current,
            total,
            ...paused,
          });
        });
      report = { progress: subject, subscription };
      this.#reports.set(call, report);
    }
    report.progress.next(progress);
  }

  /** No report of `call` leaves after this: its reply is next. */
  end(call: CommandCall): void {
    this.#reports.get(call)?.subscription.unsubscribe();
    this.#reports.delete(call);
  }
}
