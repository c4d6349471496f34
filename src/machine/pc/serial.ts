/**
 * The PC's serial port: bytes out in batches, bytes in as the guest takes them.
 *
 * When the other end is slow the port tells the guest that it is busy, as a real one does whose peer asks it to
 * wait: the transmitter is not empty, and its interrupt does not come.  A guest that sends all the same loses what
 * it sends.  Bytes for the guest wait until its FIFO has room, also across a reset.
 */

import { SERIAL_INPUT_FIFO_BYTES, SERIAL_OUTPUT_WAITING_BYTES_MAX } from "../../util/limits.ts";
import type { Emulator } from "./emulator.ts";

const DATA_PORT = 0x3f8;
const LINE_STATUS_PORT = 0x3fd;
/** The two bits that tell that the transmitter is empty. */
const TRANSMITTER_EMPTY = 0x60;
/** v86's number of the interrupt that tells it. */
const TRANSMIT_INTERRUPT = 2;

interface Input {
  readonly bytes: Uint8Array;
  taken: number;
  readonly done: () => void;
}

export class SerialPort {
  readonly #output: (bytes: Uint8Array) => void;
  readonly #defer: (callback: () => void) => void;
  #emulator: Emulator | undefined;
  /** What goes out in this turn. */
  #batch: number[] = [];
  /** Bytes that went out and that nobody has taken yet. */
  #untakenCount = 0;
  #owesInterrupt = false;
  readonly #inputs: Input[] = [];

  /** `output` is given what the guest sends, at most once a turn. */
  constructor(output: (bytes: Uint8Array) => void, defer: (callback: () => void) => void) {
    this.#output = output;
    this.#defer = defer;
  }

  /** The emulator whose port it is from now on. */
  attach(emulator: Emulator): void {
    this.#emulator = emulator;
    this.#owesInterrupt = false;
    const { uart } = emulator;
    const { io } = emulator.cpu;
    io.register_read(LINE_STATUS_PORT, uart, () => (this.#isBusy ? uart.lsr & ~TRANSMITTER_EMPTY : uart.lsr));
    const readData = io.ports[DATA_PORT]?.read8;
    io.register_read(DATA_PORT, uart, () => {
      const byte = readData?.call(uart) ?? 0;
      if (uart.input.length === 0 && this.#inputs.length > 0) this.#defer(() => this.#feed());
      return byte;
    });
    const interrupt = uart.ThrowInterrupt.bind(uart);
    uart.ThrowInterrupt = (line) => {
      if (line === TRANSMIT_INTERRUPT && this.#isBusy) this.#owesInterrupt = true;
      else interrupt(line);
    };
    this.#feed();
  }

  /** There is no emulator until there is another one: bytes for the guest wait. */
  detach(): void {
    this.#emulator = undefined;
  }

  /** The guest has sent a byte. */
  send(byte: number): void {
    if (this.#isBusy) return;
    if (this.#batch.length === 0) this.#defer(() => this.#flush());
    this.#batch.push(byte);
  }

  /** `count` bytes of what went out have been taken. */
  taken(count: number): void {
    this.#untakenCount -= count;
    if (!this.#owesInterrupt || this.#isBusy) return;
    this.#owesInterrupt = false;
    this.#emulator?.uart.ThrowInterrupt(TRANSMIT_INTERRUPT);
  }

  /** Settles when the guest's port has taken them all. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((done) => {
      this.#inputs.push({ bytes, taken: 0, done });
      this.#feed();
    });
  }

  get #isBusy(): boolean {
    return this.#untakenCount + this.#batch.length >= SERIAL_OUTPUT_WAITING_BYTES_MAX;
  }

  #flush(): void {
    const bytes = Uint8Array.from(this.#batch);
    this.#batch = [];
    this.#untakenCount += bytes.length;
    this.#output(bytes);
  }

  #feed(): void {
    const uart = this.#emulator?.uart;
    for (let input = this.#inputs[0]; uart !== undefined && input !== undefined; input = this.#inputs[0]) {
      while (input.taken < input.bytes.length && uart.input.length < SERIAL_INPUT_FIFO_BYTES) {
        uart.data_received(input.bytes[input.taken++] ?? 0);
      }
      if (input.taken < input.bytes.length) return;
      this.#inputs.shift();
      input.done();
    }
  }
}
