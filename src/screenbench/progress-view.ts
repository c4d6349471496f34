/** What a benchmark shows while it runs: one line with a bar, at a terminal; a line for each turn, elsewhere. */

import type { BenchProgress } from "./run.ts";

export interface ProgressView {
  show(progress: BenchProgress): void;
  /** Leaves the output to others. */
  end(): void;
}

const BAR_STEPS = 1000;
const BAR_CHARS = 20;

export async function createProgressView(output: NodeJS.WriteStream): Promise<ProgressView> {
  return output.isTTY ? barView(output) : lineView(output);
}

function lineView(output: NodeJS.WritableStream): ProgressView {
  let last = "";
  return {
    show({ share, text }) {
      // Figures that come every second are for who watches.
      const [step = ""] = text.split(/, [\d.]+\/s$/);
      if (step === last) return;
      last = step;
      output.write(`${String(Math.floor(share * 100)).padStart(3)} %  ${step}\n`);
    },
    end() {},
  };
}

async function barView(output: NodeJS.WriteStream): Promise<ProgressView> {
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    stream: output,
    format: "{bar} {percentage} %  {text}",
    barsize: BAR_CHARS,
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    hideCursor: true,
    clearOnComplete: true,
    linewrap: null,
    // Ctrl-C ends the run in order, which is the caller's to do.
    gracefulExit: false,
  });
  bar.start(BAR_STEPS, 0, { text: "" });
  return {
    show: ({ share, text }) => bar.update(Math.round(share * BAR_STEPS), { text }),
    end: () => bar.stop(),
  };
}
