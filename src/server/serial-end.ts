/**
 * The other end of a PC's serial port: a ring buffer, or whoever connects to a unix socket.
 *
 * A socket has one peer at a time; others wait until it has left.  What the guest sends while nobody is there is lost, as
 * on a port that nothing is plugged into.  A peer that does not read makes the guest's port busy.  What peers send is kept
 * until the guest reads it, also when they have left; with too much of it they are not read.  One that leaves then loses
 * what was not read, as soon as another one comes.
 */

import type { Chardev } from "../chardev/chardev.ts";
import { type ChardevServer, listenUnix } from "../chardev/listen.ts";
import { RingBuffer } from "../chardev/ring-buffer.ts";
import type { SerialPeer } from "../commands/machine-control.ts";
import type { MachineHandle } from "../offload/contract.ts";
import {
  HALF_CLOSE_PROBE_PERIOD_MS,
  SERIAL_INPUT_WAITING_BYTES_MAX,
  SERIAL_INPUT_WAITING_PIECES_MAX,
  SERIAL_PEERS_WAITING_MAX,
  SERIAL_RING_BYTES,
} from "../util/limits.ts";
import type { SerialConfig } from "./pc-config.ts";

const NOTHING = new Uint8Array(0);

export class SerialEnd implements SerialPeer {
  readonly label = "serial0";
  readonly ringBuffer: RingBuffer | undefined;
  readonly #config: SerialConfig;
  readonly #onError: (error: Error) => void;
  #server: ChardevServer | undefined;
  #machine: MachineHandle | undefined;
  #peer: Chardev | undefined;
  /** They have connected, and their turn has not come. */
  readonly #nextPeers: Chardev[] = [];
  /** What came and was not given to the machine. */
  #input: Uint8Array[] = [];
  /** Of that, and of what the guest has not read of what was given to the machine. */
  #inputBytes = 0;
  #isFeeding = false;
  #prober: NodeJS.Timeout | undefined;
  /** What the guest has sent and the peer had no room for: called when it has, or has gone. */
  readonly #untaken: (() => void)[] = [];
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
    clearTimeout(this.#prober);
    for (const next of this.#nextPeers.splice(0)) next.destroy();
    this.#drained();
  }

  #output(bytes: Uint8Array): void | Promise<void> {
    this.ringBuffer?.write(bytes);
    if (this.#peer === undefined || this.#peer.write(bytes)) return;
    return new Promise((resolve) => void this.#untaken.push(resolve));
  }

  #drained(): void {
    for (const taken of this.#untaken.splice(0)) taken();
  }

  #connect(chardev: Chardev): void {
    if (this.#isClosed || this.#nextPeers.length >= SERIAL_PEERS_WAITING_MAX) return chardev.destroy();
    this.#nextPeers.push(chardev);
    this.#plugIn();
    this.#probe();
  }

  #plugIn(): void {
    if (this.#peer !== undefined || this.#isClosed) return;
    const peer = this.#nextPeers.shift();
    if (peer === undefined) return;
    this.#peer = peer;
    peer.start({
      data: (bytes) => this.#received(bytes),
      inputEnd: () => {}, // It may go on reading.
      drain: () => this.#drained(),
      close: () => {
        this.#peer = undefined;
        this.#drained();
        this.#plugIn();
      },
    });
    if (this.#isFull) peer.pause();
  }

  #received(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#inputBytes += bytes.length;
    if (this.#isFull) this.#peer?.pause();
    this.#probe();
    if (!this.#isFeeding) void this.#feed();
  }

  async #feed(): Promise<void> {
    this.#isFeeding = true;
    while (this.#input.length > 0) {
      const bytes = Buffer.concat(this.#input.splice(0));
      // A machine whose thread has died reads nothing.
      await this.#machine?.serialWrite(bytes).catch(() => {});
      this.#inputBytes -= bytes.length;
      if (!this.#isFull) this.#peer?.resume();
    }
    this.#isFeeding = false;
  }

  /**
   * Others wait for a peer that is not read: that it has gone, nothing tells but a write to it.  One that is read is not
   * asked: the answer would take from it what is not read yet.
   */
  #probe(): void {
    clearTimeout(this.#prober);
    if (!this.#isFull || this.#nextPeers.length === 0 || this.#isClosed) return;
    // With output waiting, the kernel itself tells.
    if (this.#peer?.unsentBytes === 0) this.#peer.write(NOTHING);
    this.#prober = setTimeout(() => this.#probe(), HALF_CLOSE_PROBE_PERIOD_MS);
  }

  get #isFull(): boolean {
    return (
      this.#inputBytes >= SERIAL_INPUT_WAITING_BYTES_MAX ||
      this.#input.length >= SERIAL_INPUT_WAITING_PIECES_MAX
    );
  }
}
