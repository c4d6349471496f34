/** The command line of `qmpd bench screendump`.  What it does is loaded when it is run. */

import { type Command, InvalidArgumentError } from "commander";

const EXAMPLES = `
Examples:
  qmpd bench screendump qmpd qemu
      this server and real QEMU, both started here, in turn: 720p, 1080p and 4K, as PNG and PPM, to memory
  qmpd bench screendump qmpd qemu --size 1080p,4K --format png --clients 1,4 --out result
      one client, and four with a console each; result/report.html shows the chart dumps-per-second.svg
  qmpd bench screendump qmpd qemu --size 1080p --waiters 16
      sixteen clients that wait on one console: a refresh may serve all of them
  qmpd bench screendump qmpd --content moving --device VGA,qxl --waiters 8
      pictures that carry the number of their frame: each has to be fresh, and whole
  qmpd bench screendump qmpd --target tmpfs,disk,reply
  qmpd bench screendump unix:qmp.sock unix:k0.sock,unix:k1.sock --waiters 2
      servers that run already; the sockets of one QEMU, which serves one client each, are joined by commas

Servers: unix:PATH or tcp:HOST:PORT, or the words qmpd and qemu, which start one for each case.  Ratios are to the one that is
named last.  A file has to be on this computer; --target reply needs none.

Exit status: 0, all is well; 1, it could not be run, or a case failed; 2, a picture or a reply was wrong;
130 with Ctrl-C, it was interrupted.
`;

export function addBenchCommand(program: Command): void {
  const bench = program.command("bench").description("Benchmarks of QMP servers.");
  bench
    .command("screendump")
    .description("Measures and verifies the screendumps of QMP servers, side by side.")
    .argument("<server...>", "unix:PATH, tcp:HOST:PORT, qmpd or qemu")
    .option(
      "--size <sizes>",
      "720p, 1080p, 1440p, 4K or WIDTHxHEIGHT, of servers started here (default: 720p,1080p,4K)",
      list,
    )
    .option("--format <formats>", "png, ppm (default: both)", list)
    .option("--clients <n,...>", "clients, each with a console of its own (default: 1)", counts)
    .option("--waiters <n,...>", "clients that all wait on one console", counts)
    .option(
      "--device <devices>",
      "VGA, qxl, or pc: a PC whose guest has painted; of servers started here (default: VGA)",
      list,
    )
    .option("--target <targets>", "tmpfs, disk, reply (default: tmpfs)", list)
    .option("--content <content>", "what our own displays show: still or moving (default: still)")
    .option("--console <id>", "device of servers that run already; {client} in it is the client's number")
    .option("--disk <folder>", "where target disk is (default: the folder of temporary files)")
    .option("--duration <time>", "of a round of one server", "3s")
    .option("--rounds <n>", "how often each server is loaded", wholeNumber, 3)
    .option("--out <folder>", "write screendump.json, report.html and dumps-per-second.svg there")
    .addHelpText("after", EXAMPLES)
    .action(async (...args: Parameters<typeof import("./bench-screendump.ts").runBenchScreendump>) => {
      const { runBenchScreendump } = await import("./bench-screendump.ts");
      await runBenchScreendump(...args);
    });
}

function list(text: string): string[] {
  const words = text.split(",").filter((word) => word !== "");
  if (words.length === 0) throw new InvalidArgumentError("one or several, separated by commas, are expected");
  return words;
}

function counts(text: string): number[] {
  return list(text).map(wholeNumber);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new InvalidArgumentError("a whole number from 1 to 9999 is expected");
  return Number(text);
}
