/** What a run shows of itself: one line with a bar that changes, at a terminal; a line a second, elsewhere. */

import type { Progress } from "./run.ts";
import { figureText, timeText } from "./units.ts";

export interface LiveView {
  show(progress: Progress): void;
  /** Leaves the output to others. */
  end(): void;
}

const BAR_STEPS = 1000;
const BAR_CHARS = 20;

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
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    stream: output,
    format: "{bar} {elapsed}  {figures}",
    barsize: BAR_CHARS,
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    hideCursor: true,
    clearOnComplete: true,
    linewrap: null,
    // Ctrl-C ends the run in order, which is the caller's to do.
    gracefulExit: false,
  });
  bar.start(BAR_STEPS, 0, { elapsed: "", figures: "connecting" });
  return {
    show(progress) {
      const figures = figuresText(progress);
      bar.update(Math.round(progress.share * BAR_STEPS), { elapsed: elapsedText(progress).trim(), figures });
    },
    end: () => bar.stop(),
  };
}

function elapsedText({ elapsedMs }: Progress): string {
  return `${Math.round(elapsedMs / 1000)} s`.padStart(6);
}

function figuresText({ interval }: Progress): string {
  const { ratePerSecond, latencyUs, errors, inFlight, waiting, phase } = interval;
  const latencies =
    latencyUs === undefined
      ? "no reply"
      : `p50 ${timeText(latencyUs.p50)}  p99 ${timeText(latencyUs.p99)}  p99.9 ${timeText(latencyUs.p999)}`;
  const late = waiting === 0 ? "" : `  ${figureText(waiting)} waiting`;
  const ramp = phase === "ramp" ? "  (ramp)" : "";
  return `${figureText(ratePerSecond)}/s  ${latencies}  ${errors} errors  ${inFlight} in flight${late}${ramp}`;
}
