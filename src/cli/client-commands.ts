/**
 * The subcommands that are clients: their command lines.  What they do is loaded when one is run, as `qmpd serve` should
 * not wait for it.
 */

import { type Command, InvalidArgumentError, Option } from "commander";

const SHELL_EXAMPLES = `
Examples:
  qmpd shell unix:qmp.sock
      at a terminal: Tab completes, "help" lists the commands, Ctrl-D leaves
  echo query-status | qmpd shell unix:qmp.sock
      from a pipe: the reply as JSON on a line; the exit status is 1 if a command failed
  qmpd shell tcp:127.0.0.1:4444 < commands.txt
      a file of commands, one a line: QMP's JSON, or command key=value
  echo 'blockdev-add driver=null-co node-name=disk size=1048576' | qmpd shell unix:qmp.sock
  qmpd shell unix:qmp.sock --events < commands.txt
      events on standard output too, between the replies
`;

const SCREENDUMP_EXAMPLES = `
Examples:
  qmpd screendump unix:qmp.sock screen.png
  qmpd screendump tcp:127.0.0.1:4444 screen.ppm --device video0 --head 1
      the second head of a display, without compression
  qmpd screendump unix:qmp.sock - > screen.png
      to standard output
  qmpd screendump unix:qmp.sock -
      shown right here, by a terminal that knows kitty's graphics or sixels
  qmpd screendump unix:qmp.sock screen.png --timeout 2

The picture comes in the reply of screendump-data where the server has that command, so that it may be on another
computer.  Any other, such as QEMU, writes a file itself, and has to be on this one.
`;

const TIMEOUT_SECONDS = 30;

export function addClientCommands(program: Command): void {
  program
    .command("shell")
    .description("Gives commands to any QMP server, typed or from a script.")
    .argument("<endpoint>", "unix:PATH or tcp:HOST:PORT")
    .option("--events", "print events too, when the input is no terminal")
    .option("--no-history", "neither read nor write the history of lines typed")
    .addHelpText("after", SHELL_EXAMPLES)
    .action(async (...args: Parameters<typeof import("./shell.ts").runShell>) => {
      const { runShell } = await import("./shell.ts");
      await runShell(...args);
    });
  program
    .command("screendump")
    .description("Takes one picture of a display of any QMP server.")
    .argument("<endpoint>", "unix:PATH or tcp:HOST:PORT")
    .argument("<file>", "where to write it; - is standard output, or shows it in a terminal")
    .option("--device <id>", "the display's device (default: the first display)")
    .option("--head <n>", "which head of the device, from 0", head)
    .addOption(
      new Option("--format <format>", "by the file's ending if left out, PNG in doubt").choices([
        "png",
        "ppm",
      ]),
    )
    .option("--timeout <seconds>", "give up after this long", seconds, TIMEOUT_SECONDS)
    .addHelpText("after", SCREENDUMP_EXAMPLES)
    .action(async (...args: Parameters<typeof import("./screendump.ts").runScreendump>) => {
      const { runScreendump } = await import("./screendump.ts");
      await runScreendump(...args);
    });
}

function head(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a number from 0 is expected");
  return Number(text);
}

function seconds(text: string): number {
  const value = /^\d{1,6}(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new InvalidArgumentError("a number of seconds above 0 is expected");
  return value;
}
