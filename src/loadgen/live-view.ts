/** What a run shows of itself: one line with a bar that changes, at a terminal; a line a second, elsewhere. */

import { startProgressBar } from "./progress-bar.ts";
import type { Progress } from "./run.ts";
import { figureText, timeText } from "./units.ts";

export interface LiveView {
  show(progress: Progress): void;
  /** Leaves the output to others. */
  end(): void;
}

export async function createLiveView(output: NodeJS.WriteStream): Promise<LiveView> {
  return output.isTTY ? barView(output) : lineView(output);
}

function lineView(output: NodeJS.WritableStream): LiveView {
  return {
    show: (progress) => void output.write(`${elapsedText(progress)}  ${figuresText(progress)}\n`),
    end() {},
  };
}

async function barView(output: NodeJS.WriteStream): Promise<LiveView> {
  const bar = await startProgressBar(output, "connecting");
  return {
    show: (progress) => bar.show(progress.share, `${elapsedText(progress).trim()}  ${figuresText(progress)}`),
    end: bar.end,
  };
}

function elapsedText({ elapsedMs }: Progress): string {
  return `${Math.round(elapsedMs / 1000)} s`.padStart(6);
}

function figuresText({ interval, patienceMs }: Progress): string {
  if (patienceMs !== undefined) {
    const replies = `${figureText(interval.inFlight)} ${interval.inFlight === 1 ? "reply" : "replies"}`;
    return `waiting for ${replies}, ${Math.ceil(patienceMs / 1000)} s more if none comes (Ctrl-C gives up)`;
  }
  const { ratePerSecond, latencyUs, errors, inFlight, waiting, phase } = interval;
  const latencies =
    latencyUs === undefined
      ? "no reply"
      : `p50 ${timeText(latencyUs.p50)}  p99 ${timeText(latencyUs.p99)}  p99.9 ${timeText(latencyUs.p999)}`;
  const late = waiting === 0 ? "" : `  ${figureText(waiting)} waiting`;
  const ramp = phase === "ramp" ? "  (ramp)" : "";
  return `${figureText(ratePerSecond)}/s  ${latencies}  ${errors} errors  ${inFlight} in flight${late}${ramp}`;
}
