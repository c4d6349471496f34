/**
 * The log: pino, on standard error.  It is loaded when the service listens, since nobody who connects should
 * wait for it; what is said before waits here, in order.
 *
 * Nobody waits for whoever reads standard error, either: what is not read is kept up to a bound, lines beyond it
 * are lost, and the log says how many as soon as it is read again.
 */

import type { ServiceLog } from "../server/service.ts";
import { LOG_FLUSH_MS, LOG_WAITING_BYTES_MAX } from "../util/limits.ts";

type Level = keyof ServiceLog;

export class LateLog implements ServiceLog {
  readonly #level: string;
  #log: ServiceLog | undefined;
  #loading: Promise<void> | undefined;
  #waiting: { readonly level: Level; readonly fields: object; readonly message: string }[] = [];
  #lostLines = 0;

  constructor(level: string) {
    this.#level = level;
  }

  /** Loads pino and says what waits.  Idempotent. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Settles when all that was said has been read, or a moment later if it is not. */
  async flush(): Promise<void> {
    const read = this.load().then(() => new Promise((resolve) => process.stderr.write("", resolve)));
    await Promise.race([read, new Promise((resolve) => setTimeout(resolve, LOG_FLUSH_MS))]);
  }

  debug(fields: object, message: string): void {
    this.#say("debug", fields, message);
  }

  info(fields: object, message: string): void {
    this.#say("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#say("warn", fields, message);
  }

  error(fields: object, message: string): void {
    this.#say("error", fields, message);
  }

  async #load(): Promise<void> {
    const { pino } = await import("pino");
    process.stderr.on("drain", () => this.#tellLost());
    // Whoever read it has gone: there is nobody to tell.
    process.stderr.on("error", () => {});
    const log = pino({ level: this.#level }, { write: (line: string) => this.#write(line) });
    this.#log = log;
    for (const { level, fields, message } of this.#waiting) log[level](fields, message);
    this.#waiting = [];
  }

  #say(level: Level, fields: object, message: string): void {
    if (this.#log === undefined) this.#waiting.push({ level, fields, message });
    else this.#log[level](fields, message);
  }

  #write(line: string): void {
    // Node.js waits in no write to a pipe; a file and a terminal take it at once.
    if (process.stderr.writableLength + line.length > LOG_WAITING_BYTES_MAX) this.#lostLines++;
    else process.stderr.write(line);
  }

  #tellLost(): void {
    const lostLines = this.#lostLines;
    if (lostLines === 0) return;
    this.#lostLines = 0;
    this.#say("warn", { lostLines }, "log lines were lost: nobody read standard error");
  }
}
