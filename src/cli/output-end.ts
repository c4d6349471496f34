/** How a program ends that others stop: its output cannot be written, or a signal comes. */

/** From now on, ends the process when that happens. */
export function endWithoutReader(): void {
  for (const output of [process.stdout, process.stderr]) {
    output.on("error", (error: NodeJS.ErrnoException) => {
      // Whoever read it has gone (`| head`, or a terminal that is closed): there is nobody to work for.
      if (output === process.stdout && error.code !== "EPIPE") {
        process.stderr.write(`qmpd: standard output: ${error.message}\n`);
      }
      process.exit(1);
    });
  }
}

/** Exit status of who was interrupted, as shells have it: a script does not go on as if all had been done. */
export function statusOfSignal(signal: number): number {
  return 128 + signal;
}
