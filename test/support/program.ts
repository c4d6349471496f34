/**
 * `qmpd serve` as a process whose signals, streams and threads a test has in hand.
 */

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { TestClient } from "./client.ts";
import { onTestMachine, serverEnvironment } from "./qmpd.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly stdio?: StdioOptions;
  /** A script that every thread runs first; see `threadScript`. */
  readonly preload?: string;
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(directory: string, { args = [], stdio = ["ignore", "pipe", "pipe"], preload }: ProgramOptions) {
    const nodeArgs: string[] = [];
    if (preload !== undefined) {
      const file = join(directory, "preload.cjs");
      writeFileSync(file, preload);
      nodeArgs.push("--require", file);
    }
    this.child = spawn(process.execPath, [...nodeArgs, PROGRAM, "serve", ...onTestMachine(args)], {
      cwd: directory,
      stdio,
      env: serverEnvironment(),
    });
    this.ended = once(this.child, "close").then(([status, signal]) => ({ status, signal }));
    this.child.stdout?.on("data", (bytes) => {
      this.stdout += bytes;
    });
    this.child.stderr?.on("data", (bytes) => {
      this.stderr += bytes;
    });
  }

  /** Waits for the start message, which is said on standard output. */
  async ready(): Promise<void> {
    while (!this.stdout.includes("qmpd is ready")) {
      await Promise.race([this.child.stdout && once(this.child.stdout, "data"), this.#endsTooEarly()]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async #endsTooEarly(): Promise<never> {
    await this.ended;
    throw new Error(`it ended: ${this.stderr}`);
  }
}

/** A directory of one test, and the programs that run in it; `remove` ends them. */
export class Place {
  readonly directory = mkdtempSync(join(tmpdir(), "qmpd-program-"));
  readonly #programs: Program[] = [];

  path(name: string): string {
    return join(this.directory, name);
  }

  start(options: ProgramOptions = {}): Program {
    const program = new Program(this.directory, options);
    this.#programs.push(program);
    return program;
  }

  /** Waits until a file is there, or is there no more. */
  async until(name: string, exists: boolean): Promise<void> {
    const watcher = watch(this.directory);
    try {
      while (existsSync(this.path(name)) !== exists) await once(watcher, "change");
    } finally {
      watcher.close();
    }
  }

  /** Connects to the default endpoint, as soon as somebody listens there. */
  async connect(): Promise<TestClient> {
    await this.until("qmp.sock", true);
    for (;;) {
      const client = new TestClient(this.path("qmp.sock"));
      await client.until(() => client.texts.length > 0);
      if (client.closed) continue; // The file is there a moment before it is listened on.
      await client.next();
      await client.execute("qmp_capabilities");
      return client;
    }
  }

  async remove(): Promise<void> {
    for (const program of this.#programs) {
      program.kill("SIGKILL");
      await program.ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A preload script that runs `body` in worker threads alone; `fs` and `path(name)` are there. */
export function threadScript(place: Place, body: string): string {
  return `const fs = require("node:fs");
    const path = (name) => ${JSON.stringify(place.directory)} + "/" + name;
    if (!require("node:worker_threads").isMainThread) { ${body} }`;
}

/** Threads start when the file `go` is there. */
export const WAIT_FOR_GO = `while (!fs.existsSync(path("go"))) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}`;
