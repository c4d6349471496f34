/** A bar in one line of a terminal, with figures beside it; of the load tester and the screendump benchmark. */

const STEPS = 1000;
const CHARS = 20;

export interface ProgressBar<Figures extends object> {
  /** `share` is 0 to 1. */
  show(share: number, figures: Figures): void;
  /** Leaves the terminal to others. */
  end(): void;
}

/** `format` is cli-progress's: `{name}` stands for a member of the figures. */
export async function startProgressBar<Figures extends object>(
  stream: NodeJS.WriteStream,
  format: string,
  figures: Figures,
): Promise<ProgressBar<Figures>> {
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    stream,
    format,
    barsize: CHARS,
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    hideCursor: true,
    clearOnComplete: true,
    linewrap: null,
    // Ctrl-C ends the run in order, which is the caller's to do.
    gracefulExit: false,
  });
  bar.start(STEPS, 0, figures);
  return {
    show: (share, figures) => bar.update(Math.round(share * STEPS), figures),
    end: () => bar.stop(),
  };
}
