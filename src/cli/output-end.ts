/** What becomes of a program whose output cannot be written. */

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
