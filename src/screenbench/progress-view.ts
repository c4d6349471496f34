/** What a benchmark shows while it runs: one line with a bar, at a terminal; a line for each turn, elsewhere. */

import { startProgressBar } from "../loadgen/progress-bar.ts";
import type { BenchProgress } from "./run.ts";

export interface ProgressView {
  show(progress: BenchProgress): void;
  /** Leaves the output to others. */
  end(): void;
}

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
  const bar = await startProgressBar(output, "");
  return {
    show: ({ share, text }) => bar.show(share, `${Math.floor(share * 100)} %  ${text}`),
    end: bar.end,
  };
}
