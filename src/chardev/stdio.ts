/**
 * The chardev over standard input and output: one connection, for the process that started this one.
 *
 * The end of input is a half-close, as on any transport (rule C4): `printf ... | qmpd serve --qmp stdio`
 * gets its replies.  That the reader has gone shows at the next write.
 */

import type { Readable, Writable } from "node:stream";
import { ReadStream } from "node:tty";
import type { Chardev, ChardevListener } from "./chardev.ts";

type State = "open" | "finishing" | "closed";

/** Makes a chardev of two streams that nobody else uses; by default the process's own. */
export function createStdioChardev(
  input: Readable = process.stdin,
  output: Writable = process.stdout,
): Chardev {
  return new StdioChardev(input, output);
}

const CTRL_C = 0x03;

/**
 * The same for somebody who types.  From `start` on a terminal hands on each key, and shows nothing by itself; Ctrl-C
 * still interrupts the process.  In the end the terminal is as it was.
 */
export function createTerminalChardev(): Chardev {
  const { stdin, stdout } = process;
  return stdin.isTTY ? new TerminalChardev(stdin, stdout) : createStdioChardev();
}

class StdioChardev implements Chardev {
  readonly peer = "stdio";
  readonly #input: Readable;
  readonly #output: Writable;
  #state: State = "open";
  #listener: ChardevListener | undefined;
  #error: Error | undefined;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    input.on("error", this.#onError);
    output.on("error", this.#onError);
  }

  start(listener: ChardevListener): void {
    this.#listener = listener;
    if (this.#state === "closed") return queueMicrotask(() => listener.close(this.#error));
    this.#input.on("data", this.#onData);
    this.#input.on("end", this.#onInputEnd);
    this.#output.on("drain", this.#onDrain);
  }

  pause(): void {
    if (this.#state === "open") this.#input.pause();
  }

  resume(): void {
    if (this.#state === "open") this.#input.resume();
  }

  write(data: string | Uint8Array): boolean {
    if (this.#state !== "open") return true;
    return typeof data === "string" ? this.#output.write(data, "latin1") : this.#output.write(data);
  }

  get unsentBytes(): number {
    return this.#state === "closed" ? 0 : this.#output.writableLength;
  }

  end(): void {
    if (this.#state !== "open") return;
    this.#state = "finishing";
    // Standard output itself stays open: Node never closes it, and the process may still have to say goodbye.
    this.#output.write("", () => this.#close(undefined));
  }

  destroy(): void {
    if (this.#state === "closed") return;
    this.#state = "finishing";
    queueMicrotask(() => this.#close(undefined));
  }

  readonly #onData = (bytes: Uint8Array): void => {
    if (this.#state === "open") this.#listener?.data(bytes);
  };

  readonly #onInputEnd = (): void => {
    if (this.#state === "open") this.#listener?.inputEnd();
  };

  readonly #onDrain = (): void => {
    if (this.#state === "open") this.#listener?.drain();
  };

  readonly #onError = (error: Error): void => this.#close(error);

  #close(error: Error | undefined): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#error = error;
    this.#input.off("data", this.#onData);
    this.#input.off("end", this.#onInputEnd);
    this.#output.off("drain", this.#onDrain);
    // The process may go on, and a terminal that hands on each key interrupts nobody by Ctrl-C.
    if (this.#input instanceof ReadStream && this.#input.isRaw) this.#input.setRawMode(false);
    // The error handlers stay: a reader that leaves later must not end the process.
    this.#input.destroy();
    this.#listener?.close(error);
  }
}

class TerminalChardev extends StdioChardev {
  override start(listener: ChardevListener): void {
    const { stdin } = process;
    stdin.setRawMode(true);
    super.start({
      data(bytes) {
        if (bytes.includes(CTRL_C)) process.kill(process.pid, "SIGINT");
        listener.data(bytes);
      },
      inputEnd: () => listener.inputEnd(),
      drain: () => listener.drain(),
      close: (error) => listener.close(error),
    });
  }
}
