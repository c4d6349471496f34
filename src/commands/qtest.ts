/** Handlers of the schema module `qtest`: for tests of clients, and of this program. */

import { checkEventData, isEventName } from "../qapi/generated/events.ts";
import type { QtestHandlers } from "../qapi/generated/qtest.ts";
import { isJsonObject } from "../qjson/value.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { PROGRESS_PERIOD_MS, TIMER_MS_MAX } from "../util/limits.ts";
import type { MachineControl } from "./machine-control.ts";

export function qtestHandlers(
  machine: MachineControl,
  clock: Clock,
): QtestHandlers<PlainContext, CommandContext> {
  return {
    "qtest-timeout": {
      handle({ duration }, context) {
        if (!(duration >= 0 && duration * 1000 <= TIMER_MS_MAX)) {
          throw new QmpError(
            `Parameter 'duration' expects a number of seconds from 0 to ${TIMER_MS_MAX / 1000}`,
          );
        }
        return elapsed(duration * 1000, context, clock);
      },
    },
    "qtest-emit"({ event, data = {} }) {
      if (!isEventName(event)) throw new QmpError(`The event ${event} has not been found`);
      if (!isJsonObject(data)) throw new QmpError("Invalid parameter type for 'data', expected: object");
      checkEventData(event, data);
      machine.emit(event, Object.keys(data).length === 0 ? undefined : data);
    },
  };
}

/** Settles after `ms`, or with the signal's reason when that fires first.  Tells its progress in milliseconds. */
function elapsed(totalMs: number, context: CommandContext, clock: Clock): Promise<void> {
  const { signal } = context;
  return new Promise((resolve, reject) => {
    let timer: Timer;
    const abort = (): void => {
      timer.cancel();
      reject(signal.reason);
    };
    const step = (elapsedMs: number): void => {
      const stepMs = Math.min(totalMs - elapsedMs, PROGRESS_PERIOD_MS);
      timer = clock.startTimer(stepMs, () => {
        if (elapsedMs + stepMs < totalMs) {
          context.progress({ current: elapsedMs + stepMs, total: Math.ceil(totalMs) });
          return step(elapsedMs + stepMs);
        }
        signal.removeEventListener("abort", abort);
        resolve();
      });
    };
    signal.addEventListener("abort", abort);
    step(0);
  });
}
