/**
 * How the process ends.
 *
 *     running ---SIGTERM, SIGINT, SIGHUP, the last quit---> ending ---all has ended---> exit 0
 *                                                             '---SIGINT again, SHUTDOWN_HARD_MS---> killed
 *
 * Node.js waits at its exit for threads that are inside the kernel, on a file of a server that does not
 * answer for example.  So an exit comes when nothing is there any more, and the end that must come is a SIGKILL.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import { SHUTDOWN_HARD_MS } from "../util/limits.ts";
import type { LateLog } from "./late-log.ts";

/** How often requests to the kernel are looked for, at the end. */
const KERNEL_POLL_PERIOD_MS = 5;

export class ProcessEnd {
  readonly #log: LateLog;
  readonly #asked = new AbortController();
  readonly #onTerminal = [0, 1, 2].filter((fd) => isatty(fd));
  #isEnding = false;

  /** From now on signals ask for the end, and do not end the process themselves. */
  constructor(log: LateLog) {
    this.#log = log;
    process.on("SIGTERM", () => this.#ask());
    // Its terminal has been closed, or whoever started it says so.
    process.on("SIGHUP", () => this.#ask());
    process.on("SIGINT", () => {
      if (this.#asked.signal.aborted) kill();
      this.#ask();
    });
  }

  /** Aborted when a signal has asked for the end. */
  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /** The service ends: the time runs.  Idempotent. */
  begin(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    setTimeout(() => void this.#giveUp(), SHUTDOWN_HARD_MS).unref();
  }

  /** The service has ended. */
  async finish(): Promise<never> {
    this.begin();
    await this.#log.flush();
    while (process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"))) {
      await sleep(KERNEL_POLL_PERIOD_MS);
    }
    // At its exit Node.js puts the terminal back as it was, and crashes when that is gone: with SIGHUP, or without, of
    // which a process has none that its shell let go.
    if (this.#onTerminal.some((fd) => !isatty(fd))) {
      process.removeAllListeners("SIGHUP");
      process.kill(process.pid, "SIGHUP");
    }
    // Whatever a library still holds open must not keep the process alive.
    process.exit(0);
  }

  #ask(): void {
    this.begin();
    this.#asked.abort();
  }

  async #giveUp(): Promise<void> {
    this.#log.error({}, "the service does not end: a thread is stuck; the process is killed");
    await this.#log.flush();
    kill();
  }
}

function kill(): void {
  process.kill(process.pid, "SIGKILL");
}
