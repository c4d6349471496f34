/** What the threads tell at their end, put together. */

import { type Ending, FAULT_KINDS, type FaultKind } from "./contract.ts";
import { NameCounts } from "./name-counts.ts";
import type { LoadResult } from "./result.ts";

type EndingsResult = Pick<
  LoadResult,
  "reconnects" | "events" | "slowReaders" | "faults" | "faultExamples"
> & { readonly unsent: number };

export function joinEndings(endings: readonly Ending[]): EndingsResult {
  const sumOf = (of: (ending: Ending) => number): number =>
    endings.reduce((sum, ending) => sum + of(ending), 0);
  return {
    reconnects: sumOf(({ reconnects }) => reconnects),
    events: eventsOf(endings),
    slowReaders: {
      replies: sumOf(({ slowReaders }) => slowReaders.replies),
      closed: sumOf(({ slowReaders }) => slowReaders.closed),
    },
    faults: Object.fromEntries(
      FAULT_KINDS.map((kind) => [kind, sumOf(({ faults }) => faults[kind])]),
    ) as Record<FaultKind, number>,
    faultExamples: endings.flatMap(({ examples }) => examples),
    unsent: sumOf(({ unsent }) => unsent),
  };
}

function eventsOf(endings: readonly Ending[]): LoadResult["events"] {
  const names = new NameCounts();
  for (const { eventsByName } of endings) names.addAll(eventsByName);
  const byName = names.toRecord();
  let least: number | undefined;
  let most: number | undefined;
  for (const { eventsByClient } of endings) {
    for (const count of eventsByClient) {
      least = Math.min(least ?? count, count);
      most = Math.max(most ?? count, count);
    }
  }
  return {
    total: Object.values(byName).reduce((sum, count) => sum + count, 0),
    byName,
    perClientMin: least,
    perClientMax: most,
  };
}
