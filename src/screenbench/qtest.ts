/** A client of QEMU's qtest protocol: a command a line, an answer a line.  Source: QEMU, softmmu/qtest.c. */

import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";

// Source: PCI Local Bus 3.0, section 3.2.2.3.2.
const PCI_ADDRESS_PORT = 0xcf8;
const PCI_DATA_PORT = 0xcfc;
const WRITE_BYTES = 1024 * 1024;

export class Qtest {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async connect(path: string): Promise<Qtest> {
    const socket = createConnection({ path });
    await once(socket, "connect");
    return new Qtest(socket);
  }

  /** Answers what follows `OK`. */
  async send(command: string): Promise<string> {
    this.#socket.write(`${command}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error("QEMU closed its qtest socket");
      if (value.startsWith("IRQ")) continue;
      if (!value.startsWith("OK")) throw new Error(`qtest: ${value} to ${command.slice(0, 80)}`);
      return value.slice(2).trim();
    }
  }

  async writePci(slot: number, register: number, value: number): Promise<void> {
    await this.send(`outl ${PCI_ADDRESS_PORT} ${pciAddress(slot, register)}`);
    await this.send(`outl ${PCI_DATA_PORT} ${value}`);
  }

  async readPci(slot: number, register: number): Promise<number> {
    await this.send(`outl ${PCI_ADDRESS_PORT} ${pciAddress(slot, register)}`);
    return Number(await this.send(`inl ${PCI_DATA_PORT}`));
  }

  async writeMemory(address: number, bytes: Buffer): Promise<void> {
    for (let offset = 0; offset < bytes.length; offset += WRITE_BYTES) {
      const piece = bytes.subarray(offset, offset + WRITE_BYTES);
      await this.send(`b64write ${address + offset} ${piece.length} ${piece.toString("base64")}`);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

function pciAddress(slot: number, register: number): number {
  return 0x8000_0000 + (slot << 11) + register;
}
