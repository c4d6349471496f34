/** This project's server as a process of its own, from the built tree. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServerProcess, startServerProcess } from "./qemu.ts";

const PROGRAM = "dist/src/cli/qmpd.js";

/** `args`, for a machine of type `test` unless they say another: most tests need displays that they know. */
export function onTestMachine(args: readonly string[]): readonly string[] {
  return args.some((arg) => arg === "--machine" || arg === "--config")
    ? args
    : ["--machine", "test", ...args];
}

export interface QmpdOptions {
  /** Options of `qmpd serve`, the endpoint apart. */
  readonly args: readonly string[];
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** That of this process, without the list of further certificates: each Node process reads it, 60 ms long, for nothing. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_EXTRA_CA_CERTS: undefined };
}

/** Starts `qmpd serve` on a socket in a directory of its own. */
export async function startQmpd({ args, nodeArgs = [], env = {} }: QmpdOptions): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-server-"));
  const socket = join(directory, "qmp.sock");
  return startServerProcess(
    process.execPath,
    [...nodeArgs, PROGRAM, "serve", "--qmp", `unix:${socket}`, ...onTestMachine(args)],
    [socket],
    () => rmSync(directory, { recursive: true, force: true }),
    { ...serverEnvironment(), ...env },
  );
}
