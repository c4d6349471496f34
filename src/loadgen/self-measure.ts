/**
 * What this thread takes of the computer.  Source: Linux, /proc/thread-self/schedstat: nanoseconds on a core, and
 * nanoseconds ready to run without one.  Elsewhere: the share of time that the event loop was not idle.
 */

import { readFileSync } from "node:fs";
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { ThreadLoad } from "./contract.ts";

const LOOP_DELAY_RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

interface SchedulerTimes {
  readonly cpuMs: number;
  readonly waitMs: number;
}

/** Measures the thread that makes it and calls it. */
export class SelfMeasure {
  readonly #loopDelay = monitorEventLoopDelay({ resolution: LOOP_DELAY_RESOLUTION_MS });
  #atMs = performance.now();
  #times = schedulerTimes();
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();

  constructor() {
    this.#loopDelay.enable();
  }

  /** Since the last call. */
  take(): ThreadLoad {
    const nowMs = performance.now();
    const elapsedMs = Math.max(nowMs - this.#atMs, 1e-3);
    const times = schedulerTimes();
    const utilization = performance.eventLoopUtilization();
    const loopDelayMs = Math.max(0, this.#loopDelay.max / NS_PER_MS - LOOP_DELAY_RESOLUTION_MS);
    const load =
      times !== undefined && this.#times !== undefined
        ? {
            cpuShare: (times.cpuMs - this.#times.cpuMs) / elapsedMs,
            waitShare: (times.waitMs - this.#times.waitMs) / elapsedMs,
          }
        : {
            cpuShare: performance.eventLoopUtilization(utilization, this.#utilization).utilization,
            waitShare: undefined,
          };
    this.#loopDelay.reset();
    this.#atMs = nowMs;
    this.#times = times;
    this.#utilization = utilization;
    return { ...load, loopDelayMs };
  }

  stop(): void {
    this.#loopDelay.disable();
  }
}

function schedulerTimes(): SchedulerTimes | undefined {
  try {
    const [cpuNs, waitNs] = readFileSync("/proc/thread-self/schedstat", "latin1").split(" ");
    return { cpuMs: Number(cpuNs) / NS_PER_MS, waitMs: Number(waitNs) / NS_PER_MS };
  } catch {
    return undefined; // Another system, or a kernel without these figures.
  }
}
