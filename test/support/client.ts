/**
 * A QMP client for tests: it keeps every line in the order in which it came, and waits for what a test
 * expects.  A wait in vain is ended by the test's own time limit.
 */

import { createConnection, type Socket } from "node:net";

export type Line = Readonly<Record<string, unknown>>;

export class TestClient {
  /** As they came, without line ends; the greeting first. */
  readonly texts: string[] = [];
  closed = false;
  readonly socket: Socket;
  #partial = "";
  #taken = 0;
  #changed: () => void = () => {};

  constructor(path: string) {
    this.socket = createConnection({ path, allowHalfOpen: true });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (text: string) => {
      const lines = (this.#partial + text).split("\r\n");
      this.#partial = lines.pop() ?? "";
      this.texts.push(...lines);
      this.#changed();
    });
    this.socket.on("error", () => {}); // `close` follows.
    this.socket.on("close", () => {
      this.closed = true;
      this.#changed();
    });
    this.socket.on("end", () => this.socket.end());
  }

  /** Connects, and negotiates exactly these capabilities. */
  static async connect(path: string, capabilities: readonly string[]): Promise<TestClient> {
    const client = new TestClient(path);
    await client.next();
    await client.execute("qmp_capabilities", { enable: capabilities });
    return client;
  }

  send(request: string | Uint8Array | object): void {
    const isBytes = typeof request === "string" || request instanceof Uint8Array;
    this.socket.write(isBytes ? request : `${JSON.stringify(request)}\n`);
  }

  /** The next line that no call has taken yet. */
  async next(): Promise<Line> {
    await this.until(() => this.texts.length > this.#taken);
    const text = this.texts[this.#taken];
    if (text === undefined) throw new Error("the connection closed before the line came");
    this.#taken++;
    return JSON.parse(text) as Line;
  }

  /** The next `count` lines. */
  async take(count: number): Promise<Line[]> {
    const lines: Line[] = [];
    for (let left = count; left > 0; left--) lines.push(await this.next());
    return lines;
  }

  /** Sends a command and takes lines until its reply; the events before it are dropped. */
  async execute(command: string, args?: object, id?: unknown): Promise<Line> {
    this.send({ execute: command, ...(args && { arguments: args }), ...(id !== undefined && { id }) });
    return this.reply();
  }

  /** The next line that is no event. */
  async reply(): Promise<Line> {
    for (;;) {
      const line = await this.next();
      if (!("event" in line)) return line;
    }
  }

  /** Waits until `enough` holds, or the connection is closed. */
  async until(enough: () => boolean): Promise<void> {
    while (!enough() && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  halfClose(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
