/**
 * The log: pino, on standard error.  It is loaded when the service listens, since nobody who connects should
 * wait for it; what is said before waits here, in order.
 */

import type { ServiceLog } from "../server/service.ts";

type Level = keyof ServiceLog;

export class LateLog implements ServiceLog {
  #log: ServiceLog | undefined;
  #waiting: { readonly level: Level; readonly fields: object; readonly message: string }[] = [];

  /** Loads pino and says what waits.  Once. */
  async load(level: string): Promise<void> {
    const { destination, pino } = await import("pino");
    this.#log = pino({ level }, destination({ fd: 2, sync: true }));
    for (const { level, fields, message } of this.#waiting) this.#log[level](fields, message);
    this.#waiting = [];
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

  #say(level: Level, fields: object, message: string): void {
    if (this.#log === undefined) this.#waiting.push({ level, fields, message });
    else this.#log[level](fields, message);
  }
}
