/**
 * A QMP server that does what a test says, right or wrong: the other end of a pair in memory.  It keeps the requests
 * in order, and sends exactly the bytes that it is told to.
 */

import type { Chardev } from "../../src/chardev/chardev.ts";
import { createChardevPair, type PairedChardev } from "../../src/chardev/pair.ts";
import { type AttachOptions, attach } from "../../src/client/connect.ts";
import type { QmpClient } from "../../src/client/index.ts";
import { ManualClock } from "../../src/util/clock.ts";

export interface SeenRequest {
  readonly execute?: string;
  readonly "exec-oob"?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly id?: unknown;
}

export const QEMU_GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}\r\n';
export const ASYNC_GREETING = QEMU_GREETING.replace('["oob"]', '["oob", "async"]');

export class ScriptedServer {
  /** The client's end. */
  readonly chardev: Chardev;
  readonly clock = new ManualClock();
  readonly requests: SeenRequest[] = [];
  closed = false;
  readonly #own: PairedChardev;
  #partial = "";
  #taken = 0;
  #changed: () => void = () => {};

  constructor() {
    [this.#own, this.chardev] = createChardevPair();
    this.#own.start({
      data: (bytes) => this.#data(Buffer.from(bytes).toString("latin1")),
      inputEnd: () => this.#own.end(),
      drain: () => {},
      close: () => {
        this.closed = true;
        this.#changed();
      },
    });
  }

  /** Sends these bytes, in one piece. */
  send(text: string): void {
    this.#own.write(text);
  }

  /** Sends them one by one. */
  sendBytewise(text: string): void {
    for (const byte of Buffer.from(text, "latin1")) this.#own.write(Buffer.of(byte));
  }

  answer(request: SeenRequest, value: unknown = {}): void {
    this.send(`${JSON.stringify({ return: value, id: request.id })}\r\n`);
  }

  fail(request: SeenRequest, errorClass: string, desc: string): void {
    this.send(`${JSON.stringify({ id: request.id, error: { class: errorClass, desc } })}\r\n`);
  }

  /** The next request that no call has taken. */
  async next(): Promise<SeenRequest> {
    for (;;) {
      const request = this.requests[this.#taken];
      if (request !== undefined) {
        this.#taken++;
        return request;
      }
      if (this.closed) throw new Error("the client closed before it sent that");
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Reads nothing, so that output backs up in the client. */
  stopReading(): void {
    this.#own.pause();
  }

  startReading(): void {
    this.#own.resume();
  }

  /** The end of its output. */
  end(): void {
    this.#own.end();
  }

  attach(options: Omit<AttachOptions, "clock"> = {}): Promise<QmpClient> {
    return attach(this.chardev, { ...options, clock: this.clock });
  }

  /** Greets, agrees to everything, and answers the client. */
  async opened(greeting: string, capabilities: readonly string[]): Promise<QmpClient> {
    const opening = this.attach({ capabilities });
    this.send(greeting);
    this.answer(await this.next());
    return opening;
  }

  #data(text: string): void {
    const lines = (this.#partial + text).split("\r\n");
    this.#partial = lines.pop() ?? "";
    this.requests.push(...lines.map((line) => JSON.parse(line) as SeenRequest));
    this.#changed();
  }
}

/** Lets everything happen that can happen without the clock. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}
