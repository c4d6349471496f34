/** A bar in one line of a terminal, with a text beside it; of the load tester and the screendump benchmark. */

const STEPS = 1000;
/** The text has more to say: the bar takes what that leaves. */
const CHARS_MAX = 20;
const CHARS_MIN = 4;
const COLUMNS = 80;

export interface ProgressBar {
  /** `share` is 0 to 1. */
  show(share: number, text: string): void;
  /** Leaves the terminal to others. */
  end(): void;
}

export async function startProgressBar(stream: NodeJS.WriteStream, text: string): Promise<ProgressBar> {
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    stream,
    format: (_, { progress }, { text }: { readonly text: string }) =>
      `${barText(progress, (stream.columns ?? COLUMNS) - text.length - 2)} ${text}`,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: null,
    // Ctrl-C ends the run in order, which is the caller's to do.
    gracefulExit: false,
  });
  // A terminal without a cursor is of no use to anybody.
  const stop = (): void => bar.stop();
  process.once("exit", stop);
  bar.start(STEPS, 0, { text });
  return {
    show: (share, text) => bar.update(Math.round(share * STEPS), { text }),
    end() {
      process.off("exit", stop);
      stop();
    },
  };
}

function barText(progress: number, room: number): string {
  const chars = Math.min(CHARS_MAX, Math.max(CHARS_MIN, room));
  return "\u2588".repeat(Math.round(progress * chars)).padEnd(chars, "\u2591");
}
