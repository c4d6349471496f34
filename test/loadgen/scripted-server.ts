/** A server that negotiates as it should, and answers as its script says. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface ScriptedRequest {
  readonly id: number;
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** How many requests of this connection came before. */
  readonly index: number;
  readonly socket: Socket;
}

function greeting(packageName: string): string {
  const version = { qemu: { major: 7, minor: 2, micro: 0 }, package: packageName };
  return JSON.stringify({ QMP: { version, capabilities: ["oob", "async"] } });
}

export class ScriptedServer {
  readonly #directory = mkdtempSync(join(tmpdir(), "qmpd-scripted-"));
  readonly path = join(this.#directory, "qmp.sock");
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(answer: (request: ScriptedRequest) => void, negotiated = '{"return": {}}', packageName = "") {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}); // `close` follows.
      socket.on("close", () => this.#sockets.delete(socket));
      socket.write(`${greeting(packageName)}\r\n`);
      let index = 0;
      const lines = createInterface({ input: socket });
      lines.on("error", () => {}); // Those of the socket.
      lines.on("line", (line) => {
        const {
          execute,
          id,
          arguments: args = {},
        } = JSON.parse(line) as { execute: string; id: number; arguments?: Record<string, unknown> };
        if (execute === "qmp_capabilities") socket.write(`${negotiated}\r\n`);
        else answer({ id, command: execute, args, index: index++, socket });
      });
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
    return this;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export function reply(id: number | string): string {
  return `{"return": {}, "id": ${id}}\r\n`;
}
