/** A listener that keeps what it is told, in order, and lets a test await it. */

import type { Chardev, ChardevListener } from "../../src/chardev/chardev.ts";

export class Recorder implements ChardevListener {
  /** `data:hello`, `inputEnd`, `drain`, `close` or `close:CODE`; neighbouring data is one entry. */
  readonly calls: string[] = [];
  readonly chardev: Chardev;
  text = "";
  error: Error | undefined;
  #waiting: { until: () => boolean; resolve: () => void }[] = [];

  constructor(chardev: Chardev) {
    this.chardev = chardev;
    chardev.start(this);
  }

  data(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString("latin1");
    this.text += text;
    if (this.calls.at(-1)?.startsWith("data:")) this.calls.push(this.calls.pop() + text);
    else this.calls.push(`data:${text}`);
    this.#notify();
  }

  inputEnd(): void {
    this.calls.push("inputEnd");
    this.#notify();
  }

  drain(): void {
    this.calls.push("drain");
    this.#notify();
  }

  close(error: Error | undefined): void {
    this.error = error;
    this.calls.push(error === undefined ? "close" : `close:${"code" in error ? error.code : error.message}`);
    this.#notify();
  }

  /** Resolves once `until` holds; it is asked after each call. */
  when(until: (recorder: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ until: () => until(this), resolve });
      this.#notify();
    });
  }

  received(text: string): Promise<void> {
    return this.when((recorder) => recorder.text.includes(text));
  }

  called(name: string): Promise<void> {
    return this.when((recorder) => recorder.calls.some((call) => call.split(":")[0] === name));
  }

  #notify(): void {
    const ready = this.#waiting.filter((waiter) => waiter.until());
    this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }
}
