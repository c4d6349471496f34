/** Handlers of the schema module `monitor`: what sessions do, and cancelling it. */

import type { MonitorHandlers } from "../qapi/generated/monitor.ts";
import type { PlainContext, Progress } from "../qmp/context.ts";

export function monitorHandlers(): MonitorHandlers<PlainContext> {
  return {
    "query-sessions": (_, { monitor }) =>
      monitor.sessions().map((session) => ({
        session: session.sessionId,
        peer: session.peer,
        capabilities: [...session.capabilities],
        limits: { queued: session.requestQueueLenMax, async: session.asyncInFlightMax },
        commands: session.commands.map(({ id, command, ageMs, state, progress }) => ({
          ...(id === undefined ? {} : { id }),
          command,
          "age-ms": Math.round(ageMs),
          state,
          ...(progress === undefined ? {} : { progress: told(progress) }),
        })),
      })),
    "cancel-command": ({ id, session: sessionId }, { monitor, session }) =>
      monitor.cancel(id, sessionId === undefined ? session.sessionId : Number(sessionId)),
  };
}

function told({ current, total, pausedUs }: Progress) {
  return { current, total, ...(pausedUs === undefined ? {} : { "paused-us": pausedUs }) };
}
