/**
 * The other end of a PC's serial port: a ring buffer, or whoever connects to a unix socket.
 *
 * A socket has one peer at a time; a second one is refused.  What the guest sends while nobody is there is lost, as
 * on a port that nothing is plugged into.  A peer that does not read makes the guest's port busy; a guest that does
 * not read lets the peer's bytes wait in its socket.
 */

import type { Chardev } from "../chardev/chardev.ts";
import { type ChardevServer, listenUnix } from "../chardev/listen.ts";
import { RingBuffer } from "../chardev/ring-buffer.ts";
import type { SerialPeer } from "../commands/machine-control.ts";
import type { MachineHandle } from "../offload/contract.ts";
import { SERIAL_RING_BYTES } from "../util/limits.ts";
import type { SerialConfig } from "./pc-config.ts";

export class SerialEnd implements SerialPeer {
  readonly label = "serial0";
  readonly ringBuffer: RingBuffer | undefined;
  readonly #config: SerialConfig;
  readonly #onError: (error: Error) => void;
  #server: ChardevServer | undefined;
  #machine: MachineHandle | undefined;
  #peer: Chardev | undefined;
  #drained: () => void = () => {};
  #isClosed = false;

  constructor(config: SerialConfig, onError: (error: Error) => void) {
    this.#config = config;
    this.#onError = onError;
    if (config.kind === "ringbuf") this.ringBuffer = new RingBuffer(SERIAL_RING_BYTES);
  }

  get filename(): string {
    if (this.#config.kind === "ringbuf") return "ringbuf";
    const name = `unix:${this.#config.endpoint.path},server=on`;
    return this.#peer === undefined ? `disconnected:${name}` : name;
  }

  /** Rejects when the socket cannot be listened on. */
  async listen(): Promise<void> {
    if (this.#config.kind === "ringbuf") return;
    const server = await listenUnix(this.#config.endpoint.path, {
      connect: (chardev) => this.#connect(chardev),
      error: this.#onError,
    });
    if (this.#isClosed) return server.close();
    this.#server = server;
  }

  /** Plugs it into the machine's port.  Once. */
  attach(machine: MachineHandle): void {
    this.#machine = machine;
    machine.onSerialOutput((bytes) => this.#output(bytes));
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#server?.close();
    this.#peer?.end();
    this.#drained();
  }

  #output(bytes: Uint8Array): void | Promise<void> {
    this.ringBuffer?.write(bytes);
    if (this.#peer === undefined || this.#peer.write(bytes)) return;
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  #connect(chardev: Chardev): void {
    if (this.#peer !== undefined || this.#isClosed) return chardev.destroy();
    this.#peer = chardev;
    chardev.start({
      data: (bytes) => void this.#input(chardev, bytes),
      inputEnd: () => {}, // It may go on reading.
      drain: () => this.#drained(),
      close: () => {
        this.#peer = undefined;
        this.#drained();
      },
    });
  }

  async #input(chardev: Chardev, bytes: Uint8Array): Promise<void> {
    chardev.pause();
    // A machine whose thread has died reads nothing.
    await this.#machine?.serialWrite(bytes).catch(() => {});
    chardev.resume();
  }
}
