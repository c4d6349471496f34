/** What a turn of load tells of a server, and what the rounds tell of two of them. */

import { median } from "../loadgen/compare.ts";
import { errorCount, faultCount, type LoadResult } from "../loadgen/result.ts";
import { GENERATOR_CPU_SHARE_MAX } from "../loadgen/run.ts";
import { LOAD_LINGER_MS } from "../util/limits.ts";
import type { Ratio, Round, ServerResult } from "./result.ts";

export function roundOf(result: LoadResult): Round {
  const { total, generator, serverCpuUsPerReply } = result;
  const cpuShare = Math.max(...generator.threads.map((thread) => thread.cpuShare));
  const waits = generator.threads.flatMap(({ waitShare }) => (waitShare === undefined ? [] : [waitShare]));
  return {
    perSecond: picturesPerSecond(result),
    latencyUs: total.latencyUs,
    cpuUsPerPicture: serverCpuUsPerReply,
    generatorCpuShare: cpuShare,
    generatorWaitShare: waits.length === 0 ? undefined : Math.max(...waits),
    limit:
      generator.limit === undefined
        ? undefined
        : cpuShare > GENERATOR_CPU_SHARE_MAX
          ? "generator"
          : "computer",
    errors: errorCount(total),
    unanswered: result.faults.lost,
    faults: faultCount(result) - result.faults.lost,
  };
}

/**
 * All pictures, no errors, that were asked for in the time of the round, over the time until the last of them had come: a slow server makes
 * so few in a round that those which came in its time would not tell its rate.
 */
function picturesPerSecond({ total, intervals, durationMs }: LoadResult): number {
  const last = intervals.at(-1);
  // The generator lingers, for replies that nobody asked for.
  const endMs = last?.phase === "drain" ? last.atMs - LOAD_LINGER_MS : durationMs;
  return ((total.replies - errorCount(total)) * 1000) / Math.max(endMs, durationMs);
}

/** Each against the last one. */
export function withRatios(servers: readonly ServerResult[]): ServerResult[] {
  const baseline = servers.at(-1);
  return servers.map((server) => {
    const ratio = server === baseline || baseline === undefined ? undefined : ratioOf(server, baseline);
    return { ...server, ratio };
  });
}

function ratioOf(server: ServerResult, baseline: ServerResult): Ratio | undefined {
  const ratios = server.rounds.flatMap(({ perSecond }, round) => {
    const other = baseline.rounds[round]?.perSecond;
    return other === undefined || other === 0 ? [] : [perSecond / other];
  });
  if (ratios.length === 0) return undefined;
  const [ours, theirs] = [server.verified, baseline.verified];
  const isSamePicture = ours?.stillHash !== undefined && ours.stillHash === theirs?.stillHash;
  return {
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    pictureSize:
      isSamePicture && ours.bytes !== undefined && theirs.bytes !== undefined
        ? ours.bytes / theirs.bytes
        : undefined,
  };
}
