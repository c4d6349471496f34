/** A server as a process of ours: started, waited for until it answers, and stopped whatever happens. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { basename } from "node:path";
import { LoadError } from "../loadgen/load-error.ts";

const STOP_MS_MAX = 5_000;
const START_MS_MAX = 20_000;

export interface ServerProcess {
  /** QEMU serves one client a monitor at a time, so it has a socket for each client. */
  readonly sockets: readonly string[];
  readonly pid: number;
  /** From the start of the process to the greeting of the first monitor. */
  readonly startMs: number;
  /** From the start of the process to the first reply of that monitor. */
  readonly firstReplyMs: number;
  /** Settles with the exit status when the process has ended by itself or was stopped; null after a signal. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

/**
 * Starts a server and waits for the first reply on its first socket.  `cleanup`, which has to be synchronous, runs when it has
 * stopped, or could not be started: that is a {@link LoadError} with what it complained of.
 */
export async function startServerProcess(
  command: string,
  args: readonly string[],
  sockets: readonly string[],
  cleanup: () => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ServerProcess> {
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-4096);
  });
  const exited = ending(child);
  // Whoever started it may be interrupted: nothing is left running then, and no file.
  const kill = (): void => {
    child.kill("SIGKILL");
    cleanup();
  };
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    if (isRunning(child)) child.kill("SIGTERM");
    // A server that hangs must not hang who started it.
    const giveUp = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    await exited;
    clearTimeout(giveUp);
    process.off("exit", kill);
    cleanup();
  };
  try {
    const client = await greeted(sockets[0] ?? "", child);
    const startMs = performance.now() - startedMs;
    client.write('{"execute": "qmp_capabilities"}\n');
    await Promise.race([once(client, "data"), exited]);
    const firstReplyMs = performance.now() - startedMs;
    client.destroy();
    return { sockets, pid: child.pid ?? 0, startMs, firstReplyMs, exited, stop };
  } catch (error) {
    await stop();
    const why = complaints.trim() === "" ? (error as Error).message : complaints.trim();
    throw new LoadError(`${basename(command)} did not start: ${why}`, { cause: error });
  }
}

/** A program that is not there never runs, and has no exit status. */
function ending(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", () => resolve(null));
  });
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Connects, again and again while nobody listens yet, until a line has come.  The client is the caller's. */
async function greeted(path: string, child: ChildProcess): Promise<Socket> {
  const endMs = performance.now() + START_MS_MAX;
  for (;;) {
    const client = await connected(path);
    if (client !== undefined) return client;
    if (!isRunning(child)) throw new Error("it ended");
    if (performance.now() > endMs) throw new Error(`no greeting in ${START_MS_MAX / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once("data", () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.on("error", () => resolve(undefined));
    socket.once("end", () => resolve(undefined));
    socket.setTimeout(START_MS_MAX, () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}
