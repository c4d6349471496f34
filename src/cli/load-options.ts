/** The command line of `qmpd load` and `qmpd load compare`.  What they do is loaded when one is run. */

import { type Command, InvalidArgumentError } from "commander";

const EXAMPLES = `
Examples:
  qmpd load unix:qmp.sock
      one client, one command in flight, ten seconds of light questions
  qmpd load unix:qmp.sock --clients 64 --duration 30s --mix 'query-status:9; query-name:1'
  qmpd load unix:qmp.sock --clients 8 --rate 2000 --threshold 'p99<5ms' --threshold 'unsent<1%'
      open loop: 2000 commands a second arrive, whether or not the server keeps up
  qmpd load unix:qmp.sock --clients 4 --mix 'query-status:50; screendump:1 filename=/tmp/{client}.png format=png'
      what a slow command does to light ones: the head-of-line figures
  qmpd load unix:qmp.sock --clients 10000 --ramp 10s --out result
      result/report.html has the charts, result/run.json and result/latency.hlog the figures
  qmpd load unix:q0.sock unix:q1.sock unix:q2.sock --clients 3
      QEMU serves one client a socket: clients are spread over the endpoints
  qmpd load compare unix:qmp.sock unix:qemu.sock --duration 5s --rounds 5
  qmpd load compare result-before result-after

A mix is COMMAND:WEIGHT NAME=VALUE ...; several are separated by semicolons, {client} is the client's number.  In a file
that ends in .yaml it is a list of {command, weight, arguments, heavy}.

Thresholds: p50, p90, p99, p99.9, min, mean, max (a time), rate, errors and unsent (a number, or a share such as 1%),
head-of-line (a ratio); COMMAND: before one makes it that command's alone.

Exit status: 0, all is well; 1, it could not be run; 2, replies were lost, doubled, foreign, out of order, or a connection
broke; 3, a threshold was missed; 130 or 143, it was interrupted by SIGINT or SIGTERM.
`;

const COMPARE_EXAMPLES = `
Examples:
  qmpd load compare unix:qmp.sock unix:qemu.sock --duration 5s --rounds 5
  qmpd load compare unix:qmp.sock unix:q0.sock,unix:q1.sock --clients 2
      several endpoints of one side are joined by commas
  qmpd load compare result-before result-after
      two runs that --out has saved
`;

/** Loaded when a subcommand is run. */
type Actions = typeof import("./load.ts");

export function addLoadCommand(program: Command): void {
  const load = program
    .command("load")
    .description("Puts a load on any QMP server, checks every reply, and measures.")
    .argument("<endpoint...>", "unix:PATH or tcp:HOST:PORT; clients are spread over several")
    // So that the options of `compare` are its own.
    .enablePositionalOptions();
  addRunOptions(load)
    .option("--threshold <FIGURE<VALUE...>", "what has to be reached, for the exit status; may be repeated")
    .option("--out <folder>", "write run.json, latency.hlog and report.html there")
    .addHelpText("after", EXAMPLES)
    .action(async (...args: Parameters<Actions["runLoad"]>) => {
      const { runLoad } = await import("./load.ts");
      await runLoad(...args);
    });
  const compare = load
    .command("compare")
    .description("Puts two saved runs, or two servers loaded in turn, side by side.")
    .argument("<A>", "a folder that --out has written, or endpoints joined by commas")
    .argument("<B>", "the same");
  addRunOptions(compare)
    .option("--rounds <n>", "how often each server is loaded", wholeNumber, 3)
    .option("--out <file>", "write the comparison as JSON")
    .addHelpText("after", COMPARE_EXAMPLES)
    .action(async (...args: Parameters<Actions["runCompare"]>) => {
      const { runCompare } = await import("./load.ts");
      await runCompare(...args);
    });
}

function addRunOptions(command: Command): Command {
  return command
    .option("--clients <n>", "connections", wholeNumber, 1)
    .option("--ramp <time>", "add the clients over this time (default: all at once)")
    .option("--in-flight <n>", "commands of one client in flight", wholeNumber, 1)
    .option("--duration <time>", "how long, after the ramp (default: 10s)")
    .option("--count <n>", "end after so many commands instead", wholeNumber)
    .option("--mix <mix>", "commands and weights, or a file of them (default: light questions)")
    .option("--rate <n>", "open loop: so many commands arrive a second", positive)
    .option("--think-time <time>", "between a reply and the client's next command")
    .option("--async", "enable the capability async")
    .option("--oob", "enable the capability oob, and send what may be out of band so")
    .option("--reconnect <rate>", "so many connections a second are made anew", positive)
    .option("--slow-readers <n>", "further clients, that read less than they ask for", wholeNumber)
    .option("--seed <n>", "repeats the choice of commands (default: another each time)", seed)
    .option("--threads <n>", "threads of the generator (default: one less than cores)", wholeNumber)
    .option("--metrics <url>", "the server's metrics, in Prometheus' format")
    .option("--server-pid <pid>", "the server's process here, for its processor time", wholeNumber);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("a whole number above 0 is expected");
  return Number(text);
}

function positive(text: string): number {
  const value = /^\d{1,9}(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new InvalidArgumentError("a number above 0 is expected");
  return value;
}

function seed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a number from 0 to 999999999 is expected");
  return Number(text);
}
